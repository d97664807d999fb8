package backup

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// A Writer writes a backup. It holds about a megabyte. One goroutine at a time uses it.
type Writer struct {
	frames *frameWriter
	packed *zstd.Encoder
}

// NewWriter begins a backup that is encrypted with a key, or not where there is none. It fills in what of the header is
// its own.
func NewWriter(to io.Writer, h Header, key []byte) (*Writer, error) {
	h.Format, h.Encrypted, h.Salt = Format, len(key) > 0, nil
	if h.Encrypted {
		h.Salt = make([]byte, saltSize)
		if _, err := rand.Read(h.Salt); err != nil {
			return nil, fmt.Errorf("make salt of backup: %w", err)
		}
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("write header of backup: %w", err)
	}
	prelude := binary.BigEndian.AppendUint32([]byte(firstLine), uint32(len(text)))
	prelude = append(prelude, text...)
	f := &frameWriter{to: to, buffer: make([]byte, 0, frameSize)}
	if f.seal, err = newSeal(key, h, prelude); err != nil {
		return nil, err
	}
	sum := f.chain.add(prelude)
	if _, err := to.Write(append(prelude, sum[:]...)); err != nil {
		return nil, fmt.Errorf("write backup: %w", err)
	}
	packed, err := zstd.NewWriter(f, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20),
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("compress backup: %w", err)
	}
	return &Writer{f, packed}, nil
}

// Write adds to the content.
func (w *Writer) Write(p []byte) (int, error) { return w.packed.Write(p) }

// Close writes the end, without which the backup is none. It leaves open what the backup is written to.
func (w *Writer) Close() error {
	if err := w.packed.Close(); err != nil {
		return err
	}
	return w.frames.flush(true)
}

type frameWriter struct {
	to     io.Writer
	seal   *seal
	chain  chain
	buffer []byte
}

func (f *frameWriter) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if len(f.buffer) == frameSize {
			if err := f.flush(false); err != nil {
				return n, err
			}
		}
		part := p[:min(len(p), frameSize-len(f.buffer))]
		f.buffer = append(f.buffer, part...)
		p, n = p[len(part):], n+len(part)
	}
	return n, nil
}

// flush writes a frame.
func (f *frameWriter) flush(last bool) error {
	content := f.seal.close(f.buffer, last)
	length := uint32(len(content))
	if last {
		length |= lastMark
	}
	head := binary.BigEndian.AppendUint32(nil, length)
	sum := f.chain.add(head, content)
	for _, part := range [][]byte{head, content, sum[:]} {
		if _, err := f.to.Write(part); err != nil {
			return fmt.Errorf("write backup: %w", err)
		}
	}
	f.buffer = f.buffer[:0]
	return nil
}
