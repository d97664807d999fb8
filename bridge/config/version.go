package config

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// version hashes all that a block depends on: its text without comments and line breaks, what its functions
// read from outside, and what other blocks lend it. Blocks of equal versions need no restart.
func (l *loader) version(u *unit, lent ...any) string {
	if u.sum == (sum{}) {
		u.sum = sumOf(l.tokens(whole(u.block)))
	}
	h := sha256.New()
	_, _ = h.Write(u.sum[:])
	for _, r := range u.lookup.Readings() {
		_, _ = fmt.Fprintf(h, "%q %q %t %q\n", r.Function, r.Name, r.Found, r.Value.Reveal())
	}
	for _, value := range lent {
		_, _ = fmt.Fprintf(h, "%v\n", value)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sum is of the tokens of a block.
type sum [sha256.Size]byte

// sumOf is the same for blocks that differ in nothing but comments, spaces and line breaks.
func sumOf(tokens hclsyntax.Tokens) sum {
	text := make([]byte, 0, 1<<10)
	for _, token := range tokens {
		if means(token) && token.Type != hclsyntax.TokenEOF {
			text = binary.AppendUvarint(append(text, string(token.Type)...), uint64(len(token.Bytes)))
			text = append(text, token.Bytes...)
		}
	}
	return sha256.Sum256(text)
}

// tokens are those of a range that mean something.
func (l *loader) tokens(at hcl.Range) hclsyntax.Tokens {
	all, _ := hclsyntax.LexConfig(l.source(at), at.Filename, at.Start)
	return slices.DeleteFunc(all, func(token hclsyntax.Token) bool { return !means(token) })
}
