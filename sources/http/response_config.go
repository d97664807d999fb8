package http

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// responseBlock is the block response { … }, of which there may be several: the first that matches an answer
// says what to do with it.
//
// status is a list of codes, and of classes such as "4xx"; when is an expression over body, headers and
// status. One of the two may be left out. An expression that reads body matches no answer whose body cannot be
// read as JSON or XML, so that null is never what an error page reads as.
type responseBlock struct {
	Status hcl.Expression `hcl:"status,optional"`
	When   hcl.Expression `hcl:"when,optional"`
	Action hcl.Expression `hcl:"action"`
	At     hcl.Range      `hcl:",def_range"`
}

// actions are the words of the configuration.
func actions() map[string]fetch.Action {
	return map[string]fetch.Action{
		"ok": fetch.OK, "empty": fetch.Empty, "retry": fetch.Retry, "fail": fetch.Fail,
		"refresh_token": fetch.Renew, "resync": fetch.Resync, "skip": fetch.Skip,
	}
}

// readRules reads the blocks; nil where there are none.
func readRules(r *setting.Reader, eval *hcl.EvalContext, blocks []*responseBlock, s *Source, auth bool) fetch.Rules {
	if len(blocks) == 0 {
		return nil
	}
	set := &rules{format: s.format, limits: s.limits}
	for _, b := range blocks {
		one := rule{action: readAction(r, b, auth), statuses: readStatuses(r, b.Status)}
		if setting.Given(b.When) {
			one.when = compileRule(r, eval, b.When)
		} else if !setting.Given(b.Status) {
			r.Report(setting.Wrong(b.At, "Rule for everything", "Without status and when this would match every answer."))
		}
		set.add(one)
	}
	return set
}

func readAction(r *setting.Reader, b *responseBlock, auth bool) fetch.Action {
	if !fetch.Required(r, b.Action, "action") {
		return fetch.ByStatus
	}
	word := r.OneOf(b.Action, "", "ok", "empty", "retry", "fail", "refresh_token", "resync", "skip")
	action := actions()[word]
	if action == fetch.Renew && !auth {
		r.Fail(b.Action, "Nothing to refresh", "The source has no auth whose token could be had anew.")
	}
	return action
}

// statuses says which codes a rule is for; the zero value is for all.
type statuses struct {
	codes, classes []int
}

func (s statuses) hold(code int) bool {
	all := len(s.codes)+len(s.classes) == 0
	return all || slices.Contains(s.codes, code) || slices.Contains(s.classes, code/100)
}

func readStatuses(r *setting.Reader, x hcl.Expression) statuses {
	var s statuses
	if !setting.Given(x) {
		return s
	}
	before := len(r.Diagnostics())
	words := r.Strings(x)
	if len(words) == 0 && len(r.Diagnostics()) == before {
		r.Fail(x, "No status", "Name a status, or leave the attribute out.")
	}
	class, code := regexp.MustCompile(`^[2-5]xx$`), regexp.MustCompile(`^[2-5][0-9][0-9]$`)
	for _, word := range words {
		switch {
		case word == "304":
			r.Fail(x, "Status 304", "304 means that nothing changed; see the attribute conditional.")
		case class.MatchString(word):
			s.classes = append(s.classes, int(word[0]-'0'))
		case code.MatchString(word):
			number, _ := strconv.Atoi(word) // three digits
			s.codes = append(s.codes, number)
		default:
			r.Fail(x, "Invalid status", "%q is neither a status from 200 to 599 nor a class such as \"4xx\".", word)
		}
	}
	return s
}

// compileRule compiles an expression over an answer, and further roots.
func compileRule(r *setting.Reader, eval *hcl.EvalContext, x hcl.Expression, further ...string) *expr.Expr {
	compiled, diags := expr.Compile(x, eval, append([]string{"body", "headers", "status"}, further...)...)
	r.Report(diags)
	if diags.HasErrors() {
		return nil
	}
	if compiled.Sensitive() {
		r.Fail(x, "Secret in a rule", "Secrets go with every request; put this one into auth, headers or query.")
	}
	return compiled
}

// bodyPaths returns what an expression reads of the body.
func bodyPaths(x *expr.Expr) []document.Path {
	var paths []document.Path
	for _, ref := range x.Refs() {
		if ref.Root == "body" {
			paths = append(paths, ref.Path)
		}
	}
	return paths
}

// identityOfRules writes down what the rules make of answers.
func identityOfRules(blocks []*responseBlock) []string {
	var identity []string
	for _, b := range blocks {
		identity = append(identity, "response", fetch.Source(b.Status), fetch.Source(b.When), fetch.Source(b.Action))
	}
	return identity
}
