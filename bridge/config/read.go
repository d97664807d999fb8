package config

import (
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

// read parses the files and sorts their blocks by type.
func (l *loader) read(path string) {
	names, err := list(path)
	if err != nil {
		l.report(nowhere("Configuration cannot be read", "%s.", err))
		l.broken = true
		return
	}
	left := maxTotal
	for _, name := range names {
		src, err := readFile(name, min(maxFile, left))
		if err != nil {
			l.report(nowhere("Configuration cannot be read", "%s.", err))
			l.broken = true
			continue
		}
		left -= setting.Bytes(len(src))
		l.parse(name, src)
	}
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

// parse reads one file. Of a file with mistakes of syntax only the blocks before the first one are taken:
// what stands after it may have been misunderstood.
func (l *loader) parse(name string, src []byte) {
	l.config.Files[name] = &hcl.File{Bytes: src}
	diags := checkShape(src, name)
	sound := hcl.Pos{Byte: len(src) + 1}
	if !diags.HasErrors() {
		var file *hcl.File
		file, diags = hclsyntax.ParseConfig(src, name, hcl.InitialPos)
		l.config.Files[name] = file
		sound = firstError(diags, sound)
		l.sort(file.Body, sound)
	}
	l.report(diags)
	l.broken = l.broken || diags.HasErrors()
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
func (l *loader) sort(body hcl.Body, before hcl.Pos) {
	content, diags := body.Content(topLevel())
	l.strange = l.strange || diags.HasErrors()
	for _, d := range diags {
		if d.Subject == nil || d.Subject.Start.Byte < before.Byte {
			l.report(hcl.Diagnostics{d})
		}
	}
	for _, block := range content.Blocks {
		if whole(block).End.Byte <= before.Byte {
			l.blocks[block.Type] = append(l.blocks[block.Type], block)
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
