package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Samples are the files of testdata.
func Samples(t testing.TB) (samples [][]byte) {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.hcl")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, src)
	}
	return samples
}

// unfolded takes a file apart and unfolds all of it. It is not ok where the file is to be parsed whole.
func unfolded(t *testing.T, src []byte) (blocks []*hcl.Block, folds int, ok bool) {
	t.Helper()
	cut := text{name: "a.hcl", src: src}
	if !cut.cut() {
		return nil, 0, false
	}
	for _, block := range cut.blocks {
		if folded, isFold := block.Body.(fold); isFold {
			folds++
			whole, ok := parseBlock(folded.at.SliceBytes(src), folded.at)
			if !ok {
				return nil, folds, false
			}
			block.Body = whole.Body
			checkSum(t, src, folded.sum, whole)
		}
		blocks = append(blocks, block)
	}
	return blocks, folds, true
}

// checkSum checks that a source has the same version, whether it was folded or not: it is not to start anew for that.
func checkSum(t *testing.T, src []byte, folded sum, block *hcl.Block) {
	t.Helper()
	tokens, _ := hclsyntax.LexConfig(whole(block).SliceBytes(src), "a.hcl", whole(block).Start)
	if folded != sumOf(tokens) {
		t.Fatalf("%q: the sum of %v is another one where it is folded", src, block.Labels)
	}
}

// parsed are the blocks that the parser finds in a file, by type as they are kept, and what it says of them.
func parsed(src []byte) *Reading {
	r, t := newReading("a.hcl"), text{name: "a.hcl", src: src}
	t.parseWhole()
	r.add(t)
	return r
}

// checkFolds checks that a file means the same, block by block and to the last position, whether its sources were folded
// or it was parsed whole; and that no mistake is lost.
func checkFolds(t *testing.T, src []byte) (folds int) {
	t.Helper()
	blocks, folds, ok := unfolded(t, src)
	if !ok {
		return 0
	}
	whole := parsed(src)
	if len(whole.diags) > 0 {
		t.Fatalf("%q is taken apart as though it had no mistakes: %v", src, whole.diags)
	}
	byType := map[string][]*hcl.Block{}
	for _, block := range blocks {
		byType[block.Type] = append(byType[block.Type], block)
	}
	if !reflect.DeepEqual(byType, whole.blocks) {
		t.Fatalf("%q is taken apart as %v, and parsed as %v", src, byType, whole.blocks)
	}
	return folds
}

func TestAFileMeansTheSameFoldedAndWhole(t *testing.T) {
	for _, src := range Samples(t) {
		checkFolds(t, src)
	}
	for text, folds := range map[string]int{
		"":                        0,
		"# nothing\n":             0,
		"source \"a\" \"b\" {\n}": 1,
		"/* } */ source \"a\" \"b\" { # {\n  /* }\n } */ x = <<E\n}\nE\n} // }\nsink \"s\" \"t\" {}\n": 1,
		"source \"a\" \"b\" {}\r\n\r\nsource \"c\" \"d\" {\r\n x = \"${{\n}}\"\n}\r\n":                 2,
		"source a \"b\" {}\nsource \"a\" \"\\u0062\" {}\nsource \"ä\" \"b\" {}\n":                      0,
		"source \"a\" \"b\" {\n x = {for k, v in y : k => \"}\"}\n}\n":                                 1,
	} {
		if got := checkFolds(t, []byte(text)); got != folds {
			t.Errorf("%q: %d sources are folded, and not %d", text, got, folds)
		}
	}
}

// A block, a comment and a text that are larger than what is taken apart at a time, and end anywhere in it.
func TestAFileIsTakenApartWhereverABlockEnds(t *testing.T) {
	for _, size := range []int{window / 3, window - 30, window - 20, window - 10, window, 3 * window} {
		filler := strings.Repeat("é}{\\\" ", size/7)
		text := fmt.Sprintf("source \"a\" \"b\" {\n /* %s */\n}\n/* %s\n*/\nsource \"c\" \"d\" {\n x = <<E\n%s\nE\n}\nsource \"e\" \"f\" {}\n",
			filler, filler, filler)
		if folds := checkFolds(t, []byte(text)); folds != 3 {
			t.Errorf("%d bytes: %d sources are folded", len(text), folds)
		}
	}
}

func TestAMistakeInAFoldedSourceIsToldAsOfTheWholeFile(t *testing.T) {
	for _, text := range []string{
		"source \"a\" \"b\" {\n x = \n}\n", "source \"a\" \"b\" {\n x = 1\n x = 2\n}\n", "source \"a\" \"b\" {\n /* }\n\n",
		"source \"a\" \"b\" {}\nsource \"c\" \"d\" {} {}\n", "source \"a\" \"b\" { ( }\n)\n", "source \"a\" \"b\" {\n}\n}\n", "x = 1\n",
		"source \"a\" \"b\" {\n x = ;\n}\n", "\ufeffsource \"a\" \"b\" {}\n", "source \"a\" \"b\" {\n x = \"\xff\"\n}\n", "surce \"a\" {}\n",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "a.hcl")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, diags := Load(path, Options{})
		_, want, torn := readWhole(path).load(Options{})
		if torn || len(want) == 0 || diags.Error() != want.Error() || len(diags) != len(want) {
			t.Errorf("%q: %v, and not %v", text, diags, want)
		}
	}
}

// FuzzFold shows that taking a file apart is safe: see checkFolds.
func FuzzFold(f *testing.F) {
	for _, src := range Samples(f) {
		f.Add(src)
	}
	f.Add([]byte("source \"a\" \"b\" {\n x = <<E\n}\nE\n y = \"${z}\" /* } */\n}\n\nsource \"c\" \"d\" {} # e\n"))
	f.Fuzz(func(t *testing.T, src []byte) { checkFolds(t, src) })
}
