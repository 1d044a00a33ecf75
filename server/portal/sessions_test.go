package portal_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
	"sealdesk/server/store"
)

var sessionField = regexp.MustCompile(`name="session" value="([0-9a-f]{32})"`)

// sessionsIn are the names of the sessions that a page lists.
func sessionsIn(body []byte) (list []string) {
	for _, m := range sessionField.FindAllSubmatch(body, -1) {
		list = append(list, string(m[1]))
	}
	return list
}

func TestAPersonSeesAndEndsTheirOwnSessionsWithAnEntry(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	one, two, stranger := w.in(auditor), w.in(auditor), w.in(auditor2)
	list := one.ok(one.get("/sessions"))
	if ids := sessionsIn(list.Body); len(ids) != 2 || strings.Contains(string(list.Body), auditor2) || !strings.Contains(list.Text("main"), "就是这里") {
		t.Fatalf("%v", ids)
	}
	second := portal.Hashed(cookies(t, two.Desk)[0].Value)[:32]
	one.ok(one.post("/sessions/end", url.Values{"session": {second}}))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Logout || e.Actor != auditor || !strings.Contains(e.Note, second[:16]) {
		t.Errorf("the entry is %s of %s: %s", e.Act, e.Actor, e.Note)
	}
	locked(t, two, "/applications")
	one.ok(one.get("/applications"))
	// Nobody else's, and nobody else sees them.
	foreign := portal.Hashed(cookies(t, stranger.Desk)[0].Value)[:32]
	one.refused(one.post("/sessions/end", url.Values{"session": {foreign}}), fault.NotFound, "没有这次登录")
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Refusal || e.Actor != auditor {
		t.Errorf("the refusal's entry is %s of %s", e.Act, e.Actor)
	}
	stranger.ok(stranger.get("/applications"))
	p := one.ok(one.post("/sessions/end", url.Values{"session": {portal.Hashed(cookies(t, one.Desk)[0].Value)[:32]}}))
	if !strings.HasPrefix(p.Path, "/sign-in") {
		t.Errorf("ended one's own and arrived at %s", p.Path)
	}
}

func TestTheSecurityOfficerSeesAndEndsAnybodysSessionsAndNobodyElseDoes(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a, s := w.in(auditor), w.in(sec)
	id := portal.Hashed(cookies(t, a.Desk)[0].Value)[:32]
	for _, who := range []string{aud, sys, lead, cityLead, auditor2} {
		r := w.in(who)
		r.refused(r.post("/sessions/end", url.Values{"session": {id}}), fault.NotFound, "没有这次登录")
		if strings.Contains(string(r.ok(r.get("/sessions?name="+auditor)).Body), id) {
			t.Errorf("%s sees another's session", who)
		}
	}
	if ids := sessionsIn(s.ok(s.get("/sessions?name=" + auditor)).Body); len(ids) != 1 || ids[0] != id {
		t.Fatalf("%v", ids)
	}
	s.ok(s.post("/sessions/end", url.Values{"session": {id}}))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.EndSession || e.Actor != sec || !strings.HasSuffix(e.Subject, auditor) {
		t.Errorf("the entry is %s of %s about %s", e.Act, e.Actor, e.Subject)
	}
	locked(t, a, "/applications")
}

func TestBadSealsFromOneAddressNeverKeepTheRightKeyOut(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	knock := func() reply {
		d := w.desk(auditor)
		d.Key = newKey(t)
		d.Leaf = w.issue(t, w.people[auditor].Staff, d.Key) // nobody enrolled it
		p, err := d.Get(context.Background(), "/sign-in")
		must(t, err)
		return handIn(t, d, base64url(reader{d, w}.signed(p)))
	}
	for range portal.FailuresOfSite {
		if got := knock(); got.Status != statusOf(fault.Forbidden) {
			t.Fatalf("%+v", got)
		}
	}
	size := w.size()
	for range 5 {
		if got := knock(); got.Status != statusOf(fault.Locked) || !strings.Contains(got.Sentence, "无效签章太多") {
			t.Fatalf("%+v", got)
		}
	}
	if w.size() != size {
		t.Error("the knocking still fills the log")
	}
	a := w.in(auditor) // from the same address, with the right key
	a.ok(a.get("/applications"))
}

func TestHoweverManyAskToSignInFromAnAddressTheRightKeyGetsInThereAndNothingIsWritten(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	client := w.desk(auditor).Client
	client.Jar = nil
	waiting, counted := w.count("pendings"), w.count("throttles")
	for i := range 1000 {
		req, err := http.NewRequest("GET", w.origin()+"/sign-in", nil)
		must(t, err)
		if i%2 == 1 { // with any cookie, as whoever floods brings one
			req.AddCookie(&http.Cookie{Name: portal.CookieName, Value: fmt.Sprintf("%064x", i)})
		}
		resp, err := client.Do(req)
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("the %d. is refused: %d", i, resp.StatusCode)
		}
	}
	a := w.in(auditor)
	a.ok(a.get("/applications"))
	if w.count("pendings") != waiting || w.count("throttles") > counted+1 { // the key's own count
		t.Errorf("%d statements and %d counts are kept", w.count("pendings"), w.count("throttles"))
	}
}

func TestALoginStatementCountsForItsBrowserItsMinutesAndOnEveryPortal(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:42")
	there := w.twin()
	asked := func() (*desk.Desk, []byte) {
		d := w.desk(auditor)
		p, err := d.Get(t.Context(), "/sign-in?back=/windows")
		must(t, err)
		return d, reader{d, w}.signed(p)
	}
	d, der := asked()
	other, _ := asked()
	if got := handIn(t, other, base64url(der)); got.Location != "" || got.Status != statusOf(fault.NotFound) {
		t.Errorf("in another browser: %+v", got)
	}
	elsewhere := there.desk(auditor)
	u, err := url.Parse(w.origin())
	must(t, err)
	v, err := url.Parse(there.origin())
	must(t, err)
	var carried []*http.Cookie
	for _, k := range d.Client.Jar.Cookies(u) {
		carried = append(carried, &http.Cookie{Name: k.Name, Value: k.Value, Path: "/", Secure: true})
	}
	elsewhere.Client.Jar.SetCookies(v, carried)
	if got := handIn(t, elsewhere, base64url(der)); got.Location != "/windows" {
		t.Errorf("at another portal: %+v", got)
	}
	if got := handIn(t, d, base64url(der)); got.Location != "" {
		t.Errorf("the same seal again: %+v", got)
	}
	d, _ = asked()
	page, err := d.Get(t.Context(), "/sign-in?back=/windows")
	must(t, err)
	w.clock.Set(at("2024-11-20 10:29:59.999"))
	der = reader{d, w}.signed(page)
	if got := handIn(t, d, base64url(der)); got.Location != "/windows" {
		t.Errorf("in its last moment: %+v", got)
	}
	d, _ = asked()
	page, err = d.Get(t.Context(), "/sign-in")
	must(t, err)
	w.clock.Set(at("2024-11-20 10:59:00"))
	der = reader{d, w}.signed(page)
	if got := handIn(t, d, base64url(der)); got.Location != "" {
		t.Errorf("after it: %+v", got)
	}
}

func TestAKeyIsHeldToItsOwnAllowanceOfSignIns(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	for range portal.SignInsOfKey {
		w.in(auditor).Leave()
	}
	d := w.desk(auditor)
	p, err := d.Get(context.Background(), "/sign-in")
	must(t, err)
	if got := handIn(t, d, base64url(reader{d, w}.signed(p))); got.Status != statusOf(fault.Locked) || !strings.Contains(got.Sentence, "暂停登录") {
		t.Errorf("%+v", got)
	}
	w.in(auditor2) // nobody else is held up
	w.clock.Pass(11 * portal.Idle / 10)
	w.in(auditor)
}

func TestAStolenCookieOfBeforeTheLogInAndOfAnotherPersonOpensNothingOfTheirs(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	u, err := url.Parse(w.origin())
	must(t, err)
	// Fixation: the thief's cookie is planted in the victim's browser.
	thief := w.desk(neighbour)
	_, err = thief.Get(context.Background(), "/sign-in")
	must(t, err)
	planted := cookies(t, thief)[0]
	planted.Path, planted.Secure = "/", true
	victim := w.desk(auditor)
	victim.Client.Jar.SetCookies(u, []*http.Cookie{planted})
	must(t, victim.SignIn(context.Background()))
	locked(t, reader{thief, w}, "/applications")
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Login || e.Actor != auditor {
		t.Errorf("the entry is %s of %s", e.Act, e.Actor)
	}
	// Theft: with the victim's cookie the thief's own key seals nothing.
	id := w.plant(1, school, atCounty)[0]
	r := reader{victim, w}
	asked := r.ok(r.post("/applications", batch(id)))
	jar, _ := cookiejar.New(nil)
	jar.SetCookies(u, victim.Client.Jar.Cookies(u))
	for _, k := range victim.Client.Jar.Cookies(u) {
		k.Path, k.Secure = "/", true
		jar.SetCookies(u, []*http.Cookie{k})
	}
	thief.Client.Jar = jar
	w.attack(thief, reader{thief, w}.signed(asked), fault.Invalid, "不在文本列明的签署人之内", true)
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Refusal || e.Actor != auditor {
		t.Errorf("the theft's entry is %s under %s", e.Act, e.Actor)
	}
}

func TestTheOfficerEndsAnOldSessionHoweverManyBeganSince(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.in(auditor)
	id := portal.Hashed(cookies(t, a.Desk)[0].Value)[:32]
	w.clock.Pass(time.Minute)
	for i := range 520 {
		must(t, w.store.Scratch().PutSession(t.Context(), store.Session{TokenHash: fmt.Sprintf("%064x", i), Staff: auditor, Fingerprint: seal.Fingerprint(w.people[auditor].leaf),
			Started: w.clock.Now(), Seen: w.clock.Now(), Expires: w.clock.Now().Add(time.Hour), Road: store.ByAgent}, "", time.Hour))
	}
	s := w.in(sec)
	for _, wrong := range []string{"", id[:31], id + "0", strings.ToUpper(id[:16]), strings.Repeat("f", 32), strings.Repeat("%", 32)} {
		s.refused(s.post("/sessions/end", url.Values{"session": {wrong}}), fault.NotFound, "没有这次登录")
	}
	s.ok(s.post("/sessions/end", url.Values{"session": {id}}))
	locked(t, a, "/applications")
	// A row put in by hand under the same name stands in nobody's way.
	b := w.in(auditor)
	hash := portal.Hashed(cookies(t, b.Desk)[0].Value)
	_, err := w.raw().Exec(`INSERT INTO sessions (token_hash, staff, fingerprint, started, seen, expires, locked, payload, road)
		SELECT substr(token_hash, 1, 32) || '00', staff, fingerprint, started, seen, expires, 0, x'', road FROM sessions WHERE token_hash = ?`, hash)
	must(t, err)
	s.ok(s.post("/sessions/end", url.Values{"session": {hash[:32]}}))
	locked(t, b, "/applications")
}
