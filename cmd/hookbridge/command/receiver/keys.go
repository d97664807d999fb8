package receiver

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/hookbridge/hookbridge/bridge/signature"
)

// maxKeys bounds the keys of a receiver.
const maxKeys = 32

// Keys are what a receiver verifies with. A secret is tried in each way in which it can be meant.
type Keys struct {
	standard []signature.Key // what whsec_ stands for
	texts    []signature.Key // secrets as they are written, as GitHub and Stripe have it
	public   []signature.PublicKey
	message  signature.MessageKeys
	misfit   error // why a whsec_ is none of Standard Webhooks
}

// ParseKeys reads one key a line: whsec_… for Standard Webhooks, any text as a secret of GitHub or Stripe, either
// for HTTP message signatures, and whpk_… for what a private key signed. The error says what is wrong, without
// the key.
func ParseKeys(text string) (Keys, error) {
	var k Keys
	count := 0
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		if count++; count > maxKeys {
			return Keys{}, fmt.Errorf("read keys: there are more than %d", maxKeys)
		}
		if err := k.add(line); err != nil {
			return Keys{}, err
		}
	}
	if count == 0 {
		return Keys{}, errors.New("read keys: there is none")
	}
	return k, nil
}

func (k *Keys) add(line string) error {
	if strings.HasPrefix(line, "whpk_") {
		key, err := signature.ParsePublicKey(line)
		k.public = append(k.public, key)
		k.message.Public = append(k.message.Public, key)
		return err
	}
	if strings.HasPrefix(line, "whsk_") {
		return errors.New("read key: it is the private key of a sender; a receiver takes the public one, whpk_…")
	}
	text, err := signature.ParseText(line)
	if err != nil {
		return err
	}
	k.texts = append(k.texts, text)
	if key, err := signature.ParseSecret(line); err == nil {
		k.standard = append(k.standard, key)
	} else if strings.HasPrefix(line, "whsec_") {
		k.misfit = err
	}
	if key, err := signature.ParseMessageSecret(line); err == nil {
		k.message.Shared = append(k.message.Shared, key)
	}
	return nil
}

// Misfit says why a secret that begins with whsec_ cannot be one of Standard Webhooks; nil where all can. It may
// well be one of Stripe.
func (k Keys) Misfit() error { return k.misfit }

func (k Keys) none() bool { return len(k.texts) == 0 && len(k.public) == 0 }

// verifiers are those that a scheme has a key for. Any of them may accept.
func (k Keys) verifiers(scheme string) []signature.Verifier {
	var all []signature.Verifier
	switch scheme {
	case "standard":
		if len(k.standard) > 0 {
			all = append(all, signature.Standard(k.standard))
		}
	case "ed25519":
		if len(k.public) > 0 {
			all = append(all, signature.Ed25519Public(k.public))
		}
	case "github":
		for _, text := range k.texts {
			all = append(all, signature.GitHub{Key: text})
		}
	case "stripe":
		if len(k.texts) > 0 {
			all = append(all, signature.Stripe(k.texts))
		}
	case "http_message":
		if len(k.message.Shared)+len(k.message.Public) > 0 {
			all = append(all, k.message)
		}
	}
	return all
}

// judge verifies a request in each way in which it claims to be signed.
func (k Keys) judge(request *http.Request, body []byte) verdict {
	v := verdict{unchecked: k.none()}
	for _, scheme := range signature.Present(request.Header) {
		v.schemes = append(v.schemes, k.judgeBy(scheme, request, body))
	}
	return v
}

func (k Keys) judgeBy(scheme string, request *http.Request, body []byte) judgement {
	verifiers := k.verifiers(scheme)
	if len(verifiers) == 0 {
		return judgement{scheme: scheme, keyless: true, err: k.lack(scheme)}
	}
	var err error
	for _, target := range targets(request) {
		message := signature.Message{Method: request.Method, Target: target, Header: request.Header, Body: body}
		accepts := func(v signature.Verifier) bool {
			err = v.Verify(message, time.Now())
			return err == nil
		}
		if slices.ContainsFunc(verifiers, accepts) || scheme != "http_message" {
			break
		}
	}
	return judgement{scheme: scheme, err: err}
}

// lack says which key a scheme wants.
func (k Keys) lack(scheme string) error {
	switch {
	case k.none():
		return errors.New("no key was given")
	case scheme == "standard" && k.misfit != nil:
		return k.misfit
	case scheme == "standard":
		return errors.New("no secret whsec_… was given")
	case scheme == "ed25519":
		return errors.New("no public key whpk_… was given")
	}
	return errors.New("no secret was given")
}

// targets are the URLs that the sender may have meant: what stands before the receiver may speak TLS for it.
func targets(request *http.Request) []string {
	if !strings.HasPrefix(request.RequestURI, "/") {
		return []string{request.RequestURI}
	}
	rest := "://" + request.Host + request.RequestURI
	return []string{"http" + rest, "https" + rest}
}
