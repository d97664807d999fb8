package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// The bounds of what is read: ten thousand sources fit in one file as well as in a file each.
const (
	maxFile  = 8 * setting.MiB
	maxTotal = 64 * setting.MiB
	maxFiles = 20_000
)

// A Reading is what files say before any of it is understood.
type Reading struct {
	path    string
	sum     string // as in Config
	files   map[string]*hcl.File
	blocks  map[string][]*hcl.Block // by type, in the order of the files
	broken  bool                    // a file has mistakes of syntax: what is missing may stand behind them
	strange bool                    // a block at the top was not understood: it may have been a source
	diags   hcl.Diagnostics
}

// Read takes one file, or all files of a directory, apart into blocks, and sorts these by type. What stands in sources
// is parsed when they are read.
func Read(path string) *Reading { return read(path, (*text).parse) }

// readWhole is Read without what it puts off: no mistake of syntax is passed over.
func readWhole(path string) *Reading { return read(path, (*text).parseWhole) }

func read(path string, parse func(*text)) *Reading {
	r := newReading(path)
	names, err := list(path)
	if err != nil {
		r.fail(err)
		return r
	}
	var texts []text
	left := maxTotal
	for _, name := range names {
		src, err := readFile(name, min(maxFile, left))
		if err != nil {
			r.fail(err)
			continue
		}
		left -= setting.Bytes(len(src))
		texts = append(texts, text{name: name, src: src})
	}
	if !r.broken {
		r.sum = sumOfFiles(texts)
	}
	side(len(texts), func(i int) { parse(&texts[i]) })
	for _, t := range texts {
		r.add(t)
	}
	return r
}

func newReading(path string) *Reading {
	return &Reading{path: path, files: map[string]*hcl.File{}, blocks: map[string][]*hcl.Block{}}
}

func (r *Reading) fail(err error) {
	r.diags = append(r.diags, nowhere("Configuration cannot be read", "%s.", err)...)
	r.broken = true
}

// list returns the files at path, by name.
func list(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", path, cause(err))
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", path, cause(err))
	}
	var names []string
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".hcl") && !strings.HasPrefix(entry.Name(), ".") && !entry.IsDir() {
			names = append(names, filepath.Join(path, entry.Name()))
		}
	}
	return names, count(path, len(names))
}

func count(path string, files int) error {
	switch {
	case files == 0:
		return fmt.Errorf("the directory %s holds no file that ends in .hcl", path)
	case files > maxFiles:
		return fmt.Errorf("the directory %s holds %d files: it takes up to %d", path, files, maxFiles)
	}
	return nil
}

func readFile(name string, most setting.Bytes) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, cause(err))
	}
	defer func() { _ = file.Close() }()
	src, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, cause(err))
	}
	if len(src) > int(most) {
		return nil, fmt.Errorf("read %s: a file takes up to %s, all files together up to %s", name, maxFile, maxTotal)
	}
	return src, nil
}

// cause drops the path from an error that is told with it.
func cause(err error) error {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		return wrapped.Err
	}
	return err
}

// text is one file.
type text struct {
	name   string
	src    []byte
	file   *hcl.File    // without a body where it was cut
	blocks []*hcl.Block // that it was cut into
	diags  hcl.Diagnostics
}

func (t *text) parse() {
	t.file = &hcl.File{Bytes: t.src}
	if !t.cut() {
		t.blocks = nil
		t.parseWhole()
	}
}

func (t *text) parseWhole() {
	t.file = &hcl.File{Bytes: t.src}
	t.diags = checkShape(t.src, t.name)
	if !t.diags.HasErrors() {
		t.file, t.diags = hclsyntax.ParseConfig(t.src, t.name, hcl.InitialPos)
	}
}

// sumOfFiles tells files from all others by their names and bytes.
func sumOfFiles(texts []text) string {
	sum := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(sum, "%q %d\n%s", t.name, len(t.src), t.src)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// add takes in one file. Of one with mistakes of syntax only the blocks before the first one are taken: what stands
// after it may have been misunderstood.
func (r *Reading) add(t text) {
	r.files[t.name] = t.file
	if t.file.Body != nil {
		r.sort(t.file.Body, firstError(t.diags, hcl.Pos{Byte: len(t.src) + 1}))
	}
	for _, block := range t.blocks {
		r.blocks[block.Type] = append(r.blocks[block.Type], block)
	}
	r.diags = append(r.diags, t.diags...)
	r.broken = r.broken || t.diags.HasErrors()
}

func firstError(diags hcl.Diagnostics, otherwise hcl.Pos) hcl.Pos {
	first := otherwise
	for _, d := range diags {
		if d.Severity == hcl.DiagError && d.Subject != nil && d.Subject.Start.Byte < first.Byte {
			first = d.Subject.Start
		}
	}
	return first
}

// sort puts the blocks that end before a position with those of their type.
func (r *Reading) sort(body hcl.Body, before hcl.Pos) {
	content, diags := body.Content(topLevel())
	r.strange = r.strange || diags.HasErrors()
	for _, d := range diags {
		if d.Subject == nil || d.Subject.Start.Byte < before.Byte {
			r.diags = append(r.diags, d)
		}
	}
	for _, block := range content.Blocks {
		if whole(block).End.Byte <= before.Byte {
			r.blocks[block.Type] = append(r.blocks[block.Type], block)
		}
	}
}

func topLevel() *hcl.BodySchema {
	labels := []string{"kind", "name"}
	return &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "state"},
		{Type: "admin"},
		{Type: "log"},
		{Type: "defaults"},
		{Type: "budget", LabelNames: []string{"name"}},
		{Type: "auth", LabelNames: labels},
		{Type: "source", LabelNames: labels},
		{Type: "sink", LabelNames: labels},
	}}
}
