package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptDaemon is the hookbridge that runs in the background of a script. Its standard output goes to the file
// daemon.out, and its log to daemon.log.
type scriptDaemon struct {
	process *exec.Cmd
	ended   chan struct{} // closed when it has ended
}

// scriptRun runs the daemon: daemon start [NAME=VALUE ...] [ARGUMENT ...] waits until it is ready,
// daemon hup signals it, daemon stop has it end well, daemon kill ends it at once.
func scriptRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: daemon start|hup|stop|kill")
	}
	d := worldOf(ts).daemon
	switch args[0] {
	case "start":
		d.start(ts, args[1:])
	case "hup":
		ts.Check(d.process.Process.Signal(syscall.SIGHUP))
	case "stop":
		d.stop(ts)
	case "kill":
		d.kill()
	default:
		ts.Fatalf("daemon cannot %s", args[0])
	}
}

func (d *scriptDaemon) start(ts *testscript.TestScript, args []string) {
	d.kill()
	var vars []string
	for len(args) > 0 && strings.Contains(args[0], "=") && !strings.HasPrefix(args[0], "-") {
		vars, args = append(vars, args[0]), args[1:]
	}
	cmd := exec.Command("hookbridge", append([]string{"run", "--config", "."}, args...)...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(worldOf(ts).vars, vars...)
	cmd.Stdout, cmd.Stderr = scriptFile(ts, "daemon.out"), scriptFile(ts, "daemon.log")
	ts.Check(cmd.Start())
	d.process, d.ended = cmd, make(chan struct{})
	go func() { defer close(d.ended); _ = cmd.Wait() }() // ProcessState tells how it ended
	started := regexp.MustCompile(`"?msg"?[:=]"?started`)
	if !d.says(ts, started) {
		ts.Fatalf("the daemon did not start:\n%s", ts.ReadFile("daemon.log"))
	}
}

// scriptFile opens a file that a process writes to.
func scriptFile(ts *testscript.TestScript, name string) *os.File {
	file, err := os.Create(ts.MkAbs(name))
	ts.Check(err)
	ts.Defer(func() { _ = file.Close() })
	return file
}

// says waits until the log has a match, and gives up when the daemon has ended.
func (d *scriptDaemon) says(ts *testscript.TestScript, pattern *regexp.Regexp) bool {
	found := false
	scriptWithin(scriptWait, func() bool {
		over := d.over()
		found = pattern.MatchString(ts.ReadFile("daemon.log"))
		return found || over
	})
	return found
}

func (d *scriptDaemon) over() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}

func (d *scriptDaemon) stop(ts *testscript.TestScript) {
	ts.Check(d.process.Process.Signal(syscall.SIGTERM))
	select {
	case <-d.ended:
	case <-time.After(scriptWait):
		ts.Fatalf("the daemon did not stop within %s", scriptWait)
	}
	if status := d.process.ProcessState.ExitCode(); status != 0 {
		ts.Fatalf("the daemon ended with status %d:\n%s", status, ts.ReadFile("daemon.log"))
	}
}

func (d *scriptDaemon) kill() {
	if d.process != nil {
		_ = d.process.Process.Kill() // it may have ended
		<-d.ended
	}
}

// scriptLogged waits until the daemon's log has a match: logged PATTERN.
func scriptLogged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: logged pattern")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	if !worldOf(ts).daemon.says(ts, pattern) {
		ts.Fatalf("the daemon did not log %q:\n%s", args[0], ts.ReadFile("daemon.log"))
	}
}

// scriptCmdline writes the arguments of the daemon's process, as everybody on the machine sees them, and its
// process id to the standard output.
func scriptCmdline(ts *testscript.TestScript, _ bool, _ []string) {
	pid := strconv.Itoa(worldOf(ts).daemon.process.Process.Pid)
	text, err := os.ReadFile(filepath.Join("/proc", pid, "cmdline"))
	ts.Check(err)
	_, err = fmt.Fprintf(ts.Stdout(), "%s %s\n", pid, strings.ReplaceAll(string(text), "\x00", " "))
	ts.Check(err)
}
