package file

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/bridge/setting"
	"github.com/hookbridge/hookbridge/sinks/internal/line"
)

type attributes struct {
	Path hcl.Expression `hcl:"path"`
}

// Kind returns the plugin.
func Kind() bridge.Kind[bridge.Sink] { return bridge.Kind[bridge.Sink]{Name: "file", New: build} }

func build(body hcl.Body, env bridge.Env) (bridge.Sink, hcl.Diagnostics) {
	var given attributes
	r := setting.NewReader(env.Eval)
	r.Report(gohcl.DecodeBody(body, nil, &given))
	path := r.String(given.Path, "")
	if path == "" && !r.Diagnostics().HasErrors() {
		r.Fail(given.Path, "Missing path", "Give the path of the file to append to; it is made where it is missing.")
	}
	return &File{path: path, gate: line.NewGate()}, r.Diagnostics()
}
