package setting

import (
	"io/fs"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// recheck is how long the files of a [Live] secret are taken to be as they were.
const recheck = 3 * time.Second

// An origin is a mark beside [Sensitive]: it says which file a value was read from. Marks go along with a value
// through functions and templates, so that the result of any expression tells which files it depends on.
type origin struct {
	lookup *Lookup
	place  place
}

// A Live secret is text that follows the files which its expression reads by file and credential: when one of
// them changes, the expression is evaluated anew. Variables of the environment stay as they were. A file that
// is gone, or whose new content does not fit, leaves the text as it was until there is one that fits. It is safe
// for concurrent use.
type Live struct {
	expression hcl.Expression
	eval       *hcl.EvalContext
	check      func(text string) error

	mu      sync.Mutex
	text    string
	version uint64
	files   []watched
	lookup  *Lookup
	looked  time.Time
}

// watched is a file as it was when it was read.
type watched struct {
	path string
	info fs.FileInfo
}

// Live reads text that may be sensitive, as [Reader.Secret] does. Check says what is wrong with a text that is
// read later on; the first one is for the caller to judge. A nil check takes any.
func (r *Reader) Live(x hcl.Expression, check func(text string) error) *Live {
	l := &Live{expression: x, eval: r.eval, check: check, looked: time.Now()}
	if value, ok := r.value(x, cty.String); ok {
		l.adopt(value)
	}
	return l
}

// Reveal returns the text of now, for the one place that sends or signs with it. It looks at the files at most
// every few seconds.
func (l *Live) Reveal() string {
	text, _ := l.Versioned()
	return text
}

// Versioned is Reveal with a number that grows whenever the text changes.
func (l *Live) Versioned() (text string, version uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.looked) >= recheck && l.stale() {
		l.reread()
	}
	return l.text, l.version
}

// Renew reads the files at once, whether they look changed or not, since what they held was refused.
func (l *Live) Renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.files) > 0 {
		l.reread()
	}
}

// stale reports whether a file is not the one that was read.
func (l *Live) stale() bool {
	l.looked = time.Now()
	return slices.ContainsFunc(l.files, func(was watched) bool {
		is, err := os.Stat(was.path)
		return err != nil || !os.SameFile(is, was.info) || is.Size() != was.info.Size() ||
			!is.ModTime().Equal(was.info.ModTime())
	})
}

func (l *Live) reread() {
	l.looked = time.Now()
	again := NewLookup(l.lookup.getenv, l.lookup.dir)
	eval := l.eval.NewChild()
	eval.Functions = again.Functions()
	value, diags := l.expression.Value(eval)
	if diags.HasErrors() || unmarked(value).IsNull() {
		return
	}
	text, err := convert.Convert(value, cty.String)
	if err != nil || !text.IsWhollyKnown() {
		return
	}
	if plain := unmarked(text).AsString(); l.check == nil || l.check(plain) == nil {
		l.adopt(text)
	}
}

// adopt takes a text, and the files that it came from.
func (l *Live) adopt(value cty.Value) {
	plain, marks := value.Unmark()
	if text := plain.AsString(); text != l.text {
		l.text = text
		l.version++
	}
	l.files = nil
	for mark := range marks {
		if from, ok := mark.(origin); ok {
			l.lookup = from.lookup
			l.files = append(l.files, from.lookup.watched(from.place))
		}
	}
}

// Exposed returns the paths of the files that text is read from, as by [Reader.Secret], and that every user of the
// machine can read.
func (r *Reader) Exposed(x hcl.Expression) (paths []string) {
	value, diags := x.Value(r.eval)
	if diags.HasErrors() {
		return nil
	}
	_, marks := value.Unmark()
	for mark := range marks {
		from, ok := mark.(origin)
		if !ok {
			continue
		}
		if file := from.lookup.watched(from.place); file.info.Mode().Perm()&0o004 != 0 {
			paths = append(paths, file.path)
		}
	}
	slices.Sort(paths)
	return paths
}

// watched returns the file that a place was read from.
func (l *Lookup) watched(at place) watched {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[at].file
}
