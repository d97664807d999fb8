package signature_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

const (
	newSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	oldSecret = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
	contact   = `{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z","data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}`
)

type vector struct {
	name    string
	secrets []string
	id      string
	seconds int64
	body    string
	header  string
}

func vectors() []vector {
	return []vector{
		{
			"SW-1",
			[]string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
			"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
			`{"test": 2432232314}`, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		},
		{
			"SW-2",
			[]string{newSecret, oldSecret},
			"msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", 1674087231, contact,
			"v1,4PMU5Dl90B4kgwxDpwuMZ/cnZ5ztf+Y+kviYQD66rJg= v1,5CyhuKt3yZ7+PZSJKIkwyhMQZvRQ11nPoA9y5B34upY=",
		},
		{
			"SW-3",
			[]string{newSecret},
			"msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", 1674087231,
			`{"type":"t.é","data":{"emoji":"😀","html":"<&>"}}`, "v1,rrlPp4R/ZYmJxP7ZC7hRPPQqrPbehXNZ2OMpU8DtP6A=",
		},
	}
}

func TestThePublishedVectorsMatchByteForByte(t *testing.T) {
	for _, v := range vectors() {
		t.Run(v.name, func(t *testing.T) {
			got := signature.Header(keys(t, v.secrets...), v.id, time.Unix(v.seconds, 0), []byte(v.body))
			if got != v.header {
				t.Errorf("header is\n%s, not\n%s", got, v.header)
			}
		})
	}
}

// D13, in part: what two secrets signed verifies with either, here by the published library.
func TestThePublishedLibraryAcceptsEachSecretOfARotation(t *testing.T) {
	now := time.Now()
	header := signed(t, "evt_1", now, contact, newSecret, oldSecret)
	for _, secret := range []string{newSecret, oldSecret} {
		receiver, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := receiver.Verify([]byte(contact), header); err != nil {
			t.Errorf("%s: %v", secret, err)
		}
	}
}

func TestVerifyAcceptsWhatThePublishedLibrarySigns(t *testing.T) {
	sender, err := standardwebhooks.NewWebhook(oldSecret)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	line, err := sender.Sign("evt_1", now, []byte(contact))
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{}
	header.Set(signature.HeaderID, "evt_1")
	header.Set(signature.HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(signature.HeaderSignature, "v1a,AAAA "+line)
	if err := signature.Verify(header, []byte(contact), now, keys(t, newSecret, oldSecret)...); err != nil {
		t.Error(err)
	}
}

func TestVerifyRefusesWhatIsNotGenuine(t *testing.T) {
	now := time.Unix(1674087231, 0)
	for name, tc := range map[string]struct {
		alter func(header http.Header)
		body  string
		at    time.Time
		want  error
	}{
		"another body":      {func(http.Header) {}, contact + " ", now, signature.ErrSignature},
		"another id":        {func(h http.Header) { h.Set(signature.HeaderID, "evt_2") }, contact, now, signature.ErrSignature},
		"another timestamp": {func(h http.Header) { h.Set(signature.HeaderTimestamp, "1674087232") }, contact, now, signature.ErrSignature},
		"no id":             {func(h http.Header) { h.Del(signature.HeaderID) }, contact, now, signature.ErrUnsigned},
		"no signature":      {func(h http.Header) { h.Del(signature.HeaderSignature) }, contact, now, signature.ErrUnsigned},
		"a broken time":     {func(h http.Header) { h.Set(signature.HeaderTimestamp, "soon") }, contact, now, signature.ErrUnsigned},
		"too old":           {func(http.Header) {}, contact, now.Add(301 * time.Second), signature.ErrStale},
		"too new":           {func(http.Header) {}, contact, now.Add(-301 * time.Second), signature.ErrStale},
		"at the edge":       {func(http.Header) {}, contact, now.Add(300 * time.Second), nil},
	} {
		t.Run(name, func(t *testing.T) {
			header := signed(t, "evt_1", now, contact, newSecret)
			tc.alter(header)
			if err := signature.Verify(header, []byte(tc.body), tc.at, keys(t, newSecret)...); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestANewSecretIsParsedAndNoTwoAreTheSame(t *testing.T) {
	first, second := signature.NewSecret(), signature.NewSecret()
	if first == second {
		t.Errorf("%q twice", first)
	}
	bytes, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(first, "whsec_"))
	if err != nil || len(bytes) != 32 {
		t.Errorf("%q stands for %d bytes: %v", first, len(bytes), err)
	}
	keys(t, first, strings.TrimPrefix(first, "whsec_"))
}

func TestASecretOfTheWrongFormIsRefusedWithoutBeingShown(t *testing.T) {
	short := base64.StdEncoding.EncodeToString(make([]byte, 23))
	long := base64.StdEncoding.EncodeToString(make([]byte, 65))
	urlSafe := base64.URLEncoding.EncodeToString([]byte(strings.Repeat("\xff\xfe", 16)))
	for _, text := range []string{"", "whsec_", "hunter2-hunter2-hunter2!", short, "whsec_" + long, urlSafe, newSecret + "\n", private} {
		_, err := signature.ParseSecret(text)
		if err == nil {
			t.Errorf("%q was taken", text)
		} else if len(text) > 6 && strings.Contains(err.Error(), text[6:]) {
			t.Errorf("%q is shown: %v", text, err)
		}
	}
}

func TestAKeyPrintsAsHidden(t *testing.T) {
	key := keys(t, newSecret)[0]
	inJSON, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(key), fmt.Sprintf("%#v %+v %x %d", key, key, key, key), string(inJSON)} {
		if !strings.Contains(text, "(sensitive)") || strings.Contains(text, "0 1 2 3") || strings.Contains(text, "000102") {
			t.Errorf("printed as %s", text)
		}
	}
}

func signed(t *testing.T, id string, at time.Time, body string, secrets ...string) http.Header {
	t.Helper()
	header := http.Header{}
	header.Set(signature.HeaderID, id)
	header.Set(signature.HeaderTimestamp, signature.Timestamp(at))
	header.Set(signature.HeaderSignature, signature.Header(keys(t, secrets...), id, at, []byte(body)))
	return header
}

func keys(t testing.TB, secrets ...string) []signature.Key {
	t.Helper()
	var all []signature.Key
	for _, secret := range secrets {
		key, err := signature.ParseSecret(secret)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, key)
	}
	return all
}
