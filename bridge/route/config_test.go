package route_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge"
)

func TestMistakesInAWayAreDiagnosticsThatShowNoSecret(t *testing.T) {
	for config, want := range map[string]string{
		`proxy = "http://me:hush@proxy.internal:3128"`:  "",
		`proxy = "http://me:hush@proxy.internal:3128/"`: "",
		`proxy = "socks5h://me:hush@[::1]"`:             "",
		`proxy = ""`:                                    "",
		`proxy = null`:                                  "",
		`proxy = "proxy.internal:3128"`:                 "It takes a URL such as",
		`proxy = "me:hush@proxy.internal:3128"`:         "It takes a URL such as",
		`proxy = "http://:3128"`:                        "It takes a URL such as",
		`proxy = "http://me:hush@proxy.internal:no"`:    "It takes a URL such as",
		`proxy = "socks4://me:hush@proxy.internal"`:     "reached by http://, https:// or socks5://",
		`proxy = "http://me:hush@proxy.internal/p"`:     "take out what comes after",
		`proxy = "http://me:hush@proxy.internal?p"`:     "take out what comes after",
		`proxy = ["http://me:hush@proxy.internal"]`:     "takes string",
		`egress {}`: "",
		"egress {\n deny_private = true\n allow = []\n}":  "",
		`egress { allow = ["10.1.0.0/16", "fd12::/16"] }`: "",
		`egress { allow = ["10.1.2.3"] }`:                 `"10.1.2.3" is a single address, which is written as 10.1.2.3/32.`,
		`egress { allow = ["::1"] }`:                      `written as ::1/128.`,
		`egress { allow = ["10.1.2.3/16"] }`:              `is 10.1.0.0/16 meant?`,
		`egress { allow = ["10.1.0.0/33"] }`:              "takes an address and a length",
		`egress { allow = ["10.1.0.0-10.1.0.9"] }`:        "takes an address and a length",
		`egress { allow = ["crm.internal"] }`:             "takes an address and a length",
		`egress { allow = [""] }`:                         "takes an address and a length",
		`egress { allow = ["fe80::%eth0/64"] }`:           "takes an address and a length",
		`egress { allow = ["::ffff:10.0.0.0/104"] }`:      "without ::ffff:",
		`egress { allow = "10.1.0.0/16" }`:                "takes list of string",
		`egress { deny_private = "perhaps" }`:             "takes bool",
		`egress { deny = true }`:                          "Unsupported argument",
		"egress {}\negress {}":                            "Duplicate egress block",
	} {
		_, diags := read(t, "", config, bridge.Env{})
		if want == "" && diags.HasErrors() || want != "" && (len(diags.Errs()) != 1 || !strings.Contains(diags.Error(), want)) {
			t.Errorf("%s: %v, want %q", config, diags, want)
		}
		if strings.Contains(diags.Error(), "hush") {
			t.Errorf("%s: %v", config, diags)
		}
	}
}

func TestAMistakeInAListOfRangesIsShownWhereItStands(t *testing.T) {
	_, diags := read(t, "", "egress {\n allow = [\"10.1.0.0/16\", \"10.2.0.0\", \"nothing\"]\n}", bridge.Env{})
	var columns []int
	for _, d := range diags {
		columns = append(columns, d.Subject.Start.Column)
	}
	if !slices.Equal(columns, []int{26, 38}) {
		t.Errorf("diagnostics stand at columns %d: %v", columns, diags)
	}
}

func TestTheSecretsOfAProxyAreWhatItIsTold(t *testing.T) {
	way, _ := read(t, "", `proxy = "http://me:h%2Fsh@proxy.internal:3128"`, bridge.Env{})
	for _, secret := range []string{"me", "h/sh", "me:h%2Fsh", "bWU6aC9zaA=="} {
		if !slices.Contains(way.Secrets(), secret) {
			t.Errorf("%q is no secret: %q", secret, way.Secrets())
		}
	}
}
