package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// A toxic is one thing that goes wrong between two sides, as toxiproxy makes it.
type toxic struct {
	kind   string
	stream string // "upstream": what is asked; "downstream": what is answered
	with   string // attributes, JSON
}

func asked(kind, with string) toxic    { return toxic{kind, "upstream", with} }
func answered(kind, with string) toxic { return toxic{kind, "downstream", with} }

func (x toxic) String() string { return strings.Trim(x.kind+" "+x.stream+" "+x.with, " ") }

// A toxicLine is a network between a client and a server at a URL, to which things can be done.
type toxicLine struct {
	testing.TB
	proxy *toxiproxy.Proxy
}

func newToxicLine(t testing.TB, to string) *toxicLine {
	t.Helper()
	zerolog.SetGlobalLevel(zerolog.Disabled)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "line", "127.0.0.1:0", strings.TrimPrefix(to, "http://"))
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return &toxicLine{t, proxy}
}

func (l *toxicLine) url() string { return "http://" + l.proxy.Listen }

// poison has something go wrong from now on. Of the kind "refused", nobody listens any more.
func (l *toxicLine) poison(x toxic) {
	l.Helper()
	if x.kind == "refused" {
		l.proxy.Stop()
		return
	}
	text := fmt.Sprintf(`{"name":"toxic","type":%q,"stream":%q,"attributes":{%s}}`, x.kind, x.stream, x.with)
	if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
		l.Fatal(err)
	}
}

// heal ends what goes wrong.
func (l *toxicLine) heal(x toxic) {
	l.Helper()
	if x.kind == "refused" {
		if err := l.proxy.Start(); err != nil {
			l.Fatal(err)
		}
		return
	}
	if err := l.proxy.Toxics.RemoveToxic(context.Background(), "toxic"); err != nil {
		l.Fatal(err)
	}
}
