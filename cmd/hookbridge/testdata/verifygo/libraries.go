package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-github/v84/github"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	stripe "github.com/stripe/stripe-go/v84/webhook"
	svix "github.com/svix/svix-webhooks/go"
)

// A library verifies the webhooks of a scheme.
type library struct {
	name   string
	module string
	scheme string
	verify func(captured) error
}

func libraries() []library {
	return []library{
		{"standard-webhooks", "github.com/standard-webhooks/standard-webhooks/libraries", "standard", verifyStandard},
		{"svix", "github.com/svix/svix-webhooks", "standard", verifySvix},
		{"go-github", "github.com/google/go-github/v84", "github", verifyGitHub},
		{"stripe-go", "github.com/stripe/stripe-go/v84", "stripe", verifyStripe},
	}
}

func verifyStandard(c captured) error {
	webhook, err := standardwebhooks.NewWebhook(c.Key)
	if err != nil {
		return err
	}
	return webhook.Verify(c.Body, c.header())
}

func verifySvix(c captured) error {
	webhook, err := svix.NewWebhook(c.Key)
	if err != nil {
		return err
	}
	return webhook.Verify(c.Body, c.header())
}

// verifyGitHub does as a receiver of GitHub's webhooks does, which reads the type and the id as well.
func verifyGitHub(c captured) error {
	request := &http.Request{Method: c.Method, Header: c.header(), Body: io.NopCloser(bytes.NewReader(c.Body))}
	payload, err := github.ValidatePayload(request, []byte(c.Key))
	switch {
	case err != nil:
		return err
	case !bytes.Equal(payload, c.Body):
		return errors.New("the payload is not the body")
	case github.DeliveryID(request) != c.header().Get("Webhook-Id"):
		return fmt.Errorf("the id is %q", github.DeliveryID(request))
	case github.WebHookType(request) != "order.changed" && github.WebHookType(request) != "order.named":
		return fmt.Errorf("the type is %q", github.WebHookType(request))
	}
	return nil
}

func verifyStripe(c captured) error {
	return stripe.ValidatePayload(c.Body, c.header().Get("Stripe-Signature"), c.Key)
}
