package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// scriptWait bounds how long a script waits for what should happen at once, on a machine that is busy.
const scriptWait = 30 * time.Second

// TestTheCommandLineDoesWhatItSays runs the scripts of testdata/script. Each has an upstream and a receiver of
// its own in this process, at $API (of another origin: $ELSEWHERE) and $HOOK, and runs hookbridge as real processes.
func TestTheCommandLineDoesWhatItSays(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup:              scriptSetup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":      scriptServe,
			"asked":      scriptAsked,
			"receiver":   scriptAnswer,
			"received":   scriptReceived,
			"refused":    scriptRefused,
			"daemon":     scriptRun,
			"logged":     scriptLogged,
			"request":    scriptRequest,
			"status":     scriptStatus,
			"eventually": scriptEventually,
			"cmdline":    scriptCmdline,
		},
	})
}

// scriptKey is the key of a script's world among its values.
type scriptKey struct{}

// scriptWorld is what surrounds hookbridge in one script.
type scriptWorld struct {
	api      *scriptAPI
	receiver *scriptReceiver
	daemon   *scriptDaemon
	vars     []string
}

func scriptSetup(env *testscript.Env) error {
	secret := signature.NewSecret()
	key, err := signature.ParseSecret(secret)
	if err != nil {
		return err
	}
	w := &scriptWorld{api: newScriptAPI(), receiver: newScriptReceiver(key), daemon: &scriptDaemon{}}
	env.Vars = append(env.Vars, "GORACE="+os.Getenv("GORACE"), "API="+w.api.server.URL, "HOOK="+w.receiver.server.URL, "SECRET="+secret,
		"ELSEWHERE="+strings.Replace(w.api.server.URL, "127.0.0.1", "localhost", 1))
	w.vars = env.Vars
	env.Values[scriptKey{}] = w
	env.Defer(func() {
		w.daemon.kill()
		w.api.server.Close()
		w.receiver.server.Close()
	})
	return nil
}

func worldOf(ts *testscript.TestScript) *scriptWorld { return ts.Value(scriptKey{}).(*scriptWorld) }

// scriptWithin waits until a condition holds, and reports whether it came to that.
func scriptWithin(limit time.Duration, holds func() bool) bool {
	ticker := time.NewTicker(40 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(limit); !holds(); <-ticker.C {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// scriptStatus runs a program that is to exit with a status: status N PROGRAM [ARGUMENT ...].
func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N program [argument ...]")
	}
	got := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status is %d, want %s", got, args[0])
	}
}

// scriptEventually runs a program until its output matches: eventually PATTERN PROGRAM [ARGUMENT ...].
func scriptEventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: eventually pattern program [argument ...]")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	matches := func() bool {
		_ = ts.Exec(args[1], args[2:]...) // a failure is judged by what it prints
		return pattern.MatchString(ts.ReadFile("stdout"))
	}
	if !scriptWithin(scriptWait, matches) {
		ts.Fatalf("no match for %q within %s", args[0], scriptWait)
	}
}

// scriptRequest asks the daemon's API: request METHOD PATH [BODYFILE]. The status and the answer go to the
// standard output.
func scriptRequest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: request method path [bodyfile]")
	}
	var body io.Reader = http.NoBody
	if len(args) > 2 {
		body = strings.NewReader(ts.ReadFile(args[2]))
	}
	request, err := http.NewRequest(args[0], "http://localhost"+args[1], body)
	ts.Check(err)
	if len(args) > 2 {
		request.Header.Set("Content-Type", "application/json")
	}
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("unix", ts.MkAbs(filepath.Join("state", "admin.sock")))
	}}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	ts.Check(err)
	defer func() { _ = response.Body.Close() }()
	_, err = io.WriteString(ts.Stdout(), response.Status+"\n")
	ts.Check(err)
	_, err = io.Copy(ts.Stdout(), response.Body)
	ts.Check(err)
}
