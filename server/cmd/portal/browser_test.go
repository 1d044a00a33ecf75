package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	browserdomain "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// patience bounds every single wait in the browser. A quiet machine needs a
// second or two; a page of 1,800 rows on a busy one needs more.
const patience = 90 * time.Second

// chromium is one real browser that trusts the town's CA, as a workstation's
// would; each person sits at a profile of their own in it.
type chromium struct {
	ctx      context.Context
	pictures string // folder for screenshots, empty for none
	shot     atomic.Int32
}

func startChromium(t *testing.T, ca string) *chromium { return startAt(t, newHome(t, ca)) }

// newHome is the home of somebody whose browser trusts the CA.
func newHome(t *testing.T, ca string) (home string) {
	t.Helper()
	home = t.TempDir()
	db := nssOf(home)
	if err := os.MkdirAll(db, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-N", "-d", "sql:" + db, "--empty-password"}, {"-A", "-d", "sql:" + db, "-t", "C,,", "-n", "town", "-i", ca}} {
		if out, err := exec.Command("certutil", args...).CombinedOutput(); err != nil {
			t.Fatalf("certutil (package libnss3-tools): %v: %s", err, out)
		}
	}
	return home
}

// nssOf is where Chromium keeps certificates and modules.
func nssOf(home string) string { return filepath.Join(home, ".pki", "nssdb") }

func startAt(t *testing.T, home string, more ...chromedp.ExecAllocatorOption) *chromium {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("Chromium is missing: apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(filepath.Join(home, "profile")), chromedp.Env("HOME="+home),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &chromium{ctx: ctx, pictures: os.Getenv("SEALDESK_SCREENSHOTS")}
}

// tab is one person's window.
type tab struct {
	*chromium
	t         *testing.T
	ctx       context.Context
	downloads string
	refusals  *sync.Map // paths that refuse, as the test means them to
}

// mayRefuse says that the portal is going to refuse a page; the browser writes
// each answer of 400 and above to the console as an error.
func (b *tab) mayRefuse(path string) { b.refusals.Store(path, true) }

// sitDown opens a window in a profile of its own. Every fault that the browser
// finds in a page, of its content security policy or of anything else it
// writes to the console as an error, fails the test.
func (c *chromium) sitDown(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(c.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{chromium: c, t: t, ctx: ctx, downloads: t.TempDir(), refusals: new(sync.Map)}
	if err := chromedp.Listen(ctx, func(event any) {
		if e, ok := event.(*log.EventEntryAdded); ok && e.Entry.Level == log.EntryLevelError {
			if at, err := url.Parse(e.Entry.URL); err == nil && e.Entry.Source == log.EntrySourceNetwork {
				if _, meant := b.refusals.Load(at.Path); meant {
					return
				}
			}
			t.Errorf("the browser complains: %s (%s)", e.Entry.Text, e.Entry.URL)
		}
	}); err != nil {
		t.Fatal(err)
	}
	b.do("begin", chromedp.EmulateViewport(1366, 768))
	if _, err := chromedp.CallBrowser(ctx, browserdomain.SetDownloadBehavior, browserdomain.SetDownloadBehaviorParams{
		Behavior: browserdomain.SetDownloadBehaviorBehaviorAllow, DownloadPath: b.downloads,
		BrowserContextID: chromedp.FromContext(ctx).BrowserContextID}); err != nil {
		t.Fatal(err)
	}
	return b
}

// do runs actions with a bound, and fails with the page's words.
func (b *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.fail(what, err)
	}
}

// fail ends the test with where the browser is and what stands there.
func (b *tab) fail(what string, err error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	where, _ := chromedp.Run(ctx, chromedp.Location())
	words, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("(document.querySelector('main') || document.body).innerText.slice(0, 3000)"))
	if b.pictures != "" {
		if png, e := chromedp.Run(ctx, chromedp.CaptureScreenshot()); e == nil {
			_ = os.WriteFile(filepath.Join(b.pictures, "failure.png"), png, 0o600)
		}
	}
	b.t.Fatalf("%s: %v\nat %s:\n%s", what, err, withoutSeal(where), words)
}

// withoutSeal cuts the fragment: a seal need not stand in a test's output.
func withoutSeal(address string) string {
	address, _, _ = strings.Cut(address, "#")
	return address
}

// ask gives the value of an expression in the page.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.fail(expression, err)
	}
	return v
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url))
	b.see("")
}

// leaving marks the page that stands there, so that see knows the next one.
func (b *tab) leaving() {
	b.t.Helper()
	ask[bool](b, "window.leaving = true")
}

// see waits until a page that was not left is complete and holds the words,
// white space not counted.
func (b *tab) see(words string) {
	b.t.Helper()
	condition := fmt.Sprintf(`!window.leaving && document.readyState === 'complete' && !!document.querySelector('main') &&
		document.querySelector('main').innerText.replace(/\s+/g, '').includes(%q)`, strings.Join(strings.Fields(words), ""))
	for end := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		// While one page makes room for the next there is nobody to ask.
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
		cancel()
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			b.fail("the words “"+words+"” do not come", err)
		}
	}
}

// press clicks with the mouse on what the selector (CSS, or XPath when it
// begins with //) finds, and waits for the next page with these words.
func (b *tab) press(selector, words string) {
	b.t.Helper()
	b.leaving()
	b.click(selector)
	b.see(words)
}

// click presses the mouse once. When the page was replaced between the look
// and the press, nothing was pressed: the next page is looked at.
func (b *tab) click(selector string) {
	b.t.Helper()
	press := chromedp.Click(chromedp.CSS(selector))
	if strings.HasPrefix(selector, "//") {
		press = chromedp.Click(selector)
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	err := chromedp.Do(ctx, press)
	for err != nil && strings.Contains(err.Error(), "Could not find node with given id") {
		err = chromedp.Do(ctx, press)
	}
	if err != nil {
		b.fail("click "+selector, err)
	}
}

// link is the XPath of a link with these words, button of a button.
func link(words string) string   { return fmt.Sprintf("//main//a[contains(., %q)]", words) }
func button(words string) string { return fmt.Sprintf("//main//button[contains(., %q)]", words) }

func (b *tab) location() string {
	b.t.Helper()
	return ask[string](b, "location.href")
}

// download presses a link and gives the file that Chromium put on the disk.
func (b *tab) download(selector string) string {
	b.t.Helper()
	before, err := os.ReadDir(b.downloads)
	if err != nil {
		b.t.Fatal(err)
	}
	b.click(selector)
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		now, err := os.ReadDir(b.downloads)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, e := range now {
			name := e.Name()
			old := false
			for _, o := range before {
				old = old || o.Name() == name
			}
			if info, err := e.Info(); err == nil && !old && info.Size() > 0 && !strings.HasSuffix(name, ".crdownload") && !strings.HasPrefix(name, ".") {
				return filepath.Join(b.downloads, name)
			}
		}
		if time.Now().After(end) {
			b.fail("download "+selector, context.DeadlineExceeded)
		}
	}
}

// picture holds that the page is no wider than the window, at both sizes, and
// keeps it for looking at where SEALDESK_SCREENSHOTS names a directory.
func (b *tab) picture(name string) {
	b.t.Helper()
	n := b.shot.Add(1)
	for _, size := range [][2]int64{{1366, 768}, {390, 844}} {
		b.do("size", chromedp.EmulateViewport(size[0], size[1]))
		ask[bool](b, "scrollTo(0, 0), true")
		if wide := ask[int64](b, "document.documentElement.scrollWidth"); wide > size[0] {
			b.t.Errorf("%s is %d px wide at %d px", name, wide, size[0])
		}
		if b.pictures == "" {
			continue
		}
		b.do("settle", chromedp.Sleep(150*time.Millisecond))
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		cancel()
		if err != nil {
			b.fail("picture "+name, err)
		}
		if err := os.WriteFile(filepath.Join(b.pictures, fmt.Sprintf("%02d-%s-%d.png", n, name, size[0])), png, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	b.do("size", chromedp.EmulateViewport(1366, 768))
}
