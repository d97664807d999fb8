// Package examples holds configurations to start from. Each directory is one, and each of them is checked by
// the tests of the program.
package examples

import "embed"

// Files are the examples, by directory.
//
//go:embed quickstart github-issues rss-to-chat status-page rest-collection github-issues-since gitlab stripe-like
//go:embed hubspot wordpress shopify google-calendar microsoft-graph graphql tickets-and-comments
//go:embed jira aws slack discord teams json-api catch-hooks private-network reference
var Files embed.FS
