package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// predecessor is a name that a source had before, and where it says so.
type predecessor struct {
	name string
	of   *unit
	at   hcl.Expression
}

func readPrevious(u *unit, x hcl.Expression) string {
	if !setting.Given(x) {
		return ""
	}
	name := u.String(x, "")
	if !validName(name) {
		u.Fail(x, "Invalid name", "This takes the name that the source had before, such as \"old_name\".")
		return ""
	}
	u.former = &predecessor{name, u, x}
	return name
}

// judgePredecessors refuses a name that is still in use, or that two sources had.
func (l *loader) judgePredecessors(units []*unit, declared map[string]hcl.Range) {
	heirs := map[string]*predecessor{}
	for _, u := range units {
		p := u.former
		if p == nil {
			continue
		}
		if at, found := declared[p.name]; found {
			l.report(setting.Wrong(p.at.Range(), "Name still in use",
				"The source %q is still declared at %s, and keeps its state: only the state of one that is gone "+
					"can be carried over.", p.name, place(at)))
			continue
		}
		if earlier, found := heirs[p.name]; found {
			l.report(setting.Wrong(p.at.Range(), "Two successors",
				"The state of %q goes to the source at %s already: it can be carried over once.", p.name,
				place(earlier.of.block.DefRange)))
		}
		heirs[p.name] = p
	}
}

func validName(name string) bool {
	letter := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
	other := func(r rune) bool { return !letter(r) && r != '_' && (r < '0' || r > '9') }
	return name != "" && letter(rune(name[0])) && !strings.ContainsFunc(name, other) && len(name) <= maxName
}
