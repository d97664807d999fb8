package setting

import (
	"fmt"
	"log/slog"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Sensitive marks values that no log, event, error, plan or API shows.
const Sensitive = mark("sensitive")

type mark string

// Hidden stands wherever a secret would.
const Hidden = "(sensitive)"

// A Secret is text that prints as [Hidden] in every format; only Reveal gives it out. It is comparable,
// so that a reload sees whether it changed.
type Secret struct{ text string }

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text, for the one place that sends or signs with it.
func (s Secret) Reveal() string { return s.text }

// IsZero reports whether there is no text.
func (s Secret) IsZero() bool { return s.text == "" }

func (s Secret) String() string               { return Hidden }
func (s Secret) GoString() string             { return Hidden }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(Hidden)) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(Hidden) }
func (s Secret) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// Secret reads text that may be sensitive, and is treated as such whether it is marked or not.
func (r *Reader) Secret(x hcl.Expression) Secret {
	value, ok := r.value(x, cty.String)
	if !ok {
		return Secret{}
	}
	return Secret{unmarked(value).AsString()}
}

// SecretMap reads texts by name; each may be sensitive, and their names may not.
func (r *Reader) SecretMap(x hcl.Expression) map[string]Secret {
	value, ok := r.value(x, cty.Map(cty.String))
	if !ok {
		return nil
	}
	if value.IsMarked() {
		r.Fail(x, "Secret as a whole", "Give the names openly, and only the values as secrets.")
		return nil
	}
	secrets := map[string]Secret{}
	for name, element := range value.AsValueMap() {
		if plain := unmarked(element); !plain.IsNull() {
			secrets[name] = Secret{plain.AsString()}
		}
	}
	return secrets
}

// SecretList reads a list of texts that may be sensitive.
func (r *Reader) SecretList(x hcl.Expression) []Secret {
	value, ok := r.value(x, cty.List(cty.String))
	if !ok {
		return nil
	}
	var secrets []Secret
	for _, element := range unmarked(value).AsValueSlice() {
		if plain := unmarked(element); !plain.IsNull() {
			secrets = append(secrets, Secret{plain.AsString()})
		}
	}
	return secrets
}
