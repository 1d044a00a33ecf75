package web

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sealdesk/web/webtest"
)

// mustBeAccessible asks axe about the page in the browser.
func mustBeAccessible(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	found, err := webtest.Axe(ctx)
	if err != nil {
		t.Fatalf("%s: axe: %v", what, err)
	}
	for _, f := range found {
		t.Errorf("%s: %s", what, f)
	}
}

func TestBrowserEveryPageStateIsAccessibleAtBothSizesAndInPrint(t *testing.T) {
	address, names := serve(t)
	ctx := browser(t)
	wrong := `<!doctype html><title>x</title><img src="data:,"><p style="color:#999;background:#aaa">some words</p><a href="#" style="font-size:4px">a</a><a href="#" style="font-size:4px">b</a>`
	if err := chromedp.Do(ctx, viewport(1366, 768), chromedp.Navigate("data:text/html,"+strings.ReplaceAll(wrong, "#", "%23"))); err != nil {
		t.Fatal(err)
	}
	found, err := webtest.Axe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []string{"image-alt", "color-contrast", "html-has-lang", "target-size"} {
		if !strings.Contains(strings.Join(found, "\n"), rule+":") {
			t.Errorf("a page that breaks %s was not noticed: %q", rule, found)
		}
	}
	for _, name := range names {
		if err := chromedp.Do(ctx, chromedp.Navigate(address+"/page/"+name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, size := range sizes {
			if !size.picture {
				continue
			}
			if err := chromedp.Do(ctx, viewport(size.width, size.height)); err != nil {
				t.Fatal(err)
			}
			mustBeAccessible(t, ctx, name)
		}
	}
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"receipt", "statement", "list", "application", "log"} {
		if err := chromedp.Do(ctx, chromedp.Navigate(address+"/page/"+name)); err != nil {
			t.Fatal(err)
		}
		mustBeAccessible(t, ctx, name+" in print")
	}
}

func TestBrowserThePagesAreWrittenAsHTMLWants(t *testing.T) {
	p := load(t)
	pages := map[string]string{"wrong": `<!DOCTYPE html><html lang="zh-CN"><head><title>x</title></head><body><p id="a"><div id="a"></div></p><input name="b"><input name="b"></body></html>`}
	for _, s := range samples() {
		var b bytes.Buffer
		if err := p.Render(&b, s.page); err != nil {
			t.Fatal(err)
		}
		pages[s.name] = b.String()
	}
	found, err := webtest.Validate(browser(t), pages)
	if err != nil {
		t.Fatal(err)
	}
	noticed := ""
	for _, f := range found {
		if strings.HasPrefix(f, "wrong:") {
			noticed += f
			continue
		}
		t.Error(f)
	}
	for _, rule := range []string{"no-implicit-close", "no-dup-id", "form-dup-name"} {
		if !strings.Contains(noticed, rule) {
			t.Errorf("a page that breaks %s was not noticed: %s", rule, noticed)
		}
	}
}
