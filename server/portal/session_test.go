package portal_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
)

// cookies gives what the browser holds for the portal.
func cookies(t testing.TB, d *desk.Desk) []*http.Cookie {
	t.Helper()
	u, err := url.Parse(d.Origin)
	must(t, err)
	return d.Client.Jar.Cookies(u)
}

func locked(t testing.TB, r reader, path string) {
	t.Helper()
	if p := r.get(path); !strings.HasPrefix(p.Path, "/sign-in") {
		t.Errorf("%s is still served: %d", path, p.Status)
	}
}

func TestTheSessionCookieIsBoundToThisHostAndOutOfReachOfScripts(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	p, err := w.desk(auditor).Get(context.Background(), "/sign-in")
	must(t, err)
	set := p.Header.Values("Set-Cookie")
	if len(set) != 1 {
		t.Fatalf("%d cookies", len(set))
	}
	for _, want := range []string{"__Host-sealdesk=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"} {
		if !strings.Contains(set[0], want) {
			t.Errorf("the cookie has no %q", want)
		}
	}
	if strings.Contains(set[0], "Domain") || strings.Contains(set[0], "Expires") || strings.Contains(set[0], "Max-Age") {
		t.Error("the cookie has a domain or outlives the browser")
	}
}

func TestTheSessionIDIsNewAtLoginAndOpensNothingBefore(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	d := w.desk(auditor)
	_, err := d.Get(context.Background(), "/sign-in")
	must(t, err)
	before := cookies(t, d)[0].Value
	must(t, d.SignIn(context.Background()))
	after := cookies(t, d)[0].Value
	if before == after {
		t.Error("the login kept the old session id")
	}
	// Whoever had planted the old id gets nothing with it.
	thief := w.desk(neighbour)
	thief.Client.Jar, _ = cookiejar.New(nil)
	u, _ := url.Parse(thief.Origin)
	thief.Client.Jar.SetCookies(u, []*http.Cookie{{Name: portal.CookieName, Value: before, Path: "/", Secure: true}})
	locked(t, reader{thief, w}, "/applications")
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Login || e.Actor != auditor {
		t.Errorf("the login's entry is %s of %s", e.Act, e.Actor)
	}
}

func TestSigningInTwiceLeadsHome(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.in(auditor)
	size := w.size()
	if p := a.ok(a.get("/sign-in")); p.Path != "/" || w.size() != size {
		t.Errorf("led to %s", p.Path)
	}
}

func TestAnIdleSessionLocksAfterTenMinutesAndNotBefore(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.in(auditor)
	for range 3 {
		w.clock.Pass(portal.Idle)
		if p := a.ok(a.get("/applications")); p.Path != "/applications" {
			t.Fatalf("locked after exactly ten minutes: %s", p.Path)
		}
	}
	w.clock.Pass(portal.Idle + time.Millisecond)
	locked(t, a, "/applications")
	must(t, a.SignIn(context.Background()))
	a.ok(a.get("/applications"))
}

func TestASessionEndsAfterTwelveHoursHoweverBusy(t *testing.T) {
	w := newTown(t, "2024-11-20 08:00:00")
	a := w.in(auditor)
	end := w.clock.Now().Add(portal.Absolute)
	for w.clock.Now().Add(portal.Idle).Before(end) {
		w.clock.Pass(portal.Idle)
		a.ok(a.get("/sealed"))
		if p := a.get("/imports/template"); strings.HasPrefix(p.Path, "/sign-in") {
			t.Fatal("locked too early")
		}
	}
	w.clock.Set(end)
	if p := a.get("/"); p.Path != "/" {
		t.Errorf("locked at twelve hours sharp: %s", p.Path)
	}
	w.clock.Set(end.Add(time.Millisecond))
	locked(t, a, "/")
}

func TestSigningOutEndsTheSessionWithAnEntry(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.in(auditor)
	old := cookies(t, a.Desk)
	a.ok(a.post("/sign-out", nil))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Logout || e.Actor != auditor {
		t.Errorf("%s of %s", e.Act, e.Actor)
	}
	u, _ := url.Parse(a.Origin)
	a.Client.Jar.SetCookies(u, old)
	locked(t, a, "/applications")
}

func TestCase59AKeyReportedLostEndsTheLoginAtTheNextRequestOnEveryPortal(t *testing.T) {
	w := newTown(t, "2024-11-20 09:55:00")
	other := w.twin()
	here, there := w.in(auditor), other.in(auditor)
	here.ok(here.get("/applications"))
	there.ok(there.get("/applications"))
	bystander := other.in(auditor2)
	s := w.in(sec)
	w.clock.Set(at("2024-11-20 10:00:00"))
	s.done(s.post("/keys/"+tokenOf(auditor), url.Values{"do": {"lost"}, "reason": {"上午遗失"}}))
	size := w.size()
	locked(t, there, "/applications")
	locked(t, here, "/applications")
	if more := w.entries(5)[:w.size()-size]; len(more) != 1 || policy.Act(more[0].Act) != policy.Refusal || more[0].Actor != auditor {
		t.Errorf("%d entries of the refusals (one a minute is due)", len(more))
	}
	bystander.ok(bystander.get("/applications"))
	// Signing in again with the lost key is refused with its own sentence.
	for _, town := range []*town{w, other} {
		d := town.desk(auditor)
		p, err := d.Get(context.Background(), "/sign-in")
		must(t, err)
		w.clock.Pass(2 * time.Minute)
		got := handIn(t, d, base64url(reader{d, town}.signed(p)))
		if got.Status != statusOf(fault.Locked) || !strings.Contains(got.Sentence, "已报失") {
			t.Errorf("%+v", got)
		}
	}
}

func TestAKeyThatIsNotInTheRegisterSignsNobodyIn(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	d := w.desk(auditor)
	d.Key = newKey(t)
	d.Leaf = w.issue(t, w.people[auditor].Staff, d.Key) // a genuine certificate that nobody enrolled
	p, err := d.Get(context.Background(), "/sign-in")
	must(t, err)
	w.attack(d, reader{d, w}.signed(p), fault.Forbidden, "没有登记", true)
}

func TestSweepingForgetsExpiredTextsAndSessionsOnly(t *testing.T) {
	w := newTown(t, "2024-11-20 08:00:00")
	a := w.in(auditor)
	p := a.get("/")
	w.clock.Pass(13 * time.Hour)
	b := w.in(auditor2)
	w.twin() // a portal that starts sweeps at once
	deadline := time.Now().Add(5 * time.Second)
	db := w.raw()
	count := func() (n int) { must(t, db.QueryRow("SELECT COUNT(*) FROM sessions").Scan(&n)); return n }
	for count() != 1 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if n := count(); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
	b.ok(b.get("/applications"))
	locked(t, a, p.Path)
}

func TestAnOpenPageLearnsThatItsSessionIsLockedAndAskingIsNoActivity(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	r := w.in(auditor)
	state := func() string {
		p := r.get("/session/state")
		if p.Status != http.StatusOK || !strings.HasPrefix(p.Header.Get("Content-Type"), "application/json") || len(p.Header.Values("Set-Cookie")) > 0 {
			t.Fatalf("%d %s", p.Status, p.Header.Get("Content-Type"))
		}
		return string(p.Body)
	}
	if got := state(); got != `{"person":"`+auditor+`","state":"open"}` {
		t.Errorf("open: %s", got)
	}
	if p := r.ok(r.get("/applications")); !strings.Contains(string(p.Body), `data-state="/session/state" data-person="`+auditor+`"`) {
		t.Error("the page does not ask")
	}
	size := w.size()
	for range 11 { // asked every minute, and nothing else done
		w.clock.Pass(time.Minute)
		state()
	}
	if got := state(); got != `{"state":"locked"}` {
		t.Errorf("after eleven idle minutes: %s", got)
	}
	locked(t, r, "/applications")
	if w.size() != size {
		t.Error("asking makes entries")
	}
	must(t, r.SignIn(t.Context()))
	r.post("/sign-out", url.Values{})
	if got := state(); got != `{"state":"ended"}` {
		t.Errorf("signed out: %s", got)
	}
}
