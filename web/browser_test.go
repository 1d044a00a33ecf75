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

	"github.com/chromedp/cdproto/emulation"
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
	mux.HandleFunc("/wrong", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", ContentSecurityPolicy())
		_, _ = w.Write([]byte(`<!doctype html><title>x</title><p style="color:red">x</p>`))
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
	ctx, cancel = context.WithTimeout(ctx, 15*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// listener collects what a page tells the console: violations of the policy,
// files not found, exceptions.
type listener struct {
	mu   sync.Mutex
	told []string
}

func listen(t *testing.T, ctx context.Context) *listener {
	t.Helper()
	l := new(listener)
	err := chromedp.Listen(ctx, func(event any) {
		l.mu.Lock()
		defer l.mu.Unlock()
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			l.told = append(l.told, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			l.told = append(l.told, e.ExceptionDetails.Text)
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.ConsoleAPICalledTypeError {
				l.told = append(l.told, "console.error was called")
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// heard returns what was told since it was last asked.
func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	told := l.told
	l.told = nil
	return told
}

// TestBrowserNoPageScrollsSidewaysOrBreaksThePolicyInChromium opens every sample at
// every size. With PREVIEW_DIR set it leaves a picture of each there, for a
// person to look at.
func TestBrowserNoPageScrollsSidewaysOrBreaksThePolicyInChromium(t *testing.T) {
	address, names := serve(t)
	ctx := browser(t)
	l := listen(t, ctx)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/wrong"), chromedp.Sleep(200*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if len(l.heard()) == 0 {
		t.Fatal("a page with an inline style was not noticed: this test would notice nothing")
	}
	for _, name := range names {
		if err := chromedp.Do(ctx, chromedp.Navigate(address+"/page/"+name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, size := range sizes {
			if err := chromedp.Do(ctx, viewport(size.width, size.height)); err != nil {
				t.Fatal(err)
			}
			width, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
			if err != nil {
				t.Fatalf("%s at %d: %v", name, size.width, err)
			}
			if width > size.width {
				t.Errorf("%s at %d px is %d px wide", name, size.width, width)
			}
			if dir := os.Getenv("PREVIEW_DIR"); dir != "" && size.picture {
				photograph(t, ctx, filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, size.width)))
			}
		}
		for _, s := range l.heard() {
			t.Errorf("%s: %s", name, s)
		}
	}
}

func TestBrowserAPrintedPageHasNeitherNavigationNorButtons(t *testing.T) {
	address, _ := serve(t)
	ctx := browser(t)
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"receipt", "statement", "list", "application", "home", "log"} {
		if err := chromedp.Do(ctx, chromedp.Navigate(address+"/page/"+name)); err != nil {
			t.Fatal(err)
		}
		seen, err := chromedp.Run(ctx, chromedp.Evaluate[string](`[...document.querySelectorAll('nav, button, .govuk-button, .bar, .filters, .sky')].filter((e) => e.checkVisibility()).map((e) => e.className || e.tagName).join(' ')`))
		if err != nil {
			t.Fatal(err)
		}
		if seen != "" {
			t.Errorf("%s prints %s", name, seen)
		}
		said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector('main').innerText`))
		if err != nil {
			t.Fatal(err)
		}
		if len(said) < 100 {
			t.Errorf("%s prints almost nothing: %q", name, said)
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
