package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"
)

// throughEach is a path whose middle step leads into each element.
func throughEach(before, after string) Path {
	return append(append(at(before), Step{Kind: Each}), at(after)...)
}

// Statement H5: a nested list.
func TestSplitLeadsThroughEachElementOfAnArray(t *testing.T) {
	path := throughEach("groups", "members")
	deep := append(append(throughEach("a", "b"), Step{Kind: Each}), at("c")...)
	for _, test := range []struct {
		name, body string
		list       Path
		want       string
		err        error
	}{
		{"two lists", `{"groups":[{"members":[1,2]},{"x":[9],"members":[3]}]}`, path, "[1 2 3]", nil},
		{"an empty one", `{"groups":[{"members":[]},{"members":[3]}]}`, path, "[3]", nil},
		{"no group", `{"groups":[]}`, path, "[]", nil},
		{"a group without one", `{"groups":[{"members":[1]},{"name":"x"}]}`, path, "[1]", ErrMissing},
		{"null for one", `{"groups":[{"members":null}]}`, path, "[]", ErrNotList},
		{"no groups", `{"x":1}`, path, "[]", ErrMissing},
		{"groups that are no list", `{"groups":{"members":[1]}}`, path, "[]", ErrMissing},
		{"twice", `{"a":[{"b":[{"c":[1]},{"c":[2]}]},{"b":[]},{"b":[{"c":[3]}]}]}`, deep, "[1 2 3]", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			items, _, err := gather(iotest.OneByteReader(strings.NewReader(test.body)), test.list, []Path{at("x")}, bounds)
			if fmt.Sprint(items) != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %s, %v", items, err)
			}
		})
	}
}

func TestWhatIsCapturedBesideNestedListsIsRight(t *testing.T) {
	const body = `{"groups":[{"members":[1,2],"id":"a"},{"id":"b","members":[3]}],"next":"n"}`
	second := append(at("groups"), Step{Kind: Element, Index: 1})
	also := []Path{at("next"), append(second[:2:2], Step{Name: "id"}), second, at("groups")}
	for _, paths := range [][]Path{also, also[:2], also[2:]} {
		items, captured, err := gather(strings.NewReader(body), throughEach("groups", "members"), paths, bounds)
		if err != nil || fmt.Sprint(items) != "[1 2 3]" {
			t.Fatalf("got %s, %v", items, err)
		}
		for i, path := range paths {
			if string(captured[i]) != string(path.Find([]byte(body))) {
				t.Errorf("%s: captured %s", path, captured[i])
			}
		}
	}
}

func gatherMembers(r io.Reader, object Path, also []Path) (items []string, captured [][]byte, err error) {
	captured, err = SplitMembers(r, object, also, bounds, func(position int, item []byte) error {
		if position != len(items) {
			return fmt.Errorf("position %d of item %d", position, len(items))
		}
		items = append(items, string(item))
		return nil
	})
	return items, captured, err
}

// Statement H5: an object of objects.
func TestSplitMembersYieldsEachMemberWithItsName(t *testing.T) {
	for _, test := range []struct {
		name, body, want string
		err              error
	}{
		{"some", `{"users":{"u1":{"n": 1},"é\"":[2] , "":null}}`, `{"key":"u1","value":{"n": 1}}|{"key":"é\"","value":[2]}|{"key":"","value":null}`, nil},
		{"none", `{"users":{}}`, "", nil},
		{"a list", `{"users":[1]}`, "", ErrNotObject},
		{"null", `{"users":null}`, "", ErrNotObject},
		{"nothing", `{}`, "", ErrMissing},
		{"cut off", `{"users":{"a":1,`, `{"key":"a","value":1}`, io.ErrUnexpectedEOF},
	} {
		items, _, err := gatherMembers(strings.NewReader(test.body), at("users"), nil)
		if strings.Join(items, "|") != test.want || !errors.Is(err, test.err) || test.err == nil && err != nil {
			t.Errorf("%s: got %s, %v", test.name, items, err)
		}
	}
	items, captured, err := gatherMembers(strings.NewReader(`{"users":{"a":{"x":1},"b":{"x":2}},"n":3}`), at("users"),
		[]Path{at("users", "b", "x"), at("n"), at("users", "c")})
	if err != nil || len(items) != 2 || fmt.Sprintf("%s", captured) != "[2 3 ]" {
		t.Errorf("got %s, captured %s, %v", items, captured, err)
	}
	if _, _, err := gatherMembers(strings.NewReader(`{"users":{"a":1,"a":2}}`), at("users"), nil); err == nil {
		t.Error("a name twice was taken")
	}
}

// Statement H6, for members.
func TestAMemberOverTheBoundIsNoticedWhileItIsRead(t *testing.T) {
	body := &endless{head: strings.NewReader(`{"users":{"a":1,"b":"`)}
	_, _, err := gatherMembers(body, at("users"), nil)
	if err == nil || !strings.Contains(err.Error(), "item 1: larger than 64KiB") || body.given > 1<<20 {
		t.Fatalf("got %v after %d bytes", err, body.given)
	}
}

func TestCaptureReadsWithoutAList(t *testing.T) {
	const body = "\ufeff" + `{"error":{"code":602,"text":"x"},"data":[{"id":1}]}`
	first := append(at("data"), Step{Kind: Element}, Step{Name: "id"})
	captured, err := Capture(strings.NewReader(body), []Path{at("error", "code"), at("gone", "x"), first, at("error")}, bounds)
	if err != nil || fmt.Sprintf("%s", captured) != `[602  1 {"code":602,"text":"x"}]` {
		t.Errorf("captured %s, %v", captured, err)
	}
	for _, body := range []string{"", "<html>", `{"error":`, `{"a":1}{"b":2}`} {
		if captured, err := Capture(strings.NewReader(body), []Path{at("error")}, bounds); err == nil || captured != nil {
			t.Errorf("%q: captured %s, %v", body, captured, err)
		}
	}
	if captured, err := Capture(strings.NewReader(`7`), []Path{at("error"), {}}, bounds); err != nil || string(captured[1]) != "7" {
		t.Errorf("captured %s, %v", captured, err)
	}
}

func FuzzSplitMembers(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Add([]byte(`{"items":{"a":1,"b":{"c":[]}},"n":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		items, captured, err := gatherMembers(bytes.NewReader(body), at("items"), []Path{at("n")})
		if err != nil {
			return
		}
		body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
		var whole struct{ Items map[string]json.RawMessage }
		if err := json.Unmarshal(body, &whole); err != nil {
			t.Fatalf("encoding/json does not take it: %v", err)
		}
		for _, item := range items {
			var member struct {
				Key   string
				Value json.RawMessage
			}
			if err := json.Unmarshal([]byte(item), &member); err != nil || !jsontext.Value(item).IsValid() {
				t.Fatalf("item %s: %v", item, err)
			}
		}
		if string(captured[0]) != string(at("n").Find(body)) {
			t.Fatalf("captured %s", captured[0])
		}
	})
}
