package portal_test

import (
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestASilentAuthorityClosesItsCertificatesAfterTheGraceAndOfficersSeeIt(t *testing.T) {
	w, a := newProvince(t, 2*time.Hour)
	key := newKey(t)
	leaf := a.enrolled(key)
	must(t, w.stranger(leaf, key).SignIn(t.Context()))
	a.set(func() { a.down = true })
	w.clock.Pass(90 * time.Minute)
	must(t, w.stranger(leaf, key).SignIn(t.Context())) // within the grace
	if p := w.in(sec).get("/"); !strings.Contains(p.Text("main"), "外部签发机构没有回应：省数字证书认证中心") || !strings.Contains(p.Text("main"), "宽限到") {
		t.Errorf("the officer's home: %.300s", p.Text("main"))
	}
	if !strings.Contains(w.log.Text(), "the authority gives no answer that counts") {
		t.Error("the log file says nothing")
	}
	w.clock.Pass(60 * time.Minute)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "查不到颁发机构") {
		t.Errorf("after the grace: %v", err)
	}
	if e := w.refusedEntry(); e.Actor != keyless || !strings.HasPrefix(e.Note, string(fault.Forbidden)) {
		t.Errorf("entry %q %q", e.Actor, e.Note)
	}
	must(t, w.desk(auditor).SignIn(t.Context())) // our own certificates ask nobody
}

func TestAnOpenSessionShowsNothingOnceTheGraceOfItsSilentAuthorityIsOver(t *testing.T) {
	w, a := newProvince(t, 2*time.Hour)
	key := newKey(t)
	leaf := a.enrolled(key)
	must(t, w.stranger(leaf, key).SignIn(t.Context())) // the last good answer
	a.set(func() { a.down = true })
	w.clock.Pass(115 * time.Minute)
	n := w.stranger(leaf, key)
	must(t, n.SignIn(t.Context()))
	w.clock.Pass(4 * time.Minute)
	n.ok(n.get("/"))
	w.clock.Pass(2 * time.Minute) // a minute past the grace
	for range 2 {
		if p := n.get("/"); p.Status == 200 || !strings.Contains(p.Text("main"), "查不到颁发机构") {
			t.Errorf("%d at %s: %.200s", p.Status, p.Path, p.Text("main"))
		}
	}
	w.in(auditor).ok(w.in(auditor).get("/")) // our own certificates ask nobody
	a.set(func() { a.down = false })
	w.clock.Pass(time.Minute)
	n.ok(n.get("/")) // and it goes on by itself
}

func TestARestartDuringAnOutageNeitherEndsTheGraceNorBeginsItAnew(t *testing.T) {
	w, a := newProvince(t, 2*time.Hour)
	key := newKey(t)
	leaf := a.enrolled(key)
	must(t, w.stranger(leaf, key).SignIn(t.Context()))
	good := w.clock.Now()
	a.set(func() { a.down = true })
	w.clock.Pass(90 * time.Minute)
	a.restart(w)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err != nil {
		t.Errorf("the restart ended the grace: %v", err)
	}
	until := "宽限到 " + good.Add(2*time.Hour).In(registration.Shanghai).Format("2006-01-02 15:04")
	if p := w.in(sec).get("/"); !strings.Contains(p.Text("main"), until) {
		t.Errorf("the officer does not see %q: %.400s", until, p.Text("main"))
	}
	w.clock.Pass(31 * time.Minute)
	a.restart(w)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "查不到颁发机构") {
		t.Errorf("the restart began the grace anew: %v", err)
	}
	if e := w.refusedEntry(); e.Actor != keyless {
		t.Errorf("entry %q %q", e.Actor, e.Note)
	}
	// A row put in by hand prolongs nothing.
	db := w.raw()
	defer db.Close()
	_, err := db.Exec("UPDATE revocation_answers SET at = ?", w.clock.Now().UnixMilli())
	must(t, err)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil {
		t.Error("a forged row prolongs the grace")
	}
	a.set(func() { a.down = false })
	w.clock.Pass(time.Minute)
	must(t, w.stranger(leaf, key).SignIn(t.Context()))
}
