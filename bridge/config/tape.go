package config

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// A labelled tape is told what the block of its source read from outside, and what the block says openly.
type labelled struct {
	bridge.Tape
	lookup *setting.Lookup
	tokens hclsyntax.Tokens // of the block
}

func (l *loader) label(t bridge.Tape, u *unit) bridge.Tape {
	return labelled{t, u.lookup, l.tokens(whole(u.block))}
}

// saysOpenly returns what reports the words that a block says openly. Most blocks are never asked.
func (l *loader) saysOpenly(block *hcl.Block) func(word string) bool {
	said := sync.OnceValue(func() func(string) bool { return says(withoutSecrets(l.tokens(whole(block)))) })
	return func(word string) bool { return said()(word) }
}

// Conceal is described at [bridge.Tape].
func (t labelled) Conceal(what func() bridge.Concealed) {
	open, said := opened(t.tokens), says(withoutSecrets(t.tokens))
	t.Tape.Conceal(func() bridge.Concealed {
		c := what()
		c.Open = said
		for _, r := range t.lookup.Readings() {
			if r.Found {
				c.Readings = append(c.Readings, bridge.Reading{
					Function: r.Function, Name: r.Name, Text: r.Value.Reveal(), Open: open[r.Function+" "+r.Name],
				})
			}
		}
		return c
	})
}

// opened returns what stands in a block as nonsensitive(env("NAME")), by function and name.
func opened(tokens hclsyntax.Tokens) map[string]bool {
	open := map[string]bool{}
	for i := range tokens {
		if i+5 >= len(tokens) || string(tokens[i].Bytes) != "nonsensitive" || tokens[i+5].Type != hclsyntax.TokenQuotedLit {
			continue
		}
		if function := string(tokens[i+2].Bytes); setting.IsSecretFunction(function) {
			open[function+" "+string(tokens[i+5].Bytes)] = true
		}
	}
	return open
}

// says returns whether a word stands among tokens, as a whole.
func says(tokens hclsyntax.Tokens) func(word string) bool {
	var text strings.Builder
	for _, token := range tokens {
		text.Write(token.Bytes)
		text.WriteByte(' ')
	}
	return func(word string) bool {
		found := regexp.MustCompile(`(^|[^\pL\pN_-])` + regexp.QuoteMeta(word) + `($|[^\pL\pN_-])`)
		return strings.ContainsFunc(word, unicode.IsLetter) && found.MatchString(text.String())
	}
}

// withoutSecrets leaves out the arguments of functions that yield secrets: a default is no less of a secret than what
// it stands in for.
func withoutSecrets(tokens hclsyntax.Tokens) hclsyntax.Tokens {
	var open hclsyntax.Tokens
	depth := 0 // of parentheses, in such a call
	for i, token := range tokens {
		switch {
		case depth > 0 && token.Type == hclsyntax.TokenOParen:
			depth++
		case depth > 0 && token.Type == hclsyntax.TokenCParen:
			depth--
		case depth > 0:
		case token.Type == hclsyntax.TokenOParen && i > 0 && setting.IsSecretFunction(string(tokens[i-1].Bytes)):
			depth = 1
		default:
			open = append(open, token)
		}
	}
	return open
}
