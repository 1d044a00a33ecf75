package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/portal"
)

func TestASessionEndsWithoutTheHSMAndItsEntryFollowsUnderWhoeverEndedIt(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.store.Close()
	own := *w.foundation // other tests share the town's keys
	broken := &brokenSigner{Signer: own.keys.LogSigner}
	own.keys.LogSigner, w.foundation = broken, &own
	w.serve()
	a, b, s, first := w.in(auditor), w.in(auditor2), w.in(sec), w.in(neighbour)
	old := cookies(t, b.Desk)
	id := portal.Hashed(cookies(t, a.Desk)[0].Value)[:32]
	broken.gone.Store(true)
	first.ok(first.post("/sign-out", nil)) // stands, unsigned; from here on the HSM is known to be gone
	size := w.size()

	s.ok(s.post("/sessions/end", url.Values{"session": {id}}))
	locked(t, a, "/applications")
	if p := b.post("/sign-out", nil); !strings.HasPrefix(p.Path, "/sign-in") {
		t.Errorf("signing out led to %s", p.Path)
	}
	u, err := url.Parse(b.Origin)
	must(t, err)
	b.Client.Jar.SetCookies(u, old)
	locked(t, b, "/applications")
	if ids := sessionsIn(s.ok(s.get("/sessions?name=" + auditor)).Body); len(ids) != 0 {
		t.Errorf("an ended session is listed: %v", ids)
	}
	if w.size() != size {
		t.Fatal("an entry without the HSM")
	}

	w.clock.Pass(2 * time.Minute)
	broken.gone.Store(false)
	var late []audit.Entry
	for deadline := time.Now().Add(20 * time.Second); len(late) < 2; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d of two entries followed", len(late))
		}
		w.twin() // a portal that starts settles at once
		late = nil
		for _, e := range w.entries(10) {
			if strings.Contains(e.Note, "补记") {
				late = append(late, e)
			}
		}
	}
	for _, e := range late {
		if e.Subject == "staff/"+auditor && (e.Actor != sec || !strings.HasPrefix(e.Note, "session "+id[:16])) || e.Subject == "staff/"+auditor2 && e.Actor != auditor2 ||
			policy.Act(e.Act) != policy.Logout || !strings.Contains(e.Note, "2024-11-20T10:00:00") {
			t.Errorf("%s of %s about %s: %s", e.Act, e.Actor, e.Subject, e.Note)
		}
	}
	locked(t, a, "/applications")
	if w.size() != size+2 {
		t.Errorf("%d entries followed", w.size()-size)
	}
}

func TestAnEndThatNoPortalWroteMakesNoEntryInAnybodysName(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.in(auditor)
	_, err := w.raw().Exec(`UPDATE sessions SET locked = 1, locked_for = 'ended', seen = 0, payload = CAST('{"by":"` + sec + `","key":"x","at":"2024-11-20T10:00:00Z"}' AS BLOB)`)
	must(t, err)
	w.twin()
	for deadline := time.Now().Add(20 * time.Second); w.count("sessions") > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the row stays")
		}
	}
	for _, e := range w.entries(5) {
		if policy.Act(e.Act) == policy.Logout {
			t.Errorf("an entry: %+v", e)
		}
	}
}
