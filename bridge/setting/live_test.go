package setting_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

func (w *world) live(t *testing.T, src string) *setting.Live {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(src), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r := setting.NewReader(&hcl.EvalContext{Functions: w.lookup().Functions()})
	l := r.Live(x, func(text string) error {
		if text == "" {
			return errors.New("empty")
		}
		return nil
	})
	if r.Diagnostics().HasErrors() {
		t.Fatal(r.Diagnostics())
	}
	return l
}

// expect waits until files are looked at again, and checks the text.
func expect(t *testing.T, l *setting.Live, want string) {
	t.Helper()
	time.Sleep(3 * time.Second)
	if got := l.Reveal(); got != want {
		t.Errorf("it is %q, want %q", got, want)
	}
}

// TestASecretFollowsItsFile is what lets a token be replaced without a reload (H3).
func TestASecretFollowsItsFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.env["CREDENTIALS_DIRECTORY"] = w.dir
		w.write(t, "token", "first\n")
		file, credential := w.live(t, `file("token")`), w.live(t, `"Token ${credential("token")} of ${env("TOKEN")}"`)
		expect(t, file, "first")
		w.write(t, "token", "second\n")
		expect(t, file, "second")
		expect(t, credential, "Token second of "+secretText)
		w.write(t, "token", "")
		expect(t, file, "second")
		if err := os.Remove(filepath.Join(w.dir, "token")); err != nil {
			t.Fatal(err)
		}
		expect(t, file, "second")
		w.write(t, "token", "third")
		expect(t, file, "third")
	})
}

func TestAFileThatTakesAnothersPlaceIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		old := time.Unix(1, 0)
		for _, name := range []string{"one", "two"} {
			w.write(t, name, name)
			if err := os.Chtimes(filepath.Join(w.dir, name), old, old); err != nil {
				t.Fatal(err)
			}
		}
		l := w.live(t, `file("one")`)
		expect(t, l, "one")
		if err := os.Rename(filepath.Join(w.dir, "two"), filepath.Join(w.dir, "one")); err != nil {
			t.Fatal(err)
		}
		expect(t, l, "two")
	})
}

func TestAFileIsLookedAtEveryFewSecondsOnlyUnlessItsTextWasRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.write(t, "token", "first")
		l := w.live(t, `file("token")`)
		_, before := l.Versioned()
		w.write(t, "token", "second")
		if got := l.Reveal(); got != "first" {
			t.Errorf("it is %q within the same second", got)
		}
		l.Renew()
		if got, version := l.Versioned(); got != "second" || version == before {
			t.Errorf("after it was refused it is %q, version %d after %d", got, version, before)
		}
	})
}

func TestAVariableOfTheEnvironmentStaysAsItWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := w.live(t, `env("TOKEN")`)
		w.env["TOKEN"] = "other"
		l.Renew()
		expect(t, l, secretText)
	})
}

func TestALiveSecretMayBeReadByManyAtATime(t *testing.T) {
	w := newWorld(t)
	w.write(t, "token", "first")
	l := w.live(t, `file("token")`)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			l.Renew()
			_ = l.Reveal()
		})
	}
	all.Wait()
}
