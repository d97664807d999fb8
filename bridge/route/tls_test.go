package route

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// The certificate of a client is replaced in its files, one after the other, without a reload.
func TestAClientCertificateFollowsItsFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		write := func(name string, block *pem.Block) {
			if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cert, key := selfSigned(t, 1)
		write("cert", cert)
		write("key", key)
		r := setting.NewReader(&hcl.EvalContext{Functions: setting.NewLookup(nil, dir).Functions()})
		p := readPair(r, &TLS{Cert: parsed(t, `file("cert")`), Key: parsed(t, `file("key")`)})
		if p == nil || r.Diagnostics().HasErrors() {
			t.Fatal(r.Diagnostics())
		}
		expect := func(serial int64) {
			t.Helper()
			time.Sleep(5 * time.Second)
			loaded, err := p.get(nil)
			if err != nil || loaded.Leaf.SerialNumber.Int64() != serial {
				t.Errorf("%v, error %v, want %d", loaded, err, serial)
			}
		}
		expect(1)
		cert, key = selfSigned(t, 2)
		write("cert", cert)
		expect(1) // the key is still the old one
		write("key", key)
		expect(2)
	})
}

func selfSigned(t *testing.T, serial int64) (cert, key *pem.Block) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, own.Public(), own)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return &pem.Block{Type: "CERTIFICATE", Bytes: der}, &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}
}

func parsed(t *testing.T, text string) hcl.Expression {
	t.Helper()
	x, diags := hclsyntax.ParseExpression([]byte(text), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return x
}
