package measure

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// DiskUse is how many bytes of a disk the files of a directory take, without the holes in them.
func DiskUse(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) { // it was removed meanwhile
			return nil
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		size, err := allocated(path)
		if os.IsNotExist(err) {
			return nil
		}
		total += size
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measure directory: %w", err)
	}
	return total, nil
}
