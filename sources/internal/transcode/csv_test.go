package transcode

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hookbridge/hookbridge/bridge/document"
)

var bounds = document.Limits{Item: 64 << 10, Depth: 100}

func gatherRows(r io.Reader, t Table, limits document.Limits) (items []string, err error) {
	err = t.Rows(r, limits, func(position int, item []byte) error {
		if position != len(items) {
			return fmt.Errorf("position %d of item %d", position, len(items))
		}
		items = append(items, string(item))
		return nil
	})
	return items, err
}

// H5: CSV.
func TestEachRowIsAnItem(t *testing.T) {
	for name, c := range map[string]struct {
		table      Table
		text, want string
	}{
		"plain":                       {Table{}, "id,name\n1,a\n2,b\n", `{"id":"1","name":"a"}|{"id":"2","name":"b"}`},
		"no row":                      {Table{}, "id,name\n", ``},
		"CRLF, no end of line":        {Table{}, "id,name\r\n1,a\r\n2,b", `{"id":"1","name":"a"}|{"id":"2","name":"b"}`},
		"quotes and lines in a value": {Table{}, "id,x\n1,\"a \"\"b\"\", c\nd\"\n", `{"id":"1","x":"a \"b\", c\nd"}`},
		"spaces around names":         {Table{}, "id, name\n1, a\n", `{"id":"1","name":" a"}`},
		"a column without a name":     {Table{}, "id,\n1,a\n", `{"id":"1","2":"a"}`},
		"empty values":                {Table{}, "id,x,y\n1,,\n", `{"id":"1","x":"","y":""}`},
		"blank lines":                 {Table{}, "\nid\n\n1\n\n", `{"id":"1"}`},
		"another delimiter":           {Table{Delimiter: ';'}, "id;x\n1;a,b\n", `{"id":"1","x":"a,b"}`},
		"tabs":                        {Table{Delimiter: '\t'}, "id\tx\n1\ta\n", `{"id":"1","x":"a"}`},
		"no names":                    {Table{Headless: true}, "1,a\n2,b\n", `["1","a"]|["2","b"]`},
		"no names and no row":         {Table{Headless: true}, "", ``},
		"one of the columns is there": {Table{Columns: []string{"uuid", "id"}}, "id\n1\n", `{"id":"1"}`},
		"names that JSON escapes":     {Table{}, "a\"\"b\\,é\n1,2\n", ``},
		"a row that looks like names": {Table{}, "id\nid\n", `{"id":"id"}`},
	} {
		if name == "names that JSON escapes" {
			c.text, c.want = "\"a\"\"b\\\",é\n1,2\n", `{"a\"b\\":"1","é":"2"}`
		}
		for _, r := range []io.Reader{strings.NewReader(c.text), iotest.OneByteReader(strings.NewReader(c.text))} {
			items, err := gatherRows(r, c.table, bounds)
			if got := strings.Join(items, "|"); err != nil || got != c.want {
				t.Errorf("%s: got %s, %v; want %s", name, got, err, c.want)
			}
		}
	}
}

// P8 and H5: what does not fit is a clear error.
func TestATableThatDoesNotFitIsAClearError(t *testing.T) {
	for name, c := range map[string]struct {
		table      Table
		text, want string
	}{
		"nothing":              {Table{}, "", "no row of names"},
		"only blank lines":     {Table{}, "\n\n", "no row of names"},
		"HTML":                 {Table{}, "<!DOCTYPE html>\n", "HTML"},
		"an error message":     {Table{Columns: []string{"id"}}, "Internal error\n", `no column with the name "id"`},
		"too few columns":      {Table{}, "id,x\n1,a\n2\n", "line 3: wrong number of fields"},
		"too many columns":     {Table{}, "id,x\n1,a,b\n", "line 2: wrong number of fields"},
		"a name twice":         {Table{}, "id,x,id\n1,2,3\n", `two columns with the name "id"`},
		"a number as name":     {Table{}, "2,\na,b\n", `two columns with the name "2"`},
		"a quote in a value":   {Table{}, "id\na\"b\n", "line 2"},
		"an open quote":        {Table{}, "id\n\"a\nb\n", "quote"},
		"invalid UTF-8":        {Table{}, "id\n1\n\xff\n", "line 3: invalid UTF-8: set charset"},
		"invalid UTF-8, names": {Table{}, "\xff\n1\n", "line 1: invalid UTF-8"},
		"a NUL":                {Table{}, "id\na\x00b\n", "line 2: a NUL"},
	} {
		items, err := gatherRows(strings.NewReader(c.text), c.table, bounds)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 500 {
			t.Errorf("%s: got %q, %v; want %q", name, items, err, c.want)
		}
	}
}

// endless gives out its head and then the same byte without end, and counts.
type endless struct {
	head  io.Reader
	given int
}

func (e *endless) Read(p []byte) (int, error) {
	if n, err := e.head.Read(p); err == nil {
		return n, nil
	}
	for i := range p {
		p[i] = 'x'
	}
	e.given += len(p)
	return len(p), nil
}

// H6.
func TestARowOverTheBoundIsNoticedWhileItIsRead(t *testing.T) {
	for _, head := range []string{"", "id\n1\n2,", "id\n1\n\""} {
		body := &endless{head: strings.NewReader(head)}
		_, err := gatherRows(body, Table{}, bounds)
		if err == nil || !strings.Contains(err.Error(), "larger than 64KiB (limit max_item)") || body.given > 1<<20 {
			t.Errorf("%q: got %v after %d bytes", head, err, body.given)
		}
	}
	for _, size := range []int{64<<10 - len(`{"id":""}`), 64<<10 - len(`{"id":""}`) + 1} {
		_, err := gatherRows(strings.NewReader("id\n"+strings.Repeat("x", size)+"\n"), Table{}, bounds)
		if fits := size+len(`{"id":""}`) <= 64<<10; fits != (err == nil) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestErrorsOfTheReaderAndOfYieldComeThrough(t *testing.T) {
	broken := errors.New("connection reset")
	for _, head := range []string{"", "id", "id\n1\n"} {
		if _, err := gatherRows(io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)), Table{}, bounds); !errors.Is(err, broken) {
			t.Errorf("CSV after %q: %v", head, err)
		}
	}
	for _, head := range []string{"", "<a>", "<a><b/></a>", "<a><b>x"} {
		if _, err := gatherElements(io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)), "a.b", bounds); !errors.Is(err, broken) {
			t.Errorf("XML after %q: %v", head, err)
		}
	}
	stop := func(int, []byte) error { return broken }
	if err := (Table{}).Rows(strings.NewReader("id\n1\n2\n"), bounds, stop); err != broken {
		t.Errorf("CSV: %v", err)
	}
	if err := Elements(strings.NewReader("<a><b/><b/></a>"), path("a.b"), bounds, stop); err != broken {
		t.Errorf("XML: %v", err)
	}
}

// R6: whatever comes, there is an error or valid JSON, and no panic.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"id,name\n1,a\n", "a\tb\n\"x\ny\"\t\"\"\"\"\n", "\ufeffid\n1", "id\n\xff\n", "id,id\n", "a;b\r\n;\r\n"} {
		f.Add([]byte(seed), ',', false)
		f.Add([]byte(seed), ';', true)
	}
	f.Fuzz(func(t *testing.T, text []byte, delimiter rune, headless bool) {
		if !Delimits(delimiter) {
			return
		}
		items, _ := gatherRows(strings.NewReader(string(text)), Table{Delimiter: delimiter, Headless: headless}, bounds)
		for _, item := range items {
			var into any = &map[string]string{}
			if headless {
				into = &[]string{}
			}
			if err := json.Unmarshal([]byte(item), into); err != nil {
				t.Fatalf("%s: %v", item, err)
			}
		}
	})
}
