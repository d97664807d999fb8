package document

import (
	"math/big"
	"strconv"
)

// A decimal is a number of any size in canonical form: its value is 0.D × 10^point, where the digits D
// are whole followed by fraction and have no zero at either end. Zero has no digits and no sign.
type decimal struct {
	negative        bool
	whole, fraction []byte
	point           int64
	far             string // the point in decimal, where it does not fit into point
}

// parseDecimal reads a valid JSON number. The decimal refers to the bytes of raw.
func parseDecimal(raw []byte) decimal {
	var d decimal
	if len(raw) > 0 && raw[0] == '-' {
		d.negative, raw = true, raw[1:]
	}
	var exponent []byte
	d.whole, d.fraction, exponent = cutNumber(raw)
	d.point = int64(len(d.whole))
	d.trim()
	if len(d.whole)+len(d.fraction) == 0 {
		return decimal{}
	}
	d.shift(exponent)
	return d
}

// parseInteger reads what most numbers are, a positive integer in plain digits, as parseDecimal does.
func parseInteger(raw []byte) (d decimal, ok bool) {
	if len(raw) == 0 || raw[0] == '0' {
		return d, false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return d, false
		}
	}
	return decimal{whole: trimRight(raw), point: int64(len(raw))}, true
}

func cutNumber(raw []byte) (whole, fraction, exponent []byte) {
	end := 0
	for end < len(raw) && raw[end] != '.' && raw[end]|0x20 != 'e' {
		end++
	}
	whole = raw[:end]
	if end < len(raw) && raw[end] == '.' {
		start := end + 1
		for end = start; end < len(raw) && raw[end]|0x20 != 'e'; {
			end++
		}
		fraction = raw[start:end]
	}
	if end < len(raw) {
		exponent = raw[end+1:]
	}
	return whole, fraction, exponent
}

// trim takes the zeros off both ends of the digits.
func (d *decimal) trim() {
	d.whole = d.trimLeft(d.whole)
	if len(d.whole) == 0 {
		d.fraction = d.trimLeft(d.fraction)
	}
	d.fraction = trimRight(d.fraction)
	if len(d.fraction) == 0 {
		d.whole = trimRight(d.whole)
	}
}

func (d *decimal) trimLeft(digits []byte) []byte {
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
		d.point--
	}
	return digits
}

func trimRight(digits []byte) []byte {
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	return digits
}

// shift adds the exponent as it was written, of whatever length, to the point.
func (d *decimal) shift(exponent []byte) {
	if len(exponent) == 0 {
		return
	}
	if len(exponent) <= 17 {
		d.point += smallInt(exponent)
		return
	}
	sum, _ := new(big.Int).SetString(string(exponent), 10)
	if sum == nil {
		return
	}
	sum.Add(sum, big.NewInt(d.point))
	if sum.IsInt64() {
		d.point = sum.Int64()
		return
	}
	d.point, d.far = 0, sum.String()
}

// smallInt reads an integer of at most 17 characters, with its sign.
func smallInt(text []byte) int64 {
	var n int64
	for _, c := range text {
		if c >= '0' && c <= '9' {
			n = n*10 + int64(c-'0')
		}
	}
	if text[0] == '-' {
		return -n
	}
	return n
}

// maxZeros bounds the zeros that plain notation adds to a number's digits; beyond, an exponent is written.
const maxZeros = 1000

// appendNumber appends a valid JSON number in canonical form: plain notation where that is reasonably short,
// else with an exponent. Numbers of equal value give equal text, others do not.
func appendNumber(dst, raw []byte) []byte {
	d := parseDecimal(raw)
	if d.negative {
		dst = append(dst, '-')
	}
	count := int64(len(d.whole) + len(d.fraction))
	switch {
	case count == 0:
		return append(dst, '0')
	case d.far != "":
		return append(d.appendFraction(dst, 0), "e"+d.far...)
	case d.point > count+maxZeros || d.point < -maxZeros:
		return strconv.AppendInt(append(d.appendFraction(dst, 0), 'e'), d.point, 10)
	case d.point <= 0:
		return d.appendFraction(dst, int(-d.point))
	case d.point >= count:
		return appendZeros(d.appendDigits(dst, 0, count), int(d.point-count))
	}
	dst = append(d.appendDigits(dst, 0, d.point), '.')
	return d.appendDigits(dst, d.point, count)
}

func (d *decimal) appendFraction(dst []byte, zeros int) []byte {
	dst = appendZeros(append(dst, "0."...), zeros)
	return append(append(dst, d.whole...), d.fraction...)
}

// appendDigits appends the digits from one position to another.
func (d *decimal) appendDigits(dst []byte, from, to int64) []byte {
	split := int64(len(d.whole))
	dst = append(dst, d.whole[min(from, split):min(to, split)]...)
	return append(dst, d.fraction[max(from-split, 0):max(to-split, 0)]...)
}

func appendZeros(dst []byte, count int) []byte {
	for range count {
		dst = append(dst, '0')
	}
	return dst
}
