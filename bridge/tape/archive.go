package tape

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Pack writes files as a tar, and calls before ahead of each.
func Pack(w io.Writer, files []File, before func()) error {
	archive := tar.NewWriter(w)
	for _, file := range files {
		before()
		head := &tar.Header{Name: file.Name, Mode: 0o600, Size: int64(len(file.Content)), Format: tar.FormatPAX}
		err := archive.WriteHeader(head)
		if err == nil {
			_, err = archive.Write(file.Content)
		}
		if err != nil {
			return fmt.Errorf("pack %s: %w", file.Name, err)
		}
	}
	return archive.Close()
}

// Unpack reads what [Pack] wrote.
func Unpack(r io.Reader) ([]File, error) {
	archive := tar.NewReader(io.LimitReader(r, int64(mostBytes)))
	var files []File
	for {
		head, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF):
			return files, nil
		case err != nil:
			return nil, fmt.Errorf("unpack recording: %w", err)
		case !isName(head.Name) || head.Typeflag != tar.TypeReg:
			return nil, fmt.Errorf("unpack recording: %q is no file of one", head.Name)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", head.Name, err)
		}
		files = append(files, File{head.Name, content})
	}
}

// isName keeps files in their folder.
func isName(name string) bool {
	return regexp.MustCompile(`^[a-z0-9]+(\.[a-z0-9]+)+$`).MatchString(name)
}
