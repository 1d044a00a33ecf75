package keyagent

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
)

const (
	maxPost   = 16 << 20 // a statement and its annex
	maxAnswer = 8 << 10  // a PIN and two tokens
)

// readBody reads at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		return nil, &tooLarge
	}
	if err != nil {
		return nil, brokenForm.because(err)
	}
	return body, nil
}

// fields decodes an application/x-www-form-urlencoded body in place: every
// value is a slice of body, so that whoever clears body has cleared a PIN. Only
// the names given may stand, each once at most.
func fields(body []byte, names ...string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for rest := body; len(rest) > 0; {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, []byte("&"))
		name, value, ok := bytes.Cut(pair, []byte("="))
		if !ok || !slices.Contains(names, string(name)) || all[string(name)] != nil {
			return nil, &brokenForm
		}
		if value, ok = unescape(value); !ok {
			return nil, &brokenForm
		}
		all[string(name)] = value
	}
	return all, nil
}

// unescape decodes in place and never returns nil for what it accepts.
func unescape(b []byte) ([]byte, bool) {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(b) {
				return nil, false
			}
			high, ok1 := nibble(b[i+1])
			low, ok2 := nibble(b[i+2])
			if !ok1 || !ok2 {
				return nil, false
			}
			out = append(out, high<<4|low)
			i += 2
		default:
			out = append(out, c)
		}
	}
	if out == nil {
		out = []byte{}
	}
	return out, true
}

func nibble(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// decode64 accepts standard base64 in its one spelling. The library passes
// over line breaks, so those are refused here.
func decode64(b []byte) ([]byte, error) {
	if bytes.ContainsAny(b, "\r\n") {
		return nil, &brokenForm
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Strict().Decode(out, b)
	if err != nil {
		return nil, brokenForm.because(err)
	}
	return out[:n], nil
}
