package backup

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/klauspost/compress/zstd"
)

// A Reader reads the content of a backup. What it has given out is good once it returns [io.EOF]. One goroutine at a
// time uses it.
type Reader struct {
	Header
	frames *frameReader
	packed *zstd.Decoder
}

// NewReader reads the header of a backup. It is a wrapped [ErrDamaged] where from is none, a wrapped [store.ErrNewer] for
// a form that is not known yet, and a wrapped [store.ErrKey] for one that is encrypted where no key is given. A key that
// is not needed is none too many. Reading may return the first and the last of these errors too.
func NewReader(from io.Reader, key []byte) (*Reader, error) {
	f := &frameReader{from: from}
	h, prelude, err := f.prelude()
	if err != nil {
		return nil, err
	}
	if h.Encrypted && len(key) == 0 {
		return nil, fmt.Errorf("%w: the backup is encrypted, and no key is given", store.ErrKey)
	}
	if f.seal, err = newSeal(key, h, prelude); err != nil {
		return nil, err
	}
	packed, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return nil, fmt.Errorf("decompress backup: %w", err)
	}
	return &Reader{h, f, packed}, nil
}

// Read returns io.EOF where the backup has ended as it should.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.packed.Read(p)
	switch {
	case err == nil:
		return n, nil
	case r.frames.err != nil && !errors.Is(r.frames.err, io.EOF):
		return n, r.frames.err
	case errors.Is(err, io.EOF):
		return n, r.frames.finish()
	}
	return n, fmt.Errorf("%w: %w", ErrDamaged, err)
}

// Close lets go of memory. It leaves open what the backup is read from.
func (r *Reader) Close() { r.packed.Close() }

// Copy copies a backup, and checks it on the way, as far as that can be without its key: only a copy that is returned
// without an error is whole.
func Copy(to io.Writer, from io.Reader) (h Header, size int64, err error) {
	counted := &countingWriter{to: to}
	f := &frameReader{from: io.TeeReader(from, counted)}
	if h, _, err = f.prelude(); err == nil {
		if _, err = io.Copy(io.Discard, f); err == nil {
			err = noEOF(f.finish())
		}
	}
	if counted.err != nil {
		err = fmt.Errorf("write backup: %w", counted.err)
	}
	return h, counted.size, err
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

type countingWriter struct {
	to   io.Writer
	size int64
	err  error
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.size, c.err = c.size+int64(n), err
	return n, err
}

// A frameReader reads the contents of frames.
type frameReader struct {
	from  io.Reader
	seal  *seal
	chain chain
	rest  []byte // of the frame that is being read
	room  []byte
	ended bool  // that was the last one
	err   error // what ended the reading
}

func (f *frameReader) Read(p []byte) (int, error) {
	for len(f.rest) == 0 && f.err == nil {
		if f.ended {
			f.err = io.EOF
			break
		}
		f.rest, f.err = f.next()
	}
	if f.err != nil {
		return 0, f.err
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// next reads a frame.
func (f *frameReader) next() ([]byte, error) {
	var head [4]byte
	if err := f.read(head[:]); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(head[:])
	f.ended = length&lastMark != 0
	length &^= lastMark
	if length > maxFrame {
		return nil, fmt.Errorf("%w: a frame has a length of %d bytes", ErrDamaged, length)
	}
	if f.room == nil {
		f.room = make([]byte, maxFrame+8)
	}
	frame := f.room[:length+8]
	if err := f.read(frame); err != nil {
		return nil, err
	}
	content := frame[:length]
	if sum := f.chain.add(head[:], content); sum != [8]byte(frame[length:]) {
		return nil, fmt.Errorf("%w: a frame has a wrong checksum", ErrDamaged)
	}
	return f.seal.open(content, f.ended)
}

func (f *frameReader) read(p []byte) error {
	_, err := io.ReadFull(f.from, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is cut short", ErrDamaged)
	}
	if err != nil {
		return fmt.Errorf("read backup: %w", err)
	}
	return nil
}

// finish makes sure that the last frame was read, and that nothing follows it. It returns io.EOF then.
func (f *frameReader) finish() error {
	if n, err := f.Read(make([]byte, 1)); n > 0 {
		return fmt.Errorf("%w: it goes on after its end", ErrDamaged)
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	switch _, err := io.ReadFull(f.from, make([]byte, 1)); {
	case err == nil:
		return fmt.Errorf("%w: something follows its end", ErrDamaged)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read backup: %w", err)
	}
	return io.EOF
}

// prelude reads what comes before the first frame.
func (f *frameReader) prelude() (h Header, prelude []byte, err error) {
	prelude = make([]byte, len(firstLine)+4)
	if err := f.read(prelude); err != nil {
		return h, nil, err
	}
	if string(prelude[:len(firstLine)]) != firstLine {
		return h, nil, fmt.Errorf("%w: it does not begin as a backup of hookbridge does", ErrDamaged)
	}
	length := binary.BigEndian.Uint32(prelude[len(firstLine):])
	if length > maxHeader {
		return h, nil, fmt.Errorf("%w: its header has a length of %d bytes", ErrDamaged, length)
	}
	rest := make([]byte, length+8)
	if err := f.read(rest); err != nil {
		return h, nil, err
	}
	prelude = append(prelude, rest[:length]...)
	if sum := f.chain.add(prelude); sum != [8]byte(rest[length:]) {
		return h, nil, fmt.Errorf("%w: its header has a wrong checksum", ErrDamaged)
	}
	if err := json.Unmarshal(rest[:length], &h); err != nil {
		return h, nil, fmt.Errorf("%w: read header: %w", ErrDamaged, err)
	}
	if h.Format != Format {
		return h, nil, fmt.Errorf("%w: the backup has format %d, and this program knows format %d: take the version that made it (%s), or a newer one",
			store.ErrNewer, h.Format, Format, h.Version)
	}
	return h, prelude, nil
}
