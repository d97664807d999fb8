package measure

import (
	"os"

	"golang.org/x/sys/unix"
)

// allocated is how much of the disk a file takes.
func allocated(path string) (int64, error) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return 0, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	return stat.Blocks * 512, nil
}

// datasync is what a database does to its log.
func datasync(file *os.File) error { return unix.Fdatasync(int(file.Fd())) }
