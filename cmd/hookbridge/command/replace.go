package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// replace writes a file whole or not at all. Only its owner can read it. What a link leads to is replaced, and not the
// link.
func replace(path string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".hookbridge-*")
	if err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDirectory(filepath.Dir(path))
}

// isStream reports whether a path is of a device or a pipe, which cannot be replaced: it is written to.
func isStream(path string) bool {
	found, err := os.Stat(path)
	return err == nil && !found.Mode().IsRegular() && !found.IsDir()
}

// writeTo writes to a stream.
func writeTo(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open file: %w", err)
	}
	return errors.Join(write(file), file.Close())
}

func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
