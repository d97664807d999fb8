package receiver

import (
	"bytes"
	"strings"
	"testing"
)

// Each scheme is found in the headers, and verified with the kind of key that fits it.
func TestEachSchemeIsVerifiedWithTheKeyThatFits(t *testing.T) {
	all := []string{"standard", "ed25519", "github", "stripe", "http_message"}
	for name, tc := range map[string]struct {
		keys    string
		schemes []string
		want    string // the verdict
		taken   bool
	}{
		"standard":                   {secret, all[:1], "signature ok", true},
		"standard without prefix":    {strings.TrimPrefix(secret, "whsec_"), all[:1], "signature ok", true},
		"ed25519":                    {public, all[1:2], "signature ok: ed25519", true},
		"github":                     {text, all[2:3], "signature ok: github", true},
		"stripe":                     {text, all[3:4], "signature ok: stripe", true},
		"message":                    {secret, all[4:], "signature ok: http_message", true},
		"message by key":             {public, []string{"http_message by key"}, "signature ok: http_message", true},
		"all":                        {secret + "\n\n" + text + "\r\n" + public, all, "signature ok: standard, ed25519, github, stripe, http_message", true},
		"all with one key":           {public, all, "signature ok: ed25519; standard not checked: no secret whsec_… was given; github not checked: no secret was given; stripe not checked: no secret was given; http_message: verify Signature \"sig1\": no signature matches", true},
		"another secret":             {"whsec_" + strings.Repeat("AAAA", 8), all[:1], `REFUSED: standard: verify webhook "evt_1": no signature matches`, false},
		"a key of another kind":      {public, all[:1], "REFUSED: standard not checked: no secret whsec_… was given", false},
		"a secret of Stripe's form":  {"whsec_test_secret", all[:1], "REFUSED: standard not checked: read secret: after \"whsec_\" it is not standard base64", false},
		"unsigned":                   {secret, nil, "REFUSED: it has no signature of a kind that is known here", false},
		"of several keys the second": {"whsec_" + strings.Repeat("AAAA", 8) + "\n" + secret, all[:1], "signature ok", true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r := New(Options{Out: &out, Keys: keysOf(t, tc.keys)})
			status, _, _ := take(r, request(t, "evt_1", updated, tc.schemes...))
			if want := map[bool]int{true: 204, false: 401}[tc.taken]; status != want {
				t.Errorf("answered %d, not %d", status, want)
			}
			if !strings.HasSuffix(out.String(), "  ["+tc.want+"]\n") {
				t.Errorf("printed %s, want %s", out.String(), tc.want)
			}
		})
	}
}

func TestWhatWasChangedOnTheWayIsRefusedInEveryScheme(t *testing.T) {
	for scheme := range signers(t) {
		r := New(Options{Out: &bytes.Buffer{}, Keys: keysOf(t, secret+"\n"+text+"\n"+public)})
		changed := request(t, "evt_1", updated, scheme)
		changed.Body = request(t, "evt_1", strings.Replace(updated, "packed", "packet", 1)).Body
		if status, said, _ := take(r, changed); status != 401 || !strings.Contains(said, scheme[:6]) {
			t.Errorf("%s: answered %d %s", scheme, status, said)
		}
	}
}

// What speaks TLS may stand before the receiver: the sender signed its address.
func TestAMessageThatWasSignedForTLSVerifiesBehindIt(t *testing.T) {
	for target, status := range map[string]int{
		"http://receiver.example/hook?x=1": 204, "https://receiver.example/hook?x=1": 204,
		"https://receiver.example/hook?x=2": 401, "https://other.example/hook?x=1": 401,
	} {
		r := New(Options{Out: &bytes.Buffer{}, Keys: keysOf(t, secret)})
		if got, said, _ := take(r, requestTo(t, target, "evt_1", updated, "http_message")); got != status {
			t.Errorf("%s: answered %d %s", target, got, said)
		}
	}
}

func TestWithoutKeysNothingIsCheckedAndUnsignedIsTakenOnlyIfWanted(t *testing.T) {
	var out bytes.Buffer
	r := New(Options{Out: &out})
	if status, _, _ := take(r, request(t, "", updated)); status != 204 || !strings.Contains(out.String(), "[not checked]") {
		t.Errorf("without keys: %d %s", status, out.String())
	}
	out.Reset()
	r = New(Options{Out: &out, Keys: keysOf(t, secret), Unsigned: true})
	if status, _, _ := take(r, request(t, "", updated)); status != 204 || !strings.Contains(out.String(), "[unsigned]") {
		t.Errorf("unsigned: %d %s", status, out.String())
	}
	if status, _, _ := take(r, request(t, "", updated, "github")); status != 401 {
		t.Errorf("signed by others: %d", status)
	}
}

func TestAKeyThatIsNoneIsRefusedAndNotShown(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "there is none",
		" \n\n":                      "there is none",
		private:                      "the public one, whpk_",
		"whpk_AAAA":                  "3 bytes, not 32",
		strings.Repeat("x\n", 33):    "more than 32",
		strings.Repeat("xyzzy", 300): "1024 bytes",
	} {
		_, err := ParseKeys(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q gives %v, without %q", text, err, want)
		}
		if err != nil && len(text) > 10 && strings.Contains(err.Error(), text[5:10]) {
			t.Errorf("%q is shown: %v", text, err)
		}
	}
	if keysOf(t, secret).Misfit() != nil || keysOf(t, "whsec_test_secret").Misfit() == nil {
		t.Error("a misfit is not told")
	}
}
