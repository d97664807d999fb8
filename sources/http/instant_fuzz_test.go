package http

import (
	"testing"
	"time"
)

// FuzzInstant shows R6 and P15 for instants: whatever an item says is read at once or refused, and what is written
// of an instant is read as the same one, or as an earlier one within its precision.
func FuzzInstant(f *testing.F) {
	names := []string{rfc3339, unix, unixMsec, "2006-01-02 15:04:05", "02/01/2006"}
	for _, text := range []string{
		`"2026-11-23T08:43:24.123456789+01:00"`, `1764000000.5`, `"1764000000000"`, `"2026-10-25 02:30:00"`, `"29/02/2024"`,
		`1e-999999`, `1e300`, `-62135596800`, `253402300799`, `"0000-01-01T00:00:00Z"`, `null`, `{}`,
	} {
		for which := range names {
			f.Add(uint8(which), []byte(text))
		}
	}
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		c := clock{name: names[int(which)%len(names)], zone: zone}
		began := time.Now()
		at, err := c.read(raw)
		if took := time.Since(began); took > time.Second {
			t.Errorf("it takes %s to read %q", took, raw)
		}
		if err != nil {
			return
		}
		precision := c.step()
		if c.floating() {
			precision += 3 * time.Hour // no clock is put back by more
		}
		again, err := c.read(c.write(at))
		if err != nil || again.After(at) || at.Sub(again) >= precision {
			t.Errorf("%q is %s, which is written as %s, which is %s (%v)", raw, at, c.write(at), again, err)
		}
	})
}
