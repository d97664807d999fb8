package config

import (
	"regexp"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// predecessor is a name that a source had before, and where it says so.
type predecessor struct {
	name string
	of   *unit
	at   hcl.Expression
}

func (l *loader) readPrevious(u *unit, x hcl.Expression) string {
	if !setting.Given(x) {
		return ""
	}
	name := u.String(x, "")
	if !validName(name) {
		u.Fail(x, "Invalid name", "This takes the name that the source had before, such as \"old_name\".")
		return ""
	}
	l.predecessors = append(l.predecessors, predecessor{name, u, x})
	return name
}

// judgePredecessors refuses a name that is still in use, or that two sources had.
func (l *loader) judgePredecessors(declared map[string]hcl.Range) {
	heirs := map[string]predecessor{}
	for _, p := range l.predecessors {
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
	return regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`).MatchString(name) && len(name) <= maxName
}
