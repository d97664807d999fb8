// Package egress keeps connections away from addresses that nobody means to reach: the metadata service of
// a cloud, link-local neighbours, multicast groups. The check is made on the address that a connection is
// opened to, after the name was resolved, so that neither a name that resolves differently the second time
// nor an IPv4 address in the clothes of an IPv6 one slips past it.
//
// Private and loopback addresses are allowed unless [Guard.DenyPrivate] says otherwise: the operator wrote
// the URL, and much of what is polled and told stands in the same network.
package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// ErrRefused is wrapped by every error of a guard that did not let a connection pass.
var ErrRefused = errors.New("refused by the egress guard")

// A Guard says which addresses may be connected to. The zero Guard refuses what is always refused. It is
// safe for concurrent use as long as it is not changed.
type Guard struct {
	DenyPrivate bool           // refuse loopback, private, shared (RFC 6598) and unique local addresses too
	Allow       []netip.Prefix // these may be reached whatever else is said
}

// A DialFunc opens a connection, as [net.Dialer.DialContext] does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Check returns nil where a connection to the address may be opened, and an error that wraps [ErrRefused]
// and says what kind of address it is otherwise. An IPv4 address inside of an IPv6 one counts as itself.
func (g Guard) Check(addr netip.Addr) error {
	addr = addr.WithZone("").Unmap()
	if g.allows(addr) {
		return nil
	}
	if reason := g.refuses(addr); reason != "" {
		return fmt.Errorf("%w: %s is %s", ErrRefused, addr, reason)
	}
	for _, inner := range embedded(addr) {
		if err := g.Check(inner); err != nil {
			return fmt.Errorf("%w, reached through %s", err, addr)
		}
	}
	return nil
}

// Dialer returns a dialer that checks each address it is about to connect to.
func (g Guard) Dialer() *net.Dialer {
	return &net.Dialer{
		Timeout: 30 * time.Second,
		Control: func(_, address string, _ syscall.RawConn) error { return g.checkText(address) },
	}
}

// Dial wraps a dial function that the guard has no say in: each connection is checked when it stands,
// before a byte is sent over it, and closed where it may not be used. A connection whose other end has no
// IP address is refused.
func (g Guard) Dial(next DialFunc) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := next(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if err := g.checkText(conn.RemoteAddr().String()); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return conn, nil
	}
}

func (g Guard) checkText(address string) error {
	parsed, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q is no IP address with a port", ErrRefused, address)
	}
	return g.Check(parsed.Addr())
}

func (g Guard) allows(addr netip.Addr) bool { return within(addr, g.Allow) }

func within(addr netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
