package bridge_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/hookbridge/hookbridge"

// floors is the law: a package imports only from lower floors, or what it holds below itself. A name that
// ends in /… stands for every package below it that has no line of its own.
var floors = map[string]int{
	"bridge":               0,
	"bridge/crashpoint":    0,
	"examples":             0,
	"bridge/calendar":      1,
	"bridge/document":      1,
	"bridge/egress":        1,
	"bridge/jitter":        1,
	"bridge/retryafter":    1,
	"bridge/setting":       1,
	"bridge/signature":     1,
	"bridge/backup":        3,
	"bridge/budget":        2,
	"bridge/envelope":      2,
	"bridge/expr":          2,
	"bridge/route":         2,
	"bridge/store":         2,
	"bridge/veil":          2,
	"bridge/health":        3,
	"sources/internal/…":   3,
	"sinks/internal/…":     3,
	"bridge/route/…":       3,
	"bridge/tape":          3,
	"bridge/store/…":       4,
	"bridge/poll":          4,
	"bridge/deliver":       4,
	"sources/…":            4,
	"sinks/…":              4,
	"bridge/config":        5,
	"bridge/daemon":        7,
	"bridge/simulation":    7,
	"bridge/admin":         6,
	"cmd/hookbridge":       9,
	"cmd/hookbridge/…":     8,
	"cmd/hookbridge-bench": 9,

	"cmd/hookbridge-bench/child":      1,
	"cmd/hookbridge-bench/collection": 1,
	"cmd/hookbridge-bench/measure":    1,
	"cmd/hookbridge-bench/peer":       1,
	"cmd/hookbridge-bench/receiver":   2,
	"cmd/hookbridge-bench/report":     2,
	"cmd/hookbridge-bench/upstream":   2,
	"cmd/hookbridge-bench/yardstick":  2,
	"cmd/hookbridge-bench/ledger":     3,
	"cmd/hookbridge-bench/plot":       3,
	"cmd/hookbridge-bench/subject":    7,
	"cmd/hookbridge-bench/workload":   8,
}

type goPackage struct {
	ImportPath string
	Doc        string
	Imports    []string
}

func TestEveryPackageImportsOnlyFromLowerFloors(t *testing.T) {
	for _, p := range packages(t) {
		own := short(p.ImportPath)
		from, known := floorOf(own)
		if !known {
			t.Errorf("%s stands on no floor: give it one here", own)
		}
		for _, path := range p.Imports {
			imported := short(path)
			if imported == "" || strings.HasPrefix(imported, own+"/") {
				continue
			}
			if to, _ := floorOf(imported); to >= from {
				t.Errorf("%s (floor %d) imports %s (floor %d)", own, from, imported, to)
			}
		}
	}
}

// What only tests need is not built into the program.
func TestNoLibraryOfTheTestsIsInTheProgram(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"/cmd/hookbridge").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, library := range []string{
		"testing", "net/http/httptest", "github.com/Shopify/toxiproxy", "github.com/rs/zerolog", "github.com/rogpeppe/go-internal",
		"github.com/getkin/kin-openapi", "github.com/standard-webhooks/standard-webhooks", "pgregory.net/rapid",
	} {
		for path := range strings.FieldsSeq(string(out)) {
			if path == library || strings.HasPrefix(path, library+"/") {
				t.Errorf("the program contains %s", path)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	for _, p := range packages(t) {
		if p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

// What measures the program needs more than the program does.
func TestTheProgramHoldsNothingOfItsBenchmarks(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"/cmd/hookbridge").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for path := range strings.Lines(string(out)) {
		if strings.Contains(path, "hookbridge-bench") || strings.Contains(path, "go-analyze") {
			t.Errorf("it holds %s", path)
		}
	}
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,Imports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// short cuts the module off an import path; it is empty for packages of others.
func short(path string) string {
	name, found := strings.CutPrefix(path, module+"/")
	if !found {
		return ""
	}
	return name
}

func floorOf(name string) (int, bool) {
	if floor, ok := floors[name]; ok {
		return floor, true
	}
	for dir := name; strings.Contains(dir, "/"); {
		dir = dir[:strings.LastIndex(dir, "/")]
		if floor, ok := floors[dir+"/…"]; ok {
			return floor, true
		}
	}
	return 0, false
}

// What only tests need is not in the binary.
func TestTheBinaryHoldsNothingThatOnlyTestsNeed(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"/cmd/hookbridge").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for name := range strings.Lines(string(out)) {
		switch own := short(strings.TrimSpace(name)); {
		case own == "bridge/simulation", own == "bridge/store/ramdisk", strings.HasSuffix(own, "test"):
			t.Errorf("the binary holds %s", own)
		}
	}
}
