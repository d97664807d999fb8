package command

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/hookbridge/hookbridge/bridge/admin"
	"github.com/hookbridge/hookbridge/bridge/config"
	"github.com/hookbridge/hookbridge/bridge/daemon"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// tokenVariable names the token of the admin API in the environment, for an --admin address that needs one.
const tokenVariable = "HOOKBRIDGE_ADMIN_TOKEN"

// client speaks to the running daemon, at --admin or where the configuration has it listen.
func (p *program) client() (*admin.Client, error) {
	if p.admin != "" {
		return admin.NewClient(p.admin, setting.NewSecret(os.Getenv(tokenVariable))), nil
	}
	c, diags := config.LoadAdmin(p.path, p.options(slog.New(slog.DiscardHandler)))
	if diags.HasErrors() {
		return nil, &daemon.Invalid{Diagnostics: diags, Files: c.Files}
	}
	return admin.NewClient(c.Admin.Listen, c.Admin.Token), nil
}

// period is the flags --since and --until, each an instant or a time before now.
type period struct{ since, until string }

func (t period) read(now time.Time) (since, until time.Time, err error) {
	since, err = instant(t.since, now)
	if err != nil {
		return since, until, usage(fmt.Errorf("read --since: %w", err))
	}
	until, err = instant(t.until, now)
	if err != nil {
		return since, until, usage(fmt.Errorf("read --until: %w", err))
	}
	return since, until, nil
}

func instant(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := setting.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("it takes a time such as 2006-01-02T15:04:05Z, or how long ago such as 24h or 7d")
}

// ago writes an instant of the past for a table.
func ago(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return setting.FormatDuration(time.Since(at).Round(time.Second)) + " ago"
}

// until writes an instant to come for a table.
func until(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return "in " + setting.FormatDuration(max(0, time.Until(at)).Round(time.Second))
}

// short bounds a text for a cell of a table.
func short(text string, most int) string {
	runes := []rune(printable([]byte(text)))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}
