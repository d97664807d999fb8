package http_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// relay is a proxy that answers for every server itself, and notes what it was asked.
func relay(t *testing.T, asked *[]string) string {
	return local(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		user, password, _ := proxyAuth(r)
		*asked = append(*asked, fmt.Sprintf("%s %s %s:%s", r.Method, r.URL, user, password))
		if strings.HasSuffix(r.URL.Path, "/away") {
			nethttp.Redirect(w, r, "http://169.254.169.254/latest", nethttp.StatusFound)
			return
		}
		answerJSON(w, ids(1))
	}))
}

func proxyAuth(r *nethttp.Request) (user, password string, ok bool) {
	copied := &nethttp.Request{Header: nethttp.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	return copied.BasicAuth()
}

// pollThrough polls over the real network.
func pollThrough(t *testing.T, config string, env ...string) sourcetest.Polled {
	t.Helper()
	source := sourcetest.MustBuild(t, http.Kind(), config+"\nkey = item.id", bridge.Env{
		Name: "tested", Getenv: func(name string) (string, bool) {
			for i := 0; i < len(env); i += 2 {
				if env[i] == name {
					return env[i+1], true
				}
			}
			return "", false
		},
	})
	return sourcetest.Poll(t.Context(), source, nil)
}

// D15 for sources.
func TestASourceGoesThroughItsProxy(t *testing.T) {
	var asked []string
	proxy := strings.Replace(relay(t, &asked), "http://", "http://me:hush@", 1)
	p := pollThrough(t, "url = \"http://192.0.2.1/items\"\nproxy = \""+proxy+"\"")
	if p.Err != nil || p.Keys() != "1" || strings.Join(asked, "") != "GET http://192.0.2.1/items me:hush" {
		t.Errorf("error %v, asked %q", p.Err, asked)
	}
}

func TestNoProxyNamesWhoIsReachedDirectlyAndHTTPProxyIsNotHeeded(t *testing.T) {
	var asked []string
	proxy := relay(t, &asked)
	for _, variable := range []string{"NO_PROXY", "no_proxy"} {
		p := pollThrough(t, "url = \"http://0.0.0.0/\"\nproxy = \""+proxy+"\"", variable, "0.0.0.0/8")
		if p.Err == nil || !strings.Contains(p.Err.Error(), "egress guard") || len(asked) > 0 {
			t.Errorf("%s: error %v, the proxy was asked %q", variable, p.Err, asked)
		}
	}
	direct := local(t, serveJSON(listOf([]string{"1"})))
	p := pollThrough(t, "url = \""+direct+"\"", "HTTP_PROXY", proxy, "http_proxy", proxy)
	if p.Err != nil || len(asked) > 0 {
		t.Errorf("error %v, the proxy was asked %q", p.Err, asked)
	}
}

// D20: the guard looks at the target and not at the proxy.
func TestAProxyIsNoWayAroundTheGuard(t *testing.T) {
	var asked []string
	proxy := relay(t, &asked)
	for _, host := range []string{
		"169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
		"169.254.43518", "169.254.169.254.", "224.0.0.1", "0.0.0.0",
	} {
		p := pollThrough(t, "url = \"http://"+host+"/latest\"\nproxy = \""+proxy+"\"")
		if p.Err == nil || !strings.Contains(p.Err.Error(), "egress guard") || len(asked) > 0 {
			t.Errorf("%s: error %v, the proxy was asked %q", host, p.Err, asked)
		}
	}
	p := pollThrough(t, "url = \"http://192.0.2.1/away\"\nproxy = \""+proxy+"\"")
	if p.Err == nil || !strings.Contains(p.Err.Error(), "metadata") || len(asked) != 1 {
		t.Errorf("redirected there: error %v, the proxy was asked %q", p.Err, asked)
	}
}

// A SOCKS5 proxy (RFC 1928) with a user name and a password (RFC 1929), which leads everywhere to one server.
func TestASourceGoesThroughASOCKSProxy(t *testing.T) {
	server := httptest.NewServer(serveJSON(listOf([]string{"1"})))
	defer server.Close()
	listener := must((&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0"))
	var told []string
	var done sync.WaitGroup
	done.Go(func() {
		conn, err := listener.Accept()
		if err == nil {
			defer conn.Close()
			told = socks(conn, server.Listener.Addr().String())
		}
	})
	p := pollThrough(t, "url = \"http://192.0.2.1:8080/\"\nproxy = \"socks5://me:hush@"+listener.Addr().String()+"\"")
	_ = listener.Close()
	done.Wait()
	if p.Err != nil || p.Keys() != "1" || strings.Join(told, " ") != "me hush 192.0.2.1:8080" {
		t.Errorf("error %v, told %q", p.Err, told)
	}
}

// socks answers one client.
func socks(conn net.Conn, target string) []string {
	take := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(conn, b)
		return b
	}
	take(int(take(2)[1]))
	_, _ = conn.Write([]byte{5, 2})
	user := string(take(int(take(2)[1])))
	password := string(take(int(take(1)[0])))
	_, _ = conn.Write([]byte{1, 0})
	take(4)
	address := net.IP(take(4)).String()
	port := binary.BigEndian.Uint16(take(2))
	_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	far, err := net.Dial("tcp", target)
	if err != nil {
		return nil
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(far, conn)
		_ = far.Close()
	}()
	_, _ = io.Copy(conn, far)
	return []string{user, password, fmt.Sprintf("%s:%d", address, port)}
}
