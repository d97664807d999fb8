package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// version hashes all that a block depends on: its text without comments and line breaks, what its functions
// read from outside, and what other blocks lend it. Blocks of equal versions need no restart.
func (l *loader) version(u *unit, lent ...any) string {
	h := sha256.New()
	for _, token := range l.tokens(whole(u.block)) {
		_, _ = fmt.Fprintf(h, "%d %q\n", token.Type, token.Bytes)
	}
	for _, r := range u.lookup.Readings() {
		_, _ = fmt.Fprintf(h, "%q %q %t %q\n", r.Function, r.Name, r.Found, r.Value.Reveal())
	}
	for _, value := range lent {
		_, _ = fmt.Fprintf(h, "%v\n", value)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// tokens are those of a range that mean something.
func (l *loader) tokens(at hcl.Range) hclsyntax.Tokens {
	all, _ := hclsyntax.LexConfig(l.source(at), at.Filename, at.Start)
	kept := all[:0]
	for _, token := range all {
		if token.Type != hclsyntax.TokenComment && token.Type != hclsyntax.TokenNewline {
			kept = append(kept, token)
		}
	}
	return kept
}
