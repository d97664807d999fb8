// Package deliver drains the outbox: it claims what is due for a sink, makes the attempts, and settles each
// as done, as to be tried again, or as a dead letter.
package deliver
