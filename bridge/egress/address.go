package egress

import "net/netip"

// refuses says what kind of address it is that the guard refuses, and is empty for those that may pass.
func (g Guard) refuses(addr netip.Addr) string {
	switch {
	case addr == netip.AddrFrom4([4]byte{169, 254, 169, 254}), addr == awsMetadata():
		return "the metadata service of a cloud"
	case !addr.IsValid(), addr.IsUnspecified(), thisNetwork().Contains(addr):
		return "an unspecified address"
	case addr.IsLinkLocalUnicast():
		return "a link-local address"
	case addr.IsMulticast(), addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "a multicast or broadcast address"
	case g.DenyPrivate && private(addr):
		return "a private address"
	}
	return ""
}

// awsMetadata is the IPv6 address of the instance metadata service (AWS, "Instance metadata and user data").
func awsMetadata() netip.Addr {
	return netip.AddrFrom16([16]byte{0xfd, 0x00, 0x0e, 0xc2, 14: 0x02, 15: 0x54})
}

// thisNetwork is 0.0.0.0/8 (RFC 1122, section 3.2.1.3), which Linux takes for the host itself.
func thisNetwork() netip.Prefix { return netip.PrefixFrom(netip.IPv4Unspecified(), 8) }

// private reports whether the address is reachable only from within a network or a host: RFC 1918,
// RFC 4193, RFC 6598 (carrier-grade NAT), RFC 2544 (benchmarks), RFC 3879 (site-local), loopback.
func private(addr netip.Addr) bool {
	if addr.IsLoopback() || addr.IsPrivate() {
		return true
	}
	b := addr.As16()
	if addr.Is4() {
		return b[12] == 100 && b[13]&0xc0 == 64 || b[12] == 198 && b[13]&0xfe == 18
	}
	return b[0] == 0xfe && b[1]&0xc0 == 0xc0
}

// embedded returns the IPv4 addresses that a packet to an IPv6 address may end at. IPv4-mapped addresses
// (RFC 4291) are not among them, since Unmap has turned those into what they are.
func embedded(addr netip.Addr) []netip.Addr {
	if addr.Is4() || !addr.IsValid() {
		return nil
	}
	b := addr.As16()
	switch {
	case addr.IsLoopback():
		return nil
	case b[0] == 0x20 && b[1] == 0x02: // 6to4, RFC 3056
		return pick(b, 2)
	case has(b, 0x20, 0x01, 0, 0): // Teredo, RFC 4380: the server, and the client with its bits inverted
		return append(pick(b, 4), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}))
	case has(b, 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0): // NAT64, RFC 6052
		return pick(b, 12)
	case has(b, 0x00, 0x64, 0xff, 0x9b, 0, 1): // NAT64 of a network of its own, RFC 8215
		return translated(b)
	case has(b, make([]byte, 12)...): // IPv4-compatible, RFC 4291
		return pick(b, 12)
	case has(b, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0): // IPv4-translated, RFC 2765
		return pick(b, 12)
	case b[8]&^0x03 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe: // ISATAP, RFC 5214
		return pick(b, 12)
	}
	return nil
}

// translated reads the address at each place where RFC 6052 (section 2.2) puts it, depending on the length
// of a prefix that nobody knows here. Places that hold no address at all are passed over, unless none does.
func translated(b [16]byte) []netip.Addr {
	places := []netip.Addr{
		netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}),
		netip.AddrFrom4([4]byte{b[7], b[9], b[10], b[11]}),
		netip.AddrFrom4([4]byte{b[9], b[10], b[11], b[12]}),
		netip.AddrFrom4([4]byte{b[12], b[13], b[14], b[15]}),
	}
	var found []netip.Addr
	for _, place := range places {
		if !thisNetwork().Contains(place) {
			found = append(found, place)
		}
	}
	if len(found) == 0 {
		return places[3:]
	}
	return found
}

func pick(b [16]byte, from int) []netip.Addr {
	return []netip.Addr{netip.AddrFrom4([4]byte(b[from : from+4]))}
}

func has(b [16]byte, prefix ...byte) bool {
	return string(b[:len(prefix)]) == string(prefix)
}
