package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// maxWeight bounds how many tokens one expression may hold, counted with those before each of the brackets
// that it stands in. The parser and all that walks its trees call themselves, and Go ends a program whose
// stack grows too large: this is far below.
const maxWeight = 10_000

// checkShape refuses what no one writes by hand and no parser takes without harm.
func checkShape(src []byte, name string) hcl.Diagnostics {
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	var s shape
	for i, token := range tokens {
		if s.weigh(token, tokens[i+1:]) > maxWeight {
			return setting.Wrong(token.Range, "Expression too large",
				"An expression takes up to %d tokens: split it, or move it to the program at the other side.", maxWeight)
		}
	}
	return nil
}

// shape follows the brackets of a file.
type shape struct {
	weight int
	open   []bracket
}

type bracket struct {
	weight int  // before it was opened
	lines  bool // a line's end in it ends an expression
}

func (s *shape) weigh(token hclsyntax.Token, rest hclsyntax.Tokens) int {
	s.weight++
	switch token.Type {
	case hclsyntax.TokenOBrace:
		s.push(!startsFor(rest))
	case hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc,
		hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		s.push(false)
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
		hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		s.pop()
	case hclsyntax.TokenComma:
		s.weight = s.inner().weight
	case hclsyntax.TokenNewline, hclsyntax.TokenComment:
		if s.inner().lines && endsLine(token) {
			s.weight = s.inner().weight
		}
	}
	return s.weight
}

func (s *shape) push(lines bool) { s.open = append(s.open, bracket{s.weight, lines}) }

// pop closes the innermost bracket. What stood in it counts as one token: a tree of it is walked and left.
func (s *shape) pop() {
	s.weight = s.inner().weight
	if len(s.open) > 0 {
		s.open = s.open[:len(s.open)-1]
	}
}

// inner is the innermost open bracket, or the file.
func (s *shape) inner() bracket {
	if len(s.open) == 0 {
		return bracket{lines: true}
	}
	return s.open[len(s.open)-1]
}

// startsFor tells a for expression in braces, whose lines do not end it, from a block or an object.
func startsFor(rest hclsyntax.Tokens) bool {
	for _, token := range rest {
		if means(token) {
			return token.Type == hclsyntax.TokenIdent && string(token.Bytes) == "for"
		}
	}
	return false
}
