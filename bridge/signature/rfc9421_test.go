package signature

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/dunglas/httpsfv"
)

// The request of RFC 9421, appendix B.2.
func rfc9421Request() Message {
	return Message{
		Method: http.MethodPost,
		Target: "https://example.com/foo?param=Value&Pet=dog",
		Header: http.Header{
			"Date":           {"Tue, 20 Apr 2021 02:07:55 GMT"},
			"Content-Type":   {"application/json"},
			"Content-Length": {"18"},
			"Content-Digest": {"sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"},
		},
		Body: []byte(`{"hello": "world"}`),
	}
}

// D14: the signatures of RFC 9421, appendices B.2.5 and B.2.6. They do not cover the body, so that Verify
// would refuse them; what they are signatures of is made as the RFC has it.
func TestTheSignaturesOfTheRFCAreOverTheBaseThatIsMadeHere(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString(
		"uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
	if err != nil {
		t.Fatal(err)
	}
	public, err := ParsePublicKey("whpk_JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=")
	if err != nil {
		t.Fatal(err)
	}
	keys := MessageKeys{Shared: []Key{{secret}}, Public: []PublicKey{public}}
	for _, tc := range []struct{ input, signature string }{
		{
			`sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`,
			"pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
		},
		{
			`sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
			"wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
		},
	} {
		inputs, err := httpsfv.UnmarshalDictionary([]string{tc.input})
		if err != nil {
			t.Fatal(err)
		}
		member, _ := inputs.Get(inputs.Names()[0])
		base, err := rfc9421Request().base(member.(httpsfv.InnerList))
		if err != nil {
			t.Fatal(err)
		}
		signature, err := base64.StdEncoding.DecodeString(tc.signature)
		if err != nil || !keys.right("", base, signature) {
			t.Errorf("%s: %v: no signature of\n%s", inputs.Names()[0], err, base)
		}
	}
	if err := rfc9421Request().checkDigest(); err != nil {
		t.Error(err)
	}
}

// RFC 9421, section 2.2.
func TestComponentsAreDerivedFromTheRequest(t *testing.T) {
	for name, want := range map[string]string{
		"@method":         "POST",
		"@target-uri":     "https://example.com/foo?param=Value&Pet=dog",
		"@authority":      "example.com",
		"@scheme":         "https",
		"@request-target": "/foo?param=Value&Pet=dog",
		"@path":           "/foo",
		"@query":          "?param=Value&Pet=dog",
		"content-type":    "application/json",
	} {
		if got, found := rfc9421Request().component(name); !found || got != want {
			t.Errorf("%s is %q, %v, not %q", name, got, found, want)
		}
	}
	for _, name := range []string{"@status", "@query-param", "x-missing", "@"} {
		if got, found := rfc9421Request().component(name); found {
			t.Errorf("%s is %q", name, got)
		}
	}
	for target, want := range map[string]string{
		"http://Example.COM:80/": "example.com", "https://example.com:443": "example.com",
		"http://example.com:443/": "example.com:443",
	} {
		if got, _ := (Message{Target: target}).component("@authority"); got != want {
			t.Errorf("the authority of %s is %q, not %q", target, got, want)
		}
	}
}
