package route

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge/egress"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// TLS is the block tls { … }.
type TLS struct {
	CA         hcl.Expression `hcl:"ca,optional"`
	Cert       hcl.Expression `hcl:"cert,optional"`
	Key        hcl.Expression `hcl:"key,optional"`
	MinVersion hcl.Expression `hcl:"min_version,optional"`
	Range      hcl.Range      `hcl:",def_range"`
}

// security is what the block says. The origin of the config has to show a certificate of the given authorities;
// other servers, such as one that gives out tokens, one of these or of those that the system trusts. The
// certificate of the client goes to the origin alone.
type security struct {
	ca   []byte // nil: what the system trusts
	pair *pair  // nil: none
	min  uint16
}

func readTLS(r *setting.Reader, b *TLS) *security {
	if b == nil {
		return nil
	}
	s := &security{min: map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[r.OneOf(
		b.MinVersion, "1.2", "1.2", "1.3")]}
	if ca := r.Secret(b.CA); !ca.IsZero() {
		s.ca = []byte(ca.Reveal())
		if !x509.NewCertPool().AppendCertsFromPEM(s.ca) {
			r.Fail(b.CA, "Invalid certificate", "It takes certificates in PEM, such as file(\"ca.pem\") reads.")
		}
	} else if setting.Given(b.CA) && !r.Diagnostics().HasErrors() {
		r.Fail(b.CA, "Invalid certificate", "It is empty, and nobody would be trusted.")
	}
	s.pair = readPair(r, b)
	return s
}

func readPair(r *setting.Reader, b *TLS) *pair {
	cert, key := setting.Given(b.Cert), setting.Given(b.Key)
	switch {
	case cert && !key:
		r.Fail(b.Cert, "Certificate without a key", "Give the key that belongs to it as key.")
	case key && !cert:
		r.Fail(b.Key, "Key without a certificate", "Give the certificate that belongs to it as cert.")
	}
	if !cert || !key {
		return nil
	}
	before := len(r.Diagnostics())
	p := &pair{cert: r.Live(b.Cert, nil), key: r.Live(b.Key, nil)}
	if err := p.load(); err != nil && len(r.Diagnostics()) == before {
		r.Fail(b.Cert, "Invalid certificate", "Certificate and key have to be in PEM, and to belong together.")
	}
	return p
}

// own is for the origin of the config.
func (s *security) own() *tls.Config {
	config := &tls.Config{MinVersion: s.min}
	if s.ca != nil {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(s.ca)
	}
	if s.pair != nil {
		config.GetClientCertificate = s.pair.get
	}
	return config
}

// other is for everybody else: servers that the first one leads to, and a proxy on the way.
func (s *security) other() *tls.Config {
	if s == nil {
		return &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config := &tls.Config{MinVersion: s.min}
	if system, err := x509.SystemCertPool(); s.ca != nil && err == nil {
		system.AppendCertsFromPEM(s.ca)
		config.RootCAs = system
	}
	return config
}

// handshakeTime is as long as a proxy may take to agree on TLS.
const handshakeTime = 10 * time.Second

// encrypted speaks TLS with whoever it dials.
func encrypted(dial egress.DialFunc, config *tls.Config) egress.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		named := config.Clone()
		named.ServerName, _, _ = net.SplitHostPort(address)
		ctx, cancel := context.WithTimeout(ctx, handshakeTime)
		defer cancel()
		secure := tls.Client(conn, named)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("speak TLS with the proxy: %w", err)
		}
		return secure, nil
	}
}

// A pair is a certificate and its key, which follow their files.
type pair struct {
	cert, key *setting.Live

	mu     sync.Mutex
	stamps [2]uint64 // versions of what is loaded
	loaded *tls.Certificate
}

// get returns the certificate of now. Files that are half replaced leave the one before.
func (p *pair) get(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	err := p.load()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded == nil {
		return nil, err
	}
	return p.loaded, nil
}

func (p *pair) load() error {
	cert, one := p.cert.Versioned()
	key, two := p.key.Versioned()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded != nil && p.stamps == [2]uint64{one, two} {
		return nil
	}
	loaded, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return err
	}
	p.loaded, p.stamps = &loaded, [2]uint64{one, two}
	return nil
}
