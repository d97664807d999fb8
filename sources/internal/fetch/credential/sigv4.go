package credential

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

// sigV4Block is the body of auth "aws_sigv4".
type sigV4Block struct {
	Region       hcl.Expression `hcl:"region"`
	Service      hcl.Expression `hcl:"service"`
	AccessKey    hcl.Expression `hcl:"access_key"`
	SecretKey    hcl.Expression `hcl:"secret_key"`
	SessionToken hcl.Expression `hcl:"session_token,optional"`
}

// sigV4 signs each request anew, with its query and its body, by Signature Version 4 of AWS.
type sigV4 struct {
	*hidden
	region, service string
	accessKey       *setting.Live
	secretKey       *setting.Live
	sessionToken    *setting.Live
	signer          *v4.Signer
}

func (o *opening) sigv4() Credential {
	var b sigV4Block
	o.Report(gohcl.DecodeBody(o.body, nil, &b))
	s := &sigV4{
		hidden: &hidden{}, region: o.scope(b.Region, "region"), service: o.scope(b.Service, "service"),
		accessKey: o.live(b.AccessKey, "access_key", nil), secretKey: o.live(b.SecretKey, "secret_key", nil),
		sessionToken: o.optional(b.SessionToken),
	}
	s.signer = v4.NewSigner(func(options *v4.SignerOptions) { options.DisableURIPathEscaping = s.isStorage() })
	s.look()
	return s
}

// scope reads a part of what AWS calls the scope of a signature.
func (o *opening) scope(x hcl.Expression, name string) string {
	if !o.Required(x, name) {
		return ""
	}
	before := len(o.Diagnostics())
	text := o.String(x, "")
	if !regexp.MustCompile(`^[a-z0-9-]+$`).MatchString(text) && len(o.Diagnostics()) == before {
		o.Fail(x, "Invalid "+name, "Give the code that AWS has for it, such as eu-west-1 or execute-api, and not %q.", text)
	}
	return text
}

// isStorage reports whether the service is S3, which wants paths as they are and the hash of the body in a header
// (Amazon S3, "Authenticating Requests: Using the Authorization Header").
func (s *sigV4) isStorage() bool { return strings.HasPrefix(s.service, "s3") }

func (s *sigV4) Kind() string   { return "aws_sigv4" }
func (s *sigV4) Header() string { return "Authorization" }

// look reads the keys of now.
func (s *sigV4) look() (aws.Credentials, Stamp) {
	access, one := s.accessKey.Versioned()
	secret, two := s.secretKey.Versioned()
	session, three := s.sessionToken.Versioned()
	s.hide(access, secret, session)
	return aws.Credentials{AccessKeyID: access, SecretAccessKey: secret, SessionToken: session}, Stamp(one + two + three)
}

func (s *sigV4) Prepare(context.Context, *http.Client) error { return nil }

func (s *sigV4) Ready() bool { return true }

func (s *sigV4) Sign(req *http.Request) (Stamp, error) {
	sum, err := hashOf(req)
	if err != nil {
		return 0, fmt.Errorf("hash body: %w", err)
	}
	if s.isStorage() {
		req.Header.Set("X-Amz-Content-Sha256", sum)
	}
	coding := req.Header["Accept-Encoding"] // what stands in between may change it
	req.Header.Del("Accept-Encoding")
	keys, stamp := s.look()
	err = s.signer.SignHTTP(req.Context(), keys, req, sum, s.service, s.region, time.Now())
	if coding != nil {
		req.Header["Accept-Encoding"] = coding
	}
	return stamp, err
}

// hashOf hashes the body and leaves it to be sent.
func hashOf(req *http.Request) (string, error) {
	sum := sha256.New()
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err == nil {
			_, err = io.Copy(sum, body)
		}
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Renew looks whether the files hold other keys by now.
func (s *sigV4) Renew(_ context.Context, _ *http.Client, used Stamp) (bool, error) {
	if _, now := s.look(); now == used {
		for _, key := range []*setting.Live{s.accessKey, s.secretKey, s.sessionToken} {
			key.Renew()
		}
	}
	_, now := s.look()
	return now != used, nil
}
