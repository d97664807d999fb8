package badger

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/backup"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// O8: a backup of a state at work, made at a random moment and read slowly while everything goes on, is restored
// elsewhere. What comes of it is held against the state as a kill at that moment would have left it: every row, what
// memory holds of them, and every delivery in its order.
func TestARestoredBackupHoldsWhatTheStateHeldAtItsMoment(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			key := [][]byte{nil, keyOfTests()}[seed%2]
			w := newTraffic(t, Options{Path: filepath.Join(quickDir(t), "state"), Key: key}, seed)
			w.run(90)
			moment := &frozen{files: freeze(t, w.o.Path)}
			file := w.backupWhile(func() { w.run(60) })
			must(t, w.s.Close())
			reference := mustOpenWith(t, Options{Path: moment.thaw(t), Key: key})
			o := Options{Path: filepath.Join(quickDir(t), "state")}
			if seed%4 == 1 {
				o.Key = []byte("another key-----")
			}
			h, rows, err := Restore(t.Context(), o, bytes.NewReader(file), key)
			must(t, err)
			restored := mustOpenWith(t, o)
			isEqual(t, "rows", rows, w.rows)
			isEqual(t, "schema", h.Schema, schema)
			compareStates(t, restored, reference)
			must(t, restored.Close())
			must(t, reference.Close())
		})
	}
}

// traffic is a state on which everything happens at random.
type traffic struct {
	*testing.T
	*rand.Rand
	o    Options
	s    *Store
	made int
	rows int
}

func newTraffic(t *testing.T, o Options, seed uint64) *traffic {
	return &traffic{T: t, Rand: rand.New(rand.NewPCG(seed, 1)), o: o, s: mustOpenWith(t, o)}
}

func (w *traffic) run(steps int) {
	w.Helper()
	for range steps {
		steps := []func(){w.commit, w.commit, w.commit, w.claim, w.claim, w.claim, w.redeliver, w.drop, w.remember, w.secret, w.stand, w.forget, w.sweep}
		steps[w.IntN(len(steps))]()
	}
}

func (w *traffic) sink() string   { return fmt.Sprint("sink", w.IntN(2)) }
func (w *traffic) source() string { return fmt.Sprint("source", w.IntN(3)) }

func (w *traffic) commit() {
	c := store.Commit{Source: w.source(), Memory: &store.Memory{Sequence: uint64(w.made), Cursor: bridge.Cursor(fmt.Sprint(w.made))}}
	for range 1 + w.IntN(4) {
		w.made++
		a := appendOf(fmt.Sprint("e", w.made), w.sink(), byte(w.IntN(4)))
		a.Event.Source = c.Source
		size := 20 + w.IntN(3000)
		if w.IntN(20) == 0 {
			size = 2<<20 + w.IntN(1<<20)
		}
		a.Event.After = bodyOf(size, byte(w.made))
		if w.IntN(10) == 0 {
			a.Bury = "no"
		}
		c.Append = append(c.Append, a)
		c.Put = append(c.Put, putOf(byte(w.IntN(30)), a.Event.After))
	}
	c.Drop = []store.Entry{{Key: store.Hash{byte(30 + w.IntN(5))}}}
	mustCommit(w, w.s, c)
}

func (w *traffic) claim() {
	claimed, _, err := w.s.Claim(w.Context(), w.sink(), time.Now().Add(time.Minute), 1+w.IntN(6))
	must(w, err)
	if len(claimed) > 1 && w.IntN(3) == 0 {
		w.made++
		must(w, w.s.Bind(w.Context(), claimed, store.Batch{ID: fmt.Sprint("b", w.made), Size: len(claimed)}, time.Now()))
	}
	var settled []store.Settlement
	for _, d := range claimed {
		if w.IntN(4) == 0 {
			continue // it is under way at the moment of the backup
		}
		o := store.Settlement{Delivery: d, Attempt: &store.Attempt{Time: time.Now(), Status: 503}, State: store.State(w.IntN(3)), Reason: "r"}
		if o.State == store.Pending {
			o.Due = time.Now().Add(time.Duration(w.IntN(3)) * time.Hour)
		}
		if w.IntN(5) == 0 {
			o.Standing = &store.Standing{Failing: time.Now(), Reason: "status 503"}
		}
		settled = append(settled, o)
	}
	must(w, w.s.Settle(w.Context(), settled))
}

func (w *traffic) redeliver() {
	ids := []string{fmt.Sprint("e", w.IntN(w.made+1)), fmt.Sprint("e", w.IntN(w.made+1))}
	_, err := w.s.Redeliver(w.Context(), ids, w.sink(), func(bridge.Event) store.Hash { return store.Hash{9} })
	must(w, err)
}

func (w *traffic) drop() {
	err := w.s.Drop(w.Context(), fmt.Sprint("e", w.IntN(w.made+1)), w.sink())
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		w.Fatal(err)
	}
}

func (w *traffic) remember() {
	must(w, w.s.Remember(w.Context(), map[string]store.Memory{w.source(): {Failures: w.IntN(9), Reason: "r", Hold: &store.Hold{Events: 4}}}))
}

func (w *traffic) secret() {
	must(w, w.s.KeepSecret(w.Context(), w.source(), bodyOf(w.IntN(100), 1)))
}

func (w *traffic) stand() {
	must(w, w.s.Stand(w.Context(), w.sink(), store.Standing{Paused: time.Now()}, []store.Append{appendOf(fmt.Sprint("news", w.made), "ops", 0)}))
}

func (w *traffic) forget() {
	if w.IntN(4) == 0 {
		must(w, w.s.Forget(w.Context(), w.source()))
	}
}

func (w *traffic) sweep() {
	_, err := w.s.Sweep(w.Context(), time.Now())
	must(w, err)
}

// backupWhile makes a backup whose reader waits, once it has begun, until meanwhile has happened.
func (w *traffic) backupWhile(meanwhile func()) []byte {
	w.Helper()
	from, to := io.Pipe()
	done := make(chan error, 1)
	go func() {
		var err error
		w.rows, err = w.s.Backup(w.Context(), to, "1.2.3")
		_ = to.CloseWithError(err)
		done <- err
	}()
	var file bytes.Buffer
	_, err := io.CopyN(&file, from, 1)
	must(w, err)
	meanwhile()
	_, err = io.Copy(&file, from)
	must(w, err)
	must(w, <-done)
	return file.Bytes()
}

// compareStates holds a restored state against one that is what it should be.
func compareStates(t *testing.T, got, want *Store) {
	t.Helper()
	isEqual(t, "seed", got.Seed(), want.Seed())
	if got.Epoch() == want.Epoch() {
		t.Error("the epoch is the old one: an id would be given twice")
	}
	compareRows(t, rowsIn(t, got), rowsIn(t, want))
	gotQueue, err := got.Queue(t.Context())
	must(t, err)
	wantQueue, err := want.Queue(t.Context())
	must(t, err)
	if !reflect.DeepEqual(gotQueue, wantQueue) {
		t.Errorf("queues %+v, want %+v", gotQueue, wantQueue)
	}
	for sink := range wantQueue {
		if g, w := drained(t, got, sink), drained(t, want, sink); !slices.Equal(g, w) {
			t.Errorf("deliveries to %s:\n%s\nwant\n%s", sink, strings.Join(g, "\n"), strings.Join(w, "\n"))
		}
	}
}

// rowsIn returns all rows but those that are a state's own.
func rowsIn(t *testing.T, s *Store) map[string]string {
	t.Helper()
	rows := map[string]string{}
	must(t, s.look(func(v view) error {
		return v.eachRecord(nil, func(key, record []byte) error {
			if own := []string{keyLink, keyIdentity, keySequence}; !slices.Contains(own, string(key)) {
				rows[string(key)] = string(record)
			}
			return nil
		})
	}))
	return rows
}

func compareRows(t *testing.T, got, want map[string]string) {
	t.Helper()
	for key, record := range want {
		if got[key] != record {
			t.Errorf("row %q is missing or another", key)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
}

// drained delivers all that is pending, round by round, and says in which order it went.
func drained(t *testing.T, s *Store, sink string) (order []string) {
	t.Helper()
	for {
		claimed, _, err := s.Claim(t.Context(), sink, time.Now().Add(24*time.Hour), 1000)
		must(t, err)
		if len(claimed) == 0 {
			return order
		}
		for _, d := range claimed {
			order = append(order, fmt.Sprintf("%s %d %s %d %x", d.Event.ID, d.Number, d.Batch.ID, d.Attempts, checksum(nil, d.Event.After)))
		}
		order = append(order, "-")
		settleAs(t, s, store.Done, claimed...)
	}
}

// A backup that is not whole leaves nothing behind: neither of a file that is damaged or cut short, at any place, nor
// with the wrong key, nor on a disk without room, nor for one who gives up.
func TestARestoreThatFailsLeavesNothing(t *testing.T) {
	w := newTraffic(t, Options{Path: filepath.Join(quickDir(t), "state")}, 1)
	w.run(40)
	file := w.backupWhile(func() {})
	must(t, w.s.Close())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	full := func(string) (uint64, error) { return 0, nil }
	for name, c := range map[string]struct {
		ctx  context.Context
		o    Options
		from []byte
		then io.Reader
		want error
	}{
		"cut short":   {from: file[:len(file)*3/4], want: backup.ErrDamaged},
		"without end": {from: file[:len(file)-1], want: backup.ErrDamaged},
		"flipped":     {from: flipped(file, len(file)/2), want: backup.ErrDamaged},
		"no backup":   {from: []byte("something else altogether, and of some length"), want: backup.ErrDamaged},
		"full disk":   {from: file, o: Options{Free: full}, want: store.ErrFull},
		"given up":    {from: file, ctx: ended, want: context.Canceled},
		"disk error":  {from: file[:1000], then: failingReader{}, want: errInjected},
	} {
		for _, there := range []bool{false, true} {
			c.o.Path = filepath.Join(t.TempDir(), "a", "state")
			if there {
				must(t, os.MkdirAll(c.o.Path, 0o700))
			}
			from := io.MultiReader(bytes.NewReader(c.from), cmp.Or[io.Reader](c.then, strings.NewReader("")))
			_, _, err := Restore(cmp.Or(c.ctx, t.Context()), c.o, from, nil)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: got %v, want %v", name, err, c.want)
			}
			left, err := os.ReadDir(c.o.Path)
			if there && (err != nil || len(left) > 0) || !there && !os.IsNotExist(err) {
				t.Errorf("%s: %v, %v are left", name, err, left)
			}
		}
	}
}

func flipped(file []byte, at int) []byte {
	file = bytes.Clone(file)
	file[at] ^= 4
	return file
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errInjected }

// O7, O8: a restore never writes over anything.
func TestARestoreWantsAnEmptyDirectory(t *testing.T) {
	w := newTraffic(t, Options{Path: filepath.Join(quickDir(t), "state")}, 2)
	w.run(10)
	file := w.backupWhile(func() {})
	_, _, err := Restore(t.Context(), Options{Path: w.o.Path}, bytes.NewReader(file), nil)
	mustFail(t, err, store.ErrInUse)
	sum := sumOf(t, w.s)
	must(t, w.s.Close())
	_, _, err = Restore(t.Context(), Options{Path: w.o.Path}, bytes.NewReader(file), nil)
	mustFail(t, err, store.ErrOccupied)
	s := mustOpen(t, w.o.Path)
	isEqual(t, "rows", sumOf(t, s), sum)
	must(t, s.Close())
}

// A restore that was killed is no state, and the next restore begins anew: also one that gives the state another key.
func TestARestoreThatWasKilledIsNoStateAndIsMadeAnew(t *testing.T) {
	for name, key := range map[string][]byte{"without a key": nil, "with a key": keyOfTests()} {
		t.Run(name, func(t *testing.T) { checkKilledRestore(t, key) })
	}
}

func checkKilledRestore(t *testing.T, key []byte) {
	t.Helper()
	w := newTraffic(t, Options{Path: filepath.Join(quickDir(t), "state")}, 3)
	w.run(30)
	file := w.backupWhile(func() {})
	must(t, w.s.Close())
	o := Options{Path: newPath(t), Key: key}
	var killed *frozen
	_, _, err := Restore(t.Context(), o, io.MultiReader(bytes.NewReader(file[:len(file)-9]), readerFunc(func([]byte) (int, error) {
		killed = &frozen{files: freeze(t, o.Path)}
		return 0, io.EOF
	})), nil)
	mustFail(t, err, backup.ErrDamaged)
	o.Path = killed.thaw(t)
	_, err = Open(t.Context(), o)
	mustFail(t, err, store.ErrDamaged)
	if !strings.HasSuffix(err.Error(), "a restore did not come to its end here: run it again, or remove the directory") {
		t.Error(err)
	}
	_, _, err = Restore(t.Context(), o, bytes.NewReader(file), nil)
	must(t, err)
	must(t, mustOpenWith(t, o).Close())
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A backup ends with its context, and with the one that it is written to.
func TestABackupThatNobodyWaitsForEnds(t *testing.T) {
	w := newTraffic(t, Options{Path: filepath.Join(quickDir(t), "state")}, 4)
	w.run(60)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInjected)
	_, err := w.s.Backup(ctx, io.Discard, "")
	mustFail(t, err, errInjected)
	_, err = w.s.Backup(t.Context(), failingWriter{}, "")
	mustFail(t, err, errInjected)
	must(t, w.s.Close())
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errInjected }

// What is damaged is not backed up in silence.
func TestABackupOfADamagedRowFails(t *testing.T) {
	s := mustOpen(t, newPath(t))
	commitEvents(t, s, 0, "e1")
	raw(t, s, row{longKey(kindEvent, 1), []byte("damaged")})
	_, err := s.Backup(t.Context(), io.Discard, "")
	mustFail(t, err, errDamaged)
	must(t, s.Close())
}

// O9: a backup of a newer schema is refused by name, and one of an older schema is migrated.
func TestBackupsOfOtherSchemas(t *testing.T) {
	path := unpack(t, "schema1-first")
	s := mustOpen(t, path)
	var file bytes.Buffer
	backUpAs(t, s, &file, 7)
	_, _, err := Restore(t.Context(), Options{Path: newPath(t)}, &file, nil)
	mustFail(t, err, store.ErrNewer)
	if !strings.Contains(err.Error(), "schema 7") || !strings.Contains(err.Error(), "up to 4") {
		t.Error(err)
	}
	file.Reset()
	backUpAs(t, s, &file, 1)
	must(t, s.Close())
	o := Options{Path: newPath(t)}
	_, _, err = Restore(t.Context(), o, &file, nil)
	must(t, err)
	s = mustOpenWith(t, o)
	version, err := s.readSchema()
	must(t, err)
	isEqual(t, "schema", version, schema)
	_, want, _ := strings.Cut(golden(t, "schema1-first"), "\n")
	_, got, _ := strings.Cut(dump(t, s), "\n")
	isEqual(t, "holds what it held", got, want)
	must(t, s.Close())
}

// backUpAs makes a backup that says to be of a schema.
func backUpAs(t *testing.T, s *Store, to io.Writer, version uint32) {
	t.Helper()
	must(t, s.commitRows([]row{schemaRow(version)}))
	must(t, s.look(func(v view) error {
		w, err := backup.NewWriter(to, backup.Header{Schema: version}, nil)
		must(t, err)
		_, err = v.writeRows(t.Context(), w)
		must(t, err)
		return w.Close()
	}))
}
