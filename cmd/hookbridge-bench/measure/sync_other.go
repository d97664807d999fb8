//go:build !linux

package measure

import "os"

func allocated(path string) (int64, error) {
	found, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return found.Size(), nil
}

func datasync(file *os.File) error { return file.Sync() }
