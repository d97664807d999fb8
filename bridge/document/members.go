package document

import "iter"

// Members yields the members of an object, each with its name as it reads and its raw value. It yields nothing
// for a document that is no object.
func Members(doc []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		i := skipSpace(doc, 0)
		if i >= len(doc) || doc[i] != '{' {
			return
		}
		for i++; ; {
			name, escaped, value, _, ok := nextMember(doc, i)
			if !ok {
				return
			}
			if escaped {
				name = unescape(nil, name)
			}
			i = endOfValue(doc, value)
			if !yield(string(name), doc[min(value, i):i]) {
				return
			}
		}
	}
}
