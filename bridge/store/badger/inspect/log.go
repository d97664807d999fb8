package inspect

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
)

// maxLog bounds the size of a log that is read: Badger makes them of twice the size of a memtable.
const maxLog = 256 << 20

// A log is what was committed and is in no table yet.
type log struct {
	path    string
	content []byte // while it is read
	key     []byte // nil: it is not encrypted
	links   []link // in the order of their versions
	end     int    // of its last whole transaction
}

// A link is a transaction that says which one was before it.
type link struct {
	version uint64
	before  uint64 // 0: it begins the chain
	path    string
}

// A span is a transaction that is being read.
type span struct {
	version uint64 // 0: none is
	link    *link
}

// checkLogs reads the logs of the memtables.
func (i *inspection) checkLogs(ctx context.Context) error {
	paths, err := filepath.Glob(i.path("*.mem"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l := &log{path: path}
		if err := i.checkLog(l); err != nil {
			return err
		}
		l.content = nil
		i.logs = append(i.logs, l)
	}
	return nil
}

func (i *inspection) checkLog(l *log) (err error) {
	if l.content, err = readLog(l.path); err != nil {
		return err
	}
	if len(l.content) < logTop {
		return nil
	}
	if l.key, err = i.dataKey(l.path, binary.BigEndian.Uint64(l.content)); err != nil {
		return err
	}
	if err := i.readLog(l); err != nil {
		return err
	}
	return i.checkTail(l)
}

func readLog(path string) ([]byte, error) {
	stat, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if stat.Size() > maxLog {
		return nil, damaged(path, "has %d bytes, more than any log", stat.Size())
	}
	return os.ReadFile(path)
}

// readLog reads whole transactions, as Badger will.
func (i *inspection) readLog(l *log) error {
	var open span
	l.end = logTop
	for at := logTop; ; {
		e, ok := l.entryAt(at)
		if !ok {
			return nil
		}
		at += e.size
		switch {
		case e.kind&ofTxn != 0:
			if open.version == 0 {
				open.version = e.version
			}
			if open.version != e.version {
				return nil
			}
			if err := i.readLink(l, e, &open); err != nil {
				return err
			}
		case e.kind&endsTxn != 0:
			if version, ok := e.fin(); !ok || version != open.version {
				return nil
			}
			if open.link != nil {
				l.links = append(l.links, *open.link)
			}
			open, l.end = span{}, at
		case open.version != 0:
			return nil
		default: // moved by the collection of garbage
			l.end = at
		}
	}
}

func (i *inspection) readLink(l *log, e entry, open *span) error {
	before, linked, err := i.Link(e.key, e.value)
	if err != nil {
		return damaged(l.path, "has a row that cannot be read: %s", err)
	}
	if linked {
		open.link = &link{e.version, before, l.path}
	}
	return nil
}

// checkTail looks at what follows the last whole transaction: nothing, or one that was never acknowledged.
func (i *inspection) checkTail(l *log) error {
	last := len(bytes.TrimRight(l.content, "\x00"))
	if last <= l.end {
		return nil
	}
	i.torn[l.path] = int64(l.end)
	newest := uint64(0)
	for at := l.end; at < last; {
		e, ok := l.looseEntryAt(at)
		if !ok {
			at++
			continue
		}
		at += e.size
		if newest != 0 && newest != e.version {
			return damaged(l.path, "is damaged at byte %d or soon after it: whole transactions follow", l.end)
		}
		newest = e.version
	}
	return nil
}

// looseEntryAt reads an entry at a place where there may be none: what cannot begin one is passed over fast.
func (l *log) looseEntryAt(at int) (entry, bool) {
	const deleted, pointer = 1, 2
	kind := l.content[at] &^ (deleted | pointer)
	if (kind != ofTxn && kind != endsTxn) || at+1 < len(l.content) && l.content[at+1] != 0 {
		return entry{}, false
	}
	return l.entryAt(at)
}
