package routetest

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"testing"
)

// Socks is a SOCKS5 proxy (RFC 1928), which asks for a user and a password (RFC 1929) where it has some.
type Socks struct {
	Record
	Address string // host and port

	to             string
	user, password string
}

// NewSocks runs a proxy that leads everybody to one address, whatever they ask for, or to where they want where the
// address is empty. With an empty user it lets in whoever comes.
func NewSocks(t testing.TB, to, user, password string) *Socks {
	t.Helper()
	s := &Socks{to: to, user: user, password: password}
	s.Address = listen(t, func(conn net.Conn) { _ = s.serve(conn) }).String()
	return s
}

// serve answers one client. It notes who asks for which address.
func (s *Socks) serve(conn net.Conn) error {
	client := io.TeeReader(conn, s)
	who, err := s.greet(conn, client)
	if err != nil {
		return err
	}
	target, err := address(client)
	if err != nil {
		return err
	}
	s.note(who + target)
	server, err := net.Dial("tcp", cmp.Or(s.to, target))
	if err != nil {
		_, _ = conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0}) // connection refused
		return err
	}
	if _, err := conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0}); err != nil {
		return err
	}
	s.join(conn, client, server)
	return nil
}

// greet agrees on how the client says who it is, and returns that.
func (s *Socks) greet(conn net.Conn, client io.Reader) (who string, err error) {
	if _, err := counted(client, 1); err != nil {
		return "", err
	}
	if s.user == "" {
		_, err := conn.Write([]byte{5, 0})
		return "", err
	}
	if _, err := conn.Write([]byte{5, 2}); err != nil {
		return "", err
	}
	user, err := counted(client, 1)
	if err != nil {
		return "", err
	}
	password, err := counted(client, 0)
	if err != nil {
		return "", err
	}
	if string(user) != s.user || string(password) != s.password {
		_, _ = conn.Write([]byte{1, 1})
		return "", errors.New("wrong credentials")
	}
	_, err = conn.Write([]byte{1, 0})
	return fmt.Sprintf("%s:%s ", user, password), err
}

// address reads what the client wants a connection to.
func address(client io.Reader) (string, error) {
	head, err := read(client, 4)
	if err != nil {
		return "", err
	}
	var host string
	switch head[3] {
	case 1, 4:
		length := map[byte]int{1: net.IPv4len, 4: net.IPv6len}[head[3]]
		b, err := read(client, length)
		if err != nil {
			return "", err
		}
		addr, _ := netip.AddrFromSlice(b)
		host = addr.String()
	default:
		b, err := counted(client, 0)
		if err != nil {
			return "", err
		}
		host = string(b)
	}
	port, err := read(client, 2)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port)))), nil
}

// counted reads bytes that their number stands before, after so many to pass over.
func counted(from io.Reader, pass int) ([]byte, error) {
	head, err := read(from, pass+1)
	if err != nil {
		return nil, err
	}
	return read(from, int(head[pass]))
}

func read(from io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(from, b)
	return b, err
}
