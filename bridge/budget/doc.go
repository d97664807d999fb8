// Package budget keeps the requests of many sources within what an operator and a server allow together.
//
// A [Budget] has a line in which requests wait. Its order is fair, and lets what was begun come to its end: a
// poll takes its place with its first request and keeps it for a number of requests, so that the few pages of
// one listing are read together rather than each with a minute in between; a long listing goes back to the
// end of the line again and again. (Strict turns, one request each, would let every one of ten listings of
// three pages run into its timeout where the server grants ten requests a minute.) Who is told to come back
// later keeps the place in the line, so that nobody starves although the line is left meanwhile.
//
// What a server says of its limits is believed until a later answer says otherwise: the share of what was
// left at first that the operator reserves is kept free, requests under way are counted as spent, and when
// the window is over, or nothing is known yet, one request goes ahead alone to find out.
//
// A budget holds one clock of each kind, so that one that is shared by several credentials, each with a limit
// of its own at the server, keeps them all to the strictest: these are better given a budget each.
package budget
