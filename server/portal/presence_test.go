package portal_test

import (
	"context"
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/hsm/presence"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
	"sealdesk/server/store"
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

func TestASealOfTheSamePersonUnlocksAndTheSealOfAnotherBeginsAnotherSession(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.chair(auditor)
	a.put(presence.Away)
	locks(t, a.reader, time.Now())
	mine := cookies(t, a.Desk)
	// A colleague sits down at the same browser.
	b := w.desk(auditor2)
	b.Client.Jar = a.Client.Jar
	must(t, b.SignIn(context.Background()))
	r := reader{b, w}
	if p := r.ok(r.get("/")); p.Path != "/" || !strings.Contains(string(p.Body), auditor2) {
		t.Fatalf("the colleague is not in: %s", p.Path)
	}
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Login || e.Actor != auditor2 {
		t.Errorf("the entry is %s of %s", e.Act, e.Actor)
	}
	// The first session is still there, still locked.
	u, _ := url.Parse(w.origin())
	c := w.desk(auditor)
	c.Client.Jar.SetCookies(u, mine)
	p := reader{c, w}.get("/sign-in")
	if text := p.Text("main"); !strings.Contains(text, "已锁定") || !strings.Contains(text, "钥匙已经拔出") {
		t.Errorf("%.300s", text)
	}
	must(t, c.SignIn(context.Background()))
	if p := (reader{c, w}).get("/"); p.Path != "/" || !strings.Contains(string(p.Body), auditor) {
		t.Errorf("the person does not get in again: %s", p.Path)
	}
	if n := w.count("sessions"); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

func TestReadingForTwentyFiveMinutesInTheAgentEndsInASealThatUnlocks(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	p := a.ok(a.post("/applications", batch(id)))
	w.clock.Pass(25 * time.Minute)
	der := a.signed(p)
	if got := a.handIn(der); got.Status != http.StatusOK || got.Location == "" {
		t.Fatalf("%+v", got)
	}
	if p := a.get("/applications"); p.Path != "/applications" {
		t.Errorf("still locked: %s", p.Path)
	}
}

func TestOneSealUnlocksOnce(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	p := a.ok(a.post("/applications", batch(id)))
	b := w.in(auditor2)
	b.done(b.post("/applications/"+id+"/return", url.Values{"return_reason": {"缺少考核材料"}}))
	w.clock.Pass(15 * time.Minute)
	der := a.signed(p)
	// Refused, since a colleague was quicker, but it was the person's.
	if got := a.handIn(der); got.Status != statusOf(fault.Invalid) {
		t.Fatalf("%+v", got)
	}
	if p := a.get("/applications"); p.Path != "/applications" {
		t.Errorf("the person's seal does not unlock: %s", p.Path)
	}
	must(t, w.store.Scratch().LockSession(context.Background(), portal.Hashed(cookies(t, a.Desk)[0].Value), store.LockedPulled))
	if got := a.handIn(der); got.Status != statusOf(fault.Locked) || !strings.Contains(got.Sentence, "交来过一次") {
		t.Errorf("%+v", got)
	}
	locked(t, a, "/applications")
}

// mirrored is a CMS seal with the same ECDSA signature in other bytes: whoever
// has r and s also has r and n-s. The signature is the last thing in it.
func mirrored(tb testing.TB, der []byte) []byte {
	tb.Helper()
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(der, &v)
	if err != nil || len(rest) > 0 {
		tb.Fatalf("not one DER element: %v", err)
	}
	if v.Tag == asn1.TagOctetString && !v.IsCompound {
		var sig struct{ R, S *big.Int }
		_, err = asn1.Unmarshal(v.Bytes, &sig)
		must(tb, err)
		sig.S.Sub(elliptic.P256().Params().N, sig.S)
		v.Bytes, err = asn1.Marshal(sig)
		must(tb, err)
	} else {
		var head []byte
		last := v.Bytes
		for {
			var child asn1.RawValue
			rest, err := asn1.Unmarshal(last, &child)
			must(tb, err)
			if len(rest) == 0 {
				break
			}
			head, last = append(head, child.FullBytes...), rest
		}
		v.Bytes = append(head, mirrored(tb, last)...)
	}
	out, err := asn1.Marshal(asn1.RawValue{Class: v.Class, Tag: v.Tag, IsCompound: v.IsCompound, Bytes: v.Bytes})
	must(tb, err)
	return out
}

func TestASealThatCameIntoAnOpenSessionOpensNoLockedOneAfterwardsInWhateverBytes(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a, b := w.in(auditor), w.in(auditor2)
	p := a.ok(a.post("/applications", batch(id)))
	b.done(b.post("/applications/"+id+"/return", url.Values{"return_reason": {"缺少考核材料"}}))
	der := a.signed(p)
	if got := a.handIn(der); got.Status != statusOf(fault.Invalid) { // a colleague was quicker; the statement still waits
		t.Fatalf("%+v", got)
	}
	must(t, w.store.Scratch().LockSession(context.Background(), portal.Hashed(cookies(t, a.Desk)[0].Value), store.LockedPulled))
	for what, bytes := range map[string][]byte{"again": der, "mirrored": mirrored(t, der)} {
		if got := a.handIn(bytes); got.Status != statusOf(fault.Locked) || !strings.Contains(got.Sentence, "交来过一次") {
			t.Errorf("%s: %+v", what, got)
		}
		locked(t, a, "/applications")
	}
	// The person's next seal, made with the token there again, opens.
	if got := a.handIn(a.signed(a.get("/sign-in"))); got.Location == "" {
		t.Errorf("%+v", got)
	}
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

func TestASealOfAnotherPersonNeverUnlocks(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	p := a.ok(a.post("/applications", batch(id)))
	w.clock.Pass(15 * time.Minute)
	thief := w.desk(auditor2)
	thief.Client.Jar = a.Client.Jar
	w.attack(thief, reader{thief, w}.signed(p), fault.Invalid, "", true)
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
