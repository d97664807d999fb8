package config

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/poll"
)

// A fold stands in for the body of a source that is not parsed yet. What the parser makes of ten thousand sources takes
// a hundred megabytes, and the collector longer than the parser: so they are parsed when they are read, a few at a time.
//
// A file with mistakes of syntax is not folded. Where a mistake only shows when a block is unfolded, all files are parsed
// whole, and all is read anew, so that what is said of it is the same.
type fold struct {
	hcl.Body           // nil: nothing is to be asked of it
	at       hcl.Range // of the block
	sum      sum       // of its tokens
}

// window is how much of a file is taken apart into tokens at a time, unless a block is larger.
const window = 64 << 10

// cut takes a file apart into the blocks at its top, and folds sources. It reports whether that can be done; where it
// cannot, the file has mistakes, or is written in a way that it takes the parser for.
func (t *text) cut() bool {
	for at, size := hcl.InitialPos, window; at.Byte < len(t.src); {
		end := min(at.Byte+size, len(t.src))
		tokens, _ := hclsyntax.LexConfig(t.src[at.Byte:end], t.name, at)
		rest, ok := t.take(tokens, at, end == len(t.src))
		if !ok || rest.Byte == at.Byte && end == len(t.src) {
			return false
		}
		size *= 2
		if rest.Byte > at.Byte {
			size = window
		}
		at = rest
	}
	return true
}

// take cuts what is whole off the front of tokens, the last of the file or not, and returns where the rest starts. The
// end of the tokens may have been misunderstood: a block that was cut wrong for that is one that does not parse.
func (t *text) take(tokens hclsyntax.Tokens, from hcl.Pos, last bool) (rest hcl.Pos, ok bool) {
	var s shape
	begin, rest := 0, from
	for i, token := range tokens {
		if s.weigh(token, tokens[i+1:]) > maxWeight {
			return rest, false
		}
		ends := endsLine(token) || last && token.Type == hclsyntax.TokenEOF
		if !ends || len(s.open) > 0 {
			continue
		}
		if !t.takeBlock(tokens[begin:i]) {
			return rest, false
		}
		begin, rest = i+1, token.Range.End
	}
	return rest, true
}

// takeBlock adds the block, or nothing, that stands on some lines.
func (t *text) takeBlock(lines hclsyntax.Tokens) bool {
	first := slices.IndexFunc(lines, means)
	if first < 0 {
		return true
	}
	tokens := lines[first:]
	block, ok := foldSource(tokens)
	if !ok {
		at := hcl.RangeBetween(tokens[0].Range, tokens[len(tokens)-1].Range)
		block, ok = parseBlock(at.SliceBytes(t.src), at)
	}
	t.blocks = append(t.blocks, block)
	return ok
}

// foldSource makes a block of what is written as source "KIND" "NAME" { … }.
func foldSource(tokens hclsyntax.Tokens) (*hcl.Block, bool) {
	header := []hclsyntax.TokenType{
		hclsyntax.TokenIdent,
		hclsyntax.TokenOQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenCQuote,
		hclsyntax.TokenOQuote, hclsyntax.TokenQuotedLit, hclsyntax.TokenCQuote,
		hclsyntax.TokenOBrace,
	}
	for i, kind := range header {
		if i >= len(tokens) || tokens[i].Type != kind {
			return nil, false
		}
	}
	if string(tokens[0].Bytes) != "source" || !isPlain(tokens[2].Bytes) || !isPlain(tokens[5].Bytes) {
		return nil, false
	}
	between := func(from, to int) hcl.Range { return hcl.RangeBetween(tokens[from].Range, tokens[to].Range) }
	return &hcl.Block{
		Type:        "source",
		Labels:      []string{string(tokens[2].Bytes), string(tokens[5].Bytes)},
		Body:        fold{at: between(0, len(tokens)-1), sum: sumOf(tokens)},
		DefRange:    between(0, 6),
		TypeRange:   tokens[0].Range,
		LabelRanges: []hcl.Range{between(1, 3), between(4, 6)},
	}, true
}

// isPlain reports whether a label means what it says: no escape, no template, nothing that is to be normalised.
func isPlain(label []byte) bool {
	return !slices.ContainsFunc(label, func(b byte) bool { return b < ' ' || b > '~' || b == '\\' || b == '$' || b == '%' })
}

// endsLine reports whether a line ends with a token.
func endsLine(token hclsyntax.Token) bool {
	return !means(token) && bytes.HasSuffix(token.Bytes, []byte("\n"))
}

// means reports whether a token is more than a comment or the end of a line.
func means(token hclsyntax.Token) bool {
	return token.Type != hclsyntax.TokenNewline && token.Type != hclsyntax.TokenComment
}

// parseBlock parses the one block in a range of a file.
func parseBlock(src []byte, at hcl.Range) (*hcl.Block, bool) {
	file, diags := hclsyntax.ParseConfig(src, at.Filename, at.Start)
	if len(diags) > 0 {
		return nil, false
	}
	content, diags := file.Body.Content(topLevel())
	if len(diags) > 0 || len(content.Blocks) != 1 {
		return nil, false
	}
	return content.Blocks[0], true
}

// unfold returns a block with its body. It may be called side by side.
func (l *loader) unfold(block *hcl.Block) *hcl.Block {
	folded, ok := block.Body.(fold)
	if !ok {
		return block
	}
	whole, ok := parseBlock(l.source(folded.at), folded.at)
	if !ok {
		l.torn.Store(true)
		whole = new(*block)
		whole.Body = hcl.EmptyBody()
	}
	return whole
}

// readUnfolded reads a source, whose body and functions are there for as long as that takes.
func (l *loader) readUnfolded(u *unit) poll.Settings {
	folded := u.block
	if body, ok := folded.Body.(fold); ok {
		u.block, u.sum = l.unfold(folded), body.sum
	}
	l.equip(u)
	settings := l.readSource(u)
	u.block = folded
	u.strip()
	return settings
}

// parseWhole parses the files whole that diagnostics are about: who shows these wants to see what stands around them.
func (r *Reading) parseWhole(about hcl.Diagnostics) {
	for _, d := range about {
		if d.Subject == nil {
			continue
		}
		if file := r.files[d.Subject.Filename]; file != nil && file.Body == nil {
			t := text{name: d.Subject.Filename, src: file.Bytes}
			t.parseWhole()
			*file = *t.file
		}
	}
}
