package signature

import (
	"crypto/ed25519"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"github.com/dunglas/httpsfv"
)

// The headers of HTTP message signatures (RFC 9421, section 4) and of the digest that they cover (RFC 9530).
const (
	HeaderMessage      = "Signature"
	HeaderMessageInput = "Signature-Input"
	HeaderDigest       = "Content-Digest"
)

// label names the one signature that is made here among those that a message may have.
const label = "sig1"

// The algorithms of RFC 9421, section 6.2, that are known here.
const (
	algorithmHMAC    = "hmac-sha256"
	algorithmEd25519 = "ed25519"
)

// HTTPMessage signs parts of the request, as RFC 9421 has it: method, target, the type and the digest of the
// body, id and timestamp. Make one with [SharedMessage] or [PrivateMessage].
type HTTPMessage struct {
	id        string
	algorithm string
	sign      func(base []byte) []byte
}

// SharedMessage signs with a secret (hmac-sha256). The id tells receivers which.
func SharedMessage(id string, key Key) (HTTPMessage, error) {
	return HTTPMessage{id, algorithmHMAC, key.mac}, CheckKeyID(id)
}

// PrivateMessage signs with a private key (ed25519). The id tells receivers which.
func PrivateMessage(id string, key PrivateKey) (HTTPMessage, error) {
	sign := func(base []byte) []byte { return ed25519.Sign(key.key, base) }
	return HTTPMessage{id, algorithmEd25519, sign}, CheckKeyID(id)
}

// maxKeyID bounds the id of a key, in bytes.
const maxKeyID = 256

// CheckKeyID says what is wrong with the id of a key: it is printable ASCII (RFC 9421, section 2.3).
func CheckKeyID(id string) error {
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return errors.New("read key id: it holds a character that is not printable ASCII")
		}
	}
	if id == "" || len(id) > maxKeyID {
		return fmt.Errorf("read key id: it takes 1 to %d characters", maxKeyID)
	}
	return nil
}

// Scheme returns "http_message".
func (HTTPMessage) Scheme() string { return "http_message" }

// Sets returns the signature, what it covers, and the digest.
func (HTTPMessage) Sets() []string { return []string{HeaderMessage, HeaderMessageInput, HeaderDigest} }

// Sign sets the three headers.
func (h HTTPMessage) Sign(m Message) {
	m.Header.Set(HeaderDigest, digestOf(m.Body))
	list := httpsfv.InnerList{Params: h.params(m.Time)}
	for _, name := range covered() {
		list.Items = append(list.Items, httpsfv.NewItem(name))
	}
	base, err := m.base(list)
	if err != nil {
		panic(err) // a message without what every message has
	}
	m.Header.Set(HeaderMessageInput, labelled(list))
	m.Header.Set(HeaderMessage, labelled(httpsfv.NewItem(h.sign(base))))
}

// covered lists what is signed.
func covered() []string {
	return []string{"@method", "@target-uri", "content-type", "content-digest", "webhook-id", "webhook-timestamp"}
}

// params says how and when it is signed.
func (h HTTPMessage) params(at time.Time) *httpsfv.Params {
	params := httpsfv.NewParams()
	params.Add("created", at.Unix())
	params.Add("keyid", h.id)
	params.Add("alg", h.algorithm)
	return params
}

// labelled writes a dictionary of one member.
func labelled(member httpsfv.Member) string {
	dictionary := httpsfv.NewDictionary()
	dictionary.Add(label, member)
	text, err := httpsfv.Marshal(dictionary)
	if err != nil {
		panic(err) // what is written is made here
	}
	return text
}

// MessageKeys verify what [HTTPMessage] signed, and what others did who cover the body by a digest.
type MessageKeys struct {
	Shared []Key
	Public []PublicKey
}

// Scheme returns "http_message".
func (MessageKeys) Scheme() string { return "http_message" }

// right reports whether one of the keys made the signature. An algorithm that is not named is any.
func (k MessageKeys) right(algorithm string, base, signature []byte) bool {
	for _, key := range k.Shared {
		if algorithm != algorithmEd25519 && hmac.Equal(key.mac(base), signature) {
			return true
		}
	}
	return algorithm != algorithmHMAC && Ed25519Public(k.Public).signed(base, signature)
}
