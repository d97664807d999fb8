package signature

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/dunglas/httpsfv"
)

// mostComponents bounds what one signature covers.
const mostComponents = 64

// base is what is signed (RFC 9421, section 2.5): a line for each component, and one for the parameters.
func (m Message) base(list httpsfv.InnerList) ([]byte, error) {
	if len(list.Items) > mostComponents {
		return nil, fmt.Errorf("%w: it covers more than %d components", ErrUnsigned, mostComponents)
	}
	var base []byte
	seen := map[string]bool{}
	for _, item := range list.Items {
		name, err := componentName(item)
		if err != nil {
			return nil, err
		}
		value, found := m.component(name)
		if !found || seen[name] {
			return nil, fmt.Errorf("%w: component %q is missing, unknown or there twice", ErrUnsigned, name)
		}
		seen[name] = true
		base = append(base, `"`+name+`": `+value+"\n"...)
	}
	params, err := httpsfv.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	return append(base, `"@signature-params": `+params...), nil
}

// componentName takes the plain ones, without parameters, which nothing here needs.
func componentName(item httpsfv.Item) (string, error) {
	name, ok := item.Value.(string)
	if !ok || name != strings.ToLower(name) || strings.ContainsAny(name, `"\`) {
		return "", fmt.Errorf("%w: a component has no name", ErrUnsigned)
	}
	if item.Params != nil && len(item.Params.Names()) > 0 {
		return "", fmt.Errorf("%w: component %q has parameters, which are not known here", ErrUnsigned, name)
	}
	return name, nil
}

// component returns the value of a field, or what RFC 9421, section 2.2, derives from the request.
func (m Message) component(name string) (value string, found bool) {
	if strings.HasPrefix(name, "@") {
		return m.derived(name)
	}
	var values []string
	for field, lines := range m.Header {
		if strings.EqualFold(field, name) {
			for _, line := range lines {
				values = append(values, strings.TrimSpace(line))
			}
		}
	}
	return strings.Join(values, ", "), len(values) > 0
}

func (m Message) derived(name string) (value string, found bool) {
	switch name {
	case "@method":
		return m.Method, true
	case "@target-uri":
		return m.Target, true
	}
	target, err := url.Parse(m.Target)
	if err != nil {
		return "", false
	}
	switch name {
	case "@authority":
		return authority(target), true
	case "@scheme":
		return strings.ToLower(target.Scheme), true
	case "@request-target":
		return target.RequestURI(), true
	case "@path":
		path, _, _ := strings.Cut(target.RequestURI(), "?")
		return path, true
	case "@query":
		return "?" + target.RawQuery, true
	}
	return "", false
}

// authority is the host in lower case, without the port that goes without saying.
func authority(target *url.URL) string {
	host := strings.ToLower(target.Host)
	switch strings.ToLower(target.Scheme) {
	case "http":
		return strings.TrimSuffix(host, ":80")
	case "https":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}
