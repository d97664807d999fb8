package signature_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

func TestANewPairOfKeysBelongsTogetherAndNoTwoAreTheSame(t *testing.T) {
	first, open := signature.NewKeyPair()
	second, _ := signature.NewKeyPair()
	if first == second {
		t.Errorf("%q twice", first)
	}
	if got := privateKey(t, first).Public().String(); got != open {
		t.Errorf("the public key of the pair is %s, not %s", got, open)
	}
}

func TestASeedAloneIsThePrivateKey(t *testing.T) {
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(private, "whsk_"))
	if err != nil {
		t.Fatal(err)
	}
	seed := privateKey(t, "whsk_"+base64.StdEncoding.EncodeToString(decoded[:32]))
	if got := seed.Public().String(); got != public {
		t.Errorf("its public key is %s", got)
	}
}

func TestAKeyOfTheWrongFormIsRefusedWithWhatItIsAndWithoutBeingShown(t *testing.T) {
	readPrivate := func(text string) error { _, err := signature.ParsePrivateKey(text); return err }
	readPublic := func(text string) error { _, err := signature.ParsePublicKey(text); return err }
	readText := func(text string) error { _, err := signature.ParseText(text); return err }
	readMessage := func(text string) error { _, err := signature.ParseMessageSecret(text); return err }
	readSecret := func(text string) error { _, err := signature.ParseSecret(text); return err }
	bytes := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	for _, tc := range []struct {
		read       func(string) error
		text, want string
	}{
		{readPrivate, newSecret, "a shared secret"},
		{readPrivate, public, "a public key"},
		{readPrivate, strings.TrimPrefix(private, "whsk_"), `not "whsk_"`},
		{readPrivate, private + "\n", "standard base64"},
		{readPrivate, "whsk_" + bytes(48), "48 bytes, not 64 or 32"},
		{readPrivate, "whsk_" + bytes(64), "second half"},
		{readPublic, private, "a private key"},
		{readPublic, newSecret, "a shared secret"},
		{readPublic, "whpk_" + bytes(64), "64 bytes, not 32"},
		{readSecret, private, "a private key"},
		{readSecret, public, "a public key"},
		{readText, "", "empty"},
		{readText, "hunter2-hunter2\n", "line break"},
		{readText, " hunter2-hunter2", "space"},
		{readText, strings.Repeat("hunter2", 200), "1024 bytes"},
		{readText, private, "a private key"},
		{readMessage, "whsec_hunter2-hunter2", "base64"},
		{readMessage, public, "a public key"},
	} {
		err := tc.read(tc.text)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q gives %v, without %q", tc.text, err, tc.want)
		} else if len(tc.text) > 12 && strings.Contains(err.Error(), tc.text[6:]) {
			t.Errorf("%q is shown: %v", tc.text, err)
		}
	}
}

func TestASecretForMessagesIsDecodedByItsPrefixOnly(t *testing.T) {
	for _, tc := range []struct{ text, same string }{
		{newSecret, string([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31})},
		{strings.TrimPrefix(newSecret, "whsec_"), strings.TrimPrefix(newSecret, "whsec_")},
	} {
		m := message(vectorTime())
		must(signature.SharedMessage("k1", must(signature.ParseMessageSecret(tc.text))(t)))(t).Sign(m)
		raw := signature.MessageKeys{Shared: []signature.Key{plain(t, tc.same)}}
		if err := raw.Verify(m, vectorTime()); err != nil {
			t.Errorf("%s: %v", tc.text, err)
		}
	}
}

func TestAnIDOfAKeyIsPrintableASCII(t *testing.T) {
	for id, good := range map[string]bool{
		"k1": true, `with "quotes" and \ and spaces`: true, "": false, "ä": false, "a\nb": false, "\x7f": false,
		strings.Repeat("k", 256): true, strings.Repeat("k", 257): false,
	} {
		if _, err := signature.SharedMessage(id, keys(t, newSecret)[0]); (err == nil) != good {
			t.Errorf("%q gives %v", id, err)
		}
	}
	m := message(vectorTime())
	shared(t, `with "quotes" and \ and spaces`, newSecret).Sign(m)
	if err := verifierOf(t, "http_message").Verify(m, vectorTime()); err != nil {
		t.Error(err)
	}
}

func TestAPrivateKeyPrintsAsHidden(t *testing.T) {
	key := privateKey(t, private)
	inJSON, err := json.Marshal(map[string]any{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(key), fmt.Sprintf("%#v %+v %x %d %s", key, key, key, key, key), string(inJSON)} {
		if !strings.Contains(text, "(sensitive)") || strings.Contains(text, "233") || strings.Contains(text, "e976") {
			t.Errorf("printed as %s", text)
		}
	}
}
