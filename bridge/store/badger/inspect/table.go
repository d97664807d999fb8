package inspect

import (
	"bufio"
	"context"
	"crypto/aes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/fb"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"
)

// checkTables reads the tables that the manifest names. Others are what a kill has left half written, or had no
// time to remove: the chain tells whether anything is missed in them.
func (i *inspection) checkTables(ctx context.Context) error {
	known, err := i.readManifest()
	if err != nil {
		return err
	}
	i.tables = known.Tables
	var newest atomic.Uint64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(min(4, runtime.GOMAXPROCS(0)))
	for id, about := range known.Tables {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			version, err := i.checkTable(i.path(table.IDToFilename(id)), about)
			for was := newest.Load(); version > was && !newest.CompareAndSwap(was, version); was = newest.Load() {
			}
			return err
		})
	}
	err = group.Wait()
	i.newest = newest.Load()
	return err
}

func (i *inspection) readManifest() (badger.Manifest, error) {
	path := i.path(badger.ManifestFilename)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return badger.Manifest{}, nil
	}
	if err != nil {
		return badger.Manifest{}, err
	}
	defer func() { _ = file.Close() }()
	known, _, err := badger.ReplayManifestFile(file, i.Badger.ExternalMagicVersion, i.Badger)
	if err != nil {
		return known, damaged(path, "cannot be read: %s", err)
	}
	return known, nil
}

// A sheaf is a table that is being read.
type sheaf struct {
	path string
	file *os.File
	key  []byte // nil: it is not encrypted
}

// checkTable returns the newest version in a table.
func (i *inspection) checkTable(path string, about badger.TableManifest) (newest uint64, err error) {
	key, err := i.dataKey(path, about.KeyID)
	if err != nil {
		return 0, err
	}
	if about.Compression != options.None {
		return 0, damaged(path, "is compressed, as no table of hookbridge is")
	}
	s, err := openSheaf(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.file.Close() }()
	s.key = key
	return s.check()
}

func openSheaf(path string) (*sheaf, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, damaged(path, "is missing, or %s, which names it, is cut short", badger.ManifestFilename)
	}
	if err != nil {
		return nil, err
	}
	return &sheaf{path: path, file: file}, nil
}

// check reads the index, and then each block.
func (s *sheaf) check() (newest uint64, err error) {
	index, start, err := s.index()
	if err != nil {
		return 0, err
	}
	if index, err = s.decrypt(index); err != nil {
		return 0, err
	}
	root := fb.GetRootAsTableIndex(index, 0)
	return root.MaxVersion(), s.checkBlocks(root, start)
}

// index returns the index as it stands, and where. A table ends with its index, the index's length, the index's
// checksum and the checksum's length; lengths are four bytes, big-endian (table/builder.go of Badger).
func (s *sheaf) index() (index []byte, start int64, err error) {
	stat, err := s.file.Stat()
	if err != nil {
		return nil, 0, err
	}
	sum, end, err := s.lastField(stat.Size())
	if err != nil {
		return nil, 0, err
	}
	if index, start, err = s.lastField(end); err != nil {
		return nil, 0, err
	}
	if !fits(sum, index) {
		return nil, 0, damaged(s.path, "has an index with a wrong checksum")
	}
	return index, start, nil
}

// lastField reads the field that ends, with its length after it, at end. It returns where the field begins.
func (s *sheaf) lastField(end int64) (field []byte, start int64, err error) {
	var length [4]byte
	if end < int64(len(length)) {
		return nil, 0, damaged(s.path, "is cut short")
	}
	if _, err := s.file.ReadAt(length[:], end-int64(len(length))); err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", s.path, err)
	}
	start = end - int64(len(length)) - int64(binary.BigEndian.Uint32(length[:]))
	if start < 0 || start >= end-int64(len(length)) {
		return nil, 0, damaged(s.path, "is cut short, or its end is damaged")
	}
	field = make([]byte, end-int64(len(length))-start)
	if _, err = s.file.ReadAt(field, start); err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", s.path, err)
	}
	return field, start, nil
}

// decrypt takes away the initialisation vector at the end of what is encrypted.
func (s *sheaf) decrypt(sealed []byte) ([]byte, error) {
	if s.key == nil {
		return sealed, nil
	}
	at := len(sealed) - aes.BlockSize
	if at < 0 {
		return nil, damaged(s.path, "has a part that is cut short")
	}
	return y.XORBlockAllocate(sealed[:at], s.key, sealed[at:])
}

// checkBlocks reads the blocks, which fill the file up to its index without a gap.
func (s *sheaf) checkBlocks(index *fb.TableIndex, end int64) error {
	from := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, end), 1<<20)
	var block fb.BlockOffset
	var content []byte
	at := int64(0)
	for n := range index.OffsetsLength() {
		if !index.Offsets(&block, n) || int64(block.Offset()) != at || at+int64(block.Len()) > end {
			return damaged(s.path, "has an index that does not fit its blocks")
		}
		content = append(content[:0], make([]byte, block.Len())...)
		if _, err := io.ReadFull(from, content); err != nil {
			return fmt.Errorf("read %s: %w", s.path, err)
		}
		if !s.isWhole(content) {
			return damaged(s.path, "has a wrong checksum in the block at byte %d", at)
		}
		at += int64(block.Len())
	}
	if at != end {
		return damaged(s.path, "has an index that does not fit its blocks")
	}
	return nil
}

// isWhole compares a block with the checksum at its end, before the checksum's length.
func (s *sheaf) isWhole(content []byte) bool {
	content, err := s.decrypt(content)
	end := len(content) - 4
	if err != nil || end < 0 {
		return false
	}
	at := int64(end) - int64(binary.BigEndian.Uint32(content[end:]))
	return at >= 0 && fits(content[at:end], content[:at])
}

// fits reports whether content has a checksum, which is of the one kind that tables are made with.
func fits(sum, content []byte) bool {
	var checksum pb.Checksum
	err := proto.Unmarshal(sum, &checksum)
	return err == nil && checksum.GetAlgo() == pb.Checksum_CRC32C &&
		checksum.GetSum() == uint64(crc32.Checksum(content, y.CastagnoliCrcTable))
}
