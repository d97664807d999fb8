package signature

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/dunglas/httpsfv"
)

// mostLabels bounds the signatures of one message that are looked at.
const mostLabels = 16

// Verify accepts a signature that covers the digest of the body, under whatever label, if its time is near
// now, one of the keys made it, and the digest is that of the body.
func (k MessageKeys) Verify(m Message, now time.Time) error {
	inputs, err := httpsfv.UnmarshalDictionary(m.Header.Values(HeaderMessageInput))
	signatures, also := httpsfv.UnmarshalDictionary(m.Header.Values(HeaderMessage))
	if err != nil || also != nil || len(inputs.Names()) == 0 || len(inputs.Names()) > mostLabels {
		return fmt.Errorf("verify %s: %w", HeaderMessage, ErrUnsigned)
	}
	var first error
	for _, name := range inputs.Names() {
		input, _ := inputs.Get(name)
		signature, _ := signatures.Get(name)
		if err = k.verify(m, input, signature, now); err == nil {
			return nil
		}
		first = cmp.Or(first, fmt.Errorf("verify %s %q: %w", HeaderMessage, name, err))
	}
	return first
}

// verify judges one signature.
func (k MessageKeys) verify(m Message, input, signature httpsfv.Member, now time.Time) error {
	list, ok := input.(httpsfv.InnerList)
	item, also := signature.(httpsfv.Item)
	given, too := item.Value.([]byte)
	if !ok || !also || !too {
		return ErrUnsigned
	}
	algorithm, err := judge(list, now)
	if err != nil {
		return err
	}
	base, err := m.base(list)
	if err != nil {
		return err
	}
	if !k.right(algorithm, base, given) {
		return ErrSignature
	}
	return m.checkDigest()
}

// judge reads the parameters of a signature: its algorithm, which may be left out, and its times. It must
// cover the digest, since otherwise the body could be anybody's.
func judge(list httpsfv.InnerList, now time.Time) (algorithm string, err error) {
	if !slices.ContainsFunc(list.Items, func(item httpsfv.Item) bool { return item.Value == "content-digest" }) {
		return "", fmt.Errorf("%w: it does not cover content-digest", ErrUnsigned)
	}
	created, known := param[int64](list.Params, "created")
	if !known {
		return "", fmt.Errorf("%w: it has no time", ErrUnsigned)
	}
	if err := fresh(created, now); err != nil {
		return "", err
	}
	if expires, known := param[int64](list.Params, "expires"); known && now.Unix() > expires {
		return "", fmt.Errorf("%w: it has expired", ErrStale)
	}
	algorithm, known = param[string](list.Params, "alg")
	if known && algorithm != algorithmHMAC && algorithm != algorithmEd25519 {
		return "", fmt.Errorf("%w: algorithm %q is not known here", ErrSignature, algorithm)
	}
	return algorithm, nil
}

func param[T any](params *httpsfv.Params, name string) (value T, known bool) {
	if params == nil {
		return value, false
	}
	given, known := params.Get(name)
	if !known {
		return value, false
	}
	value, known = given.(T)
	return value, known
}
