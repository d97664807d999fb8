// Package deliver drains the outbox: one [Loop] per sink claims the deliveries that are due, makes the
// attempts, and settles each as done, deferred or buried.
//
// What it promises: at most one attempt of a delivery at a time, each under the sink's timeout and recorded
// with its outcome; a delivery leaves the outbox only when the sink took it or it was buried; a slow or
// broken sink holds back nothing but itself. What it does not promise: that a receiver sees an event only
// once. An attempt whose answer was lost, or whose outcome could not be written, is made again, with the
// same id and the same bytes.
//
// The order of deliveries is the store's business, which gives out no delivery while an earlier one of the
// same order is pending. Waiting is the store's business too: a deferred delivery has its due time there,
// so that a schedule of days survives restarts, and this package keeps nothing that it could lose.
package deliver
