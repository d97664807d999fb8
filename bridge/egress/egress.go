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
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// A Guard says which addresses may be connected to. The zero Guard refuses what is always refused. It is
// safe for concurrent use as long as it is not changed.
type Guard struct {
	DenyPrivate bool // refuse loopback, private, shared (RFC 6598), unique local and reserved addresses too

	// Allow are addresses that may be reached nevertheless. Of those that are refused without DenyPrivate as well, a
	// prefix opens only what is meant by it: the metadata service by its own address, and link-local neighbours by a
	// prefix of link-local addresses.
	Allow []netip.Prefix

	// Resolver looks names up for the dialer; nil is that of the system.
	Resolver *net.Resolver
}

// A DialFunc opens a connection, as [net.Dialer.DialContext] does.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// Check returns nil where a connection to the address may be opened, and a [*Refusal] otherwise. An IPv4 address
// inside of an IPv6 one counts as itself.
func (g Guard) Check(addr netip.Addr) error {
	addr = addr.WithZone("").Unmap()
	if !addr.IsValid() {
		return Refuse("there is no address")
	}
	return g.check(addr, addr)
}

// check looks at an address that a connection to outer may end at.
func (g Guard) check(addr, outer netip.Addr) error {
	if s, found := find(addr); found && g.refuses(s, addr) {
		return s.refuse(addr, outer)
	}
	for _, inner := range embedded(addr) {
		if err := g.check(inner, outer); err != nil {
			return err
		}
	}
	return nil
}

func (g Guard) refuses(s span, addr netip.Addr) bool {
	allowed := slices.ContainsFunc(g.Allow, func(p netip.Prefix) bool { return s.opens(p, addr) })
	return !allowed && (g.DenyPrivate || !s.private)
}

// Dialer returns a dialer that checks each address it is about to connect to.
func (g Guard) Dialer() *net.Dialer {
	return &net.Dialer{
		Timeout:  30 * time.Second,
		Resolver: g.Resolver,
		Control:  func(_, address string, _ syscall.RawConn) error { return g.checkText(address) },
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
		return Refuse("%q is no IP address with a port", address)
	}
	return g.Check(parsed.Addr())
}
