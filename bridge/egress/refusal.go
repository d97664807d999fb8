package egress

import (
	"errors"
	"fmt"
	"net/netip"
)

// ErrRefused is what every error of a guard is that did not let a connection pass.
var ErrRefused = errors.New("refused by the egress guard")

// A Refusal is why a guard let no connection pass. It says which address it is about, and what would let it through.
type Refusal struct{ text string }

// Refuse makes a refusal of something that is no address, such as a name that cannot be looked at.
func Refuse(format string, args ...any) *Refusal { return &Refusal{fmt.Sprintf(format, args...)} }

func (r *Refusal) Error() string { return ErrRefused.Error() + ": " + r.text }

// Is reports true for [ErrRefused].
func (r *Refusal) Is(target error) bool { return target == ErrRefused }

// Class names the kind of failure.
func (r *Refusal) Class() string { return "egress" }

// refuse says what a refused address is, and how an operator who means it lets it through.
func (s span) refuse(addr, outer netip.Addr) *Refusal {
	what := fmt.Sprintf("%s is %s", addr, s.reason)
	if addr != outer {
		what += fmt.Sprintf(", reached through %s", outer)
	}
	if s.private {
		what += ", and deny_private is set"
	}
	return Refuse("%s (egress { allow = [%q] } lets it through)", what, netip.PrefixFrom(addr, addr.BitLen()))
}
