package portal_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

// ends makes the authority's list name a certificate for a reason; none takes
// it off again.
func (a *province) ends(leaf *x509.Certificate, reason int) {
	a.set(func() {
		a.ended = nil
		if reason >= 0 {
			a.ended = []x509.RevocationListEntry{{SerialNumber: leaf.SerialNumber, RevocationTime: a.town.clock.Now(), ReasonCode: reason}}
		}
	})
}

// suspended asserts that the key in a token is suspended by the system alone,
// and gives the number of the entry that did it.
func (t *town) suspended(serial string) uint64 {
	t.tb.Helper()
	h := t.token(serial)
	if h.Token.State != custody.Suspended || h.Key.State != custody.Suspended || h.Key.By != "" {
		t.tb.Errorf("the register: token %s, key %s by %q", h.Token.State, h.Key.State, h.Key.By)
	}
	for _, e := range t.entries(20) {
		if e.Act == string(policy.SuspendRevoked) {
			if e.Subject != "token/"+serial || e.Actor != "" || e.Signers != 0 || !strings.Contains(e.Note, "颁发机构“省数字证书认证中心”") {
				t.tb.Errorf("the entry: %+v", e)
			}
			return e.Number
		}
	}
	t.tb.Error("the suspension has no entry")
	return 0
}

// Whoever owns the database puts back what was remembered before the
// revocation, the portal starts anew and the authority is silent: the memory
// believes its own older row, the custody register does not.
func TestARevokedCertificateStaysOutWhateverRowComesBackInAnOutageAfterARestart(t *testing.T) {
	w, a := newProvince(t, 48*time.Hour)
	key := newKey(t)
	leaf := a.enrolled(key)
	must(t, w.stranger(leaf, key).SignIn(t.Context()))
	db := w.raw()
	_, err := db.Exec("CREATE TABLE before_it AS SELECT * FROM revocation_answers")
	must(t, err)
	w.clock.Pass(2 * time.Hour)
	a.ends(leaf, 1)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "吊销") {
		t.Fatalf("%v", err)
	}
	w.suspended("NEW1")
	_, err = db.Exec("DELETE FROM revocation_answers")
	must(t, err)
	_, err = db.Exec("INSERT INTO revocation_answers SELECT * FROM before_it")
	must(t, err)
	_, err = db.Exec("DROP TABLE before_it")
	must(t, err)
	a.set(func() { a.down = true })
	a.restart(w)
	w.clock.Pass(2 * time.Minute)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "已报失、停用") {
		t.Errorf("the row of before opens the door: %v", err)
	}
	// Nor does the register itself, put back by hand.
	_, err = db.Exec("UPDATE custody_keys SET state = 'issued' WHERE fingerprint = ?", seal.Fingerprint(leaf))
	must(t, err)
	w.clock.Pass(2 * time.Minute)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil {
		t.Error("a register put back by hand opens the door")
	}
	if report, err := w.store.CheckRecords(t.Context()); err != nil || len(report.Faults) != 1 {
		t.Errorf("the check finds %v %v", report.Faults, err)
	}
}

func TestARevocationEndsTheOpenSessionAtTheNextRequest(t *testing.T) {
	w, a := newProvince(t, 0)
	key := newKey(t)
	leaf := a.enrolled(key)
	n := w.stranger(leaf, key)
	must(t, n.SignIn(t.Context()))
	n.ok(n.get("/"))
	a.ends(leaf, 1)
	w.clock.Pass(9 * time.Minute)
	n.ok(n.get("/"))
	a.restart(w) // nothing is answered out of an earlier list
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil {
		t.Fatal("a revoked certificate signs in")
	}
	w.suspended("NEW1")
	if p := n.get("/"); p.Path == "/" && p.Status == 200 {
		t.Errorf("the open session goes on: %.200s", p.Text("main"))
	}
}

func TestAnOpenSessionEndsWhenItsIssuerSaysSoThoughNobodySigns(t *testing.T) {
	w, a := newProvince(t, 0)
	key := newKey(t)
	leaf := a.enrolled(key)
	n := w.stranger(leaf, key)
	must(t, n.SignIn(t.Context()))
	a.ends(leaf, 1)
	for range 6 { // the list of the sign-in counts for an hour
		w.clock.Pass(9 * time.Minute)
		n.ok(n.get("/"))
	}
	w.clock.Pass(9 * time.Minute)
	if p := n.get("/"); p.Path == "/" && p.Status == 200 {
		t.Errorf("the open session goes on: %.200s", p.Text("main"))
	}
	w.suspended("NEW1")
}

func TestAKeyWhoseCertificateIsHeldComesBackByTwoOnceTheIssuerSaysSoAndARevokedOneNever(t *testing.T) {
	w, a := newProvince(t, 48*time.Hour)
	key := newKey(t)
	leaf := a.enrolled(key)
	a.ends(leaf, 6)
	w.clock.Pass(2 * time.Hour)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "冻结") {
		t.Fatalf("%v", err)
	}
	w.suspended("NEW1")
	s := w.in(sec)
	s.refusedPlain(s.post("/keys/NEW1", do("restore", "核清", "second", cityLead)), fault.Forbidden, "冻结")
	a.set(func() { a.down = true }) // silence is no yes
	w.clock.Pass(2 * time.Minute)
	s.refusedPlain(s.post("/keys/NEW1", do("restore", "核清", "second", cityLead)), fault.Forbidden, "冻结")
	a.ends(leaf, -1)
	a.set(func() { a.down = false })
	w.clock.Pass(2 * time.Minute)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil {
		t.Error("the end of a hold alone opens the door")
	}
	s = w.in(sec)
	s.done(s.post("/keys/NEW1", do("restore", "核清", "second", cityLead)))
	a.ends(leaf, 1) // before the second person signs it is revoked for good
	l := w.in(cityLead)
	list := hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")
	if len(list) != 1 {
		t.Fatalf("%d matters wait", len(list))
	}
	got := l.handIn(l.signed(l.get(list[0])))
	if got.Status != statusOf(fault.Forbidden) || !strings.Contains(got.Sentence, "吊销") {
		t.Errorf("restored though it was revoked meanwhile: %d %s", got.Status, got.Sentence)
	}
	a.ends(leaf, -1) // an authority that takes a final revocation back is not believed
	w.clock.Pass(2 * time.Minute)
	s = w.in(sec)
	s.refusedPlain(s.post("/keys/NEW1", do("restore", "核清", "second", sec2)), fault.Forbidden, "吊销")
}

func TestAHoldThatTheIssuerEndedIsRestoredAndSignsAgain(t *testing.T) {
	w, a := newProvince(t, 0)
	key := newKey(t)
	leaf := a.enrolled(key)
	a.ends(leaf, 6)
	w.clock.Pass(2 * time.Hour)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil {
		t.Fatal("a held certificate signs in")
	}
	a.ends(leaf, -1)
	w.clock.Pass(2 * time.Minute)
	s := w.in(sec)
	s.done(s.post("/keys/NEW1", do("restore", "核清", "second", cityLead)))
	w.in(cityLead).countersign()
	must(t, w.stranger(leaf, key).SignIn(t.Context()))
}

// The certificate is revoked between its enrolment and the first seal: what
// never had power ends, and the token takes another.
func TestACertificateRevokedBeforeItIsTakenOverNeverComesIntoForce(t *testing.T) {
	w, a := newProvince(t, 48*time.Hour)
	key := newKey(t)
	leaf := a.person(key, nil)
	s := w.in(sec)
	s.done(s.post("/enrolments/NEW1/certificate", certificateOf(leaf)))
	a.ends(leaf, 1)
	w.clock.Pass(2 * time.Hour)
	if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "吊销") {
		t.Errorf("%v", err)
	}
	k, err := w.store.KeyInCustody(t.Context(), seal.Fingerprint(leaf))
	must(t, err)
	if k.State != custody.Revoked {
		t.Errorf("the key is %s", k.State)
	}
	a.ends(leaf, -1)
	w.clock.Pass(2 * time.Minute)
	a.enrolled(newKey(t))
}
