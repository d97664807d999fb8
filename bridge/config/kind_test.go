package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/config"
)

// A reload must not end what runs, whatever a plugin does with a block.
func TestAPluginThatBreaksTheContractIsAMistakeOfItsBlock(t *testing.T) {
	for name, test := range map[string]struct {
		build func(hcl.Body, bridge.Env) (bridge.Source, hcl.Diagnostics)
		want  string
	}{
		"panics": {func(hcl.Body, bridge.Env) (bridge.Source, hcl.Diagnostics) {
			panic(errors.New(marker))
		}, "Over this block the kind http panicked with a *errors.errorString."},
		"panics of a mistake": {func(hcl.Body, bridge.Env) (bridge.Source, hcl.Diagnostics) {
			var none map[string]int
			none["a"]++ //nolint:govet,staticcheck // on purpose
			return nil, nil
		}, "assignment to entry in nil map"},
		"makes nothing": {func(hcl.Body, bridge.Env) (bridge.Source, hcl.Diagnostics) {
			return nil, nil
		}, "made no source"},
	} {
		t.Run(name, func(t *testing.T) {
			all := kinds()
			all.Sources[0].New = test.build
			c, diags := config.Load(files(t, "main.hcl", smallest), config.Options{Kinds: all})
			said := rendered(t, c, diags)
			if !strings.Contains(said, test.want) || !strings.Contains(said, `main.hcl line 2`) || strings.Contains(said, marker) {
				t.Errorf("it says:\n%s", said)
			}
		})
	}
}
