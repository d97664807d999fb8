package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Head writes what the figures were measured on.
func (r Report) Head(to io.Writer) error {
	_, err := fmt.Fprintf(to, "%s, %s sizes, %s\n%s\n\n", r.Version, r.Sizes, r.Began.UTC().Format(time.DateOnly), r.Machine)
	return err
}

// Table writes the rows as one table, and below it what is to be said of them.
func (r Report) Table(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "BAR\tWHAT\tOURS\tYARDSTICK\tRATIO\tNEED\tANONYMOUS\tSYNCS/EVENT\t") // errors show at the end
	for _, row := range r.Rows {
		_, _ = fmt.Fprintln(table, strings.Join(row.cells(), "\t")+"\t"+row.Verdict())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return r.notes(to)
}

func (r Row) cells() []string {
	ours, yardstick := None, None
	switch {
	case r.Missing != "":
		ours = r.Missing
	case len(r.Ours) > 0:
		ours = r.Unit.span(r.Ours)
	}
	if len(r.Yardstick) > 0 {
		yardstick = r.Unit.Format(Median(r.Yardstick)) + " " + r.Against
	}
	return []string{r.Bar, r.What, ours, yardstick, spanOf(r.Ratios(), "%.2f"), r.need(), sizeOf(r.Memory), r.syncs()}
}

func (r Row) need() string {
	if r.Need.Limit == 0 {
		return None
	}
	sign := "<= "
	if r.Need.Least {
		sign = ">= "
	}
	if len(r.Yardstick) > 0 && !r.Need.Plain {
		return sign + trim(r.Need.Limit) + " x"
	}
	return sign + r.Unit.Format(r.Need.Limit)
}

func (r Row) syncs() string {
	if r.Syncs == nil {
		return None
	}
	return fmt.Sprintf("%.4f", *r.Syncs)
}

func (r Report) notes(to io.Writer) error {
	var text strings.Builder
	for _, row := range r.Rows {
		for _, wrong := range row.Wrong {
			fmt.Fprintf(&text, "%s WRONG: %s\n", row.Bar, wrong)
		}
		for _, note := range row.Notes {
			fmt.Fprintf(&text, "%s: %s\n", row.Bar, note)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintf(to, "\n%s", text.String())
	return err
}

// span is the median of figures and, where there are several, the least and the most.
func (u Unit) span(of []float64) string {
	if len(of) == 1 {
		return u.Format(of[0])
	}
	return fmt.Sprintf("%s (%s … %s)", u.Format(Median(of)), u.Format(slices.Min(of)), u.Format(slices.Max(of)))
}

func spanOf(of []float64, form string) string {
	switch len(of) {
	case 0:
		return None
	case 1:
		return fmt.Sprintf(form, of[0])
	}
	return fmt.Sprintf(form+" ("+form+" … "+form+")", Median(of), slices.Min(of), slices.Max(of))
}

// Format writes a figure with its unit.
func (u Unit) Format(figure float64) string {
	switch u {
	case Seconds:
		return seconds(figure)
	case Bytes:
		return sizeOf(int64(figure))
	case PerSecond:
		return trim(figure) + "/s"
	case Times:
		return trim(figure) + " x"
	}
	return trim(figure)
}

func seconds(figure float64) string {
	switch {
	case figure >= 1:
		return trim(figure) + " s"
	case figure >= 1e-3:
		return trim(figure*1e3) + " ms"
	}
	return trim(figure*1e6) + " µs"
}

func sizeOf(bytes int64) string {
	if bytes == 0 {
		return None
	}
	return trim(float64(bytes)/1e6) + " MB"
}

// trim writes three digits that count.
func trim(figure float64) string {
	if figure == 0 {
		return "0"
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(figure))))
	text := fmt.Sprintf("%.*f", max(digits, 0), figure)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return cmp.Or(text, "0")
}
