package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// browser is one real Chromium with a profile of its own that trusts the
// town's CA, as a workstation's would.
type browser struct {
	t    *testing.T
	ctx  context.Context
	shot string // folder for screenshots, empty for none
}

// openBrowser starts Chromium; faults of the page's own policy fail the test.
func openBrowser(t *testing.T, ca string) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("Chromium is missing: apt-get install chromium")
	}
	home := t.TempDir()
	db := filepath.Join(home, ".pki", "nssdb")
	if err := os.MkdirAll(db, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-N", "-d", "sql:" + db, "--empty-password"}, {"-A", "-d", "sql:" + db, "-t", "C,,", "-n", "town", "-i", ca}} {
		if out, err := exec.Command("certutil", args...).CombinedOutput(); err != nil {
			t.Fatalf("certutil (package libnss3-tools): %v: %s", err, out)
		}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(filepath.Join(home, "profile")), chromedp.Env("HOME="+home),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter"), chromedp.WindowSize(1366, 768))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, shot: os.Getenv("SEALDESK_SCREENSHOTS")}
	chromedp.ListenTarget(ctx, func(event any) {
		if e, ok := event.(*log.EventEntryAdded); ok && e.Entry.Level == log.LevelError &&
			strings.Contains(e.Entry.Text, "Content Security Policy") {
			t.Errorf("the page broke its own policy: %s", e.Entry.Text)
		}
	})
	b.do("start", log.Enable())
	return b
}

// do runs actions with a bound, and fails with the page's words.
func (b *browser) do(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var where, words string
		again, stop := context.WithTimeout(b.ctx, 5*time.Second)
		defer stop()
		_ = chromedp.Run(again, chromedp.Location(&where), chromedp.Text("main", &words, chromedp.ByQuery))
		b.t.Fatalf("%s: %v\nat %s:\n%s", what, err, where, words)
	}
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url), chromedp.WaitReady("main", chromedp.ByQuery))
}

// press clicks an element and waits until the words stand in the page.
func (b *browser) press(selector, words string) {
	b.t.Helper()
	b.do("press "+selector+" and see "+words, chromedp.Click(selector, chromedp.ByQuery), see(words))
}

// see waits until the main part of the page holds the words.
func see(words string) chromedp.Action {
	return chromedp.Poll(fmt.Sprintf("document.readyState === 'complete' && !!document.querySelector('main') && document.querySelector('main').innerText.replace(/\\s+/g,'').includes(%q.replace(/\\s+/g,''))", words),
		nil, chromedp.WithPollingTimeout(45*time.Second))
}

func (b *browser) text(selector string) string {
	b.t.Helper()
	var words string
	b.do("read "+selector, chromedp.Text(selector, &words, chromedp.ByQuery))
	return words
}

func (b *browser) location() string {
	b.t.Helper()
	var where string
	b.do("location", chromedp.Location(&where))
	return where
}

// picture keeps a screenshot at both sizes, for looking at.
func (b *browser) picture(name string) {
	b.t.Helper()
	if b.shot == "" {
		return
	}
	for _, size := range [][2]int64{{1366, 768}, {390, 844}} {
		var png []byte
		b.do("picture "+name, emulation.SetDeviceMetricsOverride(size[0], size[1], 1, false), chromedp.Sleep(150*time.Millisecond), chromedp.FullScreenshot(&png, 100))
		if err := os.WriteFile(filepath.Join(b.shot, fmt.Sprintf("%s-%d.png", name, size[0])), png, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	b.do("size", emulation.ClearDeviceMetricsOverride())
}
