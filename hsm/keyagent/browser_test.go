package keyagent

import (
	"context"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"sealdesk/hsm/hsmtest"
	"sealdesk/hsm/seal"
	"sealdesk/web/webtest"
)

// portalPages is a portal as the agent sees one: a page that posts a statement
// to the agent, alone or in a frame, and the page that receives a seal.
type portalPages struct {
	server *httptest.Server
	origin string
	agent  string // filled in before the first request

	mu          sync.Mutex
	text, annex []byte
}

var portalPage = template.Must(template.New("").Parse(`<!doctype html><meta charset="utf-8"><title>portal</title>
<form method="post" action="http://{{.Agent}}/sign"{{if .Framed}} target="f"{{end}}><input type="hidden" name="statement" value="{{.Text}}">
<input type="hidden" name="annex" value="{{.Annex}}"><button id="go">去签署</button></form>{{if .Framed}}<iframe name="f" id="f"></iframe>{{end}}`))

func newPortal(t *testing.T) *portalPages {
	t.Helper()
	p := &portalPages{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		w.Header().Set("Referrer-Policy", r.URL.Query().Get("referrer"))
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-src http://"+p.agent+"; form-action 'self' http://"+p.agent)
		if err := portalPage.Execute(w, map[string]any{"Agent": p.agent, "Framed": r.URL.Query().Has("framed"),
			"Text": base64.StdEncoding.EncodeToString(p.text), "Annex": base64.StdEncoding.EncodeToString(p.annex)}); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("GET /sealed", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Referer") != "" {
			t.Errorf("the agent's address reaches the portal: %s", r.Header.Get("Referer"))
		}
		fmt.Fprint(w, "<!doctype html><title>sealed</title><p id=done>received</p>")
	})
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	p.server = httptest.NewTLSServer(mux)
	t.Cleanup(p.server.Close)
	u, err := url.Parse(p.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p.origin = "https://localhost:" + u.Port()
	return p
}

func (p *portalPages) offer(text, annex []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text, p.annex = text, annex
}

// tab is a tab of a real browser with a profile of its own.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
	sources    map[string]string // pages that were looked at
}

func newTab(t *testing.T) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium not found: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("ignore-certificate-errors", true))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, sources: map[string]string{}}
	err = chromedp.Listen(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			b.complaints = append(b.complaints, e.Entry.Text)
		case *runtime.EventExceptionThrown:
			b.complaints = append(b.complaints, e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1366, 768)); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, 20*time.Second)
	defer stop()
	for i, a := range actions {
		if err := chromedp.Do(ctx, a); err != nil {
			b.t.Fatalf("step %d: %v", i+1, err)
		}
	}
}

func ask[T any](b *tab, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, 20*time.Second)
	defer stop()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// fine holds that the browser complained of nothing but these.
func (b *tab) fine(except ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		if !slices.ContainsFunc(except, func(e string) bool { return strings.Contains(c, e) }) {
			b.t.Errorf("the browser complains: %s", c)
		}
	}
}

// meant are rules that the agent's pages break on purpose: no browser may keep
// a PIN, a form without a usable key has nothing to press; and how the browser
// spells the attributes of what it read is its own affair.
var meant = []string{"autocomplete-password", "wcag/h32", "attribute-boolean-style"}

// judged holds what was looked at against html-validate; it is the last thing
// that the tab does.
func (b *tab) judged() {
	b.t.Helper()
	found, err := webtest.Validate(b.ctx, b.sources)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range found {
		if !slices.ContainsFunc(meant, func(rule string) bool { return strings.Contains(f, " "+rule+": ") }) {
			b.t.Error(f)
		}
	}
}

// look photographs the page at both sizes and asks axe about it; with go test
// -artifacts the pictures are kept.
func (b *tab) look(name string) {
	b.t.Helper()
	// No page of the agent is kept anywhere, so it is judged as the browser read it.
	b.sources[name] = "<!doctype html>" + ask(b, chromedp.Evaluate[string]("document.documentElement.outerHTML"))
	found, err := webtest.Axe(b.ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range found {
		b.t.Errorf("%s: %s", name, f)
	}
	for _, size := range []struct{ w, h int64 }{{1366, 768}, {390, 844}, {320, 640}} {
		b.do(chromedp.EmulateViewport(size.w, size.h))
		if wide := ask(b, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); wide > size.w {
			b.t.Errorf("%s is %d px wide at %d px", name, wide, size.w)
		}
		for suffix, png := range map[string][]byte{"": ask(b, chromedp.CaptureScreenshot()), "-full": ask(b, chromedp.FullScreenshot(100))} {
			if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), fmt.Sprintf("%s-%d%s.png", name, size.w, suffix)), png, 0o600); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.do(chromedp.EmulateViewport(1366, 768))
}

func TestBrowserCarriesAStatementToTheAgentAndItsSealBack(t *testing.T) {
	portal := newPortal(t)
	s := newSceneAt(t, portal.origin)
	portal.agent = s.address
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 250, p)
	portal.offer(text, annex)
	b := newTab(t)

	b.do(chromedp.Navigate(portal.origin+"/page?referrer=origin"), chromedp.Click("#go"), chromedp.WaitVisible("#text"))
	b.look("first-page")
	b.do(chromedp.WaitVisible("#pin:disabled"), chromedp.Click(`//a[contains(., "全部显示")]`), chromedp.WaitVisible("#pin:enabled"))
	shown := ask(b, chromedp.Evaluate[string](`[...document.querySelectorAll("#text li > span, .line [data-line]")].map(e => e.textContent + "\n").join("")`))
	if shown != string(text) {
		t.Error("the browser does not show the statement's bytes")
	}
	b.do(chromedp.SendKeys("#pin", "999999\r"), chromedp.WaitVisible(".govuk-error-summary"))
	b.look("wrong-pin")
	if typed := ask(b, chromedp.Value("#pin")); typed != "" {
		t.Error("the page keeps a PIN")
	}
	b.do(chromedp.SendKeys("#pin", p.PIN+"\r"), chromedp.WaitVisible("#done"))
	encoded, ok := strings.CutPrefix(ask(b, chromedp.Location()), portal.origin+"/sealed#seal=")
	encoded, _, _ = strings.Cut(encoded, "&presence=")
	if !ok {
		t.Fatal("the browser is not at the portal's page for seals")
	}
	der, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Verify(der, text, annex, seal.Trust{Roots: s.ca.Pool()}, seal.Expect{Portal: portalName}, time.Now()); err != nil {
		t.Error(err)
	}
	b.fine()
	b.judged()
}

func TestBrowserAttacksReachNoKey(t *testing.T) {
	portal, evil := newPortal(t), newPortal(t)
	s := newSceneAt(t, portal.origin)
	portal.agent, evil.agent = s.address, s.address
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 3, p)
	portal.offer(text, annex)
	evil.offer(text, annex)
	b := newTab(t)
	for _, c := range []struct {
		address string
		why     refusal
	}{
		{evil.origin + "/page?referrer=origin", foreignOrigin},
		{portal.origin + "/page?referrer=no-referrer", nullOrigin},
		{"http://" + s.address + "/sign", onlyPost},
	} {
		b.do(chromedp.Navigate(c.address))
		if c.why.reason != onlyPost.reason {
			b.do(chromedp.Click("#go"))
		}
		b.do(chromedp.WaitVisible(".sentence"))
		if said := ask(b, chromedp.Text(".sentence")); said != c.why.sentence {
			t.Errorf("%s: %q", c.why.reason, said)
		}
	}
	b.look("refused")
	b.do(chromedp.Navigate(portal.origin+"/page?referrer=origin&framed=1"), chromedp.Click("#go"))
	for end := time.Now().Add(10 * time.Second); !strings.Contains(s.log.String(), `"reason":"framed"`); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the framed post was not refused")
		}
	}
	s.nothingOpen(t)
	s.unsigned(t)
}

func TestBrowserShowsEachPageInBothSizes(t *testing.T) {
	portal := newPortal(t)
	s := newSceneAt(t, portal.origin)
	portal.agent = s.address
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	hsmtest.Person(t, s.suite, s.ca, "U01028", "汪远山")
	s.suite.NewToken(t, "HS-0999", "123456")
	b := newTab(t)
	bring := func(text, annex []byte) {
		portal.offer(text, annex)
		b.do(chromedp.Navigate(portal.origin+"/page?referrer=origin"), chromedp.Click("#go"))
	}
	b.do(chromedp.Navigate("http://"+s.address+"/"), chromedp.WaitVisible(".tokens"))
	b.look("status")
	bring(login(t, portalName))
	b.do(chromedp.WaitVisible(".pick"))
	b.look("login-choice")
	bring(conclude(t, 3, p))
	b.do(chromedp.WaitVisible(".sentence"))
	b.look("busy")
	b.do(chromedp.Click(`//button[contains(., "放弃那一份")]`), chromedp.WaitVisible(`//h1[contains(., "已放弃")]`))
	b.look("cancelled")
	text, annex := concludeFor(t, portalName, time.Now().Add(-time.Hour), 3, p)
	s.faulty.TokenFlags(1 << 17) // CKF_USER_PIN_FINAL_TRY
	bring(text, annex)
	b.do(chromedp.WaitVisible("#pin"))
	b.look("expired-final-try")
	s.faulty.TokenFlags(1 << 18) // CKF_USER_PIN_LOCKED
	b.do(chromedp.Reload(), chromedp.WaitVisible(".unusable"))
	b.look("locked")
	b.fine("409 (Conflict)") // the busy page's own status
	b.judged()
}
