package fetch

import (
	"net/url"
	"slices"
	"strings"
)

// Show returns the URL as errors tell it: scheme, host and path, or without the path where the configured
// URL is a secret. Neither its user information nor its query is told.
func (c *Client) Show(u *url.URL) string {
	place := u.Scheme + "://" + u.Host
	if c.settings.Hidden && !c.offline { // what is played has stand-ins
		return c.veil().Text(place)
	}
	return c.veil().Text(place + u.EscapedPath())
}

// Hides reports whether the URL holds a secret, so that it cannot be kept.
func (c *Client) Hides(u *url.URL) bool {
	return c.settings.Hidden || c.veil().Text(u.String()) != u.String()
}

// trace returns the URL as a trace tells it: with the names in its query, and those of the values that
// stand openly in the config.
func (c *Client) trace(u *url.URL) string {
	shown := c.Show(u)
	if c.settings.Hidden && !c.offline || u.RawQuery == "" {
		return shown
	}
	var pairs []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		pairs = append(pairs, c.tracePair(pair))
	}
	return shown + "?" + strings.Join(pairs, "&")
}

func (c *Client) tracePair(pair string) string {
	name, value, found := strings.Cut(pair, "=")
	plainName, err := url.QueryUnescape(name)
	open := c.offline || slices.Contains(c.settings.shown, plainName) || c.settings.open[plainName] == value
	if !found || err != nil || !open {
		return c.veil().Text(name) + "=…"
	}
	return c.veil().Text(pair)
}
