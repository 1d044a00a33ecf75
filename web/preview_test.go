//go:build preview

package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPreview takes pictures of every sample at both sizes into PREVIEW_DIR,
// for a person to look at: go test -tags preview -run Preview ./web
func TestPreview(t *testing.T) {
	dir := os.Getenv("PREVIEW_DIR")
	if dir == "" {
		t.Fatal("set PREVIEW_DIR")
	}
	p := load(t)
	mux := http.NewServeMux()
	mux.Handle("/static/", p.Static())
	only := os.Getenv("PREVIEW_ONLY")
	var names []string
	for _, s := range samples() {
		var b bytes.Buffer
		if err := p.Render(&b, s.page); err != nil {
			t.Fatal(err)
		}
		if only == "" || strings.Contains(s.name, only) {
			names = append(names, s.name)
		}
		body := b.Bytes()
		mux.HandleFunc("/page/"+s.name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", ContentSecurityPolicy("http://127.0.0.1:17890"))
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(body)
		})
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, name := range names {
		for _, size := range []string{"1366,768", "1366,2400", "500,1800"} {
			out := filepath.Join(dir, fmt.Sprintf("%s-%s.png", name, strings.ReplaceAll(size, ",", "x")))
			cmd := exec.Command("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
				"--disable-background-networking", "--user-data-dir="+t.TempDir(), "--screenshot="+out, "--window-size="+size, "--virtual-time-budget=3000", server.URL+"/page/"+name)
			done := make(chan error, 1)
			go func() { done <- cmd.Run() }()
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			case <-time.After(60 * time.Second):
				t.Fatalf("%s: chromium does not end", name)
			}
		}
	}
}
