package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"

	"github.com/hookbridge/hookbridge/bridge"
)

// A classed error names its own kind of failure. A sink may return one where the kinds known here do not
// fit: "body" says that the body to send could not be made, "file" that a file could not be written, "egress" that the
// egress guard let no connection pass, "proxy" that a proxy led no further, "protocol" that the answer cannot be read.
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
	case hasOp(err, "proxyconnect", "socks connect"):
		return "proxy"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case isTLS(err):
		return "tls"
	case isReset(err):
		return "reset"
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

// isTLS tells that the two sides did not agree on how to trust each other. An alert, which ends that, is known by its
// operation: its type is not exported.
func isTLS(err error) bool {
	return hasOp(err, "remote error", "local error") ||
		is[*tls.CertificateVerificationError](err) || is[tls.AlertError](err) || is[tls.RecordHeaderError](err)
}

// hasOp reports whether one of these operations failed, as net and the packages above it name them.
func hasOp(err error, names ...string) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (slices.Contains(names, op.Op) || hasOp(op.Err, names...))
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
