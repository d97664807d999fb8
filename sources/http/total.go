package http

import (
	"fmt"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// count takes down what a page says of the number of all items. Pages that say nothing of it are fine.
func (l *listing) count(p *page) error {
	if l.paging.total == nil {
		return nil
	}
	value, err := l.paging.total.Value(l.paging.scope(p))
	if err != nil || value.IsNull() {
		return err
	}
	number, err := convert.Convert(value, cty.Number)
	if err != nil {
		return fmt.Errorf("the total is %s, not a number", value.Type().FriendlyName())
	}
	l.total, _ = number.AsBigFloat().Float64()
	return nil
}

// short reports whether the pages held fewer items than the last total said.
func (l *listing) short() bool {
	if float64(l.items) >= l.total {
		return false
	}
	l.warned.Do(func() {
		l.log.Warn("the pages hold fewer items than the total says: deletes are not told", "items", l.items, "total", l.total)
	})
	return true
}
