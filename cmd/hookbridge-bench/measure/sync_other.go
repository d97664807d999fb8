//go:build !linux

package measure

import "os"

func datasync(file *os.File) error { return file.Sync() }
