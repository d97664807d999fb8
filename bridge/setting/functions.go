package setting

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// MaxFile bounds what file and credential read.
const MaxFile = MiB

// A Lookup reads for one block what stands outside of the configuration: variables of the environment, files
// and credentials. It reads each of them once and gives the same answer ever after, so that what was checked
// is what is used. It is safe for concurrent use.
type Lookup struct {
	getenv func(string) (string, bool)
	dir    string
	stead  func(function, name string) (string, bool) // nil: only what is there is read

	mu   sync.Mutex
	seen map[place]answer
}

// A Reading is one answer that a [Lookup] gave.
type Reading struct {
	Function string
	Name     string
	Found    bool
	Value    Secret
}

type place struct{ function, name string }

type answer struct {
	text  string
	found bool
	err   error
	file  watched // that the text was read from; zero for a variable
}

// NewLookup makes a lookup. Relative names of files start at dir; a nil getenv is os.LookupEnv.
func NewLookup(getenv func(string) (string, bool), dir string) *Lookup {
	if getenv == nil {
		getenv = os.LookupEnv
	}
	return &Lookup{getenv: getenv, dir: dir, seen: map[place]answer{}}
}

// Pretend has the lookup read what stands in for the world: first of all what instead has for a name, then what is
// there, and a [StandIn] where nothing is. It is called before anything is read.
func (l *Lookup) Pretend(instead func(function, name string) (text string, found bool)) {
	l.stead = instead
}

// Functions returns env(name, default?), file(path) and credential(name). Their values are marked as
// [Sensitive]; what is missing is an error that names it.
func (l *Lookup) Functions() map[string]function.Function {
	return map[string]function.Function{
		"env":        l.function("env", l.variable, fallback()),
		"file":       l.function("file", l.file, nil),
		"credential": l.function("credential", l.credential, nil),
	}
}

// IsSecretFunction reports whether the function of this name yields secrets.
func IsSecretFunction(name string) bool {
	return name == "env" || name == "file" || name == "credential"
}

// Readings returns every answer given so far, by function and name.
func (l *Lookup) Readings() []Reading {
	l.mu.Lock()
	defer l.mu.Unlock()
	readings := make([]Reading, 0, len(l.seen))
	for p, a := range l.seen {
		readings = append(readings, Reading{p.function, p.name, a.found, NewSecret(a.text)})
	}
	slices.SortFunc(readings, func(a, b Reading) int {
		return cmp.Or(strings.Compare(a.Function, b.Function), strings.Compare(a.Name, b.Name))
	})
	return readings
}

// function wraps a way of reading. Marked and unknown arguments are let in, so that they are refused: a
// secret name would be told by the error, and an unknown one would only be read when events flow.
func (l *Lookup) function(name string, read func(string) answer, fallback *function.Parameter) function.Function {
	return function.New(&function.Spec{
		Params:   []function.Parameter{open("name")},
		VarParam: fallback,
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if err := refuse(args); err != nil {
				return cty.NilVal, err
			}
			at := place{name, args[0].AsString()}
			got := l.once(at, l.instead(at, read))
			switch needed := got.err != nil || !got.found && len(args) == 1; {
			case needed && l.stead != nil:
				return cty.StringVal(StandIn(at.name)).Mark(Sensitive), nil
			case got.err != nil:
				return cty.NilVal, function.NewArgError(0, got.err)
			case got.found:
				return l.marked(at, got), nil
			case len(args) == 1:
				return cty.NilVal, function.NewArgErrorf(0, "the environment variable %s is not set", at.name)
			}
			return args[1].Mark(Sensitive), nil
		},
	})
}

// instead is a way of reading that asks first what stands in, where the lookup pretends.
func (l *Lookup) instead(at place, read func(string) answer) func(string) answer {
	return func(name string) answer {
		if l.stead != nil {
			if text, found := l.stead(at.function, name); found {
				return answer{text: text, found: true}
			}
		}
		return read(name)
	}
}

// marked is the text of an answer as a value that tells what it is and where it came from.
func (l *Lookup) marked(at place, got answer) cty.Value {
	value := cty.StringVal(got.text).Mark(Sensitive)
	if got.file.info != nil {
		value = value.Mark(origin{l, at})
	}
	return value
}

func open(name string) function.Parameter {
	return function.Parameter{
		Name: name, Type: cty.String, AllowMarked: true, AllowUnknown: true, AllowDynamicType: true,
	}
}

func fallback() *function.Parameter {
	p := open("default")
	p.AllowNull = true
	return &p
}

func refuse(args []cty.Value) error {
	if len(args) > 2 {
		return function.NewArgErrorf(2, "there can be only one default")
	}
	if args[0].IsMarked() {
		return function.NewArgErrorf(0, "a name cannot be a secret itself")
	}
	for i, arg := range args {
		if !arg.IsKnown() {
			return function.NewArgErrorf(i, "it must be known when the configuration is read")
		}
	}
	return nil
}

// once reads a place unless that was done before.
func (l *Lookup) once(at place, read func(string) answer) answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	got, known := l.seen[at]
	if !known {
		got = read(at.name)
		l.seen[at] = got
	}
	return got
}

func (l *Lookup) variable(name string) answer {
	text, found := l.getenv(name)
	return checked(text, found, "the environment variable "+name)
}

func (l *Lookup) file(name string) answer {
	if !filepath.IsAbs(name) {
		name = filepath.Join(l.dir, name)
	}
	return content(name, "the file "+name)
}

func (l *Lookup) credential(name string) answer {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return answer{err: fmt.Errorf("%q is no name of a credential: it takes a plain name of a file", name)}
	}
	dir, found := l.getenv("CREDENTIALS_DIRECTORY")
	if !found || dir == "" {
		return answer{err: fmt.Errorf("there is no credential %s, because $CREDENTIALS_DIRECTORY is not set: "+
			"give it to the service by LoadCredential=, or set the variable to a directory of such files", name)}
	}
	return content(filepath.Join(dir, name), "the credential "+name)
}

// content reads a whole file and takes the newline at its end off.
func content(path, what string) answer {
	text, info, err := readFile(path)
	if err != nil {
		return answer{err: fmt.Errorf("%s cannot be read: %w", what, err)}
	}
	if line, ended := strings.CutSuffix(text, "\n"); ended {
		text = strings.TrimSuffix(line, "\r")
	}
	got := checked(text, true, what)
	got.file = watched{path, info}
	return got
}

// readFile looks at the file before it reads it, so that a change in between is seen later.
func readFile(path string) (string, fs.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", nil, plainCause(err)
	}
	if !info.Mode().IsRegular() {
		return "", nil, errors.New("it is no regular file")
	}
	file, err := os.Open(path)
	if err != nil {
		return "", nil, plainCause(err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, int64(MaxFile)+1))
	if err == nil && len(text) > int(MaxFile) {
		err = fmt.Errorf("it is larger than %s", MaxFile)
	}
	return string(text), info, plainCause(err)
}

// plainCause drops the path from an error, since the message names it already.
func plainCause(err error) error {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		return wrapped.Err
	}
	return err
}

// checked refuses text that the language would alter when it takes it as a string.
func checked(text string, found bool, what string) answer {
	if !utf8.ValidString(text) || cty.NormalizeString(text) != text {
		return answer{err: fmt.Errorf("%s holds text that is not UTF-8 in normal form C", what)}
	}
	return answer{text: text, found: found}
}
