package egress_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"regexp"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/egress"
)

const always, private, never = "always", "private", "never"

// D20: what is refused, by default and with deny_private. Each range stands here with its first and its last address,
// and with the neighbours that are outside of it.
func TestAnAddressIsRefusedForWhatItIsAndNotForHowItIsWritten(t *testing.T) {
	for _, c := range []struct{ address, refused string }{
		{"93.184.215.14", never},
		{"2606:4700::1111", never},
		{"2001:db8::169.254.169.254", never},
		{"126.255.255.255", never},
		{"127.0.0.0", private},
		{"127.0.0.1", private},
		{"127.255.255.255", private},
		{"128.0.0.0", never},
		{"9.255.255.255", never},
		{"10.0.0.0", private},
		{"10.255.255.255", private},
		{"11.0.0.0", never},
		{"172.15.255.255", never},
		{"172.16.0.0", private},
		{"172.31.255.255", private},
		{"172.32.0.0", never},
		{"192.167.255.255", never},
		{"192.168.0.0", private},
		{"192.168.255.255", private},
		{"192.169.0.0", never},
		{"100.63.255.255", never},
		{"100.64.0.0", private},
		{"100.127.255.255", private},
		{"100.128.0.0", never},
		{"198.17.255.255", never},
		{"198.18.0.0", private},
		{"198.19.255.255", private},
		{"198.20.0.0", never},
		{"191.255.255.255", never},
		{"192.0.0.0", private},
		{"192.0.0.255", private},
		{"192.0.1.0", never},
		{"240.0.0.0", private},
		{"255.255.255.254", private},
		{"255.255.255.255", always},
		{"223.255.255.255", never},
		{"224.0.0.0", always},
		{"239.255.255.255", always},
		{"169.253.255.255", never},
		{"169.254.0.0", always},
		{"169.254.255.255", always},
		{"169.255.0.0", never},
		{"0.0.0.0", always},
		{"0.255.255.255", always},
		{"1.0.0.0", never},
		{"::", always},
		{"::1", private},
		{"fbff:ffff::1", never},
		{"fc00::", private},
		{"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", private},
		{"fe00::", never},
		{"fe7f:ffff::1", never},
		{"fe80::", always},
		{"fe80::1%eth0", always},
		{"febf:ffff::1", always},
		{"fec0::", private},
		{"feff:ffff::1", private},
		{"ff00::", always},
		{"ff02::1%eth0", always},

		{"169.254.169.254", always},
		{"fd00:ec2::254", always},
		{"fd00:ec2::253", private}, // metadata
		{"169.254.170.2", always},
		{"169.254.170.23", always},
		{"fd00:ec2::23", always},
		{"fd20:ce::254", always},
		{"168.63.129.16", always},
		{"168.63.129.15", never},
		{"100.100.100.200", always},
		{"100.100.100.201", private},
		{"192.0.0.192", always},
		{"192.0.0.193", private},

		{"::ffff:169.254.169.254", always},
		{"::ffff:10.0.0.1", private},
		{"::ffff:93.184.215.14", never}, // IPv4-mapped
		{"::ffff:255.255.255.255", always},
		{"::169.254.169.254", always},
		{"::10.0.0.1", private},
		{"::93.184.215.14", never}, // IPv4-compatible
		{"::ffff:0:169.254.169.254", always},
		{"::ffff:0:10.0.0.1", private},
		{"::ffff:0:93.184.215.14", never}, // IPv4-translated
		{"2002:a9fe:a9fe::1", always},
		{"2002:0a00:0001::1", private},
		{"2002:5db8:d70e::1", never}, // 6to4
		{"64:ff9b::169.254.169.254", always},
		{"64:ff9b::10.0.0.1", private},
		{"64:ff9b::93.184.215.14", never}, // NAT64
		{"64:ff9b::0.0.0.0", always},
		{"64:ff9b:1:a9fe:00a9:fe00::", always},   // local NAT64, /48
		{"64:ff9b:1:00a9:00fe:a9fe::", always},   // local NAT64, /56
		{"64:ff9b:1:0:00a9:fea9:fe00:0", always}, // local NAT64, /64
		{"64:ff9b:1::169.254.169.254", always},
		{"64:ff9b:1::10.0.0.1", private},
		{"64:ff9b:1::93.184.215.14", never},          // /96
		{"64:ff9b:1::", always},                      // local NAT64 of nothing
		{"2001:0:5db8:d70e:0:0:5601:5601", always},   // Teredo, client 169.254.169.254
		{"2001:0:a9fe:a9fe:0:0:a247:28f1", always},   // Teredo, server 169.254.169.254
		{"2001:0:5db8:d70e:0:0:f5ff:fffe", private},  // Teredo, client 10.0.0.1
		{"2001:0:5db8:d70e:0:0:a247:28f1", never},    // Teredo, client 93.184.215.14
		{"2606:4700::5efe:a9fe:a9fe", always},        // ISATAP
		{"2606:4700::200:5efe:10.0.0.1", private},    // ISATAP, with the bit of a global address
		{"2606:4700::5efe:93.184.215.14", never},     // ISATAP
		{"2606:4700:0:1:1234:5efe:a9fe:a9fe", never}, // only looks like ISATAP
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

func TestARefusalSaysWhichAddressItIsAboutAndWhatLetsItThrough(t *testing.T) {
	for address, want := range map[string]string{
		"169.254.169.254": "refused by the egress guard: 169.254.169.254 is the metadata service of a cloud " +
			`(egress { allow = ["169.254.169.254/32"] } lets it through)`,
		"64:ff9b::10.0.0.1": "refused by the egress guard: 10.0.0.1 is a private address, reached through " +
			`64:ff9b::a00:1, and deny_private is set (egress { allow = ["10.0.0.1/32"] } lets it through)`,
		"::1": `refused by the egress guard: ::1 is a loopback address, and deny_private is set (egress { allow = ["::1/128"] } lets it through)`,
	} {
		addr := netip.MustParseAddr(address)
		err := egress.Guard{DenyPrivate: true}.Check(addr)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
		if classed, ok := errors.AsType[*egress.Refusal](err); !ok || classed.Class() != "egress" {
			t.Errorf("%s: %v has another class", address, err)
		}
		said := regexp.MustCompile(`allow = \["(.*)"\]`).FindStringSubmatch(want)[1]
		if err := (egress.Guard{DenyPrivate: true, Allow: []netip.Prefix{netip.MustParsePrefix(said)}}).Check(addr); err != nil {
			t.Errorf("%s: what the refusal says does not help: %v", address, err)
		}
	}
}

func TestWhatIsAllowedPassesAndNothingBesideIt(t *testing.T) {
	for _, c := range []struct {
		allow           string
		passes, refused []string
	}{
		{"10.1.0.0/16", []string{"10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3"}, []string{"10.0.255.255", "10.2.0.0", "127.0.0.1"}},
		{"127.0.0.1/32", []string{"127.0.0.1"}, []string{"127.0.0.2", "::1"}},
		{"fd12::/16", []string{"fd12::1"}, []string{"fd13::1"}},
		{"169.254.7.0/24", []string{"169.254.7.7"}, []string{"169.254.8.1", "169.254.169.254"}},
		{"fe80::/64", []string{"fe80::1%eth0"}, []string{"fe80:0:0:1::1"}},
		{"169.254.169.254/32", []string{"169.254.169.254", "::ffff:169.254.169.254"}, []string{"169.254.169.253"}},

		// Who opens a wide range does not mean what happens to lie in it.
		{"0.0.0.0/0", []string{"10.1.2.3", "127.0.0.1", "240.0.0.1"}, []string{"169.254.169.254", "169.254.1.1", "0.0.0.0", "224.0.0.1", "100.100.100.200"}},
		{"::/0", []string{"fd12::1", "::1"}, []string{"fd00:ec2::254", "fe80::1", "ff02::1", "::ffff:169.254.169.254", "10.0.0.1"}},
		{"169.254.0.0/16", []string{"169.254.1.1"}, []string{"169.254.169.254"}},
		{"64:ff9b::/96", []string{"64:ff9b::93.184.215.14"}, []string{"64:ff9b::169.254.169.254", "64:ff9b::10.0.0.1"}},
	} {
		guard := egress.Guard{DenyPrivate: true, Allow: []netip.Prefix{netip.MustParsePrefix(c.allow)}}
		for _, address := range c.passes {
			if err := guard.Check(netip.MustParseAddr(address)); err != nil {
				t.Errorf("allow %s: %v", c.allow, err)
			}
		}
		for _, address := range c.refused {
			if guard.Check(netip.MustParseAddr(address)) == nil {
				t.Errorf("allow %s: %s passed", c.allow, address)
			}
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
