package webhook

import (
	"bytes"
	"context"
	"fmt"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/envelope"
	"github.com/hookbridge/hookbridge/bridge/setting"
)

// typeBatch stands for the type of the event where a scheme tells that of what it signs.
const typeBatch = "batch"

// many is how several events leave together: an array, of which each element bears the id of its event.
type many struct {
	kind  string // the Content-Type
	write func(e bridge.Event, data []byte) []byte
}

// A batching webhook has a format in which several events can leave together.
type batching struct{ *Webhook }

var _ bridge.Batcher = batching{}

// ready is the sink as what it is able to do.
func (w *Webhook) ready() bridge.Sink {
	if w.format.many == nil {
		return w
	}
	return batching{w}
}

// Fit is described at [bridge.Batcher]. What is too large for max_body on its own goes alone.
func (b batching) Fit(events []bridge.Event) int {
	size := len("[]")
	for i, e := range events {
		if size += len(b.element(e)) + len(","); size > b.maxBody && i > 0 {
			return i
		}
	}
	return len(events)
}

// SendBatch is described at [bridge.Batcher]. It makes one request, whose id is the batch's.
func (b batching) SendBatch(ctx context.Context, id string, events []bridge.Event) (bridge.Receipt, error) {
	elements := make([][]byte, len(events))
	for i, e := range events {
		elements[i] = b.element(e)
	}
	body := bytes.Join(elements, []byte(","))
	body = append(append([]byte{'['}, body...), ']')
	if len(body) > b.maxBody {
		cause := fmt.Errorf("%d bytes, more than max_body = %s", len(body), setting.Bytes(b.maxBody))
		return bridge.Receipt{}, bridge.Permanent(&bodyError{cause})
	}
	message := b.message(id, typeBatch, body)
	message.Header.Set("Content-Type", b.format.many.kind)
	return b.post(ctx, message)
}

// element is an event in an array, without before and after where it would be too large with them even alone.
func (b batching) element(e bridge.Event) []byte {
	whole := b.format.many.write(e, envelope.Data(e))
	if len(whole)+len("[]") <= b.maxBody {
		return whole
	}
	return b.format.many.write(e, envelope.TruncatedData(e))
}
