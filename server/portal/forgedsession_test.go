package portal_test

import (
	"encoding/hex"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/portal"
)

// carrying is a browser without a key that holds this cookie.
func (t *town) carrying(token string) reader {
	t.tb.Helper()
	d := t.desk(auditor)
	d.Client.Jar, _ = cookiejar.New(nil)
	u, err := url.Parse(d.Origin)
	must(t.tb, err)
	d.Client.Jar.SetCookies(u, []*http.Cookie{{Name: portal.CookieName, Value: token, Path: "/", Secure: true}})
	return reader{d, t}
}

// told expects one alarm, and one entry of the system about forged sessions.
func (t *town) told(subject string) {
	t.tb.Helper()
	// The agent's stream, which comes by itself after a log-in, may have found it
	// first; then its request tells, and it may not be through.
	through := func() bool {
		return strings.Contains(t.log.Text(), "ALARM: a session") && policy.Act(t.entries(1)[0].Act) == policy.Refusal
	}
	for end := time.Now().Add(5 * time.Second); !through() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := strings.Count(t.log.Text(), "ALARM: a session"); n != 1 {
		t.tb.Errorf("%d alarms", n)
	}
	e := t.entries(1)[0]
	if policy.Act(e.Act) != policy.Refusal || e.Actor != "" || e.Subject != subject || e.Note != "forged-session 1" {
		t.tb.Errorf("the entry is %s of %q about %q: %s", e.Act, e.Actor, e.Subject, e.Note)
	}
	a := t.in(aud)
	if p := a.ok(a.get("/log")); !strings.Contains(p.Text("main"), "不是门户写的或被改过") {
		t.tb.Error("the auditor does not read of it")
	}
}

func TestASessionPutIntoTheDatabaseSignsNobodyInAndIsToldOnce(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	genuine := w.in(auditor) // the mark of a genuine session is worth nothing beside another cookie
	far, now := w.clock.Now().AddDate(10, 0, 0).UnixMilli(), w.clock.Now().UnixMilli()
	_, err := w.raw().Exec(`INSERT INTO sessions (token_hash, staff, fingerprint, started, seen, expires, locked, payload, present_until, stream, road, address, mark)
		SELECT ?, ?, ?, ?, ?, ?, 0, x'', ?, 'x', 'agent', address, mark FROM sessions`,
		portal.Hashed(strings.Repeat("5a", 32)), lead, seal.Fingerprint(w.people[lead].leaf), now, far, far, far)
	must(t, err)
	size := w.size()
	thief := w.carrying(strings.Repeat("5a", 32))
	for range 3 {
		locked(t, thief, "/applications")
	}
	if more := w.size() - size; more != 1 {
		t.Errorf("%d entries about one session", more)
	}
	w.told("staff/" + lead)
	if n := w.count("sessions"); n != 2 { // the genuine one's and the auditor's
		t.Errorf("%d sessions are left", n)
	}
	genuine.ok(genuine.get("/applications"))
}

func TestAGenuineSessionThatIsAlteredIsNoneAnyMore(t *testing.T) {
	for column, value := range map[string]func(w *town) any{
		"token_hash":  func(*town) any { return portal.Hashed(strings.Repeat("5a", 32)) },
		"staff":       func(*town) any { return lead },
		"fingerprint": func(w *town) any { return seal.Fingerprint(w.people[auditor2].leaf) },
		"road":        func(*town) any { return "tls" },
		"started":     func(w *town) any { return w.clock.Now().Add(time.Hour).UnixMilli() },
		"expires":     func(w *town) any { return w.clock.Now().AddDate(1, 0, 0).UnixMilli() },
		"address":     func(*town) any { return "10.1.2.3" },
		"mark":        func(*town) any { b, _ := hex.DecodeString(strings.Repeat("00", 32)); return b },
	} {
		t.Run(column, func(t *testing.T) {
			w := newTown(t, "2024-11-20 10:00:00")
			a := w.in(auditor)
			of := map[string]string{"staff": lead}[column]
			if of == "" {
				of = auditor
			}
			if column == "token_hash" {
				a = w.carrying(strings.Repeat("5a", 32))
			}
			_, err := w.raw().Exec("UPDATE sessions SET "+column+" = ?", value(w))
			must(t, err)
			locked(t, a, "/applications")
			w.told("staff/" + of)
		})
	}
}

func TestAnOfficerWhoListsSessionsSeesNoForgedOneAndTheLogTells(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	w.in(auditor)
	_, err := w.raw().Exec("UPDATE sessions SET expires = expires + 1 WHERE staff = ?", auditor)
	must(t, err)
	if ids := sessionsIn(s.ok(s.get("/sessions?name=" + auditor)).Body); len(ids) != 0 {
		t.Errorf("%v", ids)
	}
	w.told("staff/" + auditor)
}
