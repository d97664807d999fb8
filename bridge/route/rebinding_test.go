package route_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
)

const strict = "egress {\n deny_private = true\n allow = [\"127.0.0.2/32\"]\n}"

// D20: a name that leads to an allowed address at first and elsewhere afterwards. The elsewhere of the strict guard
// listens, so that a connection would be seen.
func TestANameThatIsBoundAnewLeadsNowhereElse(t *testing.T) {
	for name, c := range map[string]struct{ config, first, then string }{
		"metadata": {"", "127.0.0.2", "169.254.169.254"},
		"loopback": {strict, "127.0.0.2", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			allowed, denied := second(t)
			seen := count(t, denied)
			serveOn(t, allowed)
			names := routetest.NewNames(t, "rebind.test", func(time int) []netip.Addr {
				if time == 0 {
					return []netip.Addr{netip.MustParseAddr(c.first)}
				}
				return []netip.Addr{netip.MustParseAddr(c.then)}
			})
			client := lead(t, "", c.config, bridge.Env{Resolver: names.Resolver()})
			_, port, _ := net.SplitHostPort(allowed.Addr().String())
			url := "http://rebind.test:" + port + "/"
			if body, err := client.get(t, url); err != nil || body != "allowed" {
				t.Fatalf("%q, %v", body, err)
			}
			for range 5 {
				client.CloseIdleConnections()
				if _, err := client.get(t, url); !errors.Is(err, egress.ErrRefused) {
					t.Errorf("error %v", err)
				}
			}
			if seen.Load() != 0 || names.Asked() != 6 {
				t.Errorf("%d connections to %s, %d look-ups", seen.Load(), c.then, names.Asked())
			}
		})
	}
}

// D20: one answer that holds an allowed address, where nobody listens, and another one.
func TestOfSeveralAddressesOnlyAllowedOnesAreTried(t *testing.T) {
	allowed, denied := second(t)
	seen := count(t, denied)
	_ = allowed.Close()
	names := routetest.NewNames(t, "both.test", func(int) []netip.Addr {
		return []netip.Addr{netip.MustParseAddr("127.0.0.2"), netip.MustParseAddr("127.0.0.1")}
	})
	client := lead(t, "", strict, bridge.Env{Resolver: names.Resolver()})
	_, port, _ := net.SplitHostPort(denied.Addr().String())
	if _, err := client.get(t, "http://both.test:"+port+"/"); err == nil {
		t.Error("something answered")
	}
	if seen.Load() != 0 || names.Asked() == 0 {
		t.Errorf("%d connections, %d look-ups", seen.Load(), names.Asked())
	}
}

// count accepts connections and counts them.
func count(t *testing.T, listener net.Listener) *atomic.Int64 {
	t.Helper()
	var accepting sync.WaitGroup
	seen := new(atomic.Int64)
	accepting.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			seen.Add(1)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		accepting.Wait()
	})
	return seen
}

func serveOn(t *testing.T, listener net.Listener) {
	t.Helper()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, "allowed")
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
}
