// Package deliver drains the outbox: one [Loop] per sink claims the deliveries that are due, makes the
// attempts, and settles each as done, deferred or buried.
//
// What it promises: at most one attempt of a delivery at a time, each under the sink's timeout and recorded
// with its outcome; a delivery leaves the outbox only when the sink took it or it was buried; a slow or
// broken sink holds back nothing but itself. What it does not promise: that a receiver sees an event only
// once. An attempt whose answer was lost, or whose outcome could not be written, is made again, with the
// same id and the same bytes.
//
// What holds deliveries back. An operator's pause, and a receiver that asked for no more (410), stop a sink until it is
// resumed. An endpoint that fails for several items in a row gets single attempts until it answers, a rate and a
// receiver that is asked too much (429) space attempts out. None of this uses up an attempt, and what waits waits on
// disk. Where a sink stands is kept in the state, in one commit with the outcome that changed it and the events that
// tell of it, so that a kill neither forgets a 410 nor says so twice.
//
// What leaves together. A sink that takes batches gets several deliveries in one attempt, under one id. What is in a
// batch is durable before the first attempt of it, so that the id always stands for the same bytes; a batch that was
// refused is taken apart, so that what a receiver cannot take harms nothing else. From then on its events go alone:
// a receiver knows them by their own ids.
//
// The order of deliveries is the store's business, which gives out no delivery while an earlier one of the
// same order is pending. Waiting is the store's business too: a deferred delivery has its due time there,
// so that a schedule of days survives restarts, and this package keeps nothing that it could lose.
package deliver
