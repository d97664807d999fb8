// Package poll turns what a source lists into events: it polls when a source is due, compares the items
// with what is known of them, and commits the changes together with their events.
package poll
