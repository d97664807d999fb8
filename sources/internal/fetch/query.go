package fetch

import (
	"net/url"

	"github.com/hookbridge/hookbridge/sources/internal/fetch/credential/wire"
)

// SetQuery is [wire.SetQuery].
func SetQuery(u *url.URL, name, value string) { wire.SetQuery(u, name, value) }
