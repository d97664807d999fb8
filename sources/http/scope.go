package http

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/document"
	"github.com/hookbridge/hookbridge/bridge/expr"
	"github.com/hookbridge/hookbridge/sources/internal/fetch"
)

// scope is what stop and url read of a page: body as far as their paths lead, headers by lower-case name,
// status, and page.value, which the page was asked for with.
func (g *paging) scope(p *page) expr.Scope {
	answer := scopeOf(p.answer, func(path document.Path) []byte { return pick(g.paths, p.captured, path) })
	return expr.Scope{Read: func(ref expr.Ref) []byte {
		if ref.Root == "page" {
			return find(ref, "value", p.place.value)
		}
		return answer.Read(ref)
	}}
}

// find reads a reference to the one member that a root has.
func find(ref expr.Ref, member string, value []byte) []byte {
	if len(ref.Path) == 0 || ref.Path[0].Name != member || value == nil {
		return nil
	}
	return ref.Path[1:].Find(value)
}

// scopeOf is what an expression reads of an answer, its body by way of at.
func scopeOf(answer *fetch.Answer, at func(document.Path) []byte) expr.Scope {
	var headers []byte
	return expr.Scope{Read: func(ref expr.Ref) []byte {
		switch ref.Root {
		case "status":
			return ref.Path.Find([]byte(strconv.Itoa(answer.Status)))
		case "headers":
			if headers == nil {
				headers = headerObject(answer)
			}
			return ref.Path.Find(headers)
		}
		return at(ref.Path)
	}}
}

// pick returns what was found at one of several paths.
func pick(paths []document.Path, found [][]byte, path document.Path) []byte {
	name := path.String()
	for i := range found {
		if paths[i].String() == name {
			return found[i]
		}
	}
	return nil
}

func headerObject(answer *fetch.Answer) []byte {
	members := make(map[string]string, len(answer.Header))
	for name, values := range answer.Header {
		members[strings.ToLower(name)] = strings.ToValidUTF8(strings.Join(values, ", "), "�")
	}
	object, err := json.Marshal(members)
	if err != nil {
		panic(err) // a map of texts
	}
	return object
}
