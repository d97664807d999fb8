package admin

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var openapi []byte

// document answers with the description of the API, for programs.
func document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openapi) // a client that has gone needs no answer
}
