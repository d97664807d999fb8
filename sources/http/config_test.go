package http_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/http"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

func oauth2(more string) string {
	return "auth \"oauth2\" {\n token_url = \"https://auth.test/\"\n client_id = \"x\"\n" + more + "\n}"
}

func login(more string) string {
	return "auth \"login\" {\n url = \"https://auth.test/\"\n" + more + "\n}"
}

func sigv4(region, service, more string) string {
	return fmt.Sprintf("auth \"aws_sigv4\" {\n region = %q\n service = %q\n access_key = \"x\"\n%s\n}", region, service, more)
}

// O1: what a mistake is told with.
func TestEachMistakeIsTold(t *testing.T) {
	const url, key = "url = \"http://api.test/\"\n", "key = item.id\n"
	for _, c := range []struct {
		config string
		words  []string
	}{
		{key, []string{`"url" is required`}},
		{url, []string{`"key" is required`}},
		{"url = null\n" + key, []string{`"url" is required`}},
		{url + "key = null", []string{`"key" is required`}},
		{"url = \"api.test\"\n" + key, []string{"Invalid URL", "http://"}},
		{"url = \"ftp://api.test/\"\n" + key, []string{"Invalid URL", "http://"}},
		{"url = \"http://\"\n" + key, []string{"Invalid URL", "host"}},
		{"url = \"http://a b/\"\n" + key, []string{"Invalid URL"}},
		{"url = \"http://api.test/#top\"\n" + key, []string{"Invalid URL", "fragment"}},
		{"url = \"http://me:secret@api.test/\"\n" + key, []string{"Invalid URL", `auth "basic"`}},
		{url + key + "metod = \"POST\"", []string{"Unsupported argument", "method"}},
		{url + key + "method = \"PUT\"", []string{"Unknown value", "GET, POST"}},
		{url + key + "body = {}", []string{"POST"}},
		{url + key + "method = \"POST\"\nbody = \"a=b\"", []string{"no JSON", "Content-Type"}},
		{url + key + "format = \"yaml\"", []string{"Unknown value", "json, ndjson, csv, xml"}},
		{url + key + "format = \"csv\"\nitems = body.data", []string{"leave items out"}},
		{url + key + "format = \"xml\"", []string{"Missing items"}},
		{url + key + "format = \"xml\"\nitems = body", []string{"No path to elements"}},
		{url + key + "format = \"xml\"\nitems = body.a[0]", []string{"No path to elements", "[0]"}},
		{url + key + "format = \"xml\"\nitems = body.a\nitems_as = \"map\"", []string{"Items as a map"}},
		{url + key + "items_as = \"mapp\"", []string{"Unknown value", `"map"`}},
		{url + key + "format = \"json\"\ncsv {}", []string{"Block csv"}},
		{url + key + "csv { delimiter = \";;\" }", []string{"Invalid delimiter"}},
		{url + key + "csv { delimiter = \"\" }", []string{"Invalid delimiter"}},
		{url + key + "csv { delimiter = \"\\n\" }", []string{"Invalid delimiter"}},
		{url + key + "csv { charset = \"klingon\" }", []string{"Unknown charset", "klingon"}},
		{url + key + "csv { header = \"maybe\" }", []string{"Wrong type"}},
		{url + key + "csv {}\ncsv {}", []string{"Duplicate csv"}},
		{url + key + "response { status = [404] }", []string{`"action" is required`}},
		{url + key + "response { action = \"empty\" }", []string{"Rule for everything"}},
		{url + key + "response {\n status = [404]\n action = \"emty\"\n}", []string{"Unknown value", `"empty"`}},
		{url + key + "response {\n status = []\n action = \"empty\"\n}", []string{"No status"}},
		{url + key + "response {\n status = [304]\n action = \"ok\"\n}", []string{"Status 304", "conditional"}},
		{url + key + "response {\n status = [99]\n action = \"ok\"\n}", []string{"Invalid status", "99"}},
		{url + key + "response {\n status = [\"1xx\"]\n action = \"ok\"\n}", []string{"Invalid status"}},
		{url + key + "response {\n status = [404.5]\n action = \"ok\"\n}", []string{"Invalid status"}},
		{url + key + "response {\n status = 404\n action = \"ok\"\n}", []string{"Wrong type"}},
		{url + key + "response {\n when = item.id == 1\n action = \"ok\"\n}", []string{"item"}},
		{url + key + "response {\n when = body.x == env(\"T\")\n action = \"ok\"\n}", []string{"Secret in a rule"}},
		{url + key + "response {\n status = [401]\n action = \"refresh_token\"\n}", []string{"Nothing to refresh"}},
		{url + key + "format = \"ndjson\"\nitems = body.data", []string{"leave items out"}},
		{url + key + "items = item.data", []string{"item", "body"}},
		{url + key + "items = 7", []string{"path"}},
		{url + "key = itm.id", []string{"itm"}},
		{url + key + "headers = { \"a b\" = \"x\" }", []string{"Invalid header", "a b"}},
		{url + key + "headers = { X = \"a\\nb\" }", []string{"Invalid header", "line break"}},
		{url + key + "headers = { Host = \"x\" }", []string{"Reserved header", "Host"}},
		{url + key + "headers = { accept-encoding = \"br\" }", []string{"Reserved header", "Accept-Encoding"}},
		{url + key + "headers = { if-none-match = \"x\" }", []string{"Reserved header", "conditional"}},
		{url + key + "headers = { X-A = \"1\", x-a = \"2\" }", []string{"twice", "X-A"}},
		{url + key + "headers = 7", []string{"Wrong type"}},
		{url + key + "query = { a = [1] }", []string{"Wrong type"}},
		{url + key + "conditional = \"maybe\"", []string{"Wrong type"}},
		{url + key + "max_body = \"1B\"", []string{"1KiB"}},
		{url + key + "max_depth = 20000", []string{"10000"}},
		{url + key + "max_redirects = -1", []string{"0 to 50"}},
		{url + key + "idle_timeout = \"soon\"", []string{"duration"}},
		{url + key + "auth \"bearr\" {}", []string{"Unknown kind of auth", `"bearer"`}},
		{url + key + "auth \"bearer\" {}", []string{`"token" is required`}},
		{url + key + "auth \"bearer\" { token = \"\" }", []string{"Empty credential"}},
		{url + key + "auth \"bearer\" { token = \"a\\nb\" }", []string{"Invalid credential"}},
		{url + key + "auth \"bearer\" {\n token = \"x\"\n tokn = \"x\"\n}", []string{"Unsupported argument", "tokn"}},
		{url + key + "auth \"basic\" {\n username = \"a:b\"\n password = \"x\"\n}", []string{"Colon"}},
		{url + key + "auth \"api_key\" {\n name = \"X\"\n value = \"x\"\n in = \"hader\"\n}", []string{`"header"`}},
		{url + key + "auth \"api_key\" {\n name = \"a b\"\n value = \"x\"\n}", []string{"Invalid name"}},
		{url + key + "auth \"api_key\" {\n name = \"host\"\n value = \"x\"\n}", []string{"Reserved"}},
		{url + key + "auth \"api_key\" {\n name = \"c\"\n value = \"a;b\"\n in = \"cookie\"\n}", []string{"Invalid cookie"}},
		{url + key + "auth \"bearer\" { token = \"x\" }\nauth \"bearer\" { token = \"y\" }", []string{"Duplicate auth"}},
		{url + key + "headers = { Authorization = \"x\" }\nauth \"bearer\" { token = \"x\" }", []string{"Two credentials"}},
		{url + key + "auth = auth.github", []string{"no shared blocks"}},
		{url + key + "auth = 7\nauth \"bearer\" { token = \"x\" }", []string{"Two credentials", "exclude"}},
		{url + key + "headers = { x-key = \"x\" }\nauth \"api_key\" {\n name = \"X-Key\"\n value = \"x\"\n}", []string{"Two credentials", "X-Key"}},
		{url + key + oauth2("client_secret = \"x\"\ngrant = \"password\""), []string{"client_credentials, refresh_token"}},
		{url + key + oauth2(""), []string{`"client_secret" is required`}},
		{url + key + oauth2("client_secret = \"\""), []string{"Empty credential"}},
		{url + key + oauth2("client_secret = \"x\"\nrefresh_token = \"x\""), []string{"Unused refresh token", "grant"}},
		{url + key + oauth2("grant = \"refresh_token\""), []string{`"refresh_token" is required`}},
		{url + key + oauth2("client_secret = \"x\"\nparams = { scope = \"x\" }"), []string{"Reserved parameter", "scope"}},
		{url + key + oauth2("client_secret = \"x\"\nscope = \"x\""), []string{"Unsupported argument", "scopes"}},
		{url + key + "auth \"oauth2\" {\n token_url = \"auth.test\"\n client_id = \"x\"\n client_secret = \"x\"\n}", []string{"Invalid URL"}},
		{url + key + "auth \"oauth2\" {\n token_url = \"https://a:b@c\"\n client_id = \"x\"\n client_secret = \"x\"\n}", []string{"user name"}},
		{url + key + "auth \"oauth2\" {\n client_id = \"x\"\n client_secret = \"x\"\n}", []string{`"token_url" is required`}},
		{url + key + login(""), []string{`"token" is required`}},
		{url + key + login("token = bdy.token"), []string{"bdy"}},
		{url + key + login("token = body.t\nmethod = \"DELETE\""), []string{"POST, GET, PUT"}},
		{url + key + login("token = body.t\nheader = \"a b\""), []string{"Invalid name"}},
		{url + key + login("token = body.t\nheader = \"host\""), []string{"Reserved header"}},
		{url + key + login("token = body.t\nlifetime = \"0s\""), []string{"1s"}},
		{url + key + login("token = body.t\nbody = item.id"), []string{"Variables not allowed"}},
		{url + key + sigv4("eu-west-1", "es", ""), []string{`"secret_key" is required`}},
		{url + key + sigv4("eu west", "es", "secret_key = \"x\""), []string{"Invalid region"}},
		{url + key + sigv4("eu-west-1", "S3", "secret_key = \"x\""), []string{"Invalid service"}},
		{url + key + "auth \"oauth\" {}", []string{"Unknown kind of auth", `"oauth2"`}},
		{url + key + "proxy = \"proxy:3128\"", []string{"Invalid proxy"}},
		{url + key + "proxy = \"ftp://proxy:3128\"", []string{"Invalid proxy", "socks5"}},
		{url + key + "proxy = \"http://a b/\"", []string{"Invalid proxy"}},
		{url + key + "page \"links\" {}", []string{"Unknown kind of page", `"link"`}},
		{url + key + "page \"ofset\" {}", []string{"Unknown kind of page", `"offset"`}},
		{url + key + "page \"next\" {}", []string{`"url" is required`}},
		{url + key + "page \"next\" { url = bdy.next }", []string{"bdy"}},
		{url + key + "page \"next\" { url = \"x${env(\"T\")}\" }", []string{"Secret in a rule"}},
		{url + key + "page \"link\" { max = 0 }", []string{"1 to 1000000"}},
		{url + key + "page \"link\" { stop = item.id }", []string{"item"}},
		{url + key + "page \"link\" { hosts = [\"a b\"] }", []string{"Invalid host"}},
		{url + key + "page \"link\" { hosts = [\"http://x/path\"] }", []string{"Invalid host"}},
		{url + key + "page \"number\" { size_param = \"n\" }", []string{"Size without a number"}},
		{url + key + "page \"number\" { param = \"\" }", []string{"Empty name"}},
		{url + key + "format = \"ndjson\"\npage \"link\" { stop = body.last }", []string{"NDJSON"}},
		{url + key + "page \"cursor\" { param = \"after\" }", []string{`"value" is required`}},
		{url + key + "page \"cursor\" { value = body.next }", []string{"param", "page.value"}},
		{url + key + "page \"cursor\" {\n value = body.next\n param = \"\"\n}", []string{"Empty name"}},
		{url + key + "page \"offset\" {\n size_param = \"n\"\n}", []string{"Size without a number"}},
		{url + key + "page \"offset\" {\n start = -1\n}", []string{"0 to 1000000"}},
		{url + key + "query = { after = page.value }", []string{"page"}},
		{url + key + "query = { after = page.value }\npage \"link\" {}", []string{"page"}},
		{url + key + "query = { after = page.number }\npage \"number\" {}", []string{"page.number", "page.value"}},
		{url + key + "query = { of = each.key }", []string{"each"}},
		{url + key + "query = { since = cursor.value }", []string{"cursor"}},
		{url + key + "cursor {}", []string{"One cursor"}},
		{url + key + "cursor {\n field = item.at\n}", []string{"goes nowhere", "cursor.value"}},
		{url + key + "cursor {\n field = item.at\n token = body.t\n param = \"p\"\n}", []string{"One cursor"}},
		{url + key + "cursor {\n field = itm.at\n param = \"p\"\n}", []string{"itm", "item"}},
		{url + key + "cursor {\n field = item.at\n param = \"\"\n}", []string{"Empty name"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n format = \"rfc3393\"\n}", []string{"Unknown format", "unix_ms"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n send = \"15:04\"\n}", []string{"Unknown format"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n zone = \"Europe/Paris\"\n}", []string{"Zone without use"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n format = \"2006-01-02\"\n zone = \"Europe/Pari\"\n}", []string{"Unknown zone"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n start = \"24h\"\n}", []string{"Invalid start"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n overlap = \"-1m\"\n}", []string{"0s to 366d"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n lag = \"soon\"\n}", []string{"duration"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n retention = \"1m\"\n}", []string{"1h"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n deleted = body.gone\n}", []string{"body", "item"}},
		{url + key + "cursor {\n token = body.t\n param = \"p\"\n lag = \"1m\"\n}", []string{"Token without a time", "lag"}},
		{url + key + "cursor {\n token = item.t\n param = \"p\"\n}", []string{"item", "body"}},
		{url + key + "cursor {\n url = body.t\n param = \"p\"\n}", []string{"two places"}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n}\nreconcile {}", []string{`"every" is required`}},
		{url + key + "cursor {\n field = item.at\n param = \"p\"\n}\nreconcile { every = \"1s\" }", []string{"1m"}},
		{url + key + "reconcile { every = \"1h\" }", []string{"Nothing to reconcile"}},
		{url + key + "total = item.x", []string{"item"}},
		{url + key + "total = env(\"T\")", []string{"Secret in a rule"}},
		{url + key + "format = \"csv\"\ntotal = body.total", []string{"No body", "CSV"}},
		{url + key + "every = \"1m\"", []string{"every"}},
	} {
		source, diags := sourcetest.Build(http.Kind(), c.config, bridge.Env{})
		if !diags.HasErrors() || source != nil {
			t.Errorf("no mistake in\n%s", c.config)
			continue
		}
		var told strings.Builder
		for _, d := range diags {
			fmt.Fprintf(&told, "%s: %s: %s\n", d.Subject, d.Summary, d.Detail)
			if d.Subject == nil || d.Subject.Filename != "source.hcl" {
				t.Errorf("no range: %s", d)
			}
		}
		for _, word := range c.words {
			if !strings.Contains(told.String(), word) {
				t.Errorf("%q is not told of\n%s\nbut\n%s", word, c.config, told.String())
			}
		}
		if len(diags) != 1 {
			t.Errorf("%d diagnostics for\n%s\n%s", len(diags), c.config, told.String())
		}
	}
}

// O1, H8: what a listing for each item cannot have.
func TestEachMistakeOfAListingForEachItemIsTold(t *testing.T) {
	const url, key = "url = \"http://api.test/${each.key}\"\n", "key = item.id\n"
	for config, words := range map[string][]string{
		"url = each.item.url\n" + key:                               {"Origin unknown"},
		"url = \"http://api.test${each.key}/\"\n" + key:             {"Origin unknown"},
		"url = \"http://api.test:${each.key}/\"\n" + key:            {"Origin unknown"},
		"url = \"http://${each.key}.api.test/\"\n" + key:            {"Origin unknown"},
		"url = \"http://api.test/${each.ky}\"\n" + key:              {"each.ky", "each.key, each.item"},
		url + "key = each.key":                                      {"something of the item"},
		url + key + "query = merge({ a = each.key }, {})":           {"No plain object"},
		url + key + "headers = { \"a b\" = each.key }":              {"Invalid header"},
		url + key + "headers = { Host = each.key }":                 {"Reserved header"},
		url + key + "body = each.item":                              {"POST"},
		url + key + "cursor {\n field = item.at\n param = \"p\"\n}": {"Cursor for each"},
	} {
		_, diags := sourcetest.Build(http.Kind(), config, bridge.Env{ForEach: "tickets"})
		if len(diags) != 1 {
			t.Errorf("%d diagnostics for\n%s\n%v", len(diags), config, diags)
			continue
		}
		for _, word := range words {
			if told := diags[0].Summary + diags[0].Detail; !strings.Contains(told, word) {
				t.Errorf("%q is not told of\n%s\nbut %s", word, config, told)
			}
		}
	}
}

// O1: all at once.
func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, diags := sourcetest.Build(http.Kind(), `
		url       = "ftp://x"
		metod     = "GET"
		headers   = { Host = "x" }
		key       = itm.id
		max_body  = "lots"
		max_depth = 0
		auth "bearr" {}
		page "number" {
			start = -1
			stop  = bdy.x
		}
	`, bridge.Env{})
	if len(diags) != 9 {
		t.Errorf("%d diagnostics, want 9: %v", len(diags), diags)
	}
}

func TestNoDiagnosticShowsASecret(t *testing.T) {
	for _, attribute := range []string{
		"url = \"%s\"", "url = \"ftp://x/%s\"", "url = \"http://x/#%s\"", "url = \"http://%s:x@x/\"", "method = \"%s\"", "items = \"%s\"",
		"query = \"%s\"", "headers = \"%s\"", "headers = { X = \"\\n%s\" }", "headers = { Host = \"%s\" }", "format = \"%s\"",
		"conditional = \"%s\"", "max_body = \"%s\"", "max_depth = \"%s\"", "idle_timeout = \"%s\"", "key = \"%s\"",
		"auth \"bearer\" { token = \"\\n%s\" }", "auth \"basic\" {\n username = \":%s\"\n password = \"%s\"\n}",
		"auth \"api_key\" {\n name = \"%s\"\n value = \"%s\"\n in = \"%s\"\n}",
		"auth \"oauth2\" {\n grant = \"%s\"\n token_url = \"%s\"\n client_id = \"\\n%s\"\n client_secret = \"\\n%s\"\n" +
			" scopes = [\"%s\"]\n params = { scope = \"%s\" }\n refresh_token = \"%s\"\n}",
		"auth \"login\" {\n url = \"%s\"\n method = \"%s\"\n header = \"%s\"\n lifetime = \"%s\"\n token = body[\"%s\"]\n body = item[\"%s\"]\n}",
		"auth \"aws_sigv4\" {\n region = \"%s\"\n service = \"%s\"\n access_key = \"\\n%s\"\n secret_key = \"\\n%s\"\n}",
		"auth = \"%s\"", "proxy = \"%s\"", "proxy = \"http://%s@h:%s/\"",
		"tls {\n ca = \"%s\"\n cert = \"%s\"\n key = \"%s\"\n min_version = \"%s\"\n}",
		"page \"next\" { url = \"%s\" }", "page \"link\" {\n max = \"%s\"\n stop = \"%s\"\n hosts = [\"%s\"]\n}",
		"items_as = \"%s\"", "total = \"%s\"", "csv {\n delimiter = \"%s\"\n header = \"%s\"\n charset = \"%s\"\n}",
		"response {\n status = [\"%s\"]\n when = \"%s\"\n action = \"%s\"\n}",
		"page \"number\" {\n param = \"%s\"\n start = \"%s\"\n size = \"%s\"\n}", "method = \"POST\"\nbody = \"%s\"",
		"page \"cursor\" {\n value = \"%s\"\n param = \"%s\"\n}", "page \"offset\" {\n param = \"%s\"\n size = \"%s\"\n}",
		"cursor {\n field = \"%s\"\n param = \"%s\"\n format = \"%s\"\n zone = \"%s\"\n send = \"%s\"\n}",
		"cursor {\n field = item.at\n param = \"p\"\n start = \"%s\"\n overlap = \"%s\"\n lag = \"%s\"\n retention = \"%s\"\n deleted = \"%s\"\n}",
		"cursor {\n token = \"%s\"\n param = \"p\"\n}", "cursor {\n url = \"%s\"\n}",
		"cursor {\n field = item.at\n param = \"p\"\n}\nreconcile {\n every = \"%s\"\n}",
		"url = \"%s${each.key}\"", "query = { \"%s\" = each.key }", "headers = { \"%s\" = \"${each.key}\\n%s\" }",
		"method = \"POST\"\nbody = \"%s${each.key}\"",
	} {
		config := strings.ReplaceAll(attribute, "%s", `${env("T")}`) + "\n"
		if !strings.HasPrefix(config, "url") {
			config += "url = \"http://api.test/\"\n"
		}
		if !strings.HasPrefix(config, "key") {
			config += "key = item.id\n"
		}
		if _, diags := sourcetest.Build(http.Kind(), config, bridge.Env{ForEach: "tickets"}); strings.Contains(fmt.Sprintf("%v %+v", diags, diags), sourcetest.Marker) {
			t.Errorf("%s: %v", attribute, diags)
		}
	}
}

func TestTheKindIsNamedAsInTheConfig(t *testing.T) {
	if kind := http.Kind(); kind.Name != "http" || kind.Repeats {
		t.Errorf("%+v", kind)
	}
}
