// Command hookbridge turns polling into push: it polls APIs that offer no webhooks, and sends what changed
// as signed webhooks.
//
// A program with plugins of its own is this page with longer lists.
package main

import (
	"os"
	_ "time/tzdata" // zones of schedules hold on machines that know none

	"github.com/hookbridge/hookbridge/cmd/hookbridge/command"
)

func main() { os.Exit(command.Main(sources(), sinks())) }
