package deliver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/egress"
)

// D11
func TestEachKindOfFailureHasItsClass(t *testing.T) {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	for _, tc := range []struct {
		err    error
		status int
		want   string
	}{
		{errors.New("status 502"), 502, "status"},
		{bridge.Gone(errors.New("status 410")), 410, "status"},
		{context.DeadlineExceeded, 502, "status"},
		{context.DeadlineExceeded, 0, "timeout"},
		{&timeoutError{time.Second}, 0, "timeout"},
		{fmt.Errorf("%w: %w", &timeoutError{time.Second}, dial(syscall.ECONNREFUSED)), 0, "timeout"},
		{dial(&net.DNSError{Err: "no such host", IsNotFound: true}), 0, "dns"},
		{dial(&net.DNSError{Err: "i/o timeout", IsTimeout: true}), 0, "dns"},
		{dial(syscall.ECONNREFUSED), 0, "refused"},
		{dial(syscall.ENETUNREACH), 0, "network"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, 0, "reset"},
		{&net.OpError{Op: "write", Err: syscall.EPIPE}, 0, "reset"},
		{fmt.Errorf("post event: %w", io.EOF), 0, "reset"},
		{io.ErrUnexpectedEOF, 0, "reset"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, 0, "tls"},
		{dial(tls.AlertError(42)), 0, "tls"},
		{fmt.Errorf("post event: %w", &net.OpError{Op: "remote error", Err: errors.New("tls: bad certificate")}), 0, "tls"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: dial(syscall.ECONNREFUSED)}, 0, "proxy"},
		{&net.OpError{Op: "proxyconnect", Net: "tcp", Err: egress.Refuse("it")}, 0, "egress"},
		{&net.OpError{Op: "socks connect", Net: "tcp", Err: errors.New("unknown error host unreachable")}, 0, "proxy"},
		{dial(egress.Guard{}.Check(netip.IPv4Unspecified())), 0, "egress"},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, 0, "tls"},
		{bridge.Permanent(fmt.Errorf("send: %w", named{})), 0, "named by the sink"},
		{context.Canceled, 0, "canceled"},
		{bridge.Permanent(&panicError{"x"}), 0, "panic"},
		{bridge.Permanent(errors.New("hopeless")), 0, "permanent"},
		{errors.New("who knows"), 0, "other"},
	} {
		if got := class(tc.err, tc.status); got != tc.want {
			t.Errorf("%v with status %d is %q, not %q", tc.err, tc.status, got, tc.want)
		}
	}
}

// named is an error of a sink that names its own class.
type named struct{}

func (named) Error() string { return "named" }
func (named) Class() string { return "named by the sink" }
