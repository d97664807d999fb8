package main

import (
	"os"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sinks/file"
	"github.com/hookbridge/hookbridge/sinks/stdout"
	"github.com/hookbridge/hookbridge/sinks/webhook"
	"github.com/hookbridge/hookbridge/sources/feed"
	"github.com/hookbridge/hookbridge/sources/http"
)

// sources are the kinds of sources that are built in.
func sources() []bridge.Kind[bridge.Source] {
	return []bridge.Kind[bridge.Source]{feed.Kind(), http.Kind()}
}

// sinks are the kinds of sinks that are built in.
func sinks() []bridge.Kind[bridge.Sink] {
	return []bridge.Kind[bridge.Sink]{file.Kind(), stdout.Kind(os.Stdout), webhook.Kind()}
}
