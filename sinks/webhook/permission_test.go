package webhook

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPermissionEndsAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, asked := &handshake{origin: "bridge.example.com"}, 0
		ask := func(context.Context, *handshake) (float64, error) { asked++; return 0, nil }
		for hour := range 72 {
			if err := h.permit(t.Context(), ask); err != nil {
				t.Fatal(err)
			}
			if want := hour/24 + 1; asked != want {
				t.Fatalf("after %d hours it was asked %d times, not %d", hour, asked, want)
			}
			<-time.After(time.Hour)
		}
	})
}

func TestAPaceSpreadsEventsEvenlyAndForgetsQuietTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		p.limit(30)
		for _, quiet := range []time.Duration{0, time.Hour} {
			<-time.After(quiet)
			began := time.Now()
			for i := range 5 {
				if err := p.wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != time.Duration(i)*2*time.Second {
					t.Errorf("event %d left after %s", i, took)
				}
			}
		}
		p.limit(0)
		<-time.After(2 * time.Second)
		began := time.Now()
		for range 5 {
			if err := p.wait(t.Context()); err != nil || time.Since(began) != 0 {
				t.Errorf("%v after %s without a limit", err, time.Since(began))
			}
		}
	})
}
