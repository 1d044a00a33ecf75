package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The sizes at which every page is laid out: the office screen, a telephone,
// and 1280 px at 400 % zoom.
var sizes = []struct {
	width, height int64
	picture       bool
}{{1366, 768, true}, {390, 844, true}, {320, 640, false}}

// serve gives every sample an address of its own under the strict policy.
func serve(t *testing.T) (address string, names []string) {
	t.Helper()
	p := load(t)
	mux := http.NewServeMux()
	mux.Handle("/static/", p.Static())
	only := os.Getenv("PREVIEW_ONLY")
	for _, s := range samples() {
		var b bytes.Buffer
		if err := p.Render(&b, s.page); err != nil {
			t.Fatal(err)
		}
		body := b.Bytes()
		mux.HandleFunc("/page/"+s.name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", ContentSecurityPolicy("http://127.0.0.1:17890"))
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(body)
		})
		if strings.HasPrefix(s.name, only) {
			names = append(names, s.name)
		}
	}
	mux.HandleFunc("/import/job/status", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"done":900,"total":1900,"sentence":"已核对 900 行，共 1,900 行。"}`))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, names
}

func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestNoPageScrollsSidewaysOrBreaksThePolicyInChromium opens every sample at
// every size. With PREVIEW_DIR set it leaves a picture of each there, for a person to look at.
func TestNoPageScrollsSidewaysOrBreaksThePolicyInChromium(t *testing.T) {
	address, names := serve(t)
	ctx := browser(t)
	var mu sync.Mutex
	var told []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			told = append(told, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			told = append(told, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				told = append(told, "console.error was called")
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		for _, size := range sizes {
			err := chromedp.Do(ctx, viewport(size.width, size.height), chromedp.Navigate(address+"/page/"+name))
			if err != nil {
				t.Fatalf("%s at %d: %v", name, size.width, err)
			}
			width, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
			if err != nil {
				t.Fatalf("%s at %d: %v", name, size.width, err)
			}
			if width > size.width {
				t.Errorf("%s at %d px is %d px wide", name, size.width, width)
			}
			mu.Lock()
			for _, s := range told {
				t.Errorf("%s at %d px: %s", name, size.width, s)
			}
			told = nil
			mu.Unlock()
			if dir := os.Getenv("PREVIEW_DIR"); dir != "" && size.picture {
				photograph(t, ctx, filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, size.width)))
			}
		}
	}
}

func viewport(width, height int64) chromedp.Action[chromedp.Void] {
	if width < 700 {
		return chromedp.EmulateViewport(width, height, chromedp.EmulateMobile)
	}
	return chromedp.EmulateViewport(width, height)
}

func photograph(t *testing.T, ctx context.Context, file string) {
	t.Helper()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
