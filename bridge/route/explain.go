package route

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
)

// Explain adds to an error of a transport what can be done about it, where it is about certificates or versions of
// TLS. It returns other errors as they are.
func (w Route) Explain(err error) error {
	if advice := w.advice(err); advice != "" {
		return fmt.Errorf("%w: %s", err, advice)
	}
	return err
}

func (w Route) advice(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		if w.tls != nil && w.tls.ca != nil {
			return "none of the authorities in tls { ca } vouches for it"
		}
		return "if it is the right server, name its authority: tls { ca = file(…) }"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the URL has to name the server as the certificate does"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "whoever runs the server has to renew it, if the clock of this machine is right"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "does the URL have to begin with http://?"
	}
	return w.adviceOn(alertOf(err))
}

// adviceOn is about alerts by which servers end a handshake (RFC 8446, section 6.2).
func (w Route) adviceOn(alert string) string {
	const (
		handshakeFailure    = 40
		badCertificate      = 42
		certificateUnknown  = 46
		unknownCA           = 48
		accessDenied        = 49
		protocolVersion     = 70
		certificateRequired = 116
	)
	is := func(code tls.AlertError) bool { return alert == code.Error() }
	refused := is(unknownCA) || is(accessDenied) || is(certificateRequired)
	for code := tls.AlertError(badCertificate); code <= certificateUnknown; code++ {
		refused = refused || is(code)
	}
	switch {
	case refused && w.tls != nil && w.tls.pair != nil:
		return "the server does not take the certificate in tls { cert }"
	case refused:
		return "the server asks for a certificate, it seems: tls { cert = file(…), key = file(…) }"
	case is(handshakeFailure):
		return "the two sides have no cipher in common, or the server asks for a certificate: tls { cert, key }"
	case is(protocolVersion):
		return "the server speaks no version of TLS from tls { min_version } on"
	}
	return ""
}

// alertOf is the text of the alert that the other side sent. The type that bears it is not exported; its text is that
// of [tls.AlertError].
func alertOf(err error) string {
	for {
		op, ok := errors.AsType[*net.OpError](err)
		switch {
		case !ok:
			return ""
		case op.Op == "remote error":
			return op.Err.Error()
		}
		err = op.Err
	}
}
