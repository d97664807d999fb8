package measure

import (
	"os"

	"golang.org/x/sys/unix"
)

// datasync is what a database does to its log.
func datasync(file *os.File) error { return unix.Fdatasync(int(file.Fd())) }
