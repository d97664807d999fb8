package webhook_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
	"github.com/hookbridge/hookbridge/sinks/sinktest"
)

// A framed is one HTTP/2 connection, frame by frame.
type framed struct {
	*http2.Framer
	net.Conn
	streams uint32 // that were opened
}

// answer ends a stream well.
func (f *framed) answer(stream uint32) {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
}

// framing serves HTTP/2 over TLS. It answers the first request of each connection; what becomes of the second is for
// the function to say, which is called when its header has come, and again when its body has.
func framing(t *testing.T, config *tls.Config, second func(f *framed, stream uint32, whole bool)) (address string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	config.NextProtos = []string{"h2"}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	ended, end := context.WithCancel(t.Context())
	t.Cleanup(func() { end(); _ = listener.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer context.AfterFunc(ended, func() { _ = conn.Close() })()
				frames(conn, requests, second)
			})
		}
	})
	return listener.Addr().String(), requests
}

func frames(conn net.Conn, requests *atomic.Int64, second func(f *framed, stream uint32, whole bool)) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	f := &framed{Framer: http2.NewFramer(conn, conn), Conn: conn}
	_ = f.WriteSettings()
	for {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		stream := frame.Header().StreamID
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = f.WriteSettingsAck()
			}
		case *http2.PingFrame:
			_ = f.WritePing(true, frame.Data)
		case *http2.HeadersFrame:
			requests.Add(1)
			if f.streams++; f.streams > 1 {
				second(f, stream, false)
			}
		case *http2.DataFrame:
			switch {
			case !frame.StreamEnded():
			case f.streams == 1:
				f.answer(stream)
			default:
				second(f, stream, true)
			}
		}
	}
}

// D9, for HTTP/2: not even a stream of which the receiver says that it did nothing with it is sent again.
func TestARequestWhoseStreamIsRefusedIsNotSentAgain(t *testing.T) {
	authority, dir := routetest.NewAuthority(), t.TempDir()
	layFiles(t, dir, "ca", authority.Cert)
	reset := func(code http2.ErrCode, whole bool) func(*framed, uint32, bool) {
		return func(f *framed, stream uint32, now bool) {
			if now == whole {
				_ = f.WriteRSTStream(stream, code)
			}
		}
	}
	leave := func(last uint32, code http2.ErrCode, whole bool) func(*framed, uint32, bool) {
		return func(f *framed, _ uint32, now bool) {
			if now == whole {
				_ = f.WriteGoAway(last, code, nil)
				_ = f.Close()
			}
		}
	}
	for name, second := range map[string]func(*framed, uint32, bool){
		"refused":                     reset(http2.ErrCodeRefusedStream, true),
		"refused before the body":     reset(http2.ErrCodeRefusedStream, false),
		"protocol error":              reset(http2.ErrCodeProtocol, true),
		"internal error":              reset(http2.ErrCodeInternal, true),
		"enhance your calm":           reset(http2.ErrCodeEnhanceYourCalm, true),
		"going away":                  leave(1, http2.ErrCodeNo, true),
		"going away before the body":  leave(1, http2.ErrCodeNo, false),
		"going away with all":         leave(0, http2.ErrCodeNo, true),
		"going away with an error":    leave(1, http2.ErrCodeEnhanceYourCalm, true),
		"closed":                      func(f *framed, _ uint32, whole bool) { _ = whole && f.Close() == nil },
		"closed before the body came": func(f *framed, _ uint32, _ bool) { _ = f.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			address, requests := framing(t, authority.Config(authority.Issue("receiver.test")), second)
			sink, diags := overFiles(t, dir, fmt.Sprintf("url = \"https://%s\"\nunsigned = true\ntls {\n ca = file(\"ca\")\n}", address))
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			failed := 0
			for attempt := range 6 {
				before := requests.Load()
				_, err := sink.Send(t.Context(), sinktest.Event("42", attempt))
				if made := requests.Load() - before; made != 1 {
					t.Fatalf("attempt %d made %d requests and returned %v", attempt, made, err)
				}
				if err != nil {
					failed++
				}
				if err != nil && (bridge.IsPermanent(err) || classOf(err) != "reset") {
					t.Errorf("attempt %d: %v is %q", attempt, err, classOf(err))
				}
			}
			if failed < 3 {
				t.Errorf("%d of 6 attempts failed, not every second one", failed)
			}
		})
	}
}

// classOf is the kind of failure that an error names.
func classOf(err error) string {
	classed, ok := errors.AsType[interface {
		error
		Class() string
	}](err)
	switch {
	case ok:
		return classed.Class()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	}
	return ""
}
