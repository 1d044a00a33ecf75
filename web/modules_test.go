package web

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sealdesk/web/view"
)

// counter is a portal that answers the landing page by a script.
type counter struct {
	mu      sync.Mutex
	seals   []string
	answers []func(http.ResponseWriter)
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seals = append(c.seals, r.PostFormValue("seal"))
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded;charset=UTF-8" && r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		http.Error(w, "wrong type "+r.Header.Get("Content-Type"), http.StatusUnsupportedMediaType)
		return
	}
	next := c.answers[0]
	c.answers = c.answers[1:]
	next(w)
}

func (c *counter) posted() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.seals...)
}

func reply(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func landing(t *testing.T, answers ...func(http.ResponseWriter)) (string, *counter) {
	t.Helper()
	p := load(t)
	c := &counter{answers: answers}
	mux := http.NewServeMux()
	mux.Handle("/static/", p.Static())
	show := func(page Page) http.HandlerFunc {
		var b bytes.Buffer
		if err := p.Render(&b, page); err != nil {
			t.Fatal(err)
		}
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", ContentSecurityPolicy("http://127.0.0.1:17890"))
			w.Header().Set("Referrer-Policy", "no-referrer")
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(b.Bytes())
		}
	}
	mux.Handle("GET /sealed", show(view.Sealed{Gate: view.Gate{Title: "送交签名"}, Post: "/sealed", Home: "/"}))
	mux.Handle("POST /sealed", c)
	mux.Handle("GET /receipts/1", show(view.Receipt{Frame: frame("回执", ""), Kind: "注册结论", Number: 1, Logged: now}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, c
}

// sees waits until the visible part of the page holds what is expected.
func sees(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	// Asked again and again rather than polled in the page: a navigation ends a poll.
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
	}
	said, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + ' ' + document.body.innerText`))
	t.Fatalf("never came true: %s\nthe page: %s", expression, said)
}

func TestBrowserTheLandingPageClearsTheSealFromTheHistoryPostsItOnceAndFollowsTheAnswer(t *testing.T) {
	address, c := landing(t, reply(200, `{"location":"/receipts/1"}`))
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/sealed#seal=QUJD-_x")); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `location.pathname === '/receipts/1' && location.hash === ''`)
	if got := c.posted(); len(got) != 1 || got[0] != "QUJD-_x" {
		t.Errorf("posted %q", got)
	}
	entries, err := chromedp.Run(ctx, chromedp.NavigationEntries())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries.Entries {
		if bytes.Contains([]byte(e.URL), []byte("seal=")) {
			t.Errorf("the history still holds %s", e.URL)
		}
	}
}

func TestBrowserTheLandingPageOffersTheSameSealAgainAfterAPassingFault(t *testing.T) {
	address, c := landing(t, reply(503, `{"sentence":"日志暂时写不进去，什么都没有做。"}`), reply(200, `{"location":"/receipts/1"}`))
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/sealed#seal=QUJD")); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `document.querySelector('[data-part="failed"]').checkVisibility() && document.body.innerText.includes('日志暂时写不进去')`)
	if err := chromedp.Do(ctx, chromedp.Click(`[data-part="failed"] [data-retry]`)); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `location.pathname === '/receipts/1'`)
	if got := c.posted(); len(got) != 2 || got[0] != "QUJD" || got[1] != "QUJD" {
		t.Errorf("posted %q", got)
	}
}

func TestBrowserTheLandingPageShowsARefusalAndDoesNotOfferItAgain(t *testing.T) {
	address, _ := landing(t, reply(403, `{"sentence":"这份陈述是在另一个浏览器里出具的。"}`))
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/sealed#seal=QUJD")); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `document.body.innerText.includes('另一个浏览器') && !document.querySelector('[data-retry]').checkVisibility() && location.hash === ''`)
}

func TestBrowserTheLandingPageFollowsNoAnswerToAnotherOrigin(t *testing.T) {
	address, _ := landing(t, reply(200, `{"location":"http://evil.example/receipts/1"}`))
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/sealed#seal=QUJD")); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `location.pathname === '/sealed' && !document.querySelector('[data-part="busy"]').checkVisibility()`)
}

func TestBrowserTheLandingPagePostsNothingWithoutASeal(t *testing.T) {
	address, c := landing(t)
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/sealed")); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `document.querySelector('[data-part="nothing"]').checkVisibility()`)
	if got := c.posted(); len(got) != 0 {
		t.Errorf("posted %q", got)
	}
}

func TestBrowserTickingRowsIsCountedAndTheProgressOfAnImportIsShown(t *testing.T) {
	address, _ := serve(t)
	ctx := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/page/list")); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `document.querySelector('[data-batch="count"]').textContent === '4'`)
	if err := chromedp.Do(ctx, chromedp.Click(`[data-batch="all"]`)); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `Number(document.querySelector('[data-batch="count"]').textContent) === document.querySelectorAll('[name="application"]').length`)
	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/page/import-progress-unknown")); err != nil {
		t.Fatal(err)
	}
	sees(t, ctx, `document.querySelector('[data-progress="text"]').textContent.includes('900') && document.querySelector('progress').value === 900`)
}
