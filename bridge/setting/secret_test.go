package setting_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hookbridge/hookbridge/bridge/setting"
)

func TestASecretPrintsHiddenInEveryFormat(t *testing.T) {
	held := struct {
		Token setting.Secret
		Map   map[string]setting.Secret
	}{setting.NewSecret(secretText), map[string]setting.Secret{"a": setting.NewSecret(secretText)}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		_, _ = fmt.Fprintf(&out, verb+"\n", held.Token)
		_, _ = fmt.Fprintf(&out, verb+"\n", held)
		_, _ = fmt.Fprintf(&out, verb+"\n", &held)
	}
	_, _ = fmt.Fprintln(&out, held.Token, held, fmt.Errorf("send: %v", held.Token))
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "token", held.Token, "held", held)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "token", held.Token, "held", held)
	if err := json.NewEncoder(&out).Encode(held); err != nil {
		t.Fatal(err)
	}
	hexed := fmt.Sprintf("%x", secretText)
	if strings.Contains(out.String(), secretText) || strings.Contains(strings.ToLower(out.String()), hexed) {
		t.Errorf("the secret is shown:\n%s", &out)
	}
	if !strings.Contains(out.String(), setting.Hidden) {
		t.Error("nothing stands in the secret's place")
	}
}
