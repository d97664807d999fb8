package egress_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/egress"
)

// D20: what is refused, by default and with deny_private.
func TestAnAddressIsRefusedForWhatItIsAndNotForHowItIsWritten(t *testing.T) {
	const always, private, never = "always", "private", "never"
	for _, c := range []struct{ address, refused string }{
		{"93.184.215.14", never},
		{"2606:4700::1111", never},
		{"127.0.0.1", private},
		{"::1", private},
		{"10.1.2.3", private},
		{"172.31.255.255", private},
		{"172.32.0.1", never},
		{"192.168.0.1", private},
		{"100.64.0.1", private},
		{"100.127.255.254", private},
		{"100.128.0.1", never},
		{"198.18.0.1", private},
		{"fd12:3456::1", private},
		{"fec0::1", private},
		{"169.254.169.254", always},
		{"169.254.0.1", always},
		{"fd00:ec2::254", always},
		{"fe80::1", always},
		{"fe80::1%eth0", always},
		{"224.0.0.1", always},
		{"239.255.255.250", always},
		{"255.255.255.255", always},
		{"ff02::1", always},
		{"0.0.0.0", always},
		{"0.1.2.3", always},
		{"::", always},
		{"::ffff:169.254.169.254", always},
		{"::ffff:10.0.0.1", private},
		{"::ffff:93.184.215.14", never},
		{"::169.254.169.254", always},
		{"::ffff:0:169.254.169.254", always},
		{"2002:a9fe:a9fe::1", always},                      // 6to4
		{"2002:0a00:0001::1", private},                     // 6to4
		{"2002:5db8:d70e::1", never},                       // 6to4
		{"64:ff9b::169.254.169.254", always},               // NAT64
		{"64:ff9b::10.0.0.1", private},                     // NAT64
		{"64:ff9b::93.184.215.14", never},                  // NAT64
		{"64:ff9b:1:a9fe:00a9:fe00::", always},             // local NAT64, /48
		{"64:ff9b:1:00a9:00fe:a9fe::", always},             // local NAT64, /56
		{"64:ff9b:1:0:00a9:fea9:fe00:0", always},           // local NAT64, /64
		{"64:ff9b:1::169.254.169.254", always},             // local NAT64, /96
		{"64:ff9b:1::10.0.0.1", private},                   // local NAT64, /96
		{"64:ff9b:1::93.184.215.14", never},                // local NAT64, /96
		{"64:ff9b:1::", always},                            // local NAT64 of nothing
		{"2001:0:5db8:d70e:0:0:5601:5601", always},         // Teredo, client 169.254.169.254
		{"2001:0:a9fe:a9fe:0:0:a247:28f1", always},         // Teredo, server 169.254.169.254
		{"2001:0:5db8:d70e:0:0:a247:28f1", never},          // Teredo, client 93.184.215.14
		{"2606:4700::5efe:a9fe:a9fe", always},              // ISATAP
		{"2606:4700::200:5efe:10.0.0.1", private},          // ISATAP
		{"2606:4700:0:1:1234:5efe:169.254.169.254", never}, // only looks like ISATAP
		{"2001:db8::169.254.169.254", never},               // an ordinary address that ends so
		{"fd00:ec2::253", private},                         // beside the metadata service
		{"::ffff:255.255.255.255", always},                 // broadcast
		{"64:ff9b::0.0.0.0", always},                       // NAT64 of the unspecified address
	} {
		addr := netip.MustParseAddr(c.address)
		open, strict := egress.Guard{}.Check(addr), egress.Guard{DenyPrivate: true}.Check(addr)
		if got, want := open != nil, c.refused == always; got != want {
			t.Errorf("default guard, %s: refused %v (%v), want %v", c.address, got, open, want)
		}
		if got, want := strict != nil, c.refused != never; got != want {
			t.Errorf("strict guard, %s: refused %v (%v), want %v", c.address, got, strict, want)
		}
		if strict != nil && !errors.Is(strict, egress.ErrRefused) {
			t.Errorf("%s: error %v does not wrap ErrRefused", c.address, strict)
		}
	}
}

func TestWhatIsAllowedPassesWhateverElseIsSaid(t *testing.T) {
	guard := egress.Guard{DenyPrivate: true, Allow: []netip.Prefix{
		netip.MustParsePrefix("10.1.0.0/16"),
		netip.MustParsePrefix("169.254.7.0/24"),
		netip.MustParsePrefix("fe80::/64"),
	}}
	for _, address := range []string{
		"10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "169.254.7.7", "fe80::1%eth0",
	} {
		if err := guard.Check(netip.MustParseAddr(address)); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"10.2.0.1", "169.254.169.254", "fe80:0:0:1::1"} {
		if guard.Check(netip.MustParseAddr(address)) == nil {
			t.Errorf("%s passed", address)
		}
	}
}

func TestTheZeroAddressIsRefused(t *testing.T) {
	if (egress.Guard{}).Check(netip.Addr{}) == nil {
		t.Error("an address that is none passed")
	}
}

// D20: the name localhost says nothing; what it resolves to does.
func TestTheDialerChecksTheResolvedAddress(t *testing.T) {
	listener := listen(t)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("localhost", port)
	if conn, err := (egress.Guard{DenyPrivate: true}).Dialer().DialContext(t.Context(), "tcp4", address); err == nil {
		conn.Close()
		t.Error("a strict guard connected to loopback")
	} else if !errors.Is(err, egress.ErrRefused) {
		t.Errorf("error %v does not wrap ErrRefused", err)
	}
	conn, err := egress.Guard{}.Dialer().DialContext(t.Context(), "tcp4", address)
	if err != nil {
		t.Fatalf("the default guard refused loopback: %v", err)
	}
	conn.Close()
}

func TestAConnectionOfSomebodyElseIsCheckedWhenItStands(t *testing.T) {
	listener := listen(t)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, listener.Addr().String())
	}
	if _, err := (egress.Guard{DenyPrivate: true}).Dial(dial)(t.Context(), "tcp", "example.com:80"); !errors.Is(err, egress.ErrRefused) {
		t.Errorf("error %v does not wrap ErrRefused", err)
	}
	conn, err := egress.Guard{}.Dial(dial)(t.Context(), "tcp", "example.com:80")
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestAConnectionToNobodyKnowsWhereIsRefused(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	dial := func(context.Context, string, string) (net.Conn, error) { return near, nil }
	if _, err := (egress.Guard{}).Dial(dial)(t.Context(), "tcp", "example.com:80"); !errors.Is(err, egress.ErrRefused) {
		t.Errorf("error %v does not wrap ErrRefused", err)
	}
	if _, err := near.Write([]byte("x")); err == nil {
		t.Error("the refused connection is still open")
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}
