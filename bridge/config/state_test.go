package config_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

const (
	plainText = "source \"http\" \"orders\" {\n  url = \"https://api.example.com/\"\n  sinks = [sink.crm]\n}\nsink \"webhook\" \"crm\" {\n  url = \"https://crm.example.com/\"\n}\n"
	stateText = plainText + "state {\n  encryption_key = env(\"STATE_KEY\")\n}\n"
)

func TestTheKeyOfTheStateIsReadAndShownNowhere(t *testing.T) {
	for _, size := range []int{16, 24, 32} {
		text := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{200}, size))
		c := loadText(t, stateText, "STATE_KEY", text+"\n")
		want, err := store.ParseKey(text)
		if err != nil || string(c.State.Key.Bytes()) != string(want) || len(want) != size {
			t.Errorf("%v, %d bytes", err, len(c.State.Key.Bytes()))
		}
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if shown := fmt.Sprintf(format, c.State); strings.Contains(shown, string(want)) || !strings.Contains(shown, setting.Hidden) {
				t.Errorf("%s shows %s", format, shown)
			}
		}
	}
	if c := loadText(t, plainText); c.State.Key.Bytes() != nil {
		t.Error("a key where there is none")
	}
}

// A key that is named and is none must not leave the state open to be read.
func TestAKeyOfTheStateThatIsNoneIsAMistake(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "blank": " \n", "no base64": "not base64 at all!", "too short": "c2hvcnQ=",
		"URL-safe": "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_A=", "too long": strings.Repeat("AAAA", 20),
	} {
		c, diags := load(t, files(t, "main.hcl", stateText), "STATE_KEY", text)
		if got := summaries(diags); len(got) != 1 || got[0] != "Invalid key" {
			t.Errorf("%s: %v", name, got)
		}
		if shown := rendered(t, c, diags); len(text) > 2 && strings.Contains(shown, text) {
			t.Errorf("%s: %s", name, shown)
		}
	}
}

// Whoever only speaks to the daemon needs no secret of its state; whoever opens the state needs no other one.
func TestTheKeyIsOnlyReadByThoseWhoOpenTheState(t *testing.T) {
	text := "state {\n  path = \"/srv/state\"\n  encryption_key = credential(\"state-key\")\n}\n" +
		"admin {\n  listen = \"127.0.0.1:7676\"\n}\nlog {\n  level = credential(\"none\")\n}\n"
	path := files(t, "main.hcl", text)
	options := config.Options{Kinds: kinds(), Getenv: environment()}
	if c, diags := config.LoadAdmin(path, options); diags.HasErrors() || c.State.Path != "/srv/state" || !c.State.Key.IsZero() {
		t.Errorf("%v, %+v", diags, c.State)
	}
	if _, diags := config.LoadState(path, options); len(diags) != 1 {
		t.Errorf("a key that cannot be read: %v", diags)
	}
	c, diags := config.LoadState(files(t, "main.hcl", strings.Replace(text, "credential(\"state-key\")", "env(\"STATE_KEY\")", 1)),
		config.Options{Kinds: kinds(), Getenv: environment("STATE_KEY", store.NewKey())})
	if diags.HasErrors() || len(c.State.Key.Bytes()) != 32 || c.State.Path != "/srv/state" {
		t.Errorf("%v, %+v", diags, c.State)
	}
}

// A key that everyone can read keeps nobody out: that is told, and does not stop a daemon that ran with it.
func TestAKeyOfTheStateThatEveryoneCanReadIsAWarning(t *testing.T) {
	for mode, want := range map[fs.FileMode]int{0o600: 0, 0o640: 0, 0o604: 1, 0o644: 1} {
		path := filepath.Join(t.TempDir(), "state.key")
		if err := errors.Join(os.WriteFile(path, []byte(store.NewKey()+"\n"), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{`file("` + path + `")`, `credential("state.key")`, `"${file("` + path + `")}"`} {
			main := strings.Replace(stateText, `env("STATE_KEY")`, text, 1)
			c, diags := load(t, files(t, "main.hcl", main), "CREDENTIALS_DIRECTORY", filepath.Dir(path))
			if len(diags) != want || diags.HasErrors() || len(c.State.Key.Bytes()) != 32 {
				t.Errorf("%v, %s: %v", mode, text, diags)
			}
			if want > 0 && (summaries(diags)[0] != "Key that everyone can read" || !strings.Contains(diags[0].Detail, "chmod go= "+path)) {
				t.Errorf("%v: %v", mode, diags)
			}
		}
	}
}
