package veil

import (
	"fmt"
	"runtime"
)

// Panicked says who panicked, and of what where the runtime made the value: one that a plugin made could hold anything,
// secrets too, and is told by its type alone.
func Panicked(who string, value any) string {
	if cause, ok := value.(runtime.Error); ok {
		return who + " panicked: " + cause.Error()
	}
	return fmt.Sprintf("%s panicked with a %T", who, value)
}
