package backup

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"pgregory.net/rapid"
)

func key() []byte { return bytes.Repeat([]byte{3}, 24) }

func header() Header {
	return Header{Schema: 2, Version: "1.2.3", Made: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
}

// written is a backup of content, which is written in parts.
func written(t testing.TB, content, key []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(&file, header(), key)
	must(t, err)
	for part := range bytes.SplitAfterSeq(content, []byte{0}) {
		_, err := w.Write(part)
		must(t, err)
	}
	must(t, w.Close())
	return file.Bytes()
}

func read(file, key []byte) ([]byte, error) {
	r, err := NewReader(bytes.NewReader(file), key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// noise does not compress.
func noise(size int) []byte {
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content)
	return content
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(r, "content")
		content = bytes.Repeat(content, rapid.IntRange(1, 300).Draw(r, "times"))
		if rapid.Bool().Draw(r, "noise") {
			content = append(content, noise(rapid.IntRange(0, 3*frameSize).Draw(r, "size"))...)
		}
		for _, key := range [][]byte{nil, key()} {
			got, err := read(written(t, content, key), key)
			if err != nil || !bytes.Equal(got, content) {
				r.Fatalf("%v, %d of %d bytes", err, len(got), len(content))
			}
		}
	})
}

func TestTheHeaderSaysWhatIsInABackup(t *testing.T) {
	for _, key := range [][]byte{nil, key()} {
		r, err := NewReader(bytes.NewReader(written(t, nil, key)), key)
		must(t, err)
		want := header()
		want.Format, want.Encrypted = Format, key != nil
		got := r.Header
		if got.Salt = nil; got.Schema != want.Schema || got.Version != want.Version || !got.Made.Equal(want.Made) ||
			got.Format != want.Format || got.Encrypted != want.Encrypted {
			t.Errorf("%+v", got)
		}
	}
}

// Every bit counts, and every byte: a file that is not what was written is not read to its end. Each flipped bit, each
// shorter file, and what has something more at its end.
func TestNoFileButTheWholeOneIsRead(t *testing.T) {
	for name, key := range map[string][]byte{"plain": nil, "encrypted": key()} {
		t.Run(name, func(t *testing.T) {
			whole := written(t, append(bytes.Repeat([]byte("row "), 50), noise(150)...), key)
			for at := range whole {
				spoilt := bytes.Clone(whole)
				for bit := range 8 {
					spoilt[at] = whole[at] ^ 1<<bit
					wantDamaged(t, spoilt, key)
				}
				wantDamaged(t, whole[:at], key)
			}
			wantDamaged(t, append(bytes.Clone(whole), 0), key)
			wantDamaged(t, append(bytes.Clone(whole), whole...), key)
		})
	}
}

func wantDamaged(t *testing.T, file, key []byte) {
	t.Helper()
	if _, err := read(file, key); !errors.Is(err, ErrDamaged) {
		t.Fatalf("read: %v", err)
	}
	if _, _, err := Copy(io.Discard, bytes.NewReader(file)); !errors.Is(err, ErrDamaged) {
		t.Fatalf("copy: %v", err)
	}
}

// Frames that are whole each, but not where they belong.
func TestFramesCannotBeLeftOutDoubledOrMoved(t *testing.T) {
	for _, key := range [][]byte{nil, key()} {
		whole := written(t, noise(4*frameSize), key)
		head, frames := apart(t, whole)
		if len(frames) < 4 {
			t.Fatalf("%d frames", len(frames))
		}
		last := len(frames) - 1
		for name, order := range map[string][]int{
			"left out": append([]int{0}, seq(2, last)...), "doubled": append([]int{0, 1, 1}, seq(2, last)...),
			"moved": append([]int{1, 0}, seq(2, last)...), "first left out": seq(1, last), "only the last": {last},
		} {
			file := bytes.Clone(head)
			for _, n := range order {
				file = append(file, frames[n]...)
			}
			t.Log(name)
			wantDamaged(t, file, key)
		}
	}
}

func seq(from, to int) (all []int) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

// apart cuts a backup into what comes before the first frame, and the frames.
func apart(t *testing.T, whole []byte) (head []byte, frames [][]byte) {
	t.Helper()
	from := bytes.NewReader(whole)
	f := &frameReader{from: from}
	_, _, err := f.prelude()
	must(t, err)
	at := len(whole) - from.Len()
	head = whole[:at]
	for !f.ended {
		_, err := f.next()
		must(t, err)
		next := len(whole) - from.Len()
		frames = append(frames, whole[at:next])
		at = next
	}
	return head, frames
}

func TestABackupIsReadWithItsKeyAlone(t *testing.T) {
	file := written(t, []byte("secret"), key())
	for name, given := range map[string][]byte{"another": bytes.Repeat([]byte{4}, 24), "none": nil, "shorter": key()[:16]} {
		got, err := read(file, given)
		if !errors.Is(err, store.ErrKey) || len(got) > 0 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if bytes.Contains(file, []byte("secret")) || bytes.Contains(file, key()) {
		t.Error("it can be read without the key")
	}
	got, err := read(written(t, []byte("open"), nil), key())
	if err != nil || string(got) != "open" {
		t.Errorf("a key that is not needed: %q, %v", got, err)
	}
}

func TestACopyIsTheSameAndIsCheckedWithoutItsKey(t *testing.T) {
	file := written(t, noise(2*frameSize), key())
	var copied bytes.Buffer
	h, size, err := Copy(&copied, bytes.NewReader(file))
	if err != nil || !bytes.Equal(copied.Bytes(), file) || size != int64(len(file)) || h.Version != "1.2.3" || !h.Encrypted {
		t.Errorf("%v, %d bytes, %+v", err, size, h)
	}
}

// O9: a form that is not known yet is told apart from damage, with what to do.
func TestANewerFormIsRefusedByName(t *testing.T) {
	prelude := []byte(firstLine + "\x00\x00\x00\x24" + `{"format":2,"version":"9.0","new":1}`)
	var c chain
	sum := c.add(prelude)
	_, err := read(append(prelude, sum[:]...), nil)
	if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "format 2") || !strings.Contains(err.Error(), "9.0") {
		t.Error(err)
	}
}

// An error of the one who reads or writes is no damage.
func TestErrorsOfTheDiskAreTold(t *testing.T) {
	broken := errors.New("disk on fire")
	file := written(t, noise(2*frameSize), nil)
	r, err := NewReader(io.MultiReader(bytes.NewReader(file[:1000]), failing{broken}), nil)
	must(t, err)
	if _, err = io.ReadAll(r); !errors.Is(err, broken) || errors.Is(err, ErrDamaged) {
		t.Errorf("reading: %v", err)
	}
	w, err := NewWriter(io.Discard, header(), nil)
	must(t, err)
	w.frames.to = failing{broken}
	_, err = w.Write(noise(4 * frameSize))
	if err == nil {
		err = w.Close()
	}
	if !errors.Is(err, broken) {
		t.Errorf("writing: %v", err)
	}
	_, _, err = Copy(failing{broken}, bytes.NewReader(file))
	if !errors.Is(err, broken) || err.Error() != "write backup: disk on fire" {
		t.Errorf("copying: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzReadingABackup(f *testing.F) {
	f.Add(written(f, []byte("rows"), nil), []byte(nil))
	f.Add(written(f, []byte("rows"), key()), key())
	f.Add([]byte(firstLine), []byte(nil))
	f.Fuzz(func(t *testing.T, file, key []byte) {
		content, err := read(file, key)
		_, _, copied := Copy(io.Discard, bytes.NewReader(file))
		if err == nil && copied != nil {
			t.Errorf("%d bytes were read, and copying fails: %v", len(content), copied)
		}
	})
}
