package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const unitFile = "../../examples/systemd/hookbridge.service"

func readUnit(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unitLine returns the value of the last line that sets a directive.
func unitLine(t *testing.T, unit, name string) string {
	t.Helper()
	lines := regexp.MustCompile(`(?m)^`+name+`=(.*)$`).FindAllStringSubmatch(unit, -1)
	if len(lines) == 0 {
		t.Fatalf("the unit has no %s", name)
	}
	return lines[len(lines)-1][1]
}

// O4: what the daemon relies on.
func TestTheUnitAsksForWhatTheDaemonOffers(t *testing.T) {
	unit := readUnit(t)
	for name, want := range map[string]string{
		"Type": "notify-reload", "DynamicUser": "yes", "StateDirectory": "hookbridge", "WatchdogSec": "60s",
		"RestartPreventExitStatus": "2",
	} {
		if got := unitLine(t, unit, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestTheUnitStartsACommandThatThereIs(t *testing.T) {
	start := strings.Fields(unitLine(t, readUnit(t), "ExecStart"))
	if filepath.Base(start[0]) != "hookbridge" {
		t.Fatalf("the unit starts %q", start[0])
	}
	out, err := exec.Command("hookbridge", append(start[1:], "--help")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !bytes.Contains(out, []byte("hookbridge run [flags]")) {
		t.Errorf("the unit does not start the daemon:\n%s", out)
	}
}

// O4: "OK" or better.
func TestTheUnitIsRatedOK(t *testing.T) {
	needs(t, "systemd-analyze")
	out, err := exec.Command("systemd-analyze", "security", "--offline=true", unitFile).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	rating := regexp.MustCompile(`Overall exposure level for hookbridge.service: [\d.]+ (\w+)`).FindSubmatch(out)
	if rating == nil || !slices.Contains([]string{"OK", "SAFE", "PERFECT"}, string(rating[1])) {
		t.Errorf("the unit is rated %q:\n%s", rating, out)
	}
}

// Where systemd is too old for Type=notify-reload, the unit is verified as the README has it for such a one.
func TestTheUnitHasNoMistakes(t *testing.T) {
	needs(t, "systemd-analyze", "hookbridge", "sh")
	program, err := exec.LookPath("hookbridge")
	if err != nil {
		t.Fatal(err)
	}
	unit := strings.Replace(readUnit(t), "/usr/local/bin/hookbridge", program, 1)
	if systemdVersion(t) < 253 {
		unit = strings.Replace(unit, "Type=notify-reload", "Type=notify\nExecReload=kill -HUP $MAINPID", 1)
	}
	path := filepath.Join(t.TempDir(), "hookbridge.service")
	if err := os.WriteFile(path, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", "verify", "--recursive-errors=no", path).CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("hookbridge.service")) {
		t.Errorf("%v: %s", err, out)
	}
}

func systemdVersion(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("systemd-analyze", "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	version, err := strconv.Atoi(regexp.MustCompile(`^systemd (\d+)`).FindStringSubmatch(string(out))[1])
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// A system call that SystemCallFilter forbids kills the service, so none that a run makes may be among them.
func TestTheUnitForbidsNoSystemCallThatARunMakes(t *testing.T) {
	needs(t, "systemd-analyze", "strace")
	made := systemCalls(t)
	if len(made) < 20 {
		t.Fatalf("the trace holds only %q", made)
	}
	allowed := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^SystemCallFilter=(.*)$`).FindAllStringSubmatch(readUnit(t), -1) {
		list, forbids := strings.CutPrefix(line[1], "~")
		for name := range strings.FieldsSeq(list) {
			for _, call := range systemCallsOf(t, name) {
				allowed[call] = !forbids
			}
		}
	}
	for _, call := range made {
		if !allowed[call] {
			t.Errorf("the unit forbids %s", call)
		}
	}
}

// systemCallsOf returns what a set of systemd's holds.
func systemCallsOf(t *testing.T, set string) []string {
	t.Helper()
	if !strings.HasPrefix(set, "@") {
		return []string{set}
	}
	out, err := exec.Command("systemd-analyze", "syscall-filter", set).Output()
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, line := range strings.Split(string(out), "\n")[1:] {
		if name := strings.TrimSpace(line); name != "" && !strings.HasPrefix(name, "#") {
			calls = append(calls, systemCallsOf(t, name)...)
		}
	}
	return calls
}

// systemCalls returns the system calls of a demo, which polls, stores, listens and delivers.
func systemCalls(t *testing.T) []string {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	demo := exec.Command("strace", "-f", "-qq", "-o", trace, "hookbridge", "demo", "--for", "3s")
	if out, err := demo.CombinedOutput(); err != nil {
		if bytes.Contains(out, []byte("ptrace")) {
			lacks(t, "strace may not trace here")
		}
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]bool{}
	for _, call := range regexp.MustCompile(`(?m)^\d+ +([a-z_0-9]+)\(`).FindAllSubmatch(text, -1) {
		calls[string(call[1])] = true
	}
	return slices.Sorted(maps.Keys(calls))
}
