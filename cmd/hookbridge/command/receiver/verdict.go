package receiver

import "strings"

// A verdict is what verifying came to.
type verdict struct {
	unchecked bool        // there are no keys
	schemes   []judgement // of each way in which the request is signed
}

// A judgement is about one way in which a request is signed.
type judgement struct {
	scheme  string
	keyless bool  // there is no key for it, so that it was not checked
	err     error // nil: it is genuine
}

// ok reports whether the request is genuine: some receivers know only one of several signatures.
func (v verdict) ok() bool {
	for _, one := range v.schemes {
		if one.err == nil {
			return true
		}
	}
	return false
}

// whole reports whether each signature is genuine, and there is one.
func (v verdict) whole() bool {
	for _, one := range v.schemes {
		if one.err != nil {
			return false
		}
	}
	return len(v.schemes) > 0
}

func (v verdict) unsigned() bool { return len(v.schemes) == 0 }

// String tells it in a few words.
func (v verdict) String() string {
	switch {
	case v.unchecked:
		return "not checked"
	case v.unsigned():
		return "unsigned"
	case len(v.schemes) == 1 && v.schemes[0].scheme == "standard" && v.ok():
		return "signature ok"
	}
	var genuine, rest []string
	for _, one := range v.schemes {
		switch {
		case one.err == nil:
			genuine = append(genuine, one.scheme)
		case one.keyless:
			rest = append(rest, one.scheme+" not checked: "+one.err.Error())
		default:
			rest = append(rest, one.scheme+": "+one.err.Error())
		}
	}
	if len(genuine) > 0 {
		rest = append([]string{"signature ok: " + strings.Join(genuine, ", ")}, rest...)
	}
	return strings.Join(rest, "; ")
}

// told is what the sender hears of a webhook that is not taken, and the one who watches.
func (w *webhook) told() string {
	if w.verdict.unsigned() {
		return "it has no signature of a kind that is known here"
	}
	return w.verdict.String()
}

// summary is the verdict on a webhook.
func (w *webhook) summary() string {
	switch {
	case !w.taken:
		return "REFUSED: " + w.told()
	case w.again:
		return w.verdict.String() + ", again"
	}
	return w.verdict.String()
}
