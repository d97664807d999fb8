package badger

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
)

func chunkOf(n, size int) store.Commit {
	c := store.Commit{Source: "orders"}
	body := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
	for i := range store.ChunkItems {
		_, _ = random.Read(body) // does not compress
		p := putOf(0, bytes.Clone(body))
		p.Entry.Key = store.Hash{byte(i * 7), byte(i >> 8), byte(n), byte(n >> 8), byte(i)}
		c.Put = append(c.Put, p)
	}
	return c
}

// Each commit is a chunk of 500 items of 500 bytes.
func BenchmarkCommitOfAChunk(b *testing.B) {
	s := mustOpen(b, newPath(b))
	n := 0
	for b.Loop() {
		must(b, s.Commit(b.Context(), chunkOf(n, 500)))
		n++
	}
	b.ReportMetric(float64(b.N*store.ChunkItems)/b.Elapsed().Seconds(), "items/s")
	must(b, s.Close())
}

func BenchmarkEntriesOf100000(b *testing.B) {
	s := mustOpen(b, newPath(b))
	for n := range 200 {
		must(b, s.Commit(b.Context(), chunkOf(n, 500)))
	}
	for b.Loop() {
		count := 0
		for _, err := range s.Entries(b.Context(), "orders") {
			if err != nil {
				b.Fatal(err)
			}
			count++
		}
		isEqual(b, "entries", count, 100_000)
	}
	must(b, s.Close())
}

func BenchmarkCommitOfOneEvent(b *testing.B) {
	for _, parallel := range []int{1, 64} {
		b.Run(fmt.Sprint("goroutines=", parallel), func(b *testing.B) {
			s := mustOpen(b, newPath(b))
			var n atomic.Int64
			transactions := 0
			s.commit = func(g *batch) error {
				transactions++
				return g.commit()
			}
			b.SetParallelism(parallel / 2)
			one := func() {
				id := n.Add(1)
				commitEvents(b, s, byte(id), fmt.Sprint("evt_", id))
			}
			if parallel == 1 {
				for b.Loop() {
					one()
				}
			} else {
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						one()
					}
				})
			}
			b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(transactions)/float64(n.Load()), "transactions/event")
			must(b, s.Close())
		})
	}
}

// Each round claims and settles a group; every event has an order of its own, or all share a few.
func BenchmarkClaimAndSettle(b *testing.B) {
	for _, orders := range []int{0, 1 << 20, 256} {
		b.Run(fmt.Sprint("orders=", orders), func(b *testing.B) {
			s := mustOpen(b, newPath(b))
			n, done := 0, 0
			for b.Loop() {
				b.StopTimer()
				for done+1000 > n {
					c := store.Commit{Source: "orders"}
					for range store.ChunkItems {
						n++
						a := appendOf(fmt.Sprint("evt_", n), "hook", 0)
						a.Event.After = bodyOf(500, byte(n))
						if orders > 0 {
							k := n % orders
							a.To[0].Order = store.Hash{1, byte(k), byte(k >> 8), byte(k >> 16)}
						}
						c.Append = append(c.Append, a)
					}
					must(b, s.Commit(b.Context(), c))
				}
				b.StartTimer()
				claimed, _, err := s.Claim(b.Context(), "hook", time.Now(), 100)
				must(b, err)
				settled := make([]store.Settlement, len(claimed))
				for i, d := range claimed {
					settled[i] = store.Settlement{Delivery: d, Attempt: &store.Attempt{Time: d.Due, Status: 200}, State: store.Done}
				}
				must(b, s.Settle(b.Context(), settled))
				done += len(claimed)
			}
			b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "deliveries/s")
			must(b, s.Close())
		})
	}
}

// A backlog of 200,000 deliveries in 1,000 orders drains at this rate, first to last.
func BenchmarkDrainOfABacklog(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := mustOpen(b, newPath(b))
		const backlog = 200_000
		for n := 0; n < backlog; n += store.ChunkItems {
			c := store.Commit{Source: "orders"}
			for i := range store.ChunkItems {
				a := appendOf(fmt.Sprint("evt_", n+i), "hook", 0)
				k := (n + i) % 1000
				a.To[0].Order = store.Hash{1, byte(k), byte(k >> 8)}
				c.Append = append(c.Append, a)
			}
			must(b, s.Commit(b.Context(), c))
		}
		b.StartTimer()
		start, worst := time.Now(), time.Duration(0)
		for done := 0; done < backlog; {
			before := time.Now()
			claimed, _, err := s.Claim(b.Context(), "hook", time.Now(), 200)
			must(b, err)
			worst = max(worst, time.Since(before))
			settleAs(b, s, store.Done, claimed...)
			done += len(claimed)
		}
		b.ReportMetric(backlog/time.Since(start).Seconds(), "deliveries/s")
		b.ReportMetric(float64(worst.Microseconds()), "worst_claim_µs")
		must(b, s.Close())
	}
}
