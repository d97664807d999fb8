// Package tape records what goes over the wire between a source and its servers, and plays it back without them. It
// knows requests and answers, and nothing of polls.
//
// A [Recorder] and a [Player] are each a [bridge.Tape]. What was recorded is a [Recording], kept in a folder of
// small files that people read, edit and check in: recording.json says what was recorded and when, 001.json is the
// first exchange, 001.body.json what it was answered, and each.ndjson the items of another source for which this one
// listed, where there is such a one.
//
// A recording holds no secret. Of what the source read from outside of its configuration each text is replaced,
// wherever it stands, by a stand-in that is made of its name: the environment variable CRM_TOKEN is hidden-CRM_TOKEN
// in URLs, bodies and headers alike. A replay reads the stand-ins in the place of the environment, so that all that
// fitted together still does: a link in an answer leads to where the configuration asks. (To blot the secrets out
// would be simpler, and an API whose address comes from the environment could not be replayed.) All else that a
// source keeps out of its traces is blotted out. What is no secret by its looks stays, since a recording without it
// would be of no use: quantities, numbers of up to five digits, the scheme and host of the servers that were asked,
// and what the configuration says openly anyway.
//
// Requests are matched by method, URL and body, those that are alike in their order. Headers are for people.
package tape
