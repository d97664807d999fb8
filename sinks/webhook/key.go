package webhook

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/signature"
)

// What the sign blocks hold, by their kinds.
type (
	onlySecret struct {
		Secret hcl.Expression `hcl:"secret"`
	}
	rotatingSecret struct {
		Secret   hcl.Expression `hcl:"secret"`
		Previous hcl.Expression `hcl:"previous,optional"`
	}
	rotatingKey struct {
		Key      hcl.Expression `hcl:"key"`
		Previous hcl.Expression `hcl:"previous,optional"`
	}
	messageKey struct {
		ID     hcl.Expression `hcl:"key_id"`
		Secret hcl.Expression `hcl:"secret,optional"`
		Key    hcl.Expression `hcl:"key,optional"`
	}
)

func decode[B any](r *setting.Reader, block signBlock) (held B) {
	r.Report(gohcl.DecodeBody(block.Body, nil, &held))
	return held
}

// A form is how a kind of key is written, and what to do about a text that is not.
type form[K any] struct {
	parse   func(text string) (K, error)
	summary string
	advice  string
}

func standardForm() form[signature.Key] {
	return form[signature.Key]{signature.ParseSecret, "Invalid secret", "A webhook secret is whsec_ and the standard base64 of " +
		"24 to 64 random bytes (%s). Make one with `hookbridge secret new`."}
}

func textForm() form[signature.Key] {
	return form[signature.Key]{signature.ParseText, "Invalid secret", "Here the secret is any text, the very one that the receiver " +
		"has (%s). Of one in a file, cut the line break off with trimspace(file(…))."}
}

func messageForm() form[signature.Key] {
	return form[signature.Key]{signature.ParseMessageSecret, "Invalid secret", "Here the secret is whsec_ and the standard base64 of " +
		"24 to 64 random bytes, or any other text as it is (%s)."}
}

func privateForm() form[signature.PrivateKey] {
	return form[signature.PrivateKey]{signature.ParsePrivateKey, "Invalid key", "A private key is whsk_ and the standard base64 of " +
		"64 bytes (%s). Make a pair of keys with `hookbridge secret new --ed25519`."}
}

// readKeys takes the newest key and those before it, in this order.
func readKeys[K any](r *setting.Reader, f form[K], newest, previous hcl.Expression) []K {
	keys := []K{readKey(r, f, newest)}
	for _, secret := range r.SecretList(previous) {
		keys = append(keys, parseKey(r, f, previous, secret))
	}
	return keys
}

// readKey takes one key. A mistake is reported, with the key's zero value in its place.
func readKey[K any](r *setting.Reader, f form[K], x hcl.Expression) (key K) {
	if secret, ok := readSecret(r, x); ok {
		return parseKey(r, f, x, secret)
	}
	return key
}

func parseKey[K any](r *setting.Reader, f form[K], x hcl.Expression, secret setting.Secret) K {
	key, err := f.parse(secret.Reveal())
	if err != nil {
		r.Fail(x, f.summary, f.advice, err)
	}
	return key
}

// readSecret is not ok where the expression itself was reported.
func readSecret(r *setting.Reader, x hcl.Expression) (secret setting.Secret, ok bool) {
	before := len(r.Diagnostics())
	secret = r.Secret(x)
	return secret, len(r.Diagnostics()) == before
}

// readText takes a required text that is no secret.
func readText(r *setting.Reader, x hcl.Expression, name, summary string, check func(string) error) string {
	before := len(r.Diagnostics())
	text := r.String(x, "")
	if err := check(text); err != nil && r.Required(x, name) && len(r.Diagnostics()) == before {
		r.Fail(x, summary, "The argument %q does not fit: %s.", name, err)
	}
	return text
}

// readMessage takes the key of an HTTP message signature, which is either shared or private.
func readMessage(r *setting.Reader, given messageKey, block hcl.Range) signature.Signer {
	id := readText(r, given.ID, "key_id", "Invalid key_id", signature.CheckKeyID)
	secret, key := setting.Given(given.Secret), setting.Given(given.Key)
	switch {
	case secret && key:
		r.Fail(given.Key, "Secret and key", "A message is signed with a secret that the receiver has as well, or with a "+
			"private key: keep one of them.")
	case secret:
		signer, _ := signature.SharedMessage(id, readKey(r, messageForm(), given.Secret)) // the id was judged above
		return signer
	case key:
		signer, _ := signature.PrivateMessage(id, readKey(r, privateForm(), given.Key)) // the id was judged above
		return signer
	default:
		r.Report(setting.Wrong(block, "Neither secret nor key", "Give the secret that the receiver has as well "+
			"(hmac-sha256), or a private key as key (ed25519)."))
	}
	return signature.HTTPMessage{}
}
