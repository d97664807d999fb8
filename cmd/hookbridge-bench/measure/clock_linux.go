package measure

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Now is this moment.
func Now() Moment {
	var at unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &at) != nil {
		return 0
	}
	return Moment(at.Nano())
}

// CPU is the time that a process has used so far, user and system, threads that ended included. It comes from the
// process's CPU-time clock, whose number is made from the process's (clock_getcpuclockid(3)), in nanoseconds and not
// in the hundredths of a second of /proc.
func CPU(pid int) (time.Duration, error) {
	const scheduled = 2 // CPUCLOCK_SCHED
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|scheduled, &used); err != nil {
		return 0, fmt.Errorf("read processor time of process %d: %w", pid, err)
	}
	return time.Duration(used.Nano()), nil
}
