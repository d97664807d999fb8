// Package inspect looks at the files of a Badger database before Badger opens them. Badger takes much for the
// work of a kill and repairs it by forgetting: it cuts a log at the first entry that it cannot read, begins
// anew where a file is gone, removes tables that its manifest has lost, leaves out a table whose checksum is
// wrong, and dies of some tables in a goroutine of its own. What a kill leaves and what damage leaves can be told
// apart, and here they are:
//
//   - Each block of each table is read, and its checksum compared. Badger itself would pass over a block that
//     fails in silence, as if its rows were not there.
//   - Each transaction says which one was before it ([Options.Link]). So a log or a table that is missing between
//     others leaves a hole that is seen, wherever it was cut.
//   - The newest transaction that was acknowledged is known from elsewhere ([Options.Acknowledged]). So what is
//     missing at the end is seen too.
//   - After a loss of power the last transaction in a log may be half there. Nothing was acknowledged that came
//     after it: where more than one transaction stands behind the first entry that cannot be read, it was no loss
//     of power that spoilt it.
//
// What remains is the end of a log after a loss of power: while the operating system has not written down yet
// what was acknowledged last, which takes it half a minute at most, damage to the very last transaction looks like
// the work of that loss.
//
// Nothing is changed until all is found well. [Tidy] then removes what Badger would stumble over.
package inspect
