package egress

import "net/netip"

// A span is a range of addresses that a guard refuses.
type span struct {
	prefix  netip.Prefix
	reason  string
	private bool // only with deny_private; any allowed prefix that holds an address of it lets that through
}

// spans are all ranges, the narrower before the wider, so that the first that holds an address says best what that
// is. IPv4 addresses inside of IPv6 ones have no lines here: see embedded.
//
// Metadata services: AWS "Instance metadata and user data", and "EKS Pod Identity"; Google "VM metadata"; Azure "IP
// address 168.63.129.16", which hands out what a machine is set up with; Alibaba "Instance metadata"; Oracle "Classic
// instance metadata". The rest is the IANA registries of special-purpose addresses, those of documentation aside.
func spans() []span {
	const metadata = "the metadata service of a cloud"
	return []span{
		always("169.254.169.254/32", metadata),
		always("fd00:ec2::254/128", metadata),
		always("169.254.170.2/32", metadata),
		always("169.254.170.23/32", metadata),
		always("fd00:ec2::23/128", metadata),
		always("fd20:ce::254/128", metadata),
		always("168.63.129.16/32", metadata),
		always("100.100.100.200/32", metadata),
		always("192.0.0.192/32", metadata),
		always("0.0.0.0/8", "an unspecified address"), // RFC 1122, section 3.2.1.3; Linux takes it for itself
		always("::/128", "an unspecified address"),
		always("169.254.0.0/16", "a link-local address"), // RFC 3927
		always("fe80::/10", "a link-local address"),      // RFC 4291, section 2.5.6
		always("255.255.255.255/32", "a broadcast address"),
		always("224.0.0.0/4", "a multicast address"),
		always("ff00::/8", "a multicast address"),
		private("127.0.0.0/8", "a loopback address"),
		private("::1/128", "a loopback address"),
		private("10.0.0.0/8", "a private address"),     // RFC 1918
		private("172.16.0.0/12", "a private address"),  // RFC 1918
		private("192.168.0.0/16", "a private address"), // RFC 1918
		private("fc00::/7", "a private address"),       // RFC 4193
		private("fec0::/10", "a private address"),      // RFC 3879, site-local
		private("100.64.0.0/10", "a private address"),  // RFC 6598, behind the NAT of a carrier
		private("198.18.0.0/15", "a private address"),  // RFC 2544, benchmarks
		private("192.0.0.0/24", "a reserved address"),  // RFC 6890
		private("240.0.0.0/4", "a reserved address"),   // RFC 1112; some networks use it within
	}
}

func always(prefix, reason string) span {
	return span{prefix: netip.MustParsePrefix(prefix), reason: reason}
}

func private(prefix, reason string) span {
	return span{prefix: netip.MustParsePrefix(prefix), reason: reason, private: true}
}

// find returns the span that an address lies in.
func find(addr netip.Addr) (span, bool) {
	for _, s := range spans() {
		if s.prefix.Contains(addr) {
			return s, true
		}
	}
	return span{}, false
}

// opens reports whether an allowed prefix lets an address of the span through. What is always refused takes a prefix
// within its own span: who opens fd00::/8 does not mean the metadata service that lies in it.
func (s span) opens(allowed netip.Prefix, addr netip.Addr) bool {
	return allowed.Contains(addr) && (s.private || allowed.Bits() >= s.prefix.Bits())
}
