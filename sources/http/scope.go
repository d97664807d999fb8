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
// status.
func (g *paging) scope(p *page) expr.Scope {
	return scopeOf(p.answer, func(path document.Path) []byte { return pick(g.paths, p.captured, path) })
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
