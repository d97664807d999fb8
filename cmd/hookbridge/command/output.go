package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/term"
)

// write writes a value as JSON for people and machines.
func (p *program) write(value any, to io.Writer) error {
	text, err := json.Marshal(value, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	_, err = fmt.Fprintf(to, "%s\n", text)
	return err
}

// table writes rows under a head of column names.
func (p *program) table(head []string, rows [][]string) error {
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(strings.Join(row, "\t"), " ")); err != nil {
			return err
		}
	}
	return w.Flush()
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// printable bounds a text for a line of a terminal, and takes control characters out.
func printable(text []byte) string {
	const most = 200
	line := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(string(text[:min(len(text), most)]), ""))
	if len(text) > most {
		return line + "…"
	}
	return line
}
