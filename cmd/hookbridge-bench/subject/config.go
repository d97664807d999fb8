package subject

import (
	"fmt"
	"strings"
	"time"
)

// Config is a configuration of the program. The state and the admin socket are added.
type Config struct {
	Sources []Source
	Sinks   []Sink
}

// A Source is polled over HTTP for {…,"items":[…]}.
type Source struct {
	Name   string
	URL    string
	Every  time.Duration
	Key    string   // an expression; "": item.id
	Ignore []string // such as "item.views"
	Page   string   // the kind of its pages; "": there are none
	Sink   string
}

// A Sink is a webhook.
type Sink struct {
	Name        string
	URL         string
	Secret      string
	Concurrency int
	Retry       time.Duration // not 0: the time between attempts
}

// text writes the configuration for a state directory and a socket.
func (c Config) text(state, socket string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "state {\n  path = %q\n}\nadmin {\n  listen = %q\n}\nlog {\n  level = \"warn\"\n}\n", state, "unix:"+socket)
	for _, source := range c.Sources {
		source.write(&b)
	}
	for _, sink := range c.Sinks {
		sink.write(&b)
	}
	return b.String()
}

func (s Source) write(b *strings.Builder) {
	key := s.Key
	if key == "" {
		key = "item.id"
	}
	fmt.Fprintf(b, "source \"http\" %q {\n  every = %q\n  timeout = \"1h\"\n  url = %q\n  items = body.items\n  key = %s\n  sinks = [sink.%s]\n",
		s.Name, s.Every.String(), s.URL, key, s.Sink)
	if len(s.Ignore) > 0 {
		fmt.Fprintf(b, "  compare {\n    ignore = [%s]\n  }\n", strings.Join(s.Ignore, ", "))
	}
	if s.Page != "" {
		fmt.Fprintf(b, "  page %q {\n    max = 100000\n  }\n", s.Page)
	}
	b.WriteString("}\n")
}

func (s Sink) write(b *strings.Builder) {
	fmt.Fprintf(b, "sink \"webhook\" %q {\n  url = %q\n  secret = %q\n  concurrency = %d\n", s.Name, s.URL, s.Secret, s.Concurrency)
	if s.Retry > 0 {
		waits := strings.TrimSuffix(strings.Repeat(fmt.Sprintf("%q, ", s.Retry), 50), ", ")
		fmt.Fprintf(b, "  retry {\n    schedule = [%s]\n  }\n", waits)
	}
	b.WriteString("}\n")
}
