package yardstick

import (
	"net/http"
	"time"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/child"
)

// Serve is the yardstick's process.
func Serve() error {
	transport := &http.Transport{MaxIdleConns: 1000, MaxIdleConnsPerHost: 1000, IdleConnTimeout: time.Minute}
	return child.Serve(&Service{client: &http.Client{Transport: transport}})
}

// Service is what the parent process calls, by net/rpc.
type Service struct{ client *http.Client }
