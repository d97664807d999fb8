package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/hookbridge/hookbridge/bridge"
)

// A classed error names its own kind of failure. A sink may return one where the kinds known here do not
// fit: "body" says that the body to send could not be made, "file" that a file could not be written.
type classed interface {
	error
	Class() string
}

// class names the kind of failure, for people and for metrics. The first that fits counts: what an answer
// said goes before how its reading ended.
func class(err error, status int) string {
	if c, ok := errors.AsType[classed](err); ok {
		return c.Class()
	}
	switch {
	case status != 0:
		return "status"
	case is[*net.DNSError](err):
		return "dns"
	case isTimeout(err):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	return networkClass(err)
}

func isTimeout(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	e, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && e.Timeout()
}

func networkClass(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case isReset(err):
		return "reset"
	case isTLS(err):
		return "tls"
	case is[*net.OpError](err):
		return "network"
	case bridge.IsPermanent(err):
		return "permanent"
	}
	return "other"
}

// isReset tells that the other side, or something on the way, ended the connection.
func isReset(err error) bool {
	for _, known := range []error{
		syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

func isTLS(err error) bool {
	return is[*tls.CertificateVerificationError](err) || is[tls.AlertError](err) || is[tls.RecordHeaderError](err)
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
