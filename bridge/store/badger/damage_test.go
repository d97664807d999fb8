package badger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"golang.org/x/sys/unix"
)

// openerMode tells the test binary that it is the one that opens damaged states, so that a crash is seen and
// not shared.
const openerMode = "HOOKBRIDGE_OPEN_DAMAGED"

// A spoiling is one way of damaging one file.
type spoiling struct {
	name  string
	apply func(*testing.T, string)
}

// R4: every file of a state, closed well or killed, with bits flipped, cut at many lengths, emptied, removed, filled
// with noise or with zeros, or as it was some time ago. Each time the state is refused, with the name of a
// file, or holds exactly what it held. HOOKBRIDGE_TEST_ALL=1 and the flag -places try many more places.
func TestADamagedFileIsNamedOrDoesNoHarm(t *testing.T) {
	if os.Getenv(openerMode) != "" {
		openDamaged(t, os.Stdin, os.Stdout)
		return
	}
	for name, made := range map[string]*frozen{
		"closed": closedState(t, nil), "killed": killedState(t, nil),
		"encrypted and closed": closedState(t, keyOfTests()), "encrypted and killed": killedState(t, keyOfTests()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := startOpener(t)
			for _, file := range made.names() {
				for _, s := range spoilings(made, file) {
					made.try(t, o, file, s)
				}
			}
			t.Logf("%d refused, %d as they were", o.refused, o.well)
		})
	}
}

// keyOfTests is that of encrypted states.
func keyOfTests() []byte { return []byte("0123456789abcdef0123456789abcdef") }

// A frozen state is a state directory in memory.
type frozen struct {
	files map[string]content
	older map[string]content // as they were some time before
	sum   string             // of its rows
	key   []byte
}

// A content is that of a file, without the zeros that a log is laid out with.
type content struct {
	used []byte
	size int
}

func (f *frozen) names() (names []string) {
	for name := range f.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// freeze reads a directory, which nothing writes to but Badger's own goroutines: until none of them did.
func freeze(t *testing.T, path string) map[string]content {
	t.Helper()
	for {
		files, err := readAll(path)
		again, errAgain := readAll(path)
		if err == nil && errAgain == nil && reflect.DeepEqual(files, again) {
			return files
		}
		if err = errors.Join(err, errAgain); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func readAll(path string) (map[string]content, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	files := map[string]content{}
	for _, entry := range entries {
		if files[entry.Name()], err = readContent(filepath.Join(path, entry.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// readContent reads of a large file only as much as stands on the disk: the rest is what Badger laid it out with.
func readContent(path string) (content, error) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return content{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	size := stat.Size
	if size > 1<<20 {
		size = min(size, stat.Blocks*512)
	}
	file, err := os.Open(path)
	if err != nil {
		return content{}, err
	}
	all, err := io.ReadAll(io.LimitReader(file, size))
	return content{bytes.TrimRight(all, "\x00"), int(stat.Size)}, errors.Join(err, file.Close())
}

// thaw writes the directory anew.
func (f *frozen) thaw(t *testing.T) string {
	t.Helper()
	path := filepath.Join(quickDir(t), "state")
	must(t, os.Mkdir(path, 0o700))
	for name, content := range f.files {
		name = filepath.Join(path, name)
		must(t, os.WriteFile(name, content.used, 0o600))
		must(t, os.Truncate(name, int64(content.size)))
	}
	return path
}

// quickDir makes a directory in memory where the system has such a place: these tests open thousands of states, and
// would mostly wait for a disk.
func quickDir(t *testing.T) string {
	t.Helper()
	const memory = "/dev/shm"
	parent := os.TempDir()
	if unix.Access(memory, unix.W_OK) == nil {
		parent = memory
	}
	path, err := os.MkdirTemp(parent, "hookbridge-damage-*")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(path) })
	return path
}

// fill commits what makes tables of several levels, and leaves transactions that are in no table.
func fill(t *testing.T, s *Store) {
	t.Helper()
	for n := range 60 {
		commitEvents(t, s, byte(n%5), fmt.Sprint("e", n))
		must(t, s.Commit(t.Context(), store.Commit{
			Source: "orders", Memory: &store.Memory{Sequence: uint64(n)},
			Put: []store.Put{putOf(byte(n), bodyOf(2000, byte(n)))},
		}))
	}
	must(t, s.KeepSecret(t.Context(), "token", []byte("abc")))
}

// layers makes a state with several tables, one for each time that it was opened.
func layers(t *testing.T, o Options) {
	t.Helper()
	for round := range 3 {
		s := mustOpenWith(t, o)
		commitEvents(t, s, 0, fmt.Sprint("layer", round))
		must(t, s.Commit(t.Context(), store.Commit{Source: "orders", Put: []store.Put{putOf(byte(100+round), bodyOf(300<<10, 1))}}))
		must(t, s.Close())
	}
}

func closedState(t *testing.T, key []byte) *frozen {
	t.Helper()
	o := Options{Path: newPath(t), Key: key}
	layers(t, o)
	older := freeze(t, o.Path)
	s := mustOpenWith(t, o)
	fill(t, s)
	sum := sumOf(t, s)
	must(t, s.Close())
	return &frozen{freeze(t, o.Path), older, sum, key}
}

// killedState is what a kill leaves: the files as they are while the state is open.
func killedState(t *testing.T, key []byte) *frozen {
	t.Helper()
	o := Options{Path: newPath(t), Key: key}
	layers(t, o)
	s := mustOpenWith(t, o)
	commitEvents(t, s, 0, "before")
	older := freeze(t, o.Path)
	fill(t, s)
	f := &frozen{freeze(t, o.Path), older, sumOf(t, s), key}
	must(t, s.Close())
	return f
}

// sumOf is a digest of all rows but the link, which every start adds to.
func sumOf(t testing.TB, s *Store) string {
	t.Helper()
	sum := sha256.New()
	must(t, s.look(func(v view) error {
		return v.eachRecord(nil, func(key, record []byte) error {
			if string(key) != keyLink {
				fmt.Fprintf(sum, "%d %s %d %s", len(key), key, len(record), record)
			}
			return nil
		})
	}))
	return hex.EncodeToString(sum.Sum(nil))
}

var places = flag.Int("places", 0, "how many places of each file a test of damage tries; 0: a few")

// placesOf are the offsets at which a file is spoilt: its ends, and some between.
func placesOf(size int) []int {
	all, some := []int{0, 8, 12, 17, 20, 30, size - 1, size - 4, size - 9}, 3
	if os.Getenv("HOOKBRIDGE_TEST_ALL") != "" {
		some = 30
	}
	if *places > 0 {
		some = *places
	}
	for n := range some {
		all = append(all, rand.IntN(max(size, 1)))
		if some > 3 {
			all = append(all, n, size-n)
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(at int) bool { return at < 0 || at >= size })
}

func spoilings(f *frozen, file string) (all []spoiling) {
	c := f.files[file]
	for _, at := range placesOf(len(c.used)) {
		all = append(all, spoiledAt(c, at)...)
	}
	whole := map[string]content{
		"emptied": {}, "all noise": {noise(c.size), c.size}, "short noise": {noise(100), 100}, "all zeros": {nil, c.size},
		"longer by zeros": {c.used, c.size + 999},
	}
	if older, ok := f.older[file]; ok && !bytes.Equal(older.used, c.used) {
		whole["as it was"] = older
	}
	for name, other := range whole {
		all = append(all, spoiling{name, func(t *testing.T, path string) {
			must(t, os.WriteFile(path, other.used, 0o600))
			must(t, os.Truncate(path, int64(other.size)))
		}})
	}
	return append(all,
		spoiling{"longer by noise", func(t *testing.T, path string) { patch(t, path, c.size, noise(999)) }},
		spoiling{"removed", func(t *testing.T, path string) { must(t, os.Remove(path)) }})
}

func spoiledAt(c content, at int) []spoiling {
	bit := byte(1) << rand.IntN(8)
	page := min(c.size-at, 4096)
	return []spoiling{
		{fmt.Sprintf("bit %#x of byte %d flipped", bit, at), func(t *testing.T, path string) { patch(t, path, at, []byte{c.used[at] ^ bit}) }},
		{fmt.Sprintf("cut at %d", at), func(t *testing.T, path string) { must(t, os.Truncate(path, int64(at))) }},
		{fmt.Sprintf("zeros from %d on", at), func(t *testing.T, path string) { patch(t, path, at, make([]byte, page)) }},
		{fmt.Sprintf("noise from %d on", at), func(t *testing.T, path string) { patch(t, path, at, noise(page)) }},
	}
}

func patch(t *testing.T, path string, at int, with []byte) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = file.WriteAt(with, int64(at))
	must(t, errors.Join(err, file.Close()))
}

func noise(size int) []byte {
	seed := [32]byte{byte(size), byte(size >> 8)}
	content := make([]byte, size)
	_, _ = rand.NewChaCha8(seed).Read(content)
	return content
}

// try spoils one file of the state, and judges what comes of it.
func (f *frozen) try(t *testing.T, o *opener, file string, s spoiling) {
	t.Helper()
	path := f.thaw(t)
	defer func() { must(t, os.RemoveAll(filepath.Dir(path))) }()
	s.apply(t, filepath.Join(path, file))
	answer := o.open(t, f.key, path)
	switch verdict, rest, _ := strings.Cut(answer, " "); {
	case verdict == "well" && rest == f.sum:
		o.well++
	case verdict == "refused" && (strings.Contains(rest, file) || strings.Contains(rest, "*"+filepath.Ext(file))):
		o.refused++
	default:
		t.Errorf("%s, %s: %s", file, s.name, answer)
	}
}

// An opener is a process that opens states.
type opener struct {
	process       *exec.Cmd
	in            io.Writer
	out           *bufio.Reader
	stderr        bytes.Buffer
	well, refused int
}

func startOpener(t *testing.T) *opener {
	t.Helper()
	o := &opener{}
	o.start(t)
	t.Cleanup(o.end)
	return o
}

func (o *opener) start(t *testing.T) {
	t.Helper()
	o.process = exec.Command(os.Args[0], "-test.run=^TestADamagedFileIsNamedOrDoesNoHarm$")
	o.process.Env = append(os.Environ(), openerMode+"=1")
	o.stderr.Reset()
	o.process.Stderr = &o.stderr
	in, err := o.process.StdinPipe()
	must(t, err)
	out, err := o.process.StdoutPipe()
	must(t, err)
	o.in, o.out = in, bufio.NewReader(out)
	must(t, o.process.Start())
}

func (o *opener) end() {
	_ = o.process.Process.Kill()
	_ = o.process.Wait()
}

// open has the process open a state. One that crashes over it, or hangs, is replaced.
func (o *opener) open(t *testing.T, key []byte, path string) string {
	t.Helper()
	hung := time.AfterFunc(30*time.Second, func() { _ = o.process.Process.Kill() })
	defer hung.Stop()
	_, err := fmt.Fprintf(o.in, "%x %s\n", key, path)
	must(t, err)
	answer, err := o.out.ReadString('\n')
	if err == nil {
		return strings.TrimSpace(answer)
	}
	o.end()
	said := o.stderr.String()
	o.start(t)
	return "crashed " + said[:min(len(said), 3000)]
}

// openDamaged opens the states that it is told of, and answers in a line for each.
func openDamaged(t *testing.T, from io.Reader, to io.Writer) {
	for lines := bufio.NewScanner(from); lines.Scan(); {
		key, path, _ := strings.Cut(lines.Text(), " ")
		o := Options{Path: path}
		o.Key, _ = hex.DecodeString(key)
		sum, err := openTwice(t, o)
		if err != nil {
			_, _ = fmt.Fprintf(to, "refused %q\n", err)
			continue
		}
		_, _ = fmt.Fprintln(to, "well", sum)
	}
}

// openTwice opens a state, and once more after a commit.
func openTwice(t *testing.T, o Options) (sum string, err error) {
	s, err := Open(t.Context(), o)
	if err != nil {
		return "", err
	}
	sum = sumOf(t, s)
	commitEvents(t, s, 0, "after")
	after := sumOf(t, s)
	must(t, s.Close())
	s = mustOpenWith(t, o)
	if sumOf(t, s) != after {
		sum = "and another after a restart"
	}
	return sum, s.Close()
}
