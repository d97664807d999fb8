package tape

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// standing finds a stand-in for each secret among what was read.
type standing struct {
	bridge.Concealed
	hosts    map[string]bool
	pairs    map[string]string // secret and stand-in
	taken    map[string]bool
	readings map[string]string // by function and name
}

func standIns(c bridge.Concealed, hosts map[string]bool) *standing {
	s := &standing{Concealed: c, hosts: hosts, pairs: map[string]string{}, taken: map[string]bool{}, readings: map[string]string{}}
	for _, r := range c.Readings {
		name := r.Function + " " + r.Name
		switch {
		case r.Open, s.plain(r.Text):
			s.readings[name] = r.Text
		case len(r.Text) >= shortest:
			s.readings[name] = s.reading(setting.StandIn(r.Name), r.Text)
		}
	}
	return s
}

// plain reports whether a text is no secret by its looks, or because the configuration says it openly.
func (s *standing) plain(text string) bool {
	const mostDigits = 5
	if isDigits(text) {
		return len(text) <= mostDigits
	}
	return text == "" || isLiteral(text) || isQuantity(text) || s.isOpen(text)
}

func (s *standing) isOpen(text string) bool {
	return s.Open != nil && len(text) >= shortest && s.Open(text)
}

func isQuantity(text string) bool {
	_, duration := setting.ParseDuration(text)
	_, size := setting.ParseSize(text)
	_, ratio := setting.ParseRatio(text)
	_, rate := setting.ParseRate(text)
	return duration == nil || size == nil || ratio == nil || rate == nil
}

// reading finds what stands in for a text of this name, and returns it: of an address of a server that was asked,
// the secret parts alone are replaced.
func (s *standing) reading(name, text string) string {
	u := parse(text)
	switch {
	case u == nil:
		return s.replace(name, text)
	case !s.hosts[u.Host] || u.User != nil:
		return s.stand(text, "https://"+name+".invalid")
	}
	steps := strings.Split(u.EscapedPath(), "/")
	for i, step := range steps {
		s.part(fmt.Sprintf("%s-%d", name, i), step)
		if plain, err := url.PathUnescape(step); err == nil && plain != step {
			s.part(fmt.Sprintf("%s-%d", name, i), plain)
		}
	}
	query := u.Query()
	for _, param := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[param] {
			s.part(name+"-"+strings.TrimPrefix(setting.StandIn(param), setting.StandInPrefix), value)
		}
	}
	return text // its parts are replaced like all others
}

// part hides a part of an address, unless it is plain.
func (s *standing) part(name, text string) {
	if len(text) >= shortest && !s.plain(text) {
		s.replace(name, text)
	}
}

// replace finds what stands in for a text as a whole. A number stays one, so that JSON stays JSON.
func (s *standing) replace(name, text string) string {
	if isDigits(text) {
		name = fmt.Sprintf("%s%02d", strings.Repeat("9", len(text)-2), 99-len(s.pairs)%100)
	}
	return s.stand(text, name)
}

// stand notes a stand-in, under another name where it is taken. One text has one stand-in, whatever names it has.
func (s *standing) stand(text, standIn string) string {
	if known, ok := s.pairs[text]; ok {
		return known
	}
	free := standIn
	for i := 2; s.taken[free]; i++ {
		free = fmt.Sprintf("%s-%d", standIn, i)
	}
	s.taken[free], s.pairs[text] = true, free
	return free
}

// parse reads an address of a server, nil for anything else.
func parse(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil
	}
	return u
}

// kept returns the stand-ins in what a replay reads, each of which stands for itself.
func kept(readings map[string]string) map[string]string {
	pairs := map[string]string{}
	known := regexp.MustCompile(regexp.QuoteMeta(setting.StandInPrefix) + `[A-Za-z0-9_-]*[A-Za-z0-9_]`)
	for _, text := range readings {
		if isDigits(text) {
			pairs[text] = text
		}
		for _, standIn := range known.FindAllString(text, -1) {
			pairs[standIn] = standIn
		}
	}
	return pairs
}
