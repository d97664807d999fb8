package config

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/bridge/store"
)

// The daemon's settings where the files name none.
const (
	DefaultPath    = "hookbridge-state"
	DefaultHistory = 7 * 24 * time.Hour
	DefaultEvery   = 5 * time.Minute
	DefaultTimeout = time.Minute
)

const (
	year = 365 * 24 * time.Hour

	// maxSocket is what the address of a unix socket holds on Linux, without the zero byte at its end.
	maxSocket = 107
)

// defaults are for every source that does not say otherwise.
type defaults struct {
	every  time.Duration
	health []store.Recipient

	healthAt hcl.Expression // read when all sinks are known
	unit     *unit
}

type stateBlock struct {
	Path    hcl.Expression `hcl:"path,optional"`
	History hcl.Expression `hcl:"history,optional"`
	Key     hcl.Expression `hcl:"encryption_key,optional"`
}

type adminBlock struct {
	Listen hcl.Expression `hcl:"listen,optional"`
	Token  hcl.Expression `hcl:"token,optional"`
}

type logBlock struct {
	Level  hcl.Expression `hcl:"level,optional"`
	Format hcl.Expression `hcl:"format,optional"`
}

type defaultsBlock struct {
	Every  hcl.Expression `hcl:"every,optional"`
	Health hcl.Expression `hcl:"health,optional"`
}

func (l *loader) readDaemon() {
	l.readState(true)
	l.readAdmin()
	l.readLog()
	l.readDefaults()
}

// single opens the one block of a type; a block that is missing reads as an empty one.
func (l *loader) single(name string, target any) *unit {
	blocks := l.blocks[name]
	if len(blocks) == 0 {
		u := l.open(&hcl.Block{Type: name, Body: hcl.EmptyBody()})
		u.decode(target)
		return u
	}
	for _, again := range blocks[1:] {
		l.report(setting.Wrong(again.DefRange, "Duplicate "+name+" block",
			"There can be only one, and the first is at %s: put both together.", place(blocks[0].DefRange)))
	}
	u := l.open(blocks[0])
	u.decode(target)
	return u
}

// readState reads the key only for who opens the state: others may not be able to.
func (l *loader) readState(key bool) {
	var b stateBlock
	u := l.single("state", &b)
	defer l.close(u)
	path := u.String(b.Path, l.statePath())
	if path == "" {
		u.Fail(b.Path, "Invalid value", "Name a directory.")
	}
	l.config.State = State{
		Path:    path,
		History: u.Duration(b.History, DefaultHistory, time.Minute, 10*year),
	}
	if key {
		l.config.State.Key = stateKey(u, b.Key)
	}
}

// stateKey reads what encrypts the state. One that is named and empty is a mistake, and not a state that is not
// encrypted.
func stateKey(u *unit, x hcl.Expression) StateKey {
	if !setting.Given(x) {
		return StateKey{}
	}
	before := len(u.Diagnostics())
	text := u.Secret(x)
	if len(u.Diagnostics()) > before {
		return StateKey{}
	}
	key, err := store.ParseKey(text.Reveal())
	if err != nil {
		u.Fail(x, "Invalid key", "It takes 16, 24 or 32 bytes in base64, such as `hookbridge state key` prints.")
	}
	for _, path := range u.Exposed(x) {
		u.Report(warning(x.Range(), "Key that everyone can read",
			"Every user of this machine can read %s, and with it the state: `chmod go= %s` takes that away.", path, path))
	}
	return NewStateKey(key)
}

// statePath is the directory that systemd made for the service, or one beside the caller.
func (l *loader) statePath() string {
	dirs, _ := l.options.Getenv("STATE_DIRECTORY")
	first, _, _ := strings.Cut(dirs, ":")
	return cmp.Or(first, DefaultPath)
}

func (l *loader) readAdmin() {
	var b adminBlock
	u := l.single("admin", &b)
	defer l.close(u)
	socket := "unix:" + filepath.Join(l.config.State.Path, "admin.sock")
	admin := Admin{Listen: u.String(b.Listen, socket), Token: u.Secret(b.Token)}
	open, err := checkListen(admin.Listen)
	switch {
	case err != nil:
		u.Fail(b.Listen, "Invalid address", "%s.", err)
	case open && admin.Token.IsZero():
		u.Fail(b.Listen, "Missing token", "Others can reach %s: give the block a token, such as "+
			"credential(\"admin-token\"), or listen on a loopback address or a socket.", admin.Listen)
	}
	if strings.ContainsFunc(admin.Token.Reveal(), func(c rune) bool { return c <= ' ' || c > '~' }) {
		u.Fail(b.Token, "Invalid token", "It travels in a header: take printable ASCII without spaces.")
	}
	l.config.Admin = admin
}

// checkListen reports whether others than this machine can reach the address.
func checkListen(listen string) (open bool, err error) {
	if path, found := strings.CutPrefix(listen, "unix:"); found {
		return false, checkSocket(path)
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return false, fmt.Errorf("%q is neither unix:PATH nor HOST:PORT", listen)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return false, fmt.Errorf("%q is no port: it takes a number up to 65535", port)
	}
	addr, err := netip.ParseAddr(host)
	return host != "localhost" && (err != nil || !addr.Unmap().IsLoopback()), nil
}

func checkSocket(path string) error {
	if path == "" || len(path) > maxSocket {
		return fmt.Errorf("the path of a socket takes 1 to %d bytes, and %q has %d: set listen in an admin block",
			maxSocket, path, len(path))
	}
	return nil
}

func (l *loader) readLog() {
	var b logBlock
	u := l.single("log", &b)
	defer l.close(u)
	level := u.OneOf(b.Level, "info", "debug", "info", "warn", "error")
	l.config.Log.Format = u.OneOf(b.Format, "", "text", "json")
	if err := l.config.Log.Level.UnmarshalText([]byte(level)); err != nil {
		l.config.Log.Level = slog.LevelInfo
	}
}

// readDefaults leaves the references for when the sinks are known.
func (l *loader) readDefaults() {
	var b defaultsBlock
	u := l.single("defaults", &b)
	l.defaults = defaults{
		every:    u.Duration(b.Every, DefaultEvery, time.Second, year),
		healthAt: b.Health,
		unit:     u,
	}
}
