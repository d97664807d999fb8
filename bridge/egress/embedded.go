package egress

import "net/netip"

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
		if place.As4()[0] != 0 {
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
