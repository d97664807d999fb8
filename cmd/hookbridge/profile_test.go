package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
)

const profileConfig = `
source "http" "orders" {
  every = "1h"
  url   = "http://127.0.0.1:1/"
  items = body
  key   = item.id
  sinks = [sink.out]
}
sink "stdout" "out" {}
`

func TestADaemonServesProfilesToItsOperatorsWhenToldTo(t *testing.T) {
	for _, test := range []struct {
		flags []string
		want  int
	}{
		{nil, http.StatusNotFound},
		{[]string{"--pprof"}, http.StatusOK},
	} {
		l := newLive(t, profileConfig)
		l.command = append(l.command, test.flags...)
		l.mustStart()
		status, profile := profileOf(t, l, "heap")
		if status != test.want {
			t.Errorf("run %v: status %d, not %d", test.flags, status, test.want)
		}
		if zipped := len(profile) > 2 && profile[0] == 0x1f && profile[1] == 0x8b; zipped != (test.want == http.StatusOK) {
			t.Errorf("run %v: got %.20q", test.flags, profile)
		}
		l.stop()
	}
}

func profileOf(t *testing.T, l *live, name string) (status int, profile []byte) {
	t.Helper()
	var dialer net.Dialer
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", filepath.Join(l.state(), "admin.sock"))
		},
		DisableKeepAlives: true,
	}}
	response, err := client.Get("http://localhost/debug/pprof/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	profile, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, profile
}
