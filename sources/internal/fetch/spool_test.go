package fetch

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/zeebo/xxh3"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

func TestABodyOfAnySizeIsReadBackAsItCame(t *testing.T) {
	for _, size := range []int{
		0, 1, len(sheet{}) - 1, len(sheet{}), len(sheet{}) + 1, inMemory - 1, inMemory, inMemory + 1, 2*inMemory + 12345,
	} {
		body := bytes.Repeat([]byte("0123456789abcde"), size/15+1)[:size]
		temp := t.TempDir()
		spool, err := fill(iotest.HalfReader(bytes.NewReader(body)), setting.GiB, temp)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		for range 2 {
			got, err := io.ReadAll(spool.Reader())
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes: %d came back, error %v", size, len(got), err)
			}
		}
		if spool.Size != int64(size) || spool.Sum != xxh3.Hash128(body).Bytes() {
			t.Errorf("%d bytes: size %d, sum %x", size, spool.Size, spool.Sum)
		}
		if (spool.file != nil) != (size > inMemory) {
			t.Errorf("%d bytes: in a file %v", size, spool.file != nil)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%d bytes: %d files in sight, error %v", size, len(left), err)
		}
		if err := spool.Close(); err != nil {
			t.Error(err)
		}
	}
}

// What is held is used again for other bodies: nothing of one may come back as another's.
func TestABodyHasNothingOfThoseBeforeIt(t *testing.T) {
	for size := inMemory; size > 0; size /= 7 {
		body := bytes.Repeat([]byte{byte(size)}, size)
		spool, err := fill(bytes.NewReader(body), setting.GiB, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(spool.Reader()); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes: %d came back, error %v", size, len(got), err)
		}
		if err := errors.Join(spool.Close(), spool.Close()); err != nil {
			t.Error(err)
		}
	}
}

// H6: the bound is exact, in memory and in a file.
func TestABodyOverItsBoundFailsByName(t *testing.T) {
	for _, limit := range []setting.Bytes{1000, inMemory, 2 * inMemory} {
		endless := io.LimitReader(strings.NewReader(strings.Repeat("x", int(limit)+1)), int64(limit))
		if spool, err := fill(endless, limit, t.TempDir()); err != nil || spool.Size != int64(limit) {
			t.Errorf("a body of just %s: %v", limit, err)
		}
		over := strings.NewReader(strings.Repeat("x", int(limit)+1))
		if _, err := fill(over, limit, t.TempDir()); err == nil || !strings.Contains(err.Error(), "max_body") {
			t.Errorf("a body over %s: %v", limit, err)
		}
	}
}

func TestABodyThatBreaksOffFails(t *testing.T) {
	for _, size := range []int{10, len(sheet{}), inMemory - 1, inMemory, inMemory + 10} {
		broken := io.MultiReader(strings.NewReader(strings.Repeat("x", size)), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, err := fill(broken, setting.GiB, t.TempDir()); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut off after %d: %v", size, err)
		}
	}
}

func TestADirectoryThatCannotBeWrittenFailsTheLargeBody(t *testing.T) {
	body := strings.NewReader(strings.Repeat("x", inMemory+1))
	if _, err := fill(body, setting.GiB, t.TempDir()+"/missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
