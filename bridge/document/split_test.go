package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// gather splits and copies the items.
func gather(r io.Reader, list Path, also []Path, limits Limits) (items []string, captured [][]byte, err error) {
	captured, err = Split(r, list, also, limits, func(position int, item []byte) error {
		if position != len(items) {
			return fmt.Errorf("position %d of item %d", position, len(items))
		}
		items = append(items, string(item))
		return nil
	})
	return items, captured, err
}

var bounds = Limits{Item: 64 << 10, Depth: 1000}

func TestSplitYieldsTheElementsOfTheListAsTheyAre(t *testing.T) {
	first := append(at("data"), Step{Kind: Element, Index: 1}, Step{Name: "list"})
	for _, test := range []struct {
		name, body string
		list       Path
		want       string
	}{
		{"the body itself", `[{"a": 1}, 2 ,"x",null]`, nil, `[{"a": 1}|2|"x"|null]`},
		{"an empty list", `{"data":[]}`, at("data"), `[]`},
		{"a nested list", `{"x":[1],"data":{"n":{"data":[9]},"issues":[1,[2]]},"y":{}}`, at("data", "issues"), `[1|[2]]`},
		{"a list in an element", `{"data":[{"list":[1]},{"list":[2,3]},{"list":[4]}]}`, first, `[2|3]`},
		{"a byte order mark", "\xef\xbb\xbf[1]\n", nil, `[1]`},
		{"an escaped name", `{"d\u0061ta":[1]}`, at("data"), `[1]`},
		{"a megabyte elsewhere", `{"x":["` + strings.Repeat("x", 1000) + strings.Repeat(`","y`, 20_000) + `"],"data":[1]}`, at("data"), `[1]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(test.body), iotest.OneByteReader(strings.NewReader(test.body))} {
				items, _, err := gather(r, test.list, nil, bounds)
				if got := "[" + strings.Join(items, "|") + "]"; err != nil || got != test.want {
					t.Errorf("got %s, %v; want %s", got, err, test.want)
				}
			}
		})
	}
}

func TestSplitCapturesValuesWhereverTheyStand(t *testing.T) {
	const body = `{"before":{"next":"a","x":[1,{"y":2}]},"data":{"count":2,"issues":[{"id":7},{"id":8}],"more":true},"after":null}`
	issues := at("data", "issues")
	second := append(at("data", "issues"), Step{Kind: Element, Index: 1}, Step{Name: "id"})
	inside := append(at("before", "x"), Step{Kind: Element, Index: 1}, Step{Name: "y"})
	for _, test := range []struct {
		also []Path
		want string
	}{
		{[]Path{at("before", "next"), at("after"), at("gone"), at("data", "more"), at("data", "count")}, `["\"a\"" "null" "" "true" "2"]`},
		{[]Path{second, inside, at("before")}, `["8" "2" "{\"next\":\"a\",\"x\":[1,{\"y\":2}]}"]`},
		{[]Path{issues}, `["[{\"id\":7},{\"id\":8}]"]`},
		{[]Path{at("data"), second, at("data", "more")}, `["{\"count\":2,\"issues\":[{\"id\":7},{\"id\":8}],\"more\":true}" "8" "true"]`},
		{[]Path{{}, at("after")}, fmt.Sprintf(`[%q "null"]`, body)},
		{[]Path{at("before", "next", "deeper"), append(at("before"), Step{Kind: Each})}, `["" ""]`},
	} {
		items, captured, err := gather(strings.NewReader(body), issues, test.also, bounds)
		if err != nil || fmt.Sprintf("%q", captured) != test.want || len(items) != 2 || items[1] != `{"id":8}` {
			t.Errorf("%v: got %q, %q, %v; want %s", test.also, items, captured, err, test.want)
		}
	}
}

func TestWhatIsCapturedOfAnItemOutlivesTheReading(t *testing.T) {
	also := []Path{append(at("items"), Step{Kind: Element}, Step{Name: "node_id"}), at("total")}
	items, captured, err := gather(bytes.NewReader(issues(5000)), at("items"), also, bounds)
	if err != nil || len(items) != 5000 || fmt.Sprintf("%s", captured) != `["MDU6SXNzdWU0" 1]` {
		t.Fatalf("captured %s of %d items, %v", captured, len(items), err)
	}
}

// Statement P8 and H5: what does not fit is an error that says what was found.
func TestABodyThatDoesNotFitIsAClearError(t *testing.T) {
	for _, test := range []struct {
		name, body string
		kind       error
		want       string
	}{
		{"empty", "", nil, "empty body"},
		{"only white space", " \n", nil, "empty body"},
		{"only a byte order mark", "\xef\xbb\xbf", nil, "empty body"},
		{"HTML", "<html>", nil, "invalid JSON"},
		{"cut off in the list", `{"data":[1,2`, io.ErrUnexpectedEOF, "item 2: truncated JSON"},
		{"cut off in an item", `{"data":[1,{"a":`, io.ErrUnexpectedEOF, "item 1: truncated JSON"},
		{"cut off after the list", `{"data":[1]`, io.ErrUnexpectedEOF, "truncated JSON"},
		{"more after the value", `{"data":[1]} 2`, nil, "more data after the JSON value, at offset 14"},
		{"rubbish after the value", `{"data":[1]} x`, nil, "more data after the JSON value"},
		{"a name twice in an item", `{"data":[{"a":1,"\u0061":2}]}`, nil, `duplicate object member name`},
		{"a name twice around the list", `{"data":[1],"data":[2]}`, nil, `duplicate object member name`},
		{"invalid UTF-8", "{\"data\":[\"\xff\"]}", nil, "invalid UTF-8"},
		{"a NUL", "{\"data\":[1,\x00]}", nil, "invalid JSON"},
		{"a raw control character", "{\"data\":[\"\x01\"]}", nil, "invalid JSON"},
		{"NaN", `{"data":[NaN]}`, nil, "item 0: invalid JSON"},
		{"no list", `{"data":{"error":"x","message":1}}`, ErrNotList, "the value at .data is an object with the members error, message"},
		{"null", `{"data":null}`, ErrNotList, "the value at .data is null"},
		{"a string", `{"data":"no"}`, ErrNotList, "the value at .data is a string"},
		{"nothing there", `{"error":"x"}`, ErrMissing, "the body is an object with the members error"},
		{"an empty object", `{}`, ErrMissing, "the body is an object without members"},
		{"another kind of body", `[1]`, ErrMissing, "the body is a list of 1"},
		{"a number as body", `7`, ErrMissing, "the body is a number"},
		{"many members", `{` + manyMembers(20) + `}`, ErrMissing, "m7… and 12 more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			items, captured, err := gather(strings.NewReader(test.body), at("data"), []Path{at("x")}, bounds)
			if err == nil || !strings.Contains(err.Error(), test.want) || test.kind != nil && !errors.Is(err, test.kind) {
				t.Fatalf("got %q, %v; want %q", items, err, test.want)
			}
			if captured != nil {
				t.Errorf("something was captured: %q", captured)
			}
			if len(err.Error()) > 700 {
				t.Errorf("a text of %d bytes", len(err.Error()))
			}
		})
	}
}

// manyMembers writes members with names that are too long to be shown.
func manyMembers(count int) string {
	var parts []string
	for i := range count {
		parts = append(parts, fmt.Sprintf(`"%s%s":1`, strings.Repeat("n", 38)+fmt.Sprintf("m%d", i), strings.Repeat("n", 50)))
	}
	return strings.Join(parts, ",")
}

// endless gives out its head and then the same byte without end, and counts.
type endless struct {
	head  io.Reader
	given int
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.head.Read(p)
	if err == nil {
		return n, nil
	}
	for i := range p {
		p[i] = 'x'
	}
	e.given += len(p)
	return len(p), nil
}

// Statement H6: bounds are met while reading, and each error names its bound.
func TestAnItemOverTheBoundIsNoticedWhileItIsRead(t *testing.T) {
	for _, head := range []string{`{"data":[1,2,3,"`, `{"other":"`, `{"also":"`} {
		body := &endless{head: strings.NewReader(head)}
		_, _, err := gather(body, at("data"), []Path{at("also")}, bounds)
		if err == nil || !strings.Contains(err.Error(), "larger than 64KiB (limit max_item)") {
			t.Fatalf("%s: got %v", head, err)
		}
		if strings.Contains(head, "data") && !strings.HasPrefix(err.Error(), "item 3: ") {
			t.Errorf("%s: the item is not named: %v", head, err)
		}
		if body.given > 1<<20 {
			t.Errorf("%s: %d bytes were read", head, body.given)
		}
	}
}

func TestTheBoundOfAnItemIsExact(t *testing.T) {
	fits := `"` + strings.Repeat("x", 64<<10-2) + `"`
	over := `"` + strings.Repeat("x", 64<<10-1) + `"`
	if items, _, err := gather(strings.NewReader("["+fits+","+fits+"]"), nil, nil, bounds); err != nil || len(items) != 2 {
		t.Errorf("what fits: %d, %v", len(items), err)
	}
	if _, _, err := gather(strings.NewReader("["+fits+","+over+"]"), nil, nil, bounds); err == nil {
		t.Error("what does not fit was taken")
	}
	for _, also := range [][]Path{nil, {at("a")}} {
		body := `{"a":` + over + `,"b":[1]}`
		if _, _, err := gather(strings.NewReader(body), at("b"), also, bounds); (err != nil) != (also != nil) {
			t.Errorf("beside the list, captured %v: %v", also, err)
		}
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

// Statement H5 and H6: nesting is bounded, beyond the bound of the parser as well.
func TestNestingIsBounded(t *testing.T) {
	for depth, ok := range map[int]bool{1: true, 999: true, 1000: true, 1001: false, 9_000: false, 10_000: false, 200_000: false} {
		_, _, err := gather(strings.NewReader("["+nested(depth)+"]"), nil, nil, Limits{Depth: 1000})
		if ok != (err == nil) {
			t.Errorf("%d: %v", depth, err)
		}
		if err != nil && err.Error() != "item 0: nested deeper than 1000 (limit max_depth)" {
			t.Errorf("%d: %v", depth, err)
		}
	}
	brackets := `["` + strings.Repeat("[", 5000) + `"]`
	if _, _, err := gather(strings.NewReader(brackets), nil, nil, bounds); err != nil {
		t.Errorf("brackets in a string: %v", err)
	}
}

func TestAnErrorOfYieldComesBackUnchangedAndStopsTheReading(t *testing.T) {
	stop := errors.New("stop")
	count := 0
	_, err := Split(strings.NewReader(`[1,2,3]`), nil, nil, bounds, func(int, []byte) error {
		count++
		return stop
	})
	if err != stop || count != 1 {
		t.Fatalf("got %v after %d items", err, count)
	}
	if err := SplitLines(strings.NewReader("1\n2\n"), bounds, func(int, []byte) error { return stop }); err != stop {
		t.Fatalf("got %v", err)
	}
}

func TestAnErrorOfTheReaderComesThrough(t *testing.T) {
	broken := errors.New("connection reset")
	for _, head := range []string{"", "[", "[1,", `[{"a":"`, "[1]"} {
		r := io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken))
		if _, _, err := gather(r, nil, nil, bounds); !errors.Is(err, broken) {
			t.Errorf("after %q: got %v", head, err)
		}
		r = io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken))
		if err := SplitLines(r, bounds, func(int, []byte) error { return nil }); !errors.Is(err, broken) {
			t.Errorf("lines after %q: got %v", head, err)
		}
	}
}

func TestSplittingCostsNoAllocationByItem(t *testing.T) {
	count := func(items int) float64 {
		body := issues(items)
		return testing.AllocsPerRun(5, func() {
			_, err := Split(bytes.NewReader(body), at("items"), nil, bounds, func(int, []byte) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := count(100), count(2000); many > few+5 {
		t.Errorf("%v allocations for 100 items, %v for 2,000", few, many)
	}
}

// Statement H5: NDJSON.
func TestLinesAreItems(t *testing.T) {
	long := `"` + strings.Repeat("x", 64<<10-2) + `"`
	for _, test := range []struct{ name, body, want, err string }{
		{"some", "{\"a\": 1}\n[2]\r\n\n  \n 3 ", `{"a": 1}|[2]|3`, ""},
		{"none", "", "", ""},
		{"blank", "\n\r\n", "", ""},
		{"a byte order mark", "\xef\xbb\xbf1\n2\n", "1|2", ""},
		{"as long as may be", long + "\n1\n", long + "|1", ""},
		{"too long", "1\n\"" + strings.Repeat("x", 64<<10) + "\"\n", "1", "line 2: larger than 64KiB (limit max_item)"},
		{"cut off", "1\n{\"a\":", "1", "line 2: truncated JSON"},
		{"two on a line", "1 2\n", "", "line 1: more data after the JSON value"},
		{"over two lines", "{\n}\n", "", "line 1: truncated JSON"},
		{"a name twice", "1\n\n{\"a\":1,\"a\":2}\n", "1", "line 3: invalid JSON"},
		{"too deep", nested(1001), "", "line 1: nested deeper than 1000 (limit max_depth)"},
		{"a space that JSON does not know", "\u00a01\n", "", "line 1: invalid JSON"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var items []string
			err := SplitLines(strings.NewReader(test.body), bounds, func(position int, item []byte) error {
				if position != len(items) {
					t.Errorf("position %d of item %d", position, len(items))
				}
				items = append(items, string(item))
				return nil
			})
			if got := strings.Join(items, "|"); got != test.want {
				t.Errorf("got %.100s, want %.100s", got, test.want)
			}
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
		})
	}
}

func TestAnEndlessLineIsNoticedWhileItIsRead(t *testing.T) {
	body := &endless{head: strings.NewReader("1\n")}
	err := SplitLines(body, bounds, func(int, []byte) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "line 2: larger than 64KiB") || body.given > 1<<20 {
		t.Fatalf("got %v after %d bytes", err, body.given)
	}
}
