// Package simulation is a test of the whole and holds nothing else: an upstream, the bridge, receivers, an operator
// and a crooked clock run through months of fake time under testing/synctest, with crashes and reloads, and an
// oracle that knows only what these saw says what should have been delivered.
//
// Between the two ends everything is real but the wires: sources/http, bridge/poll, bridge/config, bridge/deliver
// and sinks/webhook, over bridge/store/ramdisk (thousands of seeds) or bridge/store/badger (dozens). All that is
// left open is decided by a seed, and each decision by what it is about, so that a seed repeats its run to the
// nanosecond; over Badger, whose ids are random, it repeats the plan.
//
// # How to read a failure
//
// A failure names its seed, the first violations in the order of time, and the command that runs the seed again.
// The word after VIOLATION is the promise: lost, invented, duplicate, order, id, content, state (a kill left what no
// kill may leave), held or not held, believed (a poll went well that could not), refused (one failed that was good),
// too soon, too late, attempts, still (a sink that stands still sent something), late or burst (of polls), health,
// picture (what is known in the end). Below it stand the lines of the trace that are about the source, sink or item,
// before and after: a line of a poll shows each answer in brackets and what became of it, a line of an attempt the
// id, how often it came, what the receiver did. Run the seed with -v for all lines. If "oracle" is the word, or the
// trace shows what ought to have happened, then the oracle is wrong: it is written after the statements of the
// promises, in model_test.go and judge_test.go, and is the place to look at second.
package simulation
