package receiver

import (
	"bytes"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// at returns the value at a JSON Pointer, for people.
func at(document jsontext.Value, pointer string) string {
	value := find(document, pointer)
	if value == nil {
		return "nothing"
	}
	return printable(value, maxValue)
}

// find returns the value at a JSON Pointer as it is written, nil where there is none.
func find(document jsontext.Value, pointer string) jsontext.Value {
	for token := range jsontext.Pointer(pointer).Tokens() {
		if document = member(document, token); document == nil {
			return nil
		}
	}
	return document
}

// member returns the value under a name or an index.
func member(document jsontext.Value, token string) jsontext.Value {
	decoder := jsontext.NewDecoder(bytes.NewReader(document))
	switch open, err := decoder.ReadToken(); {
	case err != nil:
		return nil
	case open.Kind() == '{':
		return named(decoder, token)
	case open.Kind() == '[':
		if index, err := strconv.Atoi(token); err == nil && index >= 0 {
			return indexed(decoder, index)
		}
	}
	return nil
}

func named(decoder *jsontext.Decoder, name string) jsontext.Value {
	for decoder.PeekKind() == '"' {
		given, err := decoder.ReadToken()
		if err != nil {
			return nil
		}
		found := given.String() == name
		value, err := decoder.ReadValue()
		if err != nil {
			return nil
		}
		if found {
			return value.Clone()
		}
	}
	return nil
}

func indexed(decoder *jsontext.Decoder, index int) jsontext.Value {
	for ; decoder.PeekKind() != ']'; index-- {
		value, err := decoder.ReadValue()
		if err != nil {
			return nil
		}
		if index == 0 {
			return value.Clone()
		}
	}
	return nil
}
