package fetch

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// codings are the compressions that are asked for. Brotli is not among them: servers that have it have one of
// these as well.
const codings = "gzip, zstd, deflate"

// zstdWindow is the largest window that zstd as a Content-Encoding may use (RFC 9659, section 3).
const zstdWindow = 8 << 20

// decompress puts the plain body in the place of a compressed one. It reads nothing yet: what is wrong with
// the compressed bytes is an error of reading the body.
func decompress(resp *http.Response) error {
	coding := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	var open func(*bufio.Reader) (io.ReadCloser, error)
	switch coding {
	case "", "identity":
		return nil
	case "gzip", "x-gzip":
		open = func(r *bufio.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }
	case "deflate":
		open = inflate
	case "zstd":
		open = openZstd
	default:
		return fmt.Errorf("answer in Content-Encoding %q, which was not asked for", brief(coding))
	}
	resp.Body = &decompressed{packed: resp.Body, coding: coding, open: open}
	resp.ContentLength, resp.Uncompressed = -1, true
	return nil
}

// inflate reads what servers call deflate: zlib as they should (RFC 9110, section 8.4.1.2), or the bare
// stream as many do.
func inflate(r *bufio.Reader) (io.ReadCloser, error) {
	const method, check = 8, 31
	head, _ := r.Peek(2)
	if len(head) == 2 && head[0]&0x0f == method && (int(head[0])<<8|int(head[1]))%check == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}

func openZstd(r *bufio.Reader) (io.ReadCloser, error) {
	dec, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return dec.IOReadCloser(), nil
}

// decompressed is a body that is decompressed while it is read. An empty one is empty, whatever it is called.
type decompressed struct {
	packed io.ReadCloser
	coding string
	open   func(*bufio.Reader) (io.ReadCloser, error)
	plain  io.ReadCloser
}

func (d *decompressed) Read(p []byte) (int, error) {
	if d.plain == nil {
		if err := d.start(); err != nil {
			return 0, err
		}
	}
	n, err := d.plain.Read(p)
	return n, d.explain(err)
}

func (d *decompressed) start() error {
	packed := bufio.NewReader(d.packed)
	if _, err := packed.Peek(1); err != nil {
		return err // io.EOF where there is nothing
	}
	plain, err := d.open(packed)
	if err != nil {
		return d.explain(cutShort(err))
	}
	d.plain = plain
	return nil
}

// cutShort tells an end inside of a header as what it is.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (d *decompressed) explain(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("undo %s: %w", d.coding, err)
}

// Close closes the compressed body as well.
func (d *decompressed) Close() error {
	var err error
	if d.plain != nil {
		err = d.plain.Close()
	}
	return errors.Join(err, d.packed.Close())
}
