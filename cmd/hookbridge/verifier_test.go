package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Where the verifiers stand that are written for Node, and those for Go, in a module of their own because of all
// that they bring along.
const (
	verifyDir   = "testdata/verify"
	verifyGoDir = "testdata/verifygo"
)

// D2, D13, D14, D22
func TestThePublishedGoLibraryAcceptsWhatARealRunSends(t *testing.T) {
	for _, w := range captureRun(t) {
		if w.Scheme != "standard" {
			continue
		}
		verifier, err := standardwebhooks.NewWebhook(w.Key)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(w.Body, w.header()); err != nil {
			t.Errorf("%s: %v: %s", w.URL, err, w.Body)
		}
		if verifier.Verify(append(w.Body[:len(w.Body):len(w.Body)], ' '), w.header()) == nil {
			t.Errorf("%s: a tampered body was accepted: %s", w.URL, w.Body)
		}
	}
}

// D2, D13, D14, D22
func TestThePublishedNodeLibrariesAcceptWhatARealRunSends(t *testing.T) {
	needs(t, "node")
	needsModules(t)
	all := captureRun(t)
	node := exec.Command("node", filepath.Join(verifyDir, "verify.mjs"), written(t, all))
	says(t, node, strings.Join([]string{
		all.verdict("standardwebhooks 1.1.1", "standard"),
		all.verdict("svix 2.5.0", "standard"),
		all.verdict("node:crypto", "ed25519"),
		all.verdict("@octokit/webhooks-methods 6.0.0", "github"),
		all.verdict("stripe 23.1.0", "stripe"),
		all.verdict("http-message-signatures 1.0.6", "http_message"),
		fmt.Sprintf("cloudevents 10.0.0: %d accepted\n", all.count("cloudevents")),
	}, ""))
}

// D2, D13, D14, D22
func TestThePublishedGoLibrariesOfAModuleOfTheirOwnAcceptWhatARealRunSends(t *testing.T) {
	program := buildVerifiers(t)
	all := captureRun(t)
	says(t, exec.Command(program, written(t, all)), strings.Join([]string{
		all.verdict("standard-webhooks v0.0.1", "standard"),
		all.verdict("svix v1.44.0", "standard"),
		all.verdict("go-github v84.0.0", "github"),
		all.verdict("stripe-go v84.0.0", "stripe"),
		fmt.Sprintf("cloudevents v2.16.2: %d accepted\n", all.count("cloudevents")),
	}, ""))
}

// needsModules skips the test where `npm ci` was not run.
func needsModules(t *testing.T) {
	t.Helper()
	for _, name := range []string{"svix", "http-message-signatures"} {
		if _, err := os.Stat(filepath.Join(verifyDir, "node_modules", name)); err != nil {
			lacks(t, "run npm ci in cmd/hookbridge/"+verifyDir)
		}
	}
}

// buildVerifiers builds the verifiers in Go. Only the longer checks download their modules.
func buildVerifiers(t *testing.T) (program string) {
	t.Helper()
	needs(t, "go")
	program = filepath.Join(t.TempDir(), "verify")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir, build.Env = verifyGoDir, os.Environ()
	if os.Getenv("HOOKBRIDGE_TEST_ALL") == "" {
		build.Env = append(build.Env, "GOPROXY=off")
	}
	if out, err := build.CombinedOutput(); err != nil {
		lacks(t, fmt.Sprintf("the verifiers in Go do not build: %v\n%.2000s", err, out))
	}
	return program
}

// written writes what was captured to a file.
func written(t *testing.T, all capturedRun) (file string) {
	t.Helper()
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "captured.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// says runs a program that is to print this.
func says(t *testing.T, program *exec.Cmd, want string) {
	t.Helper()
	var said, mistakes bytes.Buffer
	program.Stdout, program.Stderr = &said, &mistakes
	if err := program.Run(); err != nil {
		t.Fatalf("%v: %s", err, mistakes.Bytes())
	}
	if said.String() != want {
		t.Errorf("of what was captured the libraries say\n%swant\n%s", said.String(), want)
	}
}
