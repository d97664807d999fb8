package badger

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Options says where the state is and what the store leans on.
type Options struct {
	Path string                            // the state directory, made with mode 0700 where it is not there
	Key  []byte                            // encrypts the state: 16, 24 or 32 bytes for AES; nil: nothing is encrypted
	Log  *slog.Logger                      // nil is silent
	Now  func() time.Time                  // nil is time.Now
	Free func(path string) (uint64, error) // free bytes of the disk that holds path; nil asks the system
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Free == nil {
		o.Free = freeBytes
	}
	return o
}

// Sizes that are fixed for the life of a state. A memtable that is smaller than the one that was written by
// a process that was killed cannot be opened again (dgraph-io/badger#2002), so this is no option.
const (
	memtableSize  = 8 << 20
	memtables     = 2
	valueFileSize = 16 << 20
	level0Tables  = 6         // of a memtable's size, which are compacted together
	level0Stall   = 9         // writes wait then
	partSize      = 512 << 10 // of a large value; below Badger's ValueThreshold of 1 MiB, so that it stays in the tables

	// Caches of what is decrypted.
	blockCacheSize = 16 << 20
	indexCacheSize = 16 << 20
)

// tuned is Badger for a small daemon: 26 MB of anonymous memory with 1,000,000 entries against 179 MB with
// the defaults. There is no block cache where nothing is encrypted, since nothing is compressed: tables are mapped.
// Tables are of one size on all levels, 2 MiB: compacting holds up to two dozen of them in memory, in buffers of twice
// their size, and keeps eight of these for a while. Badger's own double with each level, and with the state.
func tuned(path string, key []byte, log logger) badger.Options {
	options := plain(path, log)
	if len(key) > 0 {
		options = options.WithEncryptionKey(key).WithBlockCacheSize(blockCacheSize).WithIndexCacheSize(indexCacheSize)
	}
	return options
}

func plain(path string, log logger) badger.Options {
	o := badger.DefaultOptions(path).
		WithSyncWrites(true).
		WithMemTableSize(memtableSize).
		WithNumMemtables(memtables).
		WithNumLevelZeroTables(level0Tables).
		WithNumLevelZeroTablesStall(level0Stall).
		WithNumCompactors(2).
		WithBlockCacheSize(0).
		WithCompression(options.None).
		WithValueLogFileSize(valueFileSize).
		WithMetricsEnabled(false).
		WithDetectConflicts(false). // one goroutine writes
		WithBypassLockGuard(true).  // directory.go holds the lock
		WithLogger(log)
	o.TableSizeMultiplier = 1
	return o
}

// A logger hands Badger's messages on, what it calls info as detail, and to the brake what it is about to do.
type logger struct {
	log   *slog.Logger
	brake *brake
}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("badger", "message", line(format, args))
}

func (l logger) Warningf(format string, args ...any) {
	l.log.Warn("badger", "message", line(format, args))
}

func (l logger) Infof(format string, args ...any) {
	l.log.Debug("badger", "message", line(format, args))
}
func (l logger) Debugf(format string, _ ...any) { l.brake.heed(format) }

func line(format string, args []any) string {
	return strings.TrimSpace(fmt.Sprintf(format, args...))
}
