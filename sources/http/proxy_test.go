package http_test

import (
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/route/routetest"
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

func TestASourceGoesThroughASOCKSProxy(t *testing.T) {
	server := httptest.NewServer(serveJSON(listOf([]string{"1"})))
	defer server.Close()
	proxy := routetest.NewSocks(t, server.Listener.Addr().String(), "me", "hush")
	p := pollThrough(t, "url = \"http://192.0.2.1:8080/\"\nproxy = \"socks5://me:hush@"+proxy.Address+"\"")
	if asked := strings.Join(proxy.Asked(), ", "); p.Err != nil || p.Keys() != "1" || asked != "me:hush 192.0.2.1:8080" {
		t.Errorf("error %v, asked %q", p.Err, asked)
	}
}

// D20 for sources: what an answer leads to is under the guard that the block sets, as its own URL is.
func TestADeniedAddressIsNotReachedByARedirectOrANextLinkOrForAToken(t *testing.T) {
	var asked []string
	server := local(t, nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) {
		asked = append(asked, r.URL.Path)
		switch r.URL.Path {
		case "/away":
			nethttp.Redirect(w, r, "http://127.0.0.2/secret", nethttp.StatusFound)
		case "/next":
			w.Header().Set("Link", "<http://127.0.0.2/secret>; rel=next")
			answerJSON(w, ids(1))
		default:
			answerJSON(w, ids(1))
		}
	}))
	const allow = "egress {\n deny_private = true\n allow = [\"127.0.0.1/32\"]\n}\n"
	for config, denied := range map[string]string{
		"url = \"" + server + "\"\negress {\n deny_private = true\n}":                                                                                     "127.0.0.1",
		"url = \"" + server + "/away\"\n" + allow:                                                                                                         "127.0.0.2",
		"url = \"" + server + "/next\"\npage \"link\" {\n hosts = [\"127.0.0.2\"]\n}\n" + allow:                                                           "127.0.0.2",
		"url = \"" + server + "/\"\nauth \"oauth2\" {\n token_url = \"http://127.0.0.2/token\"\n client_id = \"me\"\n client_secret = \"x\"\n}\n" + allow: "127.0.0.2",
	} {
		asked = nil
		p := pollThrough(t, config)
		want := denied + " is a loopback address, and deny_private is set"
		if p.Err == nil || !strings.Contains(p.Err.Error(), want) || len(asked) > 1 || denied == "127.0.0.1" && len(asked) > 0 {
			t.Errorf("%s\nerror %v, asked %q", config, p.Err, asked)
		}
	}
	if p := pollThrough(t, "url = \""+server+"\"\n"+allow); p.Err != nil || p.Keys() != "1" {
		t.Errorf("an allowed address: %v", p.Err)
	}
}
