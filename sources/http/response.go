package http

import (
	"fmt"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
	"github.com/hookbridge/hookbridge/sources/internal/transcode"
)

// rules are the response blocks of a source, in their order. They fulfil [fetch.Rules].
type rules struct {
	list   []rule
	paths  []document.Path // that the rules read of a body
	format format
	limits document.Limits
}

var _ fetch.Rules = (*rules)(nil)

// rule is one response block.
type rule struct {
	statuses statuses
	when     *expr.Expr // nil: always
	reads    bool       // when reads the body
	action   fetch.Action
}

func (r *rules) add(one rule) {
	if one.when != nil {
		paths := bodyPaths(one.when)
		one.reads = len(paths) > 0
		r.paths = append(r.paths, paths...)
	}
	r.list = append(r.list, one)
}

// Concern fulfils [fetch.Rules].
func (r *rules) Concern(status int) bool {
	for _, one := range r.list {
		if one.statuses.hold(status) {
			return true
		}
	}
	return false
}

// Judge fulfils [fetch.Rules].
func (r *rules) Judge(answer *fetch.Answer) (fetch.Action, error) {
	seen := look{answer: answer, rules: r}
	for i, one := range r.list {
		matches, err := one.matches(&seen)
		if err != nil {
			return fetch.ByStatus, fmt.Errorf("response rule %d, status %d: %w", i+1, answer.Status, err)
		}
		if matches {
			return one.action, nil
		}
	}
	return fetch.ByStatus, nil
}

func (one rule) matches(seen *look) (bool, error) {
	switch {
	case !one.statuses.hold(seen.answer.Status):
		return false, nil
	case one.when == nil:
		return true, nil
	case one.reads:
		if readable, err := seen.readable(); !readable {
			return false, err
		}
	}
	return one.when.Bool(scopeOf(seen.answer, func(path document.Path) []byte {
		return pick(seen.paths, seen.found, path)
	}))
}

// look reads the body of an answer for the rules, once.
type look struct {
	*rules
	answer *fetch.Answer
	done   bool
	found  [][]byte // nil: the body cannot be read
	err    error
}

// readable reports whether the body could be read. Where it could not, that is an error of a 2xx, which is to
// be read anyway; any other answer just matches no rule that reads its body.
func (l *look) readable() (bool, error) {
	if !l.done {
		l.done = true
		l.found, l.err = capture(l.format.ofError(l.answer), l.answer, l.paths, l.limits)
	}
	if l.err != nil && l.answer.Status/100 == 2 {
		return false, fmt.Errorf("read body: %w", l.err)
	}
	return l.found != nil && l.err == nil, nil
}

// capture reads the values at the paths of a body; nil for a format that has no such thing.
func capture(f format, answer *fetch.Answer, paths []document.Path, limits document.Limits) ([][]byte, error) {
	switch f {
	case formatJSON:
		return document.Capture(answer.Body.Reader(), paths, limits)
	case formatXML:
		text, err := decodeXML(answer)
		if err != nil {
			return nil, err
		}
		return transcode.CaptureXML(text, paths, limits)
	}
	return nil, nil
}
