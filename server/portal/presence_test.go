package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/hsm/presence"
	"sealdesk/policy"
	"sealdesk/server/portal"
)

// bearable is within what a session must lock after a token is pulled (design
// section 7).
const bearable = 3 * time.Second

// chair is a reader whose token a test can pull.
type chair struct {
	reader
	sight atomic.Int32
}

func (t *town) chair(staff string) *chair {
	t.tb.Helper()
	c := &chair{reader: reader{t.desk(staff), t}}
	c.put(presence.There)
	c.Look = func(context.Context) presence.Sight { return presence.Sight(c.sight.Load()) }
	must(t.tb, c.SignIn(context.Background()))
	c.held()
	return c
}

func (c *chair) put(s presence.Sight) { c.sight.Store(int32(s)) }

// held waits until the stream has taken the place of the grace after log-in.
func (c *chair) held() {
	c.t.tb.Helper()
	db := c.t.raw()
	defer db.Close()
	hash := portal.Hashed(cookies(c.t.tb, c.Desk)[0].Value)
	for end := time.Now().Add(presence.Grace); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		var stream string
		must(c.t.tb, db.QueryRow("SELECT stream FROM sessions WHERE token_hash = ?", hash).Scan(&stream))
		if stream != "" {
			return
		}
	}
	c.t.tb.Fatal("no stream was opened")
}

// cookieHash is how a reader's cookie lies in the database.
func cookieHash(t testing.TB, r reader) string {
	t.Helper()
	return portal.Hashed(cookies(t, r.Desk)[0].Value)
}

// same sits at the same browser, with the same cookie, at another portal.
func (c *chair) same(other *town) reader {
	c.t.tb.Helper()
	d := other.desk(c.t.staffOf(c.Leaf))
	u, err := url.Parse(other.origin())
	must(c.t.tb, err)
	for _, k := range cookies(c.t.tb, c.Desk) {
		k.Path, k.Secure = "/", true
		d.Client.Jar.SetCookies(u, []*http.Cookie{k})
	}
	return reader{d, other}
}

// locks waits until a portal serves the reader no longer, and tells how long it took.
func locks(t testing.TB, r reader, since time.Time) time.Duration {
	t.Helper()
	for {
		took := time.Since(since) // when the request is sent
		p := r.get("/imports/template")
		if strings.HasPrefix(p.Path, "/sign-in") {
			return took
		}
		if took > 4*bearable {
			t.Fatalf("still served %v later", took)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func pullingTheToken(t *testing.T, times int) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	other := w.twin()
	a := w.chair(auditor)
	there := a.same(other)
	longest := time.Duration(0)
	for round := range times {
		if round%25 == 24 {
			w.clock.Pass(11 * time.Minute) // a key signs in thirty times in ten minutes, no more
			a = w.chair(auditor)
			there = a.same(other)
		}
		there.ok(there.get("/applications"))
		asked := a.ok(a.post("/applications", batch(id)))
		pulled := time.Now()
		a.put(presence.Away)
		for _, took := range []time.Duration{locks(t, there, pulled), locks(t, a.reader, pulled)} {
			if took > bearable {
				t.Errorf("locked after %v", took)
			}
			longest = max(longest, took)
		}
		// The person did not notice and presses a button: what was typed is kept.
		p := a.post("/applications/"+id+"/return", url.Values{"return_reason": {"缺少考核材料，请补"}})
		if !strings.HasPrefix(p.Path, "/sign-in") || !strings.Contains(p.Text("main"), "钥匙已经拔出") || !strings.Contains(p.Text("main"), "正在提交的内容也已留下") {
			t.Fatalf("%s: %.300s", p.Path, p.Text("main"))
		}
		a.put(presence.There)
		locked(t, a.reader, "/applications") // the token alone opens nothing
		must(t, a.SignIn(context.Background()))
		a.held()
		p = a.ok(a.get("/resume"))
		if !strings.Contains(p.Text("main"), "缺少考核材料，请补") {
			t.Fatal("what was typed is lost")
		}
		again := a.ok(a.post("/resume", url.Values{"return_reason": {"缺少考核材料，请补"}}))
		if !strings.Contains(string(again.Body), `name="statement"`) || !strings.Contains(again.Text("main"), "缺少考核材料，请补") {
			t.Fatalf("%s: %.300s", again.Path, again.Text("main"))
		}
		if p := a.get(asked.Path); p.Status != http.StatusOK {
			t.Fatalf("the statement that waited is gone: %d", p.Status)
		}
		there = a.same(other)
	}
	t.Logf("%d times; the longest took %v", times, longest.Round(time.Millisecond))
}

func TestAPulledTokenLocksTheSessionOnEveryPortalWithinThreeSecondsAndNothingTypedIsLost(t *testing.T) {
	pullingTheToken(t, 10)
}

func TestWithoutAStreamTheSessionLocksTenSecondsAfterTheLogIn(t *testing.T) {
	t.Parallel() // it waits more than it works
	w := newTown(t, "2024-11-20 10:00:00")
	d := w.desk(auditor)
	p, err := d.Get(context.Background(), "/sign-in")
	must(t, err)
	got := handIn(t, d, base64url(reader{d, w}.signed(p))) // no ticket with it: no agent can come
	signed := time.Now()
	if got.Status != http.StatusOK {
		t.Fatalf("%+v", got)
	}
	r := reader{d, w}
	time.Sleep(presence.Grace - 2*time.Second)
	r.ok(r.get("/applications"))
	if p := r.get("/applications"); p.Path != "/applications" {
		t.Errorf("locked before ten seconds were over: %s", p.Path)
	}
	if took := locks(t, r, signed); took < presence.Grace-time.Second || took > presence.Grace+time.Second {
		t.Errorf("locked after %v", took)
	}
	if text := r.get("/applications").Text("main"); !strings.Contains(text, "登录以后 10 秒内没有收到") {
		t.Errorf("%.300s", text)
	}
}

func TestAnAgentThatFallsSilentLocksTheSessionWithinThreeSeconds(t *testing.T) {
	for name, silence := range map[string]func(*chair){
		"the driver hangs":    func(c *chair) { c.put(presence.Unknown) },
		"the agent is killed": func(c *chair) { c.Leave() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t, "2024-11-20 10:00:00")
			other := w.twin()
			a := w.chair(auditor)
			there := a.same(other)
			since := time.Now()
			silence(a)
			for _, r := range []reader{there, {a.Desk, w}} {
				if took := locks(t, r, since); took > bearable {
					t.Errorf("locked after %v", took)
				}
			}
			if text := there.get("/applications").Text("main"); !strings.Contains(text, "收不到这台电脑签名助手的信号") {
				t.Errorf("%.300s", text)
			}
		})
	}
}

func TestAStreamGoesOnAtAnotherPortalAndNeverOpensALockedSession(t *testing.T) {
	t.Parallel() // it waits more than it works
	w := newTown(t, "2024-11-20 10:00:00")
	other := w.twin()
	first, second := presence.NewTicket(), presence.NewTicket()
	d := w.desk(auditor)
	p, err := d.Get(context.Background(), "/sign-in")
	must(t, err)
	_, err = d.Post(context.Background(), "/sealed", url.Values{"seal": {base64url(reader{d, w}.signed(p))}, "presence": {first.Hash()}})
	must(t, err)
	open := func(at *town, t_ presence.Ticket, next string) *http.Response {
		t.Helper()
		req, err := http.NewRequest("POST", at.origin()+presence.Path, strings.NewReader(presence.Here+"\n"))
		must(t, err)
		req.Header.Set(presence.TicketHeader, string(t_))
		req.Header.Set(presence.NextHeader, next)
		resp, err := at.server.Client().Do(req)
		must(t, err)
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	if got := open(w, second, first.Hash()); got.StatusCode != http.StatusNotFound {
		t.Errorf("a ticket that nobody knows: %d", got.StatusCode)
	}
	if got := open(w, first, second.Hash()); got.StatusCode != http.StatusOK {
		t.Fatalf("the ticket: %d", got.StatusCode)
	}
	if got := open(w, first, second.Hash()); got.StatusCode != http.StatusNotFound {
		t.Errorf("the ticket again: %d", got.StatusCode)
	}
	third := presence.NewTicket()
	if got := open(other, second, third.Hash()); got.StatusCode != http.StatusOK {
		t.Errorf("the next ticket at another portal: %d", got.StatusCode)
	}
	r := reader{d, w}
	locks(t, r, time.Now())
	if got := open(w, third, first.Hash()); got.StatusCode != http.StatusLocked {
		t.Errorf("a stream for a locked session: %d", got.StatusCode)
	}
	locked(t, r, "/applications")
}

func TestAnOpenPageLearnsAtItsNextQuestionThatTheKeyWasReportedLost(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a, s := w.in(auditor), w.in(sec)
	if p := a.ok(a.get("/session/state")); !strings.Contains(string(p.Body), `"state":"open"`) {
		t.Fatalf("%s", p.Body)
	}
	s.done(s.post("/keys/"+tokenOf(auditor), do("lost", "公交车上遗失")))
	for range 2 {
		if p := a.get("/session/state"); !strings.Contains(string(p.Body), `"state":"ended"`) || strings.Contains(string(p.Body), auditor) {
			t.Errorf("%d %s", p.Status, p.Body)
		}
	}
	locked(t, a, "/applications")
}

func TestAfterSigningInThePersonIsWhereTheyWantedToGoButNeverElsewhere(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	for back, want := range map[string]string{"/applications?state=at_county": "/applications?state=at_county", "//evil.example/x": "/", "https://evil.example": "/",
		"/\\evil.example": "/", "/sign-in": "/", "/sealed": "/", "": "/", "javascript:alert(1)": "/"} {
		d := w.desk(auditor)
		p, err := d.Get(context.Background(), "/sign-in?back="+url.QueryEscape(back))
		must(t, err)
		if got := handIn(t, d, base64url(reader{d, w}.signed(p))); got.Location != want {
			t.Errorf("%q leads to %q", back, got.Location)
		}
		d.Leave()
	}
}

func TestWhatWasTypedBesideAFileIsKeptAndTheFileIsAskedForAgain(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	h := w.in(handler)
	w.clock.Pass(11 * time.Minute)
	typed := url.Values{"withdraw_reason": {"本人调往外省任教"}, "withdraw_page": {"第 12 页"}, "withdraw_head": {head}}
	p := h.filed("/applications/"+id+"/withdraw", typed, "scan", []byte("%PDF-1.7 scan"))
	if !strings.HasPrefix(p.Path, "/sign-in") || !strings.Contains(p.Text("main"), "正在提交的内容也已留下") {
		t.Fatalf("%s: %.300s", p.Path, p.Text("main"))
	}
	must(t, h.SignIn(t.Context()))
	p = h.ok(h.get("/resume"))
	for _, part := range []string{"本人调往外省任教", "第 12 页", "文件没有留下"} {
		if !strings.Contains(p.Text("main"), part) {
			t.Errorf("%q is not shown: %.400s", part, p.Text("main"))
		}
	}
	p = h.post("/resume", typed)
	if p.Status == http.StatusOK || !strings.Contains(string(p.Body), "本人调往外省任教") || !strings.Contains(p.Text("main"), "扫描件") {
		t.Errorf("%d at %s: %.400s", p.Status, p.Path, p.Text("main"))
	}
	for _, e := range w.entries(3) {
		if e.Act == string(policy.Withdraw) {
			t.Error("the withdrawal was proposed without the paper")
		}
	}
}
