package route

import (
	"net/netip"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// Egress is the block egress { … }.
type Egress struct {
	DenyPrivate hcl.Expression `hcl:"deny_private,optional"`
	Allow       hcl.Expression `hcl:"allow,optional"`
}

func readGuard(r *setting.Reader, env bridge.Env, b *Egress) egress.Guard {
	guard := egress.Guard{Resolver: env.Resolver}
	if b == nil {
		return guard
	}
	guard.DenyPrivate = r.Bool(b.DenyPrivate, false)
	for i, text := range r.Strings(b.Allow) {
		prefix, fault := parsePrefix(text)
		if fault != "" {
			r.Fail(element(b.Allow, i), "Invalid range of addresses", "%q %s", text, fault)
			continue
		}
		guard.Allow = append(guard.Allow, prefix)
	}
	return guard
}

// parsePrefix says what is wrong with a prefix. One that means something else than it says is wrong as well, since
// what it opens would be a surprise.
func parsePrefix(text string) (prefix netip.Prefix, fault string) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return prefix, "is a single address, which is written as " + netip.PrefixFrom(addr, addr.BitLen()).String() + "."
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return prefix, "is none: it takes an address and a length, such as 10.1.0.0/16 or fd12::/16."
	case prefix.Addr().Is4In6():
		return prefix, "is a range of IPv4 addresses, which is written as such, without ::ffff:."
	case prefix != prefix.Masked():
		return prefix, "goes on behind its length: is " + prefix.Masked().String() + " meant?"
	}
	return prefix, ""
}

// element is an element of a list that is written out, and the whole list otherwise.
func element(list hcl.Expression, i int) hcl.Expression {
	if elements, diags := hcl.ExprList(list); !diags.HasErrors() && i < len(elements) {
		return elements[i]
	}
	return list
}
