package budget

import (
	"math"
	"net/http"
	"time"

	"github.com/dunglas/httpsfv"
)

// rateLimit is the header of draft-ietf-httpapi-ratelimit-headers since its version 07.
const rateLimit = "RateLimit"

// structured reads the header RateLimit. From version 08 of the draft it is a list of policies, each with
// what is left (r) and the seconds until that comes back (t); in version 07 it was a dictionary of limit,
// remaining and reset. A policy without t comes back within the window (w) that RateLimit-Policy tells.
func structured(header http.Header) []Limit {
	texts := fields(header, "Ratelimit")
	if len(texts) == 0 {
		return nil
	}
	list, err := httpsfv.UnmarshalList(texts)
	if err != nil {
		return dictionary(texts)
	}
	policies := policiesOf(header)
	var limits []Limit
	for _, member := range list {
		item, ok := member.(httpsfv.Item)
		if !ok || len(limits) == mostLimits {
			continue
		}
		limit := Limit{Header: rateLimit, Policy: policyOf(item)}
		policy := policies[limit.Policy]
		left, known := whole(item, "r")
		limit.Left, limit.Of = min(left, mostLeft), min(policy.quota, mostLeft)
		reset, told := whole(item, "t")
		if !told {
			reset, told = policy.window, policy.window > 0
		}
		limit.Reset = bounded(float64(reset))
		if known && told && (left == 0 || reset > 0) {
			limits = append(limits, limit)
		}
	}
	return limits
}

// A policy is a quota of requests in each window of so many seconds; 0 is what is not told.
type policy struct{ quota, window int }

// policiesOf reads RateLimit-Policy.
func policiesOf(header http.Header) map[string]policy {
	policies := map[string]policy{}
	list, err := httpsfv.UnmarshalList(fields(header, "Ratelimit-Policy"))
	if err != nil {
		return policies
	}
	for _, member := range list {
		if item, ok := member.(httpsfv.Item); ok && len(policies) < mostLimits {
			quota, _ := whole(item, "q")
			window, _ := whole(item, "w")
			policies[policyOf(item)] = policy{quota, window}
		}
	}
	return policies
}

// dictionary reads the header as version 07 of the draft has it.
func dictionary(texts []string) []Limit {
	members, err := httpsfv.UnmarshalDictionary(texts)
	if err != nil {
		return nil
	}
	number := func(name string) (int, bool) {
		member, _ := members.Get(name)
		item, ok := member.(httpsfv.Item)
		if !ok {
			return 0, false
		}
		return natural(item.Value)
	}
	left, known := number("remaining")
	reset, told := number("reset")
	of, _ := number("limit")
	if !known || !told || left > 0 && reset == 0 {
		return nil
	}
	return []Limit{{Header: rateLimit, Left: min(left, mostLeft), Of: min(of, mostLeft), Reset: bounded(float64(reset))}}
}

// policyOf is the name of a policy.
func policyOf(item httpsfv.Item) string {
	name := ""
	switch value := item.Value.(type) {
	case string:
		name = value
	case httpsfv.Token:
		name = string(value)
	}
	return name[:min(len(name), longestName)]
}

// whole reads a parameter that is a number from 0.
func whole(item httpsfv.Item, name string) (int, bool) {
	if item.Params == nil {
		return 0, false
	}
	value, _ := item.Params.Get(name)
	return natural(value)
}

func natural(value any) (int, bool) {
	switch number := value.(type) {
	case int64:
		return int(max(number, 0)), true
	case float64:
		return int(max(math.Floor(number), 0)), true
	}
	return 0, false
}

// fields are the lines of a header, and none where they are longer than what is believed.
func fields(header http.Header, name string) []string {
	size := 0
	for _, line := range header[name] {
		size += len(line)
	}
	if size > longestField {
		return nil
	}
	return header[name]
}

// grain is added to what is told in whole seconds, which half of the servers round down.
const grain = time.Second
