package plot

import (
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
)

func TestAGrowthIsDrawnWithItsSizesAndLines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "plots")
	growth := report.Growth{Name: "items", Title: "CPU an item", Over: "items", Points: []report.Point{
		{Size: 10_000, Cost: map[string]float64{"hookbridge": 2, "Y": 1}},
		{Size: 1_000_000, Cost: map[string]float64{"hookbridge": 2.5}},
	}}
	if err := Write(dir, []report.Growth{growth}); err != nil {
		t.Fatal(err)
	}
	drawn, err := os.ReadFile(filepath.Join(dir, "items.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10,000", "1,000,000", "hookbridge", ">Y<", "CPU an item", "<svg"} {
		if !strings.Contains(string(drawn), want) {
			t.Errorf("there is no %q in it", want)
		}
	}
	for decoder := xml.NewDecoder(strings.NewReader(string(drawn))); ; {
		if _, err := decoder.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
