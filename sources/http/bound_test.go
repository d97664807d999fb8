package http_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	nethttp "net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// H6: each bound, the option that moves it, and what passes just below.
func TestEachBoundOfAnAnswerIsNamedByItsError(t *testing.T) {
	item := `{"id":1,"x":"` + strings.Repeat("x", 2000) + `"}`
	for option, c := range map[string]struct{ body, low, high string }{
		"max_body":  {"[" + item + "]", `"2000B"`, `"3KiB"`},
		"max_item":  {"[" + item + "]", `"2000B"`, `"3KiB"`},
		"max_depth": {`[{"id":1,"x":[[[[]]]]}]`, "3", "10"},
	} {
		in(t, func(w *world) {
			w.serve("api.test", serveText("application/json", c.body).ServeHTTP)
			w.bad(plain+option+" = "+c.low, option, "page 1")
			w.good(plain+option+" = "+c.high, bridge.Complete, "1")
		})
	}
}

// H6: the bound of the body counts what is decompressed, and a bomb costs no more memory than the bound.
func TestAGzipBombStopsAtTheBound(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.Header().Set("Content-Type", "application/json")
			rw.Header().Set("Content-Encoding", "gzip")
			bomb := gzip.NewWriter(rw)
			zeros := make([]byte, 1<<20)
			for range 1 << 12 { // 4 GiB, as long as somebody reads them
				if _, err := bomb.Write(zeros); err != nil {
					return
				}
			}
			_ = bomb.Close()
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w.bad(plain+`max_body = "64MiB"`, "64MiB", "max_body")
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			w.Errorf("%d MiB were allocated", grown>>20)
		}
	})
}

// H6: header time.
func TestAServerThatDoesNotAnswerIsGivenUpInTime(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(_ nethttp.ResponseWriter, r *nethttp.Request) { <-r.Context().Done() })
		began := time.Now()
		w.bad(plain+`header_timeout = "7s"`, "7s", "header_timeout")
		if took := time.Since(began); took != 7*time.Second {
			w.Errorf("after %s", took)
		}
		began = time.Now()
		w.bad(plain, "30s", "header_timeout")
		if took := time.Since(began); took != 30*time.Second {
			w.Errorf("after %s", took)
		}
	})
}

// H6: idle time. Each byte is a sign of life; only silence ends the request.
func TestAServerThatFallsSilentIsGivenUpInTime(t *testing.T) {
	in(t, func(w *world) {
		silent := false
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			rw.Header().Set("Content-Type", "application/json")
			for _, b := range []byte(ids(1, 2)) {
				if silent && b == '2' {
					<-r.Context().Done()
					return
				}
				_, _ = rw.Write([]byte{b})
				_ = nethttp.NewResponseController(rw).Flush()
				time.Sleep(4 * time.Second)
			}
		})
		w.good(plain+`idle_timeout = "5s"`, bridge.Complete, "1 2")
		silent = true
		w.bad(plain+`idle_timeout = "5s"`, "5s", "idle_timeout")
	})
}

// A dripping body is ended by the poll's own time.
func TestAnAnswerThatDripsEndsWithThePoll(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, r *nethttp.Request) {
			rw.Header().Set("Content-Type", "application/json")
			for r.Context().Err() == nil {
				_, _ = io.WriteString(rw, " ")
				_ = nethttp.NewResponseController(rw).Flush()
				time.Sleep(time.Second)
			}
		})
		late := errors.New("past its timeout")
		ctx, cancel := context.WithTimeoutCause(w.Context(), time.Minute, late)
		defer cancel()
		p := sourcetest.Poll(ctx, w.build(plain), nil)
		w.failed(p, "page 1", "past its timeout")
		if !errors.Is(p.Err, context.DeadlineExceeded) || !errors.Is(p.Err, late) {
			w.Errorf("error %v", p.Err)
		}
	})
}

// An answer that switches to another protocol has no body that any time limit would end.
func TestAServerThatSwitchesProtocolsAndFallsSilentIsLeftAtOnce(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			conn, _, err := nethttp.NewResponseController(rw).Hijack()
			if err != nil {
				w.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			_, _ = io.Copy(io.Discard, conn)
			_ = conn.Close()
		})
		began := time.Now()
		w.bad(plain, "page 1", "101")
		if took := time.Since(began); took > 0 {
			w.Errorf("after %s", took)
		}
	})
}

func TestAHeaderThatDoesNotEndFails(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", hijacked("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 2<<20)))
		w.bad(plain, "page 1", "header")
	})
}

// H6: a URL that a server makes up.
func TestANextURLOfAbsurdLengthFails(t *testing.T) {
	in(t, func(w *world) {
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			answerJSON(rw, fmt.Sprintf(`{"data":[],"next":"/?x=%s"}`, strings.Repeat("x", 100_000)))
		})
		p := w.bad(byURL, "page 2", "bytes")
		if len(p.Err.Error()) > 500 {
			w.Errorf("an error of %d bytes", len(p.Err.Error()))
		}
	})
}

// A body larger than what is kept in memory passes through a file that nobody sees.
func TestALargeListingIsReadThroughAFile(t *testing.T) {
	in(t, func(w *world) {
		const count = 60_000
		w.serve("api.test", func(rw nethttp.ResponseWriter, _ *nethttp.Request) {
			rw.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(rw, "[")
			for i := range count {
				if i > 0 {
					_, _ = io.WriteString(rw, ",")
				}
				_, _ = fmt.Fprintf(rw, `{"id":%d,"x":%q}`, i, strings.Repeat("x", 100))
			}
			_, _ = io.WriteString(rw, "]")
		})
		source := w.build(plain)
		seen := 0
		outcome, err := source.Poll(w.Context(), nil, func(item bridge.Item) error {
			if item.Key != fmt.Sprint(seen) {
				return fmt.Errorf("item %d has the key %q", seen, item.Key)
			}
			seen++
			return nil
		})
		if err != nil || outcome.Coverage != bridge.Complete || seen != count {
			w.Fatalf("%d items, %s, error %v", seen, outcome.Coverage, err)
		}
		w.check(sourcetest.Poll(w.Context(), source, outcome.Cursor), bridge.Unchanged, "")
	})
}
