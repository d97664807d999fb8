package route

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge/egress"
)

// targets asks the egress guard about servers that a proxy reaches: the connection that the guard would see is
// the one to the proxy. A name that cannot be resolved here is left to the proxy, which may know more names than
// this machine, unless it is an address in a spelling that only some resolvers read (0x7f.1, 2130706433), or
// deny_private wants all targets looked at.
type targets struct {
	guard  egress.Guard
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

	mu   sync.Mutex
	seen map[string]look // names that were looked up
}

// A look is what looking a name up gave, and until when that is believed. No addresses: the name is unknown.
type look struct {
	addrs []netip.Addr
	until time.Time
}

// Bounds of looking up names: behind a proxy there may be nobody who answers.
const (
	lookupTime  = 2 * time.Second
	knownTime   = 5 * time.Second // so that many requests at a time are no flood of questions
	unknownTime = 10 * time.Minute
	mostSeen    = 100
)

func (t *targets) check(ctx context.Context, host string) error {
	host = strings.TrimSuffix(host, ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return t.guard.Check(addr)
	}
	if endsInNumber(host) {
		return egress.Refuse("%q is an address in an odd spelling", host)
	}
	addrs, err := t.resolve(ctx, host)
	if err != nil {
		return err
	}
	for _, addr := range addrs {
		if err := t.guard.Check(addr); err != nil {
			return err
		}
	}
	return nil
}

// resolve returns nothing for a name that is left to the proxy.
func (t *targets) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if addrs, fresh := t.recall(host); fresh {
		return addrs, nil
	}
	addrs, err := t.find(ctx, host)
	switch {
	case err == nil:
		t.remember(host, addrs, knownTime)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case t.guard.DenyPrivate:
		return nil, egress.Refuse("the proxy would look up %q, which is not known here, and deny_private lets only pass "+
			"what was looked at: leave it out where the proxy itself refuses private addresses (%s)", host, err)
	default:
		t.remember(host, nil, unknownTime)
	}
	return addrs, nil
}

// find waits as long as the request does where it must have an answer, and a moment where it need not.
func (t *targets) find(ctx context.Context, host string) ([]netip.Addr, error) {
	if !t.guard.DenyPrivate {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lookupTime)
		defer cancel()
	}
	return t.lookup(ctx, "ip", host)
}

func (t *targets) recall(host string) (addrs []netip.Addr, fresh bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen, found := t.seen[host]
	return seen.addrs, found && time.Now().Before(seen.until)
}

func (t *targets) remember(host string, addrs []netip.Addr, believed time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil || len(t.seen) >= mostSeen {
		t.seen = map[string]look{}
	}
	t.seen[host] = look{addrs, time.Now().Add(believed)}
}

// endsInNumber reports whether a host is read as an IPv4 address by the rules of browsers and of inet_aton (WHATWG
// URL, "ends in a number checker").
func endsInNumber(host string) bool {
	last := strings.ToLower(host[strings.LastIndexByte(host, '.')+1:])
	digits, set := last, "0123456789"
	if hex, found := strings.CutPrefix(last, "0x"); found {
		digits, set = hex, "0123456789abcdef"
	} else if last == "" {
		return false
	}
	return strings.Trim(digits, set) == ""
}
