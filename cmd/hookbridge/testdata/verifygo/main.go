// Command verify verifies captured webhooks with the libraries of this module: verify FILE, where FILE holds a
// JSON list of scheme, key, method, url, headers and body. A library takes those of its scheme: each must be
// accepted as it is, and refused with another body and with another key. It prints a line for each library.
// As verify receive ORIGIN it is a receiver of CloudEvents instead.
//
// The libraries bring much along, so that they stand in a module of their own.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
)

// captured is a request as its receiver saw it.
type captured struct {
	Scheme  string            `json:"scheme"`
	Key     string            `json:"key"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    []byte            `json:"body"`
}

func (c captured) header() http.Header {
	header := http.Header{}
	for name, value := range c.Headers {
		header.Set(name, value)
	}
	return header
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if os.Args[1] == "receive" {
		return receive(context.Background(), os.Args[2])
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	var all []captured
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	for _, library := range libraries() {
		if err := library.judge(all); err != nil {
			return err
		}
	}
	return readEvents(all)
}

// judge prints what the library says.
func (l library) judge(all []captured) error {
	var accepted, tampered, foreign int
	for _, one := range all {
		if one.Scheme != l.scheme {
			continue
		}
		if err := l.verify(one); err != nil {
			return fmt.Errorf("%s: %w: %s", l.name, err, one.Body)
		}
		accepted++
		changed := one
		changed.Body = slices.Concat(one.Body[:len(one.Body)-1], []byte("?}"))
		if l.verify(changed) != nil {
			tampered++
		}
		changed = one
		changed.Key = "another secret"
		if strings.HasPrefix(one.Key, "whsec_") {
			changed.Key = "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32))
		}
		if l.verify(changed) != nil {
			foreign++
		}
	}
	fmt.Printf("%s %s: %d accepted, %d tampered and %d foreign refused\n", l.name, version(l.module), accepted, tampered, foreign)
	return nil
}

// version returns which version of a module this program was built with.
func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, dep := range info.Deps {
		if dep.Path == module {
			return dep.Version
		}
	}
	return "of no known version"
}
