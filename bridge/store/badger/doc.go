// Package badger keeps the state of one hookbridge process in an embedded Badger database. It fulfils
// [store.Store], and the suite in bridge/store/storetest holds it to that contract.
//
// # Rows
//
// Sources and sinks have short numbers, so that a key holds four bytes of a name and forgetting a source is
// one row: a name that comes back gets another number. Numbers in keys are big-endian. Every value is sealed
// with a version and a checksum over key and value (record.go).
//
//	N kind name           number of a source or a sink
//	m source              memory
//	P source page         page of the index: the entries of a few slots, apart from the bodies so that an unchanged
//	                      poll reads little
//	C source page         sheaf: the snapshots of items that came together, compressed
//	c source slot         snapshot of another: key and body, or the number of a blob; counts before the sheaf's
//	f source              a forgotten source whose rows are still being removed
//	o blob, b blob part   a snapshot too large for one transaction: its owner, its parts
//	e number              event, p number part: the bodies of a large one
//	g number              events from this number on are staged: written, but not committed
//	I id                  number of an event
//	1 number sink         delivery with its state, which is the marker that tells a live row from a revived one
//	2 sink due number     a delivery that may go
//	3 sink order          which delivery of an order may go, and the bounds of those that wait behind it
//	4 sink order number   a delivery that waits behind an earlier one of its order
//	x sink number         a dead letter
//	t sink                where a sink stands: paused, disabled, failing
//	k name                a secret that a credential lives on
//
// # Decisions
//
// Badger rewrites whatever lies between the first and the last of the keys that come together into a table. So what
// is written all the time, the rows of queues and the few that every transaction writes, lies beside each other at
// the beginning of the keys, and items are kept in the order in which they came, in slots, and not by the hashes of
// their keys: a first poll of a million items writes each body two or three times then, and not ten.
//
// One goroutine writes. Badger syncs once for each transaction and does not group them, so this goroutine
// merges all writes that wait into one transaction, and answers them after its sync. It reads what a write
// depends on in the same place, so nothing can conflict, and conflict detection, which remembers the keys of
// every commit for as long as any reader is open, is off.
//
// Of an order, the lowest pending number is the one with a row 2, in every state that reaches the disk. What
// is claimed lives in memory only, with the orders that are under way. So a redelivered revision that is
// earlier than one under way is next after it, and a kill in between changes nothing.
//
// A delivery that waited becomes due when its turn comes, not when it was queued: rows 2 are then added near
// the place where claims read, and no claim walks over the markers that Badger leaves for deleted rows.
//
// An event that does not fit into the transaction of its commit is written before it under a marker g and
// becomes visible with the commit; what a crash leaves behind is removed at the next start. Splitting the
// commit itself would break the rule that an item and its events stand or fall together; one blob for each
// event would cost a row and a place in memory for each of a million.
package badger
