package routetest

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Names is a name server (RFC 1035) that may give another answer each time.
type Names struct {
	answer  func(time int) []netip.Addr
	name    string
	address string

	mu    sync.Mutex
	asked int
}

// NewNames runs a name server that knows one name. What it answers about it, the first time, the second time and so on,
// is for the function to say, from 0. Other names do not exist.
func NewNames(t testing.TB, name string, answer func(time int) []netip.Addr) *Names {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &Names{answer: answer, name: name + ".", address: conn.LocalAddr().String()}
	var serving sync.WaitGroup
	serving.Go(func() { n.serve(conn) })
	t.Cleanup(func() {
		_ = conn.Close()
		serving.Wait()
	})
	return n
}

// Resolver asks this server, and no other.
func (n *Names) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", n.address)
	}}
}

// Asked is how often the server was asked for the IPv4 addresses of its name.
func (n *Names) Asked() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

func (n *Names) serve(conn net.PacketConn) {
	for packet := make([]byte, 4096); ; {
		length, from, err := conn.ReadFrom(packet)
		if err != nil {
			return
		}
		var query dnsmessage.Parser
		header, err := query.Start(packet[:length])
		if err != nil {
			continue
		}
		if question, err := query.Question(); err == nil {
			reply := n.reply(header.ID, question)
			if packed, err := reply.Pack(); err == nil {
				_, _ = conn.WriteTo(packed, from)
			}
		}
	}
}

func (n *Names) reply(id uint16, question dnsmessage.Question) dnsmessage.Message {
	reply := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, Response: true, Authoritative: true},
		Questions: []dnsmessage.Question{question},
	}
	if !strings.EqualFold(question.Name.String(), n.name) {
		reply.RCode = dnsmessage.RCodeNameError
		return reply
	}
	if question.Type != dnsmessage.TypeA {
		return reply
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, addr := range n.answer(n.asked) {
		reply.Answers = append(reply.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class},
			Body:   &dnsmessage.AResource{A: addr.As4()},
		})
	}
	n.asked++
	return reply
}
