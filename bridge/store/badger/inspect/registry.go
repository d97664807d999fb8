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
	"github.com/dgraph-io/badger/v4/y"

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
	end, err := registryEnd(path, content)
	if err != nil {
		return err
	}
	if end < len(content) {
		i.torn[path] = int64(end)
	}
	if end == registryTop {
		return nil
	}
	i.keys, err = badger.OpenKeyRegistry(badger.KeyRegistryOptions{
		Dir: i.Badger.Dir, ReadOnly: true, EncryptionKey: i.Badger.EncryptionKey,
	})
	if err != nil {
		return fmt.Errorf("read %s: %w", badger.KeyRegistryFileName, err)
	}
	return nil
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
		return fmt.Errorf("%w: the configuration names an encryption_key, and the state is not encrypted", store.ErrKey)
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

// registryEnd returns where the last whole key ends. What follows it, a loss of power has cut off: no file is
// encrypted with it.
func registryEnd(path string, content []byte) (end int, err error) {
	for end = registryTop; len(content)-end >= recordTop; {
		size := int64(binary.BigEndian.Uint32(content[end:]))
		sum := binary.BigEndian.Uint32(content[end+4:])
		if size > int64(len(content)-end-recordTop) {
			return end, nil
		}
		next := end + recordTop + int(size)
		if crc32.Checksum(content[end+recordTop:next], y.CastagnoliCrcTable) != sum {
			return 0, damaged(path, "has a wrong checksum at byte %d", end)
		}
		end = next
	}
	return end, nil
}
