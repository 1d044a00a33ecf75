package main

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// cookies are what this tab's profile sends to the portal.
func (b *tab) cookies(origin string) (list []*http.Cookie) {
	b.t.Helper()
	got, err := chromedp.Call(b.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{origin}})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range got.Cookies {
		list = append(list, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/", Secure: true})
	}
	return list
}

// unlocksElsewhere does what the person does in another tab of the same
// profile: a chair with the same cookies goes the whole way.
func (s *somebody) unlocksElsewhere() {
	s.t.Helper()
	origin := "https://" + s.town.staff
	at, err := url.Parse(origin)
	if err != nil {
		s.t.Fatal(err)
	}
	c := s.town.chair(s.staff)
	c.client.Jar.SetCookies(at, s.cookies(origin))
	if page, _ := c.ask("GET", origin+"/sign-in", "", nil); !strings.Contains(page, "已锁定") {
		s.t.Error("another tab does not say that the session is locked")
	}
	c.signIn()
	secure := true
	for _, k := range c.client.Jar.Cookies(at) {
		if _, err := chromedp.Call(s.ctx, network.SetCookie, network.SetCookieParams{Name: k.Name, Value: k.Value, URL: origin + "/", Path: "/",
			Secure: &secure, HTTPOnly: &secure, SameSite: network.CookieSameSiteStrict}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// turns waits until the open page is hidden, or shown, and tells since when.
func (b *tab) turns(hidden bool, since time.Time) time.Duration {
	b.t.Helper()
	for {
		if ask[bool](b, "document.querySelector('.frame').hidden") == hidden {
			return time.Since(since)
		}
		if time.Since(since) > 15*time.Second {
			b.t.Fatalf("the page does not become hidden=%v", hidden)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestBrowserHidesTheOpenPageWhenTheTokenIsPulledAndKeepsWhatWasTyped(t *testing.T) {
	l := foundTown(t)
	c := startChromium(t, l.path("ca.pem"))
	s := l.signIn(c, "U00031")
	s.open("https://" + l.staff + "/requests")
	const typed = "新任审核员，尚未领过钥匙"
	s.fill("staff", "U00030")
	s.fill("reason", typed)
	time.Sleep(2 * time.Second) // into the work
	if ask[bool](s.tab, "document.querySelector('.frame').hidden") {
		t.Fatal("hidden with the token in")
	}
	folder, away := l.folder("U00031"), filepath.Join(t.TempDir(), "away")
	pulled := time.Now()
	if err := os.Rename(folder, away); err != nil {
		t.Fatal(err)
	}
	if took := s.turns(true, pulled); took > 3*time.Second {
		t.Errorf("hidden after %v", took)
	} else {
		t.Logf("hidden after %v", took.Round(time.Millisecond))
	}
	seen := ask[string](s.tab, "document.body.innerText + document.title")
	if strings.Contains(seen, typed) || strings.Contains(seen, "钥匙申领") || !strings.Contains(seen, "内容已遮住") {
		t.Errorf("what is to be seen: %.300s", seen)
	}
	s.picture("veil")
	if err := os.Rename(away, folder); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	if !ask[bool](s.tab, "document.querySelector('.frame').hidden") {
		t.Error("the token alone shows the page again")
	}
	// The person unlocks in another tab, and the first one stands as it was.
	s.unlocksElsewhere()
	unlocked := time.Now()
	s.turns(false, unlocked)
	if got := ask[string](s.tab, `document.querySelector("#reason").value + "/" + document.querySelector("#staff").value`); got != typed+"/U00030" {
		t.Errorf("the form holds %q", got)
	}
	s.picture("unveiled")
	s.press(`main form[action="/requests"] button`, "您将签署的内容") // and works on
}
