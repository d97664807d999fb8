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
	var headers []byte
	return expr.Scope{Read: func(ref expr.Ref) []byte {
		switch ref.Root {
		case "status":
			return ref.Path.Find([]byte(strconv.Itoa(p.answer.Status)))
		case "headers":
			if headers == nil {
				headers = headerObject(p.answer)
			}
			return ref.Path.Find(headers)
		}
		return g.body(p, ref.Path)
	}}
}

func (g *paging) body(p *page, path document.Path) []byte {
	name := path.String()
	for i, captured := range p.captured {
		if g.paths[i].String() == name {
			return captured
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
