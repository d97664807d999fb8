package setting_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

const secretText = "correct-horse-battery"

// read evaluates one expression, in which the variable secret is sensitive, by one method of a reader.
func read[T any](t *testing.T, src string, method func(*setting.Reader, hcl.Expression) T) (T, string) {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(src), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r := setting.NewReader(&hcl.EvalContext{Variables: map[string]cty.Value{
		"secret": cty.StringVal(secretText).Mark(setting.Sensitive),
	}})
	value := method(r, x)
	var said []string
	for _, d := range r.Diagnostics() {
		said = append(said, d.Summary+": "+d.Detail)
	}
	return value, strings.Join(said, "\n")
}

func TestTextsBecomeQuantities(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1m30s": 90 * time.Second, "24h": day, "7d": 7 * day, "1d12h": 36 * time.Hour,
		"0.5d": 12 * time.Hour, "0": 0, "36500d": 36500 * day,
	} {
		if got, err := setting.ParseDuration(text); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]setting.Bytes{
		"64MiB": 64 * setting.MiB, "256KiB": 256 * setting.KiB, "1GiB": setting.GiB, "512B": 512, "10KB": 10_000,
		"1.5 KiB": 1536,
	} {
		if got, err := setting.ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]float64{"50/s": 50, "120/min": 2, "7200/h": 2} {
		if got, err := setting.ParseRate(text); err != nil || got != want {
			t.Errorf("ParseRate(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
	if got, err := setting.ParseRatio("20%"); err != nil || got != 0.2 {
		t.Errorf("ParseRatio(20%%) = %v, %v", got, err)
	}
}

func TestWhatIsNoQuantityIsAnError(t *testing.T) {
	for _, text := range []string{
		"", "d", "NaNd", "Infd", "-1d", "40000d", "1d-5h", "1dd", "5", "5 m", "1d9999999h", "1e400d",
		"36500d2562047h",
	} {
		if got, err := setting.ParseDuration(text); err == nil {
			t.Errorf("ParseDuration(%q) = %v, want an error", text, got)
		}
	}
	for _, text := range []string{"", "64", "MiB", "-1MiB", "64mib", "NaNB", "1.2.3B", "99999999999GiB"} {
		if got, err := setting.ParseSize(text); err == nil {
			t.Errorf("ParseSize(%q) = %v, want an error", text, got)
		}
	}
	for _, text := range []string{"", "%", "20", "NaN%", "Inf%", "a%"} {
		if got, err := setting.ParseRatio(text); err == nil {
			t.Errorf("ParseRatio(%q) = %v, want an error", text, got)
		}
	}
	for _, text := range []string{"", "50", "/s", "50/", "50/fortnight", "NaN/s", "Inf/h"} {
		if got, err := setting.ParseRate(text); err == nil {
			t.Errorf("ParseRate(%q) = %v, want an error", text, got)
		}
	}
}

func TestAFormattedDurationReadsBackAsItself(t *testing.T) {
	for _, d := range []time.Duration{
		0, time.Millisecond, 90 * time.Second, time.Minute, time.Hour, 25 * time.Hour, 24 * time.Hour, 168 * time.Hour,
	} {
		if back, err := setting.ParseDuration(setting.FormatDuration(d)); err != nil || back != d {
			t.Errorf("%v is written as %q and reads back as %v, %v", d, setting.FormatDuration(d), back, err)
		}
	}
}

func FuzzQuantities(f *testing.F) {
	for _, seed := range []string{"7d", "1d12h", "64MiB", "20%", "50/s", "NaNd", "1e308d", "0x1p-2%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := setting.ParseDuration(text); err == nil && strings.Contains(text, "d") && d < 0 {
			t.Errorf("%q is %v", text, d)
		}
		if size, err := setting.ParseSize(text); err == nil && size < 0 {
			t.Errorf("%q is %v", text, size)
		}
		if share, err := setting.ParseRatio(text); err == nil && share != share {
			t.Errorf("%q is no number", text)
		}
		if rate, err := setting.ParseRate(text); err == nil && rate != rate {
			t.Errorf("%q is no number", text)
		}
	})
}

func TestAnAmountIsAShareOrACount(t *testing.T) {
	amount := func(r *setting.Reader, x hcl.Expression) setting.Amount {
		return r.Amount(x, setting.Amount{Count: 99})
	}
	for src, want := range map[string]int{`"20%"`: 200, `7`: 7, `"7"`: 7, `0`: 0, `"100%"`: 1000, `null`: 99} {
		got, said := read(t, src, amount)
		if got.Of(1000) != want || said != "" {
			t.Errorf("%s allows %d of 1000 (%s), want %d", src, got.Of(1000), said, want)
		}
	}
	for _, src := range []string{`"150%"`, `-1`, `"NaN%"`, `"some"`, `1.5`, `["20%"]`} {
		if got, said := read(t, src, amount); said == "" || got.Count != 99 {
			t.Errorf("%s reads as %+v without a word", src, got)
		}
	}
}

func TestValuesOutsideTheirBoundsAreReportedAndReadAsTheDefault(t *testing.T) {
	got, said := read(t, `"2h"`, func(r *setting.Reader, x hcl.Expression) time.Duration {
		return r.Duration(x, time.Minute, time.Second, time.Hour)
	})
	if got != time.Minute || said != "Invalid value: 2h is out of range: it takes 1s to 1h." {
		t.Errorf("a duration too long reads as %v: %s", got, said)
	}
	number, said := read(t, `1.5`, func(r *setting.Reader, x hcl.Expression) int { return r.Int(x, 3, 1, 10) })
	if number != 3 || said != "Number out of range: This takes a whole number from 1 to 10." {
		t.Errorf("a broken number reads as %d: %s", number, said)
	}
	word, said := read(t, `"stict"`, func(r *setting.Reader, x hcl.Expression) string {
		return r.OneOf(x, "key", "key", "strict", "none")
	})
	if word != "key" || said != `Unknown value: "stict" is none of key, strict, none. Did you mean "strict"?` {
		t.Errorf("a misspelled word reads as %q: %s", word, said)
	}
}

func TestAnEmptyListIsNotTheDefault(t *testing.T) {
	durations := func(r *setting.Reader, x hcl.Expression) []time.Duration {
		return r.Durations(x, []time.Duration{time.Second}, 0, time.Hour)
	}
	for src, want := range map[string][]time.Duration{
		`[]`: {}, `null`: {time.Second}, `["5s", "1m"]`: {5 * time.Second, time.Minute},
	} {
		if got, said := read(t, src, durations); said != "" || cmp.Diff(want, got) != "" {
			t.Errorf("%s reads as %v: %s", src, got, said)
		}
	}
}

// TestNoMethodShowsASecretOrPanicsOverOne reads a secret alone, in a list, in an object and of a wrong type
// with every method: plain ones refuse it, and none tells it.
func TestNoMethodShowsASecretOrPanicsOverOne(t *testing.T) {
	methods := map[string]func(*setting.Reader, hcl.Expression) any{
		"String":    func(r *setting.Reader, x hcl.Expression) any { return r.String(x, "") },
		"Bool":      func(r *setting.Reader, x hcl.Expression) any { return r.Bool(x, false) },
		"Int":       func(r *setting.Reader, x hcl.Expression) any { return r.Int(x, 0, 0, 10) },
		"Strings":   func(r *setting.Reader, x hcl.Expression) any { return r.Strings(x) },
		"OneOf":     func(r *setting.Reader, x hcl.Expression) any { return r.OneOf(x, "a", "a", "b") },
		"Duration":  func(r *setting.Reader, x hcl.Expression) any { return r.Duration(x, 0, 0, time.Hour) },
		"Durations": func(r *setting.Reader, x hcl.Expression) any { return r.Durations(x, nil, 0, time.Hour) },
		"Size":      func(r *setting.Reader, x hcl.Expression) any { return r.Size(x, 0, 0, setting.GiB) },
		"Ratio":     func(r *setting.Reader, x hcl.Expression) any { return r.Ratio(x, 0) },
		"Rate":      func(r *setting.Reader, x hcl.Expression) any { return r.Rate(x) },
		"Amount":    func(r *setting.Reader, x hcl.Expression) any { return r.Amount(x, setting.Amount{}) },
	}
	for name, method := range methods {
		for _, src := range []string{`secret`, `[secret]`, `{a = secret}`, `{(secret) = 1}`, `[[secret]]`} {
			value, said := read(t, src, method)
			if said == "" {
				t.Errorf("%s takes %s as %v", name, src, value)
			}
			if strings.Contains(said, secretText) {
				t.Errorf("%s of %s tells the secret: %s", name, src, said)
			}
		}
	}
}

func TestSecretsAreReadFromWhereverTheyMayStand(t *testing.T) {
	one, _ := read(t, `"a${secret}"`, (*setting.Reader).Secret)
	if one.Reveal() != "a"+secretText {
		t.Error("a secret in a template is lost")
	}
	byName, said := read(t, `{ a = secret, b = "open", c = null }`, (*setting.Reader).SecretMap)
	if len(byName) != 2 || byName["a"].Reveal() != secretText || byName["b"].Reveal() != "open" || said != "" {
		t.Errorf("a map of secrets reads as %d entries: %s", len(byName), said)
	}
	list, said := read(t, `[secret, "open", null]`, (*setting.Reader).SecretList)
	if len(list) != 2 || list[0].Reveal() != secretText || said != "" {
		t.Errorf("a list of secrets reads as %d entries: %s", len(list), said)
	}
	for _, src := range []string{`{ (secret) = 1 }`, `[secret]`, `secret`} {
		if _, said := read(t, src, (*setting.Reader).SecretMap); said == "" || strings.Contains(said, secretText) {
			t.Errorf("a map of secrets takes %s: %s", src, said)
		}
	}
}

func TestGivenTellsAnAttributeFromNone(t *testing.T) {
	for src, want := range map[string]bool{
		`null`: false, `""`: true, `[]`: true, `secret`: true, `item.id`: true, `upper("x")`: true,
	} {
		x, _ := hclsyntax.ParseExpression([]byte(src), "test.hcl", hcl.InitialPos)
		if setting.Given(x) != want {
			t.Errorf("Given(%s) is not %v", src, want)
		}
	}
	if setting.Given(nil) || setting.Given(hcl.StaticExpr(cty.NullVal(cty.DynamicPseudoType), hcl.Range{})) {
		t.Error("an absent attribute is taken for a given one")
	}
}
