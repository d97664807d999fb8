// Package crashpoint names the places at which the crash tests kill the daemon from within, so that a kill comes
// exactly between two things that it does. Only a program built with the tag crashpoints has them: in any other,
// the functions are empty and leave no trace in the binary, which a test of cmd/hookbridge holds against it.
//
// The environment of a program with the tag says at which point it dies, and at which pass: "store.committed:3"
// in HOOKBRIDGE_CRASH_AT sends SIGKILL the third time that the point is reached. A new place is one constant
// here, one call of [Here] there, and one line in cmd/hookbridge/crash_point_test.go.
package crashpoint

// A Point is a place in the program.
type Point string

// The points, in the order in which a change passes them.
const (
	PollListed     Point = "poll.listed"     // a listing has ended well, and nothing of it is written
	PollChunk      Point = "poll.chunk"      // a chunk of its changes is committed, and more are to come
	PollLast       Point = "poll.last"       // all chunks but the last, which holds the cursor, are
	StoreBlob      Point = "store.blob"      // a body too large for a transaction is written before its commit
	StoreStaged    Point = "store.staged"    // events too large for it are
	StoreCommit    Point = "store.commit"    // a transaction is made, and not written
	StoreCommitted Point = "store.committed" // it is synced, and nobody knows of it
	DeliverClaimed Point = "deliver.claimed" // deliveries are claimed
	DeliverSend    Point = "deliver.send"    // an attempt is about to be made
	SendFirst      Point = "send.first"      // the first byte of a request is on its way
	SendAnswered   Point = "send.answered"   // the header of an answer is read
	FileWritten    Point = "file.written"    // an event is in the file, and not synced
	DeliverSent    Point = "deliver.sent"    // an attempt has ended
	DeliverSettle  Point = "deliver.settle"  // its outcome is about to be written
	DeliverSettled Point = "deliver.settled" // it is
	StoreBackup    Point = "store.backup"    // a backup is begun, or some of its rows are written
	ReloadReady    Point = "reload.ready"    // a new configuration is read, and not in force
	ReloadPolls    Point = "reload.polls"    // it is in force for the sources, and not for the sinks
	ReloadDone     Point = "reload.done"     // it is in force
)
