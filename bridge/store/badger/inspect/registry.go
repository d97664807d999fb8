package inspect

import (
	"bytes"
	"context"
	"crypto/aes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/pb"
	"github.com/dgraph-io/badger/v4/y"
	"google.golang.org/protobuf/proto"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// The registry begins with an initialisation vector and a text that is encrypted with the key of the state, and
// stands as it is where there is none. The keys of the files follow: a length, a checksum, and as many bytes.
const (
	proof       = "Hello Badger"
	registryTop = aes.BlockSize + len(proof)
	recordTop   = 8
)

// checkKeys looks at the registry of keys, and at whether the state's key opens it. Where there is none, Badger
// makes one, which does for a state that is not encrypted.
func (i *inspection) checkKeys(context.Context) error {
	path := i.path(badger.KeyRegistryFileName)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(content) < registryTop {
		return damaged(path, "is cut short")
	}
	if err := i.checkProof(path, content); err != nil {
		return err
	}
	end, err := i.readKeys(path, content)
	if err == nil && end < len(content) {
		i.torn[path] = int64(end)
	}
	return err
}

func (i *inspection) checkProof(path string, content []byte) error {
	vector, text := content[:aes.BlockSize], content[aes.BlockSize:registryTop]
	key := i.Badger.EncryptionKey
	plain := bytes.Equal(text, []byte(proof))
	switch {
	case len(key) == 0 && plain:
		return nil
	case len(key) == 0:
		return fmt.Errorf("%w: the state is encrypted, and the configuration names no encryption_key (or file %q is damaged)",
			store.ErrKey, badger.KeyRegistryFileName)
	case plain:
		return fmt.Errorf("%w: the configuration names an encryption_key, and the state is not encrypted: "+
			"back it up without the key, and restore it with the key", store.ErrKey)
	}
	text, err := y.XORBlockAllocate(text, key, vector)
	if err != nil {
		return fmt.Errorf("decrypt %s: %w", path, err)
	}
	if !bytes.Equal(text, []byte(proof)) {
		return fmt.Errorf("%w: the state is encrypted with another key than encryption_key (or file %q is damaged)",
			store.ErrKey, badger.KeyRegistryFileName)
	}
	return nil
}

// readKeys reads the keys of the files, and returns where the last whole one ends. What follows it, a loss of power has
// cut off or left as zeros: no file is encrypted with it.
func (i *inspection) readKeys(path string, content []byte) (end int, err error) {
	for end = registryTop; len(content)-end >= recordTop; {
		size := int64(binary.BigEndian.Uint32(content[end:]))
		sum := binary.BigEndian.Uint32(content[end+4:])
		if size > int64(len(content)-end-recordTop) || len(bytes.Trim(content[end:], "\x00")) == 0 {
			return end, nil
		}
		next := end + recordTop + int(size)
		record := content[end+recordTop : next]
		if crc32.Checksum(record, y.CastagnoliCrcTable) != sum || !i.readKey(record) {
			return 0, damaged(path, "is damaged at byte %d", end)
		}
		end = next
	}
	return end, nil
}

// readKey reads a key. One without an initialisation vector, which zeros may pass for, Badger would die of.
func (i *inspection) readKey(record []byte) bool {
	var key pb.DataKey
	err := proto.Unmarshal(record, &key)
	if err != nil || key.GetKeyId() == 0 || len(key.GetIv()) != aes.BlockSize {
		return false
	}
	i.keys[key.GetKeyId()] = key.GetData()
	if len(i.Badger.EncryptionKey) > 0 {
		i.keys[key.GetKeyId()], err = y.XORBlockAllocate(key.GetData(), i.Badger.EncryptionKey, key.GetIv())
	}
	return err == nil
}
