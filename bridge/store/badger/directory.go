package badger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/store"
	"golang.org/x/sys/unix"
)

// Files of the directory that are not Badger's. The lock is a flock on the directory itself, as Badger's own
// would be; the file only names the holder.
const (
	fileLock  = "LOCK"
	fileFresh = "INITIALISING" // there from before Badger's first file until the state is complete
	manifest  = "MANIFEST"
)

// errRestoring is a directory that a restore was killed in.
var errRestoring = errors.New("a restore did not come to its end here: run it again, or remove the directory")

// A directory is a state directory that this process holds.
type directory struct {
	path  string
	lock  *os.File
	fresh bool // nothing was ever kept here
}

// hold makes the directory where it is not there, locks it, and refuses one that holds something else.
func hold(path string) (*directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockDirectory(path)
	if err != nil {
		return nil, err
	}
	d := &directory{path: path, lock: lock}
	if err := d.examine(); err != nil {
		return nil, errors.Join(err, d.release())
	}
	return d, nil
}

func lockDirectory(path string) (*os.File, error) {
	lock, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = os.WriteFile(filepath.Join(path, fileLock), fmt.Appendln(nil, os.Getpid()), 0o600)
	}
	if err == nil {
		return lock, nil
	}
	_ = lock.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w by process %s", store.ErrInUse, holder(path))
	}
	return nil, fmt.Errorf("lock directory: %w", err)
}

func holder(path string) string {
	pid, err := os.ReadFile(filepath.Join(path, fileLock))
	if text := strings.TrimSpace(string(pid)); err == nil && text != "" {
		return text
	}
	return "unknown"
}

// examine tells a fresh directory from one with state, before Badger touches it: Badger begins anew where
// its manifest is gone, whatever else is there.
func (d *directory) examine() error {
	names, err := d.names()
	if err != nil {
		return err
	}
	switch {
	case len(names) == 0:
		d.fresh = true
		return d.mark(fileFresh)
	case slices.Contains(names, fileRestoring):
		return fmt.Errorf("%w: %w", store.ErrDamaged, errRestoring)
	case slices.Contains(names, fileFresh):
		d.fresh = true
	case !slices.Contains(names, manifest):
		return fmt.Errorf("%w: directory holds %q but no %s: it is no state of hookbridge, or a damaged one",
			store.ErrDamaged, names[0], manifest)
	}
	return nil
}

func (d *directory) names() (names []string, err error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if name := entry.Name(); name != fileLock && name != "lost+found" {
			names = append(names, name)
		}
	}
	return names, nil
}

// mark makes an empty file that tells of something until it is removed, durably.
func (d *directory) mark(name string) error {
	if err := os.WriteFile(filepath.Join(d.path, name), nil, 0o600); err != nil {
		return err
	}
	return d.lock.Sync()
}

// remove removes a mark, durably.
func (d *directory) remove(name string) error {
	err := os.Remove(filepath.Join(d.path, name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return errors.Join(err, d.lock.Sync())
}

func (d *directory) release() error {
	err := os.Remove(filepath.Join(d.path, fileLock))
	return errors.Join(err, d.lock.Close())
}
