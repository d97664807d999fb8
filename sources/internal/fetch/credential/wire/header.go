package wire

// Reserved says why a header is not for the config to set, and is empty for those that are.
func Reserved(name string) string {
	switch name {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Te", "Upgrade", "Expect",
		"Keep-Alive", "Proxy-Connection", "Proxy-Authorization":
		return name + " belongs to the connection and is set by itself."
	case "Accept-Encoding":
		return "Compression is agreed on by itself; leave Accept-Encoding out."
	case "If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range":
		return name + " is set by itself; see the attribute conditional."
	}
	return ""
}
