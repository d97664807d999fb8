// Package document works on raw JSON bytes.
package document

// Rules say what counts as a change.
type Rules struct {
	Ignore []Path // never count
	Watch  []Path // where given, only these count
	Sets   []Path // arrays whose order does not matter
}

// A Comparer makes the hashes by which items are compared.
type Comparer struct{}

// NewComparer makes a comparer. The seed keys all its hashes.
func NewComparer(rules Rules, seed uint64) *Comparer { panic("to be written") }

// Fingerprint identifies the rules and the way of digesting: digests made under another one cannot be compared.
func (c *Comparer) Fingerprint() [16]byte { panic("to be written") }

// Key hashes an item's key.
func (c *Comparer) Key(key string) [16]byte { panic("to be written") }

// Raw hashes an item's raw bytes.
func (c *Comparer) Raw(doc []byte) [16]byte { panic("to be written") }

// Digest hashes the canonical form of a valid JSON document under the rules.
func (c *Comparer) Digest(doc []byte) [16]byte { panic("to be written") }

// Diff returns the JSON Pointers (RFC 6901) at which two valid JSON documents differ.
func Diff(before, after []byte) []string { panic("to be written") }

// Text reads a scalar as the text of a key; ok is false for null, objects, arrays and the empty string.
func Text(raw []byte) (text string, ok bool) { panic("to be written") }

// Minify appends a valid JSON document to dst without white space, its strings and numbers untouched.
func Minify(dst, doc []byte) []byte { panic("to be written") }
