package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"
	cloudevents "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// readEvents prints how many CloudEvents there are.
func readEvents(all []captured) error {
	accepted := 0
	for _, one := range all {
		if one.Scheme != "cloudevents" {
			continue
		}
		e, err := readEvent(one)
		if err == nil {
			err = check(e, one)
		}
		if err != nil {
			return fmt.Errorf("cloudevents: %w: %v %s", err, one.Headers, one.Body)
		}
		accepted++
	}
	fmt.Printf("cloudevents %s: %d accepted\n", version("github.com/cloudevents/sdk-go/v2"), accepted)
	return nil
}

func readEvent(c captured) (*event.Event, error) {
	request, err := http.NewRequestWithContext(context.Background(), c.Method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	request.Header = c.header()
	return cloudevents.NewEventFromHTTPRequest(request)
}

// check holds an event against what its receiver needs of it.
func check(e *event.Event, c captured) error {
	var data struct{ Key, Text string }
	if err := e.Validate(); err != nil {
		return err
	}
	if err := json.Unmarshal(e.Data(), &data); err != nil {
		return err
	}
	if e.SpecVersion() != "1.0" || e.ID() != c.Headers["Webhook-Id"] || e.Source() != "/hookbridge/orders" ||
		!strings.HasPrefix(e.Type(), "order.") || e.Time().IsZero() || e.DataContentType() != "application/json" {
		return fmt.Errorf("it reads as %s", e)
	}
	if strings.HasSuffix(c.URL, "/structured") && e.Subject() == "" || data.Key == "" && data.Text == "" {
		return fmt.Errorf("it is about nothing: %s", e)
	}
	return nil
}
