package setting_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// world is an environment and a directory of files.
type world struct {
	dir string
	env map[string]string
}

func newWorld(t *testing.T) *world {
	w := &world{dir: t.TempDir(), env: map[string]string{"TOKEN": secretText, "EMPTY": ""}}
	w.write(t, "plain", "a file\n")
	w.write(t, "dos", "a file\r\n")
	w.write(t, "two", "a\n\n")
	w.write(t, "bare", "a file\r")
	w.write(t, "binary", "\xff\xfe")
	w.write(t, "decomposed", "e\u0301")
	w.write(t, "large", strings.Repeat("x", 1<<20+1))
	w.write(t, "full", strings.Repeat("x", 1<<20))
	return w
}

func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (w *world) lookup() *setting.Lookup {
	return setting.NewLookup(func(name string) (string, bool) {
		value, found := w.env[name]
		return value, found
	}, w.dir)
}

func call(t *testing.T, l *setting.Lookup, src string) (cty.Value, string) {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(src), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	value, diags := x.Value(&hcl.EvalContext{
		Functions: l.Functions(),
		Variables: map[string]cty.Value{
			"secret":  cty.StringVal(secretText).Mark(setting.Sensitive),
			"unknown": cty.DynamicVal,
		},
	})
	if diags.HasErrors() {
		return value, diags[0].Detail
	}
	return value, ""
}

func TestValuesFromOutsideAreMarkedAsSecrets(t *testing.T) {
	w := newWorld(t)
	w.env["CREDENTIALS_DIRECTORY"] = w.dir
	for src, want := range map[string]string{
		`env("TOKEN")`:                   secretText,
		`env("EMPTY")`:                   "",
		`env("TOKEN", "other")`:          secretText,
		`env("NONE", "other")`:           "other",
		`env("NONE", secret)`:            secretText,
		`env("NONE", env("TOKEN"))`:      secretText,
		`file("plain")`:                  "a file",
		`file("dos")`:                    "a file",
		`file("two")`:                    "a\n",
		`file("bare")`:                   "a file\r",
		`file("` + w.dir + `/plain")`:    "a file",
		`credential("plain")`:            "a file",
		`"${credential("plain")} again"`: "a file again",
	} {
		value, said := call(t, w.lookup(), src)
		plain, marks := value.Unmark()
		if said != "" || plain.AsString() != want {
			t.Errorf("%s gives %#v: %s", src, plain, said)
		}
		if _, marked := marks[setting.Sensitive]; !marked {
			t.Errorf("%s is not marked as sensitive", src)
		}
	}
	if value, said := call(t, w.lookup(), `file("full")`); said != "" || !value.IsMarked() {
		t.Errorf("a file of a full MiB is refused: %s", said)
	}
}

func TestADefaultOfNullLeavesTheAttributeOut(t *testing.T) {
	value, said := call(t, newWorld(t).lookup(), `env("NONE", null)`)
	if plain, _ := value.Unmark(); said != "" || !plain.IsNull() {
		t.Errorf("it gives %#v: %s", plain, said)
	}
}

func TestWhatIsMissingIsNamedAndNothingElseIsTold(t *testing.T) {
	w := newWorld(t)
	for src, want := range map[string]string{
		`env("NONE")`:              "the environment variable NONE is not set",
		`env(secret)`:              "a name cannot be a secret itself",
		`env(env("TOKEN"))`:        "a name cannot be a secret itself",
		`file(secret)`:             "a name cannot be a secret itself",
		`env(unknown)`:             "it must be known when the configuration is read",
		`env("NONE", unknown)`:     "it must be known when the configuration is read",
		`env("NONE", "a", "b")`:    "there can be only one default",
		`file("none")`:             w.dir + "/none cannot be read: no such file or directory",
		`file(".")`:                "it is no regular file",
		`file("large")`:            "it is larger than 1MiB",
		`file("binary")`:           "text that is not UTF-8 in normal form C",
		`file("decomposed")`:       "text that is not UTF-8 in normal form C",
		`credential("plain")`:      "$CREDENTIALS_DIRECTORY is not set",
		`credential("../plain")`:   "is no name of a credential",
		`credential("a/b")`:        "is no name of a credential",
		`credential("..")`:         "is no name of a credential",
		`credential("")`:           "is no name of a credential",
		`credential(env("TOKEN"))`: "a name cannot be a secret itself",
	} {
		_, said := call(t, w.lookup(), src)
		if !strings.Contains(said, want) || strings.Contains(said, secretText) {
			t.Errorf("%s says %q, want %q", src, said, want)
		}
	}
}

// TestALookupAnswersTheSameEverAfter keeps what was checked and what is used the same.
func TestALookupAnswersTheSameEverAfter(t *testing.T) {
	w := newWorld(t)
	l := w.lookup()
	before, _ := call(t, l, `file("plain")`)
	w.write(t, "plain", "another")
	after, _ := call(t, l, `file("plain")`)
	fresh, _ := call(t, w.lookup(), `file("plain")`)
	if !before.RawEquals(after) {
		t.Error("a file that changed while the program ran changes a setting")
	}
	if fresh.RawEquals(before) {
		t.Error("a new lookup does not see the new text")
	}
}

func TestReadingsListEveryAnswerOnceInOrder(t *testing.T) {
	l := newWorld(t).lookup()
	_, _ = call(t, l, `[env("TOKEN"), env("TOKEN"), env("NONE", "x"), file("plain")]`)
	var got []string
	for _, r := range l.Readings() {
		got = append(got, r.Function+" "+r.Name+" "+r.Value.Reveal())
	}
	if want := "env NONE ,env TOKEN " + secretText + ",file plain a file"; strings.Join(got, ",") != want {
		t.Errorf("readings are %q, want %q", got, want)
	}
}

func TestALookupServesSeveralGoroutines(t *testing.T) {
	l := newWorld(t).lookup()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, _ = call(t, l, `"${env("TOKEN")}${file("plain")}"`)
			_ = l.Readings()
		})
	}
	all.Wait()
	if len(l.Readings()) != 2 {
		t.Errorf("there are %d readings of 2 places", len(l.Readings()))
	}
}

// A replay has stand-ins: what it was told comes first, then what is there, and nothing is missing.
func TestALookupThatPretendsMissesNothing(t *testing.T) {
	w := newWorld(t)
	w.env["TOLD"] = "from the environment"
	l := w.lookup()
	l.Pretend(func(function, name string) (string, bool) {
		return "told " + function, name == "TOLD" || name == "told"
	})
	for src, want := range map[string]string{
		`env("TOLD")`:                    "told env",
		`env("TOKEN")`:                   secretText,
		`env("NONE")`:                    "hidden-NONE",
		`env("NONE", "other")`:           "other",
		`env("API.URL")`:                 "hidden-API-URL",
		`file("plain")`:                  "a file",
		`file("told")`:                   "told file",
		`file("some/where/key.pem")`:     "hidden-key-pem",
		`credential("crm-token")`:        "hidden-crm-token",
		`"Bearer ${credential("told")}"`: "Bearer told credential",
	} {
		value, said := call(t, l, src)
		plain, marks := value.Unmark()
		if _, marked := marks[setting.Sensitive]; said != "" || plain.AsString() != want || !marked {
			t.Errorf("%s gives %#v: %s", src, plain, said)
		}
	}
}
