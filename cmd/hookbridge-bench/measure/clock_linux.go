package measure

import (
	"fmt"
	"os"
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

// Sleep sleeps, to a tenth of a millisecond. A timer of the runtime is up to a millisecond late in a process that has
// little to do, because it waits for files and timers in one call, which counts in milliseconds; this one is a file.
func Sleep(d time.Duration) error {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("make timer: %w", err)
	}
	timer := os.NewFile(uintptr(fd), "timer")
	defer timer.Close()
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(d.Nanoseconds())}, nil); err != nil {
		return fmt.Errorf("set timer: %w", err)
	}
	_, err = timer.Read(make([]byte, 8)) // how often it went off
	return err
}
