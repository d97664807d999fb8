package command

import (
	"fmt"
	"strings"

	"github.com/hookbridge/hookbridge/bridge/admin"
)

// traceText writes each request of a poll: what was asked, what came of it, and what the budget had to say.
func traceText(text *strings.Builder, exchanges []admin.Exchange) {
	if len(exchanges) == 0 {
		text.WriteString("No request was made.\n")
	}
	for _, e := range exchanges {
		fmt.Fprintf(text, "%s %s\n  %s: %s\n", e.Method, e.URL, purpose(e), answered(e))
		for _, line := range []string{e.Limits, e.Note} {
			if line != "" {
				fmt.Fprintf(text, "  %s\n", line)
			}
		}
	}
}

func purpose(e admin.Exchange) string {
	if e.For != "" {
		return fmt.Sprintf("credential %s for page %d", e.For, e.Page)
	}
	return fmt.Sprintf("page %d", e.Page)
}

// answered says what came back. Of a credential there is nothing to tell but the status.
func answered(e admin.Exchange) string {
	switch {
	case e.Unsent:
		return "not sent"
	case e.Status == 0:
		return "no answer in " + e.Duration
	case e.For != "":
		return fmt.Sprintf("status %d in %s", e.Status, e.Duration)
	}
	return fmt.Sprintf("status %d, %d bytes, %d items in %s", e.Status, e.Size, e.Items, e.Duration)
}
