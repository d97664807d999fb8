package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// readmeBlock returns the one block of code of a language that the README has between a heading and the next one.
func readmeBlock(t *testing.T, heading, language string) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
	if !found {
		t.Fatalf("the README has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n##")
	blocks := regexp.MustCompile("(?s)\n```"+language+"\n(.*?)\n```\n").FindAllStringSubmatch(section, -1)
	if len(blocks) != 1 {
		t.Fatalf("below %q there are %d blocks of %s, not one", heading, len(blocks), language)
	}
	return blocks[0][1] + "\n"
}

func TestTheConfigurationOfTheReadmeIsValidAndHasFifteenLinesAtMost(t *testing.T) {
	text := readmeBlock(t, "## A configuration", "hcl")
	if lines := strings.Count(text, "\n"); lines > 15 {
		t.Errorf("it has %d lines", lines)
	}
	file := filepath.Join(t.TempDir(), "hookbridge.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("hookbridge", "validate", "--config", file).CombinedOutput(); err != nil {
		t.Errorf("validate: %v\n%s", err, out)
	}
}

func TestTheSignaturesOfTheReadmeAreValid(t *testing.T) {
	dir := t.TempDir()
	private, _ := signature.NewKeyPair()
	for name, text := range map[string]string{
		"app-key": private,
		"hookbridge.hcl": readmeBlock(t, "### Signatures and formats", "hcl") + `
source "http" "orders" {
  url   = "https://api.example.com/orders"
  items = body
  key   = item.id
  sinks = [sink.app]
}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	validate := exec.Command("hookbridge", "validate", "--config", filepath.Join(dir, "hookbridge.hcl"))
	validate.Env = append(os.Environ(), "CREDENTIALS_DIRECTORY="+dir)
	for _, name := range []string{"APP_SECRET", "APP_SECRET_OLD", "APP_GITHUB_SECRET", "APP_STRIPE_SECRET"} {
		validate.Env = append(validate.Env, name+"="+signature.NewSecret())
	}
	if out, err := validate.CombinedOutput(); err != nil || strings.Contains(string(out), "Warning") {
		t.Errorf("validate: %v\n%s", err, out)
	}
}

func TestTheReceiversOfTheReadmeVerifyWhatARealRunSends(t *testing.T) {
	t.Run("go", func(t *testing.T) {
		needs(t, "go")
		source := readmeFile(t, "main.go", readmeBlock(t, "### Verifying", "go"))
		program := filepath.Join(t.TempDir(), "receiver")
		if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		checkReceiver(t, exec.Command(program))
	})
	t.Run("js", func(t *testing.T) {
		needs(t, "node")
		needsModules(t)
		modules, err := filepath.Abs(filepath.Join(verifyDir, "node_modules"))
		if err != nil {
			t.Fatal(err)
		}
		receiver := exec.Command("node", readmeFile(t, "receiver.js", readmeBlock(t, "### Verifying", "js")))
		receiver.Env = append(os.Environ(), "NODE_PATH="+modules)
		checkReceiver(t, receiver)
	})
	t.Run("python", func(t *testing.T) {
		needs(t, "python3")
		checkReceiver(t, exec.Command("python3", readmeFile(t, "receiver.py", readmeBlock(t, "### Verifying", "python"))))
	})
}

func readmeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// checkReceiver runs a receiver, and a daemon that sends to it: it prints the event's id, and refuses what is
// not genuine.
func checkReceiver(t *testing.T, receiver *exec.Cmd) {
	t.Helper()
	address, secret := freeAddress(t), signature.NewSecret()
	said := startReceiver(t, receiver, "RECEIVER_ADDRESS="+address, "RECEIVER_SECRET="+secret)
	api := liveServe(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `[{"id":1,"name":"Zoë 雪"}]`)
	})
	l := newLive(t, fmt.Sprintf(readmeRun, api, "http://"+address+"/", secret))
	l.mustStart()
	l.poll("orders")
	l.untilSent()
	events, err := l.client().Events(t.Context(), admin.Filter{})
	if err != nil || len(events.Events) != 1 {
		t.Fatalf("events: %v, %v", events, err)
	}
	for id := events.Events[0].ID; !strings.Contains(liveNext(t, said, "the event's id"), id); {
		continue
	}
	l.stop()
	checkForgeries(t, "http://"+address+"/", secret)
}

// The daemon may be there before the receiver, and goes on trying.
const readmeRun = `
source "http" "orders" {
  every   = "1h"
  url     = "%s/"
  items   = body
  key     = item.id
  initial = "emit"
  sinks   = [sink.receiver]
}
sink "webhook" "receiver" {
  url    = %q
  secret = %q
  retry {
    schedule = ["100ms", "100ms", "200ms", "400ms", "800ms", "1s", "2s", "4s", "8s", "8s"]
  }
}
`

// freeAddress returns a loopback address that nobody listened on a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// startReceiver starts a program until the test ends, and returns the lines that it prints.
func startReceiver(t *testing.T, program *exec.Cmd, env ...string) <-chan string {
	t.Helper()
	if program.Env == nil {
		program.Env = os.Environ()
	}
	program.Env = append(program.Env, env...)
	program.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	program.Stdout, program.Stderr = write, write
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close() // the program has its own
	lines := make(chan string, 1000)
	go func() {
		defer read.Close()
		for scanner := bufio.NewScanner(read); scanner.Scan(); {
			t.Logf("the receiver said: %s", scanner.Text())
			lines <- scanner.Text()
		}
		_ = program.Wait() // it was killed
		close(lines)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-program.Process.Pid, syscall.SIGKILL)
		for range lines {
			continue
		}
	})
	return lines
}

// checkForgeries sends what a receiver must refuse, beside what it must take.
func checkForgeries(t *testing.T, url, secret string) {
	t.Helper()
	now, body := time.Now(), []byte(`{"type":"orders.created"}`)
	for _, tc := range []struct {
		what   string
		secret string
		at     time.Time
		signed []byte
		taken  bool
	}{
		{"a genuine request", secret, now, body, true},
		{"a request signed with another secret", signature.NewSecret(), now, body, false},
		{"a request with another body than the one that was signed", secret, now, []byte(`{}`), false},
		{"a request of an hour ago", secret, now.Add(-time.Hour), body, false},
	} {
		key, err := signature.ParseSecret(tc.secret)
		if err != nil {
			t.Fatal(err)
		}
		status := postSigned(t, url, body, signature.Header([]signature.Key{key}, "evt_1", tc.at, tc.signed), tc.at)
		if taken := status >= 200 && status < 300; taken != tc.taken || !taken && status != http.StatusUnauthorized {
			t.Errorf("%s is answered with status %d", tc.what, status)
		}
	}
}

func postSigned(t *testing.T, url string, body []byte, signed string, at time.Time) (status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(signature.HeaderID, "evt_1")
	request.Header.Set(signature.HeaderTimestamp, signature.Timestamp(at))
	request.Header.Set(signature.HeaderSignature, signed)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close() // only its status matters
	return response.StatusCode
}
