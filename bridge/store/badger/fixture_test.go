package badger

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

// unpack unpacks a state directory of testdata, and returns its path.
func unpack(t *testing.T, name string) string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name+".tar.gz"))
	must(t, err)
	defer func() { must(t, file.Close()) }()
	plain, err := gzip.NewReader(file)
	must(t, err)
	dir := t.TempDir()
	for from := tar.NewReader(plain); ; {
		head, err := from.Next()
		if errors.Is(err, io.EOF) {
			return filepath.Join(dir, "state")
		}
		must(t, err)
		unpackOne(t, filepath.Join(dir, head.Name), head, from)
	}
}

func unpackOne(t *testing.T, path string, head *tar.Header, from io.Reader) {
	t.Helper()
	if head.Typeflag == tar.TypeDir {
		must(t, os.MkdirAll(path, 0o700))
		return
	}
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = io.Copy(to, from)
	must(t, errors.Join(err, to.Close()))
}

func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	must(t, err)
	return string(text)
}

// dump writes all that a state of testdata holds, as the program did that made it: what it knew nothing of is
// only written where there is something.
func dump(t testing.TB, s *Store) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d epoch %s\n", s.Seed(), s.Epoch())
	dumpSources(t, s, &b)
	for r, err := range s.Events(t.Context(), store.Filter{}) {
		must(t, err)
		dumpRecord(&b, r)
	}
	dumpSinks(t, s, &b)
	secret, err := s.Secret(t.Context(), "oauth2/crm")
	must(t, err)
	if secret != nil {
		fmt.Fprintf(&b, "secret %q\n", secret)
	}
	return b.String()
}

func dumpSources(t testing.TB, s *Store, b *strings.Builder) {
	t.Helper()
	known, err := s.Known(t.Context())
	must(t, err)
	for _, name := range []string{"failing", "gone", "held", "orders", "rekeyed"} {
		m, ok := known[name]
		if !ok {
			continue
		}
		dumpMemory(b, name, m)
		for e, err := range s.Entries(t.Context(), name) {
			must(t, err)
			snapshot, err := s.Stored(t.Context(), name, e)
			must(t, err)
			fmt.Fprintf(b, "  entry %x %x %x %d %d %d %d: %q %s\n", e.Key, e.Raw, e.Digest, e.Born, e.Revision, e.Absent, e.Left,
				snapshot.Key, shortened(snapshot.Body))
			if e.Candidate != nil {
				fmt.Fprintf(b, "    candidate %x %d\n", e.Candidate.Digest, e.Candidate.Polls)
			}
		}
	}
	fmt.Fprintf(b, "sources %d\n", len(known))
}

func dumpMemory(b *strings.Builder, name string, m store.Memory) {
	fmt.Fprintf(b, "memory %s: %d %s %q %x %d %s %s %s %d %s %q %t %t %s\n", name, m.Sequence, stamp(m.Baseline), m.Cursor,
		m.Fingerprint, m.Items, stamp(m.Polled), stamp(m.Changed), stamp(m.NotBefore), m.Failures, stamp(m.Failing),
		m.Reason, m.Released, m.Paused, stamp(m.Gone))
	hold := m.Hold
	if hold != nil {
		fmt.Fprintf(b, "  hold %s %q %d %d %d\n", stamp(hold.Since), hold.Reason, hold.Deletes, hold.Events, hold.Known)
	}
	if (m.Identity != store.Hash{}) || m.Pending != 0 || m.Rebaseline || m.Stale || hold != nil && hold.Rebaseline {
		fmt.Fprintf(b, "  new %x %d %t %t %t\n", m.Identity, m.Pending, m.Rebaseline, m.Stale, hold.Rebaseline)
	}
}

func dumpRecord(b *strings.Builder, r store.Record) {
	e := r.Event
	fmt.Fprintf(b, "event %d %s %s %s %q %s %s %d %t %s %s %s %s %s %q\n", r.Number, stamp(e.Time), e.ID, e.Type, e.Key,
		e.Source, e.Change, e.Revision, e.Snapshot, stamp(e.From), stamp(e.To), shortened(e.Before), shortened(e.After),
		shortened(e.Data), e.Changed)
	for _, d := range r.Deliveries {
		fmt.Fprintf(b, "  to %s %x %s %d %s %q\n", d.Sink, d.Order, d.State, d.Attempts, stamp(d.Due), d.Reason)
		if d.Batch.Size > 0 {
			fmt.Fprintf(b, "    batch %s %d\n", d.Batch.ID, d.Batch.Size)
		}
		for _, a := range d.Log {
			fmt.Fprintf(b, "    attempt %s %s %d %q %q %q\n", stamp(a.Time), a.Duration, a.Status, a.Class, a.Error, a.Excerpt)
		}
	}
}

func dumpSinks(t testing.TB, s *Store, b *strings.Builder) {
	t.Helper()
	counts, err := s.Queue(t.Context())
	must(t, err)
	sinks := []string{"audit", "crm"}
	for _, sink := range sinks {
		q := counts[sink]
		fmt.Fprintf(b, "queue %s: %d %d %s\n", sink, q.Pending, q.Dead, stamp(q.Oldest))
	}
	for _, sink := range sinks {
		standing, err := s.Standing(t.Context(), sink)
		must(t, err)
		if standing != (store.Standing{}) {
			fmt.Fprintf(b, "standing %s: %s %s %s %q\n", sink, stamp(standing.Paused), stamp(standing.Disabled), stamp(standing.Failing),
				standing.Reason)
		}
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// shortened writes what is long by its start, its length and a checksum.
func shortened(b []byte) string {
	if len(b) > 60 {
		return fmt.Sprintf("%s… %d bytes %x", b[:20], len(b), checksum(nil, b))
	}
	return string(b)
}
