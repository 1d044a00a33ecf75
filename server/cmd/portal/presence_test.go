package main

import (
	"crypto/tls"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/desk"
)

// chair is a browser without pictures at a workstation with the real agent.
type chair struct {
	l      *livingTown
	client *http.Client // follows no redirect
	staff  string
}

func (l *livingTown) chair(staff string) *chair {
	jar, _ := cookiejar.New(nil)
	transport := l.client.Transport.(*http.Transport).Clone()
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	l.t.Cleanup(transport.CloseIdleConnections)
	return &chair{l: l, staff: staff, client: &http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// ask sends one request and gives the page and where it leads.
func (c *chair) ask(method, address, origin string, form url.Values) (page, location string) {
	c.l.t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		c.l.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", origin)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		c.l.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.l.t.Fatal(err)
	}
	return string(body), resp.Header.Get("Location")
}

func value(t *testing.T, page, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `"(?: id="[^"]*")? value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no field %s: %.500s", name, page)
	}
	return html.UnescapeString(m[1])
}

// signIn goes the whole way: the portal's page, the agent's page, the PIN, the
// landing page's post.
func (c *chair) signIn() {
	t := c.l.t
	t.Helper()
	portal, agent := "https://"+c.l.staff, "http://"+c.l.agent
	page, _ := c.ask("GET", portal+"/sign-in", "", nil)
	_, at := c.ask("POST", agent+"/sign", portal, url.Values{"statement": {value(t, page, "statement")}, "annex": {value(t, page, "annex")}})
	page, _ = c.ask("GET", agent+at, "", nil)
	pin, err := os.ReadFile(c.l.path("pins", c.staff))
	if err != nil {
		t.Fatal(err)
	}
	key := ""
	for _, pick := range strings.Split(page, `<div class="pick">`) {
		if strings.Contains(pick, "钥匙 "+c.staff+"，") {
			key = value(t, pick, "key")
		}
	}
	_, back := c.ask("POST", agent+at+"/sign", agent, url.Values{"once": {value(t, page, "once")}, "key": {key}, "pin": {strings.TrimSpace(string(pin))}})
	_, fragment, ok := strings.Cut(back, "#")
	if !ok {
		page, _ = c.ask("GET", agent+at, "", nil)
		t.Fatalf("no seal: %.2000s", page)
	}
	brought, err := url.ParseQuery(fragment)
	if err != nil || brought.Get("presence") == "" {
		t.Fatal("no ticket beside the seal")
	}
	if said, _ := c.ask("POST", portal+"/sealed", portal, brought); !strings.Contains(said, `"location"`) {
		t.Fatalf("the seal did not count: %s", said)
	}
}

// open says whether the portal still serves this browser.
func (c *chair) open() bool {
	c.l.t.Helper()
	_, location := c.ask("GET", "https://"+c.l.staff+"/", "", nil)
	return location == ""
}

func (c *chair) locks(since time.Time) time.Duration {
	c.l.t.Helper()
	for {
		took := time.Since(since) // when the request is sent
		if !c.open() {
			return took
		}
		if took > 15*time.Second {
			c.l.t.Fatal("it does not lock")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// folder is where SoftHSM keeps a person's token.
func (l *livingTown) folder(label string) string {
	l.t.Helper()
	objects, err := filepath.Glob(l.path("tokens", "*", "token.object"))
	if err != nil {
		l.t.Fatal(err)
	}
	for _, o := range objects {
		raw, err := os.ReadFile(o)
		if err != nil {
			l.t.Fatal(err)
		}
		if strings.Contains(string(raw), fmt.Sprintf("%-32s", label)) {
			return filepath.Dir(o)
		}
	}
	l.t.Fatalf("no token %s", label)
	return ""
}

func TestTheTokensFilesMovedAwayLockTheSessionOfTheRealPrograms(t *testing.T) {
	l := foundTown(t)
	c := l.chair("U00028")
	folder := l.folder("U00028")
	away := filepath.Join(t.TempDir(), "away")
	longest := time.Duration(0)
	for range 10 {
		c.signIn()
		time.Sleep(time.Second) // into the work
		if !c.open() {
			t.Fatal("locked with the token in")
		}
		pulled := time.Now()
		if err := os.Rename(folder, away); err != nil {
			t.Fatal(err)
		}
		took := c.locks(pulled)
		longest = max(longest, took)
		if took > 3*time.Second {
			t.Errorf("locked after %v", took)
		}
		if page, _ := c.ask("GET", "https://"+l.staff+"/sign-in", "", nil); !strings.Contains(page, "已锁定") || !strings.Contains(page, "钥匙已经拔出") {
			t.Error("the page does not say why")
		}
		if err := os.Rename(away, folder); err != nil {
			t.Fatal(err)
		}
		if c.open() {
			t.Error("the token alone opened the session")
		}
	}
	t.Logf("10 times; the longest took %v", longest.Round(time.Millisecond))
}

func TestAnAgentOrPortalThatEndsLocksTheSessionOfTheRealPrograms(t *testing.T) {
	l := foundTown(t)
	c := l.chair("U00028")
	c.signIn()
	time.Sleep(12 * time.Second) // past the grace of a log-in
	if !c.open() {
		t.Fatal("locked with agent and token at work")
	}
	ended := time.Now()
	l.kill(l.keyagent)
	if took := c.locks(ended); took > 3*time.Second {
		t.Errorf("locked %v after the agent was killed", took)
	}
	l.start(l.keyagent, "--config", l.path("agent.yaml"))
	l.answers("http://" + l.agent + "/")
	c.signIn()
	if !c.open() {
		t.Fatal("not unlocked")
	}
	time.Sleep(time.Second)
	l.kill(l.portal)
	time.Sleep(3 * time.Second)
	l.start(l.portal, "serve", "--config", l.path("portal.yaml"))
	l.answers("https://" + l.staff + "/readyz")
	if c.open() {
		t.Error("the session outlived a portal that was away for longer than the lease")
	}
	c.signIn()
	time.Sleep(12 * time.Second)
	if !c.open() {
		t.Error("locked again after the unlocking")
	}
}

func TestTheSecondRoadOfTheRealProgramsNeedsNoPostToTheLoopback(t *testing.T) {
	l := foundTown(t)
	c := l.chair("U00002")
	c.signIn()
	portal, agent := "https://"+c.l.staff, "http://"+c.l.agent
	page, _ := c.ask("GET", portal+"/keys?name=U00029", "", nil)
	key := regexp.MustCompile(`href="(/keys/[^"/]+)"`).FindStringSubmatch(page)
	if key == nil {
		t.Fatal("no key to revoke")
	}
	_, at := c.ask("POST", portal+key[1], portal, url.Values{"do": {"revoke"}, "reason": {"离岗交回"}})
	if !strings.HasPrefix(at, "/statements/") {
		t.Fatalf("no statement but %s", at)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) { // until the agent's stream is here
		body, to := c.ask("POST", portal+at+"/second", portal, url.Values{})
		if strings.HasSuffix(to, "?second=1") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the agent was not told: %.1000s", desk.Page{Body: []byte(body)}.Text("main"))
		}
	}
	digest := strings.TrimPrefix(at, "/statements/")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if page, _ = c.ask("GET", agent+"/", "", nil); strings.Contains(page, digest) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the agent's page shows nothing that waits")
		}
	}
	if _, to := c.ask("POST", agent+"/fetch", portal, url.Values{"digest": {digest}}); to != "" {
		t.Error("another page than the agent's own may fetch")
	}
	_, at = c.ask("POST", agent+"/fetch", agent, url.Values{"digest": {digest}})
	page, _ = c.ask("GET", agent+at, "", nil)
	if !strings.Contains(page, "离岗交回") {
		t.Fatalf("not the text: %.500s", page)
	}
	pin, err := os.ReadFile(l.path("pins", c.staff))
	if err != nil {
		t.Fatal(err)
	}
	_, back := c.ask("POST", agent+at+"/sign", agent, url.Values{"once": {value(t, page, "once")}, "key": {value(t, page, "key")}, "pin": {strings.TrimSpace(string(pin))}})
	want := portal + "/sealed#to=" + url.QueryEscape("/receipts/")
	if !strings.HasPrefix(back, want) {
		t.Fatalf("the browser is sent to %s", back)
	}
	receipt, err := url.QueryUnescape(strings.TrimPrefix(back, portal+"/sealed#to="))
	if err != nil {
		t.Fatal(err)
	}
	if page, to := c.ask("GET", portal+receipt, "", nil); to != "" || !strings.Contains(page, "停用钥匙") {
		t.Errorf("no receipt: %s", to)
	}
}
