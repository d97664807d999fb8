// Package poll turns what a source lists into events: it polls when a source is due, compares the items
// with what is known of them, and commits the changes together with their events.
//
// When a source is due. An interval is one on the monotonic clock, from the start of a poll to the start of the
// next, on a grid that slow polls do not shift. A cron goes by the clock on the wall, by the rules of package
// calendar, and no tick of it is polled twice; where that clock jumps forward over ticks, or the program was
// down, one poll makes up for them, and where it jumps back by up to three hours, ticks that come again are left
// out. On top of that a poll is put off by jitter, by failures, by what the server asked, and to the opening of a
// window. A tick that was put off happens when the time is over, not at the next tick.
//
// What counts as a change. An updated state may have to be seen in several polls in a row (Settle), and an
// absence in several complete ones (Guard.ConfirmPolls). What comes is told at once all the same: nothing false
// is said by it, and to hold it back would take a body that is known and not known. What goes is told at once where
// the source says so item by item.
//
// While anything waits, the source has to list it again, since to keep the body of every candidate in the state
// would double what is stored. A source of full listings is asked for everything, without its cursor: a server
// that answers "unchanged" would keep the candidate waiting. A source that lists only what changed is asked again
// from where it was asked before the change was seen, so that it lists the change once more, and in the meantime
// others: its cursor is held back for as many polls as it takes. Where it does not list a change again that it
// should, or where a full listing misses an item, it is asked for everything. So a change that is seen once is
// told or taken back, within as many polls as it takes to settle and one, and an item is absent only where all
// were listed: after a sweep that misses one, ConfirmPolls makes as many sweeps in a row.
//
// A window cannot list a change again that has scrolled away meanwhile. That one is not told.
//
// What is kept of what does not count. The stored copy of an item follows changes in fields that are ignored, so
// that the next event tells them as they last were; of a large collection in which every item bears such a field,
// a share of the copies follows with each poll (follow.go).
//
// Keys that cannot be compared. Where the source says that its keys are made in another way than those that are
// known, it is held and not even polled. Where the API itself has changed the shape of its keys, the items tell
// by what stayed of them.
package poll
