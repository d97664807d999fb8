package subject

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// ProfileCPU writes a CPU profile of the next while to a file, and returns when that is over.
func (s *Subject) ProfileCPU(ctx context.Context, file string, d time.Duration) error {
	return s.profile(ctx, file, fmt.Sprintf("profile?seconds=%d", int(d.Seconds())))
}

// ProfileHeap writes what the program has allocated to a file.
func (s *Subject) ProfileHeap(ctx context.Context, file string) error {
	return s.profile(ctx, file, "heap")
}

func (s *Subject) profile(ctx context.Context, file, name string) error {
	var dialer net.Dialer
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", s.socket)
		},
		DisableKeepAlives: true,
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/debug/pprof/"+name, http.NoBody)
	if err != nil {
		return fmt.Errorf("take profile: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("take profile: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("take profile: status %s", response.Status)
	}
	to, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	defer to.Close()
	if _, err := io.Copy(to, response.Body); err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	return to.Close()
}
