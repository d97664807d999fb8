package document

// A Path leads from a JSON value to one inside of it, or with Each steps to several.
type Path []Step

// Step is one step of a path: into the member Name of an object, to the element Index of an array, or to
// each element of an array.
type Step struct {
	Kind  StepKind
	Name  string
	Index int
}

// StepKind tells the kinds of steps apart.
type StepKind uint8

const (
	Member StepKind = iota
	Element
	Each
)

// Find returns the raw value at the path in a valid JSON document, nil where there is none. It does not
// follow Each steps.
func (p Path) Find(doc []byte) []byte { panic("to be written") }

// String writes the path as in the configuration, without its root: .a.b[0]["c d"][*].
func (p Path) String() string { panic("to be written") }
