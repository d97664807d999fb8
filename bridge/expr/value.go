package expr

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/zclconf/go-cty/cty"
)

// valueOf builds the value that raw JSON stands for; nil is null.
func valueOf(raw []byte) (cty.Value, error) {
	if len(raw) == 0 {
		return absent(), nil
	}
	dec := jsontext.NewDecoder(bytes.NewReader(raw))
	value, err := decode(dec)
	if err != nil {
		return cty.NilVal, err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return cty.NilVal, errors.New("more data after the JSON value")
	}
	return value, nil
}

func decode(dec *jsontext.Decoder) (cty.Value, error) {
	switch dec.PeekKind() {
	case '{':
		return decodeObject(dec)
	case '[':
		return decodeArray(dec)
	}
	token, err := dec.ReadToken()
	if err != nil {
		return cty.NilVal, fmt.Errorf("read JSON: %w", err)
	}
	switch token.Kind() {
	case 'n':
		return absent(), nil
	case 't', 'f':
		return cty.BoolVal(token.Bool()), nil
	case '0':
		return numberOf(token.String())
	}
	return cty.StringVal(token.String()), nil
}

func decodeObject(dec *jsontext.Decoder) (cty.Value, error) {
	if _, err := dec.ReadToken(); err != nil {
		return cty.NilVal, fmt.Errorf("read JSON: %w", err)
	}
	members := map[string]cty.Value{}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return cty.NilVal, fmt.Errorf("read JSON: %w", err)
		}
		text := name.String()
		if members[text], err = decode(dec); err != nil {
			return cty.NilVal, err
		}
	}
	_, err := dec.ReadToken()
	return cty.ObjectVal(members), err
}

func decodeArray(dec *jsontext.Decoder) (cty.Value, error) {
	if _, err := dec.ReadToken(); err != nil {
		return cty.NilVal, fmt.Errorf("read JSON: %w", err)
	}
	var elements []cty.Value
	for dec.PeekKind() != ']' {
		element, err := decode(dec)
		if err != nil {
			return cty.NilVal, err
		}
		elements = append(elements, element)
	}
	_, err := dec.ReadToken()
	return cty.TupleVal(elements), err
}

// The precision of a number in an expression is that of HCL itself, and more for one with more digits.
const (
	leastBits    = 512
	mostBits     = 1 << 14
	bitsPerDigit = 4
	maxExponent  = 10_000 // numbers further from 1 than this cannot be calculated with
	maxWritten   = 64     // digits of a number that is written without an exponent
)

func numberOf(text string) (cty.Value, error) {
	if !calculable(text) {
		return cty.NilVal, errors.New("a number is out of the range of expressions")
	}
	precision := min(max(uint(len(text))*bitsPerDigit, leastBits), mostBits)
	number, _, err := big.ParseFloat(text, 10, precision, big.ToNearestEven)
	if err != nil {
		return cty.NilVal, errors.New("a number is out of the range of expressions")
	}
	return cty.NumberVal(number), nil
}

func calculable(text string) bool {
	if len(text) > maxExponent {
		return false
	}
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return true
	}
	exponent, err := strconv.Atoi(text[at+1:])
	return err == nil && exponent >= -maxExponent && exponent <= maxExponent
}

// appendJSON appends a known value as minified JSON, objects sorted by name, nothing escaped for HTML.
func appendJSON(dst []byte, value cty.Value) ([]byte, error) {
	kind := value.Type()
	switch {
	case !value.IsKnown():
		return dst, errors.New("a value that is not known cannot be written as JSON")
	case value.IsNull():
		return append(dst, "null"...), nil
	case kind == cty.String:
		return appendString(dst, value.AsString()), nil
	case kind == cty.Bool:
		return strconv.AppendBool(dst, value.True()), nil
	case kind == cty.Number:
		return appendNumber(dst, value.AsBigFloat())
	case kind.IsObjectType() || kind.IsMapType():
		return appendObject(dst, value)
	case kind.IsTupleType() || kind.IsListType() || kind.IsSetType():
		return appendArray(dst, value)
	}
	return dst, fmt.Errorf("%s cannot be written as JSON", kind.FriendlyName())
}

func appendString(dst []byte, text string) []byte {
	quoted, err := jsontext.AppendQuote(dst, strings.ToValidUTF8(text, "\uFFFD"))
	if err != nil {
		return append(dst, `""`...)
	}
	return quoted
}

func appendNumber(dst []byte, number *big.Float) ([]byte, error) {
	if number.IsInf() {
		return dst, errors.New("infinity cannot be written as JSON")
	}
	if exponent := number.MantExp(nil); exponent > maxWritten*bitsPerDigit || exponent < -maxWritten*bitsPerDigit {
		return number.Append(dst, 'e', -1), nil
	}
	return number.Append(dst, 'f', -1), nil
}

func appendObject(dst []byte, value cty.Value) ([]byte, error) {
	dst = append(dst, '{')
	first := true
	for name, element := range value.Elements() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, name.AsString()), ':')
		var err error
		if dst, err = appendJSON(dst, element); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendArray(dst []byte, value cty.Value) ([]byte, error) {
	dst = append(dst, '[')
	first := true
	for _, element := range value.Elements() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		var err error
		if dst, err = appendJSON(dst, element); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}
