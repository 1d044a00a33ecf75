package revocation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Bounds of one answer.
const (
	patience = 5 * time.Second
	maxOCSP  = 64 << 10
	maxCRL   = 10 << 20
)

// newClient follows no redirect, uses no proxy of the environment and keeps no
// connection.
func newClient() *http.Client {
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
			DialContext: (&net.Dialer{Timeout: patience}).DialContext, TLSHandshakeTimeout: patience, ResponseHeaderTimeout: patience},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("a redirect is not followed") },
	}
}

// fetch asks one configured address; body nil is a GET.
func (c *Checker) fetch(ctx context.Context, address string, body []byte, limit int64) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	method, from := http.MethodGet, io.Reader(nil)
	if body != nil {
		method, from = http.MethodPost, bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, from)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/ocsp-request")
		req.Header.Set("Accept", "application/ocsp-response")
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, statusError(resp.StatusCode)
	}
	got, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err == nil && int64(len(got)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return got, err
}

// statusError is an answer that was not 200: somebody is there.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("status %d", int(s)) }

func isStatus(err error) bool {
	var s statusError
	return errors.As(err, &s)
}
