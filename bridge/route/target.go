package route

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/hookbridge/hookbridge/bridge/egress"
)

// targets asks the egress guard about servers that a proxy reaches: the connection that the guard would see is
// the one to the proxy. A name that cannot be resolved here is left to the proxy, which may know more names than
// this machine, unless it is an address in a spelling that only some resolvers read (0x7f.1, 2130706433).
type targets struct {
	guard  egress.Guard
	lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

	mu      sync.Mutex
	unknown map[string]time.Time // names that could not be resolved, and until when that is believed
}

// Bounds of looking up names: behind a proxy there may be nobody who answers.
const (
	lookupTime  = 2 * time.Second
	unknownTime = 10 * time.Minute
	mostUnknown = 100
)

func (t *targets) check(ctx context.Context, host string) error {
	host = strings.TrimSuffix(host, ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return t.guard.Check(addr)
	}
	if endsInNumber(host) {
		return fmt.Errorf("%w: %q is an address in an odd spelling", egress.ErrRefused, host)
	}
	for _, addr := range t.resolve(ctx, host) {
		if err := t.guard.Check(addr); err != nil {
			return err
		}
	}
	return nil
}

// resolve returns nothing for a name that is not known here.
func (t *targets) resolve(ctx context.Context, host string) []netip.Addr {
	if t.isUnknown(host) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	addrs, err := t.lookup(ctx, "ip", host)
	if err != nil {
		t.forget(host)
	}
	return addrs
}

func (t *targets) isUnknown(host string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.unknown[host])
}

func (t *targets) forget(host string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.unknown == nil || len(t.unknown) >= mostUnknown {
		t.unknown = map[string]time.Time{}
	}
	t.unknown[host] = time.Now().Add(unknownTime)
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
