package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"
)

// Notifier tells the service manager where the daemon stands, over the socket that systemd names in
// $NOTIFY_SOCKET (sd_notify(3)). The zero Notifier tells nobody.
type Notifier struct {
	Enabled  bool
	Watchdog time.Duration // 0: the service manager watches nothing
}

// NewNotifier reads from the environment whether there is a service manager.
func NewNotifier() (Notifier, error) {
	watchdog, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return Notifier{}, fmt.Errorf("read watchdog from environment: %w", err)
	}
	return Notifier{Enabled: true, Watchdog: watchdog}, nil
}

func (n Notifier) ready(status string) { n.say(daemon.SdNotifyReady + "\nSTATUS=" + status) }
func (n Notifier) stopping()           { n.say(daemon.SdNotifyStopping) }

// reloading needs the time of the monotonic clock, as Type=notify-reload asks (systemd.service(5)).
func (n Notifier) reloading() {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err == nil {
		n.say(fmt.Sprintf("%s\nMONOTONIC_USEC=%d", daemon.SdNotifyReloading, now.Nano()/1000))
	}
}

func (n Notifier) say(state string) {
	if n.Enabled {
		_, _ = daemon.SdNotify(false, state) // without a service manager nobody hears, which is fine
	}
}

// feed feeds the watchdog for as long as alive finds that the loops make progress.
func (n Notifier) feed(ctx context.Context, alive func(context.Context) error) error {
	defer n.stopping()
	if n.Watchdog == 0 {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(n.Watchdog / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if alive(ctx) == nil {
				n.say(daemon.SdNotifyWatchdog)
			}
		}
	}
}
