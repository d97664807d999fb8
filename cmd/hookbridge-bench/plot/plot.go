// Package plot draws how costs grow, as SVG.
package plot

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"

	"github.com/hookbridge/hookbridge/cmd/hookbridge-bench/report"
)

// Write draws each growth into a file NAME.svg of a directory, which is made where it is missing.
func Write(dir string, all []report.Growth) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // pictures are for everybody
		return fmt.Errorf("make directory of plots: %w", err)
	}
	for _, growth := range all {
		drawn, err := Draw(growth)
		if err != nil {
			return fmt.Errorf("draw %s: %w", growth.Name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, growth.Name+".svg"), drawn, 0o644); err != nil { //nolint:gosec // the same
			return fmt.Errorf("write plot: %w", err)
		}
	}
	return nil
}

// Draw returns the picture of a growth. Its sizes stand side by side, whatever lies between them.
func Draw(growth report.Growth) ([]byte, error) {
	lines, sizes := []string{}, []string{}
	for _, point := range growth.Points {
		lines = slices.Concat(lines, slices.Collect(maps.Keys(point.Cost)))
		sizes = append(sizes, thousands(point.Size))
	}
	slices.Sort(lines)
	lines = slices.Compact(lines)
	values := make([][]float64, len(lines))
	for i, line := range lines {
		for _, point := range growth.Points {
			cost, measured := point.Cost[line]
			if !measured {
				cost = charts.GetNullValue()
			}
			values[i] = append(values[i], cost)
		}
	}
	option := charts.NewLineChartOptionWithData(values)
	option.Title = charts.TitleOption{Text: growth.Title}
	option.Legend = charts.LegendOption{SeriesNames: lines, Offset: charts.OffsetStr{Top: "30"}}
	option.XAxis = charts.XAxisOption{Title: growth.Over, Labels: sizes}
	least := 0.0
	option.YAxis = []charts.YAxisOption{{Min: &least}}
	option.ValueFormatter = func(value float64) string { return strconv.FormatFloat(value, 'g', 6, 64) }
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: 640, Height: 400})
	if err := painter.LineChart(option); err != nil {
		return nil, err
	}
	return painter.Bytes()
}

// thousands writes 1000000 as "1,000,000".
func thousands(number int) string {
	digits := strconv.Itoa(number)
	var b strings.Builder
	for i, digit := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}
