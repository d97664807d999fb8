package command

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/spf13/cobra"

	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/daemon"
)

func (p *program) format() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE|DIRECTORY ...]",
		Short: "Write configuration files in the usual form",
		Long: "Write configuration files in the usual form, in place, and name those that changed.\n" +
			"Without arguments it takes the files of --config.",
		RunE: func(_ *cobra.Command, paths []string) error {
			if len(paths) == 0 {
				paths = []string{p.path}
			}
			return p.formatAll(paths, check)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit with 1 if a file is not in the usual form")
	return cmd
}

func (p *program) formatAll(paths []string, check bool) error {
	files, err := filesOf(paths)
	if err != nil {
		return err
	}
	different := false
	for _, file := range files {
		changed, err := p.formatFile(file, check)
		if err != nil {
			return err
		}
		different = different || changed
	}
	if check && different {
		return errSaid
	}
	return nil
}

// formatFile brings one file in form and reports whether it was not.
func (p *program) formatFile(path string, check bool) (changed bool, err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	formatted, diags := config.Format(src, path)
	if diags.HasErrors() {
		return false, &daemon.Invalid{Diagnostics: diags, Files: map[string]*hcl.File{path: {Bytes: src}}}
	}
	if bytes.Equal(src, formatted) {
		return false, nil
	}
	if _, err := fmt.Fprintln(p.stdout, path); err != nil || check {
		return true, err
	}
	return true, replaceFile(path, formatted)
}

// replaceFile writes a file anew beside the old one and puts it in its place, so that no kill leaves half. Of a
// symbolic link it replaces what that leads to.
func replaceFile(path string, content []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := os.WriteFile(next, content, info.Mode().Perm()); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// filesOf lists the files named, and the *.hcl files of the directories named.
func filesOf(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		entries, err := os.ReadDir(path)
		if err != nil {
			return nil, err
		}
		files = append(files, configFiles(path, entries)...)
	}
	return files, nil
}

func configFiles(dir string, entries []fs.DirEntry) []string {
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() && strings.HasSuffix(entry.Name(), ".hcl") && !strings.HasPrefix(entry.Name(), ".") {
			files = append(files, filepath.Join(dir, entry.Name()))
		}
	}
	return files
}
