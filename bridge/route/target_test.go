package route

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookbridge/hookbridge/bridge/egress"
)

// D20: a name that leads to a refused address is refused for a proxy as well, and one that nobody here knows is
// not asked for again and again.
func TestTheTargetOfAProxyIsLookedAtByNameToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		names := &targets{lookup: func(ctx context.Context, _, host string) ([]netip.Addr, error) {
			asked++
			switch host {
			case "bad.test":
				return []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("169.254.169.254")}, nil
			case "good.test":
				return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		for host, want := range map[string]error{"bad.test.": egress.ErrRefused, "good.test": nil, "unknown.test": nil} {
			if err := names.check(t.Context(), host); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", host, err, want)
			}
		}
		asked = 0
		began := time.Now()
		_ = names.check(t.Context(), "unknown.test")
		if asked > 0 || time.Since(began) > 0 {
			t.Errorf("asked %d times for an unknown name, for %s", asked, time.Since(began))
		}
		time.Sleep(unknownTime)
		_ = names.check(t.Context(), "unknown.test")
		if asked != 1 {
			t.Errorf("asked %d times after a while", asked)
		}
	})
}

func TestOnlyWhatResolversTakeForAnAddressEndsInANumber(t *testing.T) {
	for host, want := range map[string]bool{
		"api.test": false, "1.test": false, "a1": false, "": false, "0xg": false, "example.com.": false,
		"1": true, "0x7f.1": true, "127.1": true, "0X7F000001": true, "a.0x": true, "0177.0.0.1": true,
	} {
		if got := endsInNumber(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
}
