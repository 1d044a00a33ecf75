package portal_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/store"
)

// custodiansAre seals a list of custodians by officer and lead.
func (w *town) custodiansAre(quorum string, staff ...string) {
	w.tb.Helper()
	s := w.in(sec)
	s.done(s.post("/custodians", url.Values{"custodians": {strings.Join(staff, "\n")}, "quorum": {quorum}, "list_reason": {"定名单"}, "confirmer": {cityLead}}))
	l := w.in(cityLead)
	waiting := hrefs(w.tb, l.ok(l.get("/emergency")), "/custodians/")
	if len(waiting) != 1 {
		w.tb.Fatalf("%d lists wait for this signer", len(waiting))
	}
	l.done(l.get(waiting[0]))
}

// loseOfficersKeys lets both security officers' keys be lost.
func (w *town) loseOfficersKeys() {
	w.tb.Helper()
	text := w.statement(w.tb, seal.KeyLost, "黄山市教育局", w.clock.Now(), seal.Annex{}, sec)
	_, err := w.store.Commit(context.Background(), w.grant(sec, policy.ReportLoss, "341000"), w.seal(w.tb, text, w.clock.Now(), sec), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		for _, id := range []string{sec, sec2} {
			k, err := tx.Key(seal.Fingerprint(w.people[id].leaf))
			if err != nil {
				return audit.Entry{}, err
			}
			k.State, k.Since = custody.Lost, tx.Received()
			if err := tx.Put(k); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: "key/lost"}, nil
	})
	must(w.tb, err)
}

// newKey is a certificate for somebody that no register knows yet.
func (w *town) newKey(staff string) (*x509.Certificate, crypto.Signer) {
	w.tb.Helper()
	key := newKey(w.tb)
	return w.issue(w.tb, w.people[staff].Staff, key), key
}

func callForm(staff string, cert *x509.Certificate) url.Values {
	return url.Values{"person": {staff}, "token": {"NEW-0001"}, "certificate": {string(issuing.PEM(cert))}, "reason": {"两把钥匙在火灾中损毁"}}
}

// holding is a desk with another key than the one that the town gave.
func (w *town) holding(cert *x509.Certificate, key crypto.Signer, staff string) *desk.Desk {
	w.tb.Helper()
	d := w.desk(staff)
	d.Leaf, d.Key = cert, key
	return d
}

func (w *town) emergency(id string) custody.Emergency {
	w.tb.Helper()
	all, err := w.store.Emergencies(context.Background())
	must(w.tb, err)
	for _, e := range all {
		if e.ID == id {
			return e
		}
	}
	w.tb.Fatalf("no emergency %s", id)
	return custody.Emergency{}
}

func TestTwoOfThreeCustodiansReadmitTheLastSecurityOfficer(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.custodiansAre("2", lead, auditor, cityLead)
	cert, key := w.newKey(sec)
	c1 := w.in(lead)
	w.quiet("while an officer holds a key", func() {
		c1.refusedPlain(c1.post("/emergency", callForm(sec, cert)), fault.Forbidden, "不是紧急情况")
	})
	w.loseOfficersKeys()
	if home := c1.ok(c1.get("/")).Text("main"); !strings.Contains(home, "您是托管人") {
		t.Error("the custodian's home does not lead to the emergency page")
	}
	d := w.holding(cert, key, sec)
	if err := d.SignIn(context.Background()); err == nil || !strings.Contains(err.Error(), "没有登记") {
		t.Fatalf("an unknown key: %v", err)
	}

	p := c1.ok(c1.post("/emergency", callForm(sec, cert)))
	if text := p.Text("main"); !strings.Contains(text, seal.Fingerprint(cert)) || !strings.Contains(text, "2024-11-21T10:00:00.000+08:00") || !strings.Contains(text, "3 人中 2 人") {
		t.Errorf("the text does not name key, deadline and quorum: %.600s", text)
	}
	c1.done(p)
	if e := w.emergency("E000001"); e.State != custody.Gathering || len(e.Sealed) != 1 {
		t.Fatalf("after one of two: %+v", e)
	}
	// M-1 open nothing; nobody else's seal counts, nor the same one's again.
	use, err := d.Get(context.Background(), "/emergency/use?number=E000001")
	must(t, err)
	if use.Status != statusOf(fault.Conflict) || !strings.Contains(use.Text("main"), "还没有开启") || strings.Contains(use.Text("main"), w.people[sec].Name) {
		t.Errorf("one of two: %d %s", use.Status, use.Text("main"))
	}
	w.quiet("seals that do not count", func() {
		c1.refused(c1.post("/emergency/E000001/seal", nil), fault.Conflict, "您已经签过")
		a := w.in(aud)
		a.refused(a.post("/emergency/E000001/seal", nil), fault.Forbidden, "不在现行的托管人名单")
		n := w.in(neighbour)
		n.refused(n.get("/emergency"), fault.Forbidden, "只给托管人")
		n.refused(n.post("/emergency/E000001/seal", nil), fault.Forbidden, "只给托管人")
		n.refused(n.post("/emergency", callForm(sec, cert)), fault.Forbidden, "只给托管人")
		a.refusedPlain(a.post("/emergency", callForm(sec, cert)), fault.Forbidden, "只由托管人提出")
	})

	c2 := w.in(auditor)
	if home := c2.ok(c2.get("/")).Text("main"); !strings.Contains(home, "紧急事项 E000001 等托管人签署") {
		t.Error("the second custodian's home does not say that an emergency waits")
	}
	c2.done(c2.post("/emergency/E000001/seal", nil))
	e := w.emergency("E000001")
	if e.State != custody.Open || !e.Until.Equal(w.clock.Now().Add(custody.UseWithin)) {
		t.Fatalf("after two of two: %+v", e)
	}
	checkpoint, err := audit.OpenCheckpoint(must2(w.store.Checkpoint(context.Background()))(t), w.keys.LogVerifier)
	if err != nil || checkpoint.Size <= e.Entry {
		t.Errorf("the opening entry %d is under no checkpoint (%d): %v", e.Entry, checkpoint.Size, err)
	}
	third := w.in(cityLead)
	third.refused(third.post("/emergency/E000001/seal", nil), fault.Conflict, "已经开启")

	// Every officer is told until he acknowledges it.
	for _, who := range []string{aud, sys, cityLead} {
		r := w.in(who)
		if home := r.ok(r.get("/")).Text("main"); !strings.Contains(home, "紧急事项 E000001 已开启") {
			t.Errorf("%s is not told", who)
		}
	}
	a := w.in(aud)
	a.ok(a.post("/emergency/E000001/acknowledge", nil))
	if home := a.ok(a.get("/")).Text("main"); strings.Contains(home, "紧急事项 E000001") {
		t.Error("the banner stays after it was acknowledged")
	}
	a.refused(a.post("/emergency/E000001/acknowledge", nil), fault.Conflict, "已经确认过")
	c1.refused(c1.post("/emergency/E000001/acknowledge", nil), fault.Forbidden, "由三员和市级负责人办理")

	// Another person than the named one seals with a key of his own.
	other, otherKey := w.newKey(sec2)
	thief := w.holding(other, otherKey, sec2)
	page, err := thief.Get(context.Background(), "/emergency/use?number=E000001")
	must(t, err)
	records := w.records()
	if _, err := thief.Seal(context.Background(), page); err == nil {
		t.Error("another key used the emergency")
	}
	// The right key from the thief's browser position: the seal counts only where it was asked for.
	page, err = d.Get(context.Background(), "/emergency/use?number=E000001")
	must(t, err)
	text, _, err := page.Statement()
	must(t, err)
	der, err := seal.Sign(text, cert, nil, key, w.clock.Now())
	must(t, err)
	if got := handIn(t, thief, base64url(der)); got.Status != statusOf(fault.Forbidden) || !strings.Contains(got.Sentence, "另一个浏览器") {
		t.Errorf("a stolen seal: %+v", got)
	}
	if w.records() != records {
		t.Fatal("a record changed")
	}
	if got := handIn(t, d, base64url(der)); got.Location != "/sign-in" {
		t.Fatalf("the named person: %+v", got)
	}
	must(t, d.SignIn(context.Background()))
	officer, err := d.Get(context.Background(), "/policy/new")
	must(t, err)
	if officer.Status != http.StatusOK {
		t.Errorf("the readmitted officer does not serve: %d", officer.Status)
	}
	// Used once, here and on another portal.
	twin := w.twin()
	for _, town := range []*town{w, twin} {
		again := town.holding(cert, key, sec)
		page, err := again.Get(context.Background(), "/emergency/use?number=E000001")
		must(t, err)
		if page.Status != statusOf(fault.Conflict) || !strings.Contains(page.Text("main"), "已经用过") {
			t.Errorf("used twice: %d %s", page.Status, page.Text("main"))
		}
		if got := handIn(t, again, base64url(der)); got.Location != "" {
			t.Errorf("the same seal again: %+v", got)
		}
	}
	var acts []string
	for _, e := range w.entries(60) {
		if e.Subject == "emergency/E000001" && policy.Act(e.Act) != policy.Refusal {
			acts = append(acts, e.Act+" "+e.Actor)
		}
	}
	if got := strings.Join(acts, "，"); got != "use_emergency "+sec+"，acknowledge_emergency "+aud+"，seal_emergency "+auditor+"，seal_emergency "+lead {
		t.Errorf("the log has %q", got)
	}
	report, err := w.store.CheckRecords(context.Background())
	if err != nil || len(report.Faults) > 0 {
		t.Errorf("records after it: %v %v", report.Faults, err)
	}
}

func must2[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T { tb.Helper(); must(tb, err); return v }
}

func TestAnEmergencyEndsWithItsTimes(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.custodiansAre("2", lead, auditor, cityLead)
	w.loseOfficersKeys()
	cert, key := w.newKey(sec)
	c1 := w.in(lead)
	c1.done(c1.post("/emergency", callForm(sec, cert)))
	c2 := w.in(auditor)
	late := c2.signed(c2.post("/emergency/E000001/seal", nil))
	w.clock.Set(at("2024-11-21 10:00:00")) // the very end
	c2 = w.in(auditor)
	if got := c2.handIn(late); got.Location != "" {
		t.Errorf("a seal after the deadline: %+v", got)
	}
	c2.refused(c2.post("/emergency/E000001/seal", nil), fault.Closed, "已于 2024-11-21 10:00:00 截止")
	// A new one is opened and not used in time.
	c1 = w.in(lead)
	c1.done(c1.post("/emergency", callForm(sec, cert)))
	c2.done(c2.post("/emergency/E000002/seal", nil))
	d := w.holding(cert, key, sec)
	page, err := d.Get(context.Background(), "/emergency/use?number=E000002")
	must(t, err)
	text, _, err := page.Statement()
	must(t, err)
	w.clock.Pass(29 * time.Minute)
	der, err := seal.Sign(text, cert, nil, key, w.clock.Now())
	must(t, err)
	w.clock.Set(at("2024-11-21 12:00:00"))
	records := w.records()
	if got := handIn(t, d, base64url(der)); got.Location != "" {
		t.Errorf("used after its time: %+v", got)
	}
	page, err = d.Get(context.Background(), "/emergency/use?number=E000002")
	must(t, err)
	if page.Status != statusOf(fault.Conflict) || w.records() != records {
		t.Errorf("the page after its time: %d", page.Status)
	}
}

func TestAnEmergencyIsForOnePersonWhoMayHoldTheOffice(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.custodiansAre("2", lead, auditor, cityLead)
	w.loseOfficersKeys()
	c := w.in(lead)
	good, _ := w.newKey(sec)
	for name, form := range map[string]struct {
		form url.Values
		kind fault.Kind
		says string
	}{
		"no certificate":           {url.Values{"person": {sec}, "token": {"NEW-1"}, "certificate": {"x"}, "reason": {"火灾"}}, fault.Invalid, "没有读到证书"},
		"another CA's":             {callForm(sec, found(t, nil).issueFor(t, sec)), fault.Invalid, "不是本签台的签发机构"},
		"another person's":         {callForm(sec2, good), fault.Invalid, "证书不是为人员"},
		"an auditor as an officer": {callForm(aud, must2(w.newKeyOf(aud))(t)), fault.Invalid, "不能由一人兼任"},
		"the custodian himself":    {callForm(lead, must2(w.newKeyOf(lead))(t)), fault.Invalid, "不能由一人兼任"},
		"no reason":                {url.Values{"person": {sec}, "token": {"NEW-1"}, "certificate": {string(issuing.PEM(good))}}, fault.Invalid, "请填写理由"},
		"a bad serial":             {url.Values{"person": {sec}, "token": {"号"}, "certificate": {string(issuing.PEM(good))}, "reason": {"火灾"}}, fault.Invalid, "序列号"},
	} {
		w.quiet(name, func() { c.refusedPlain(c.post("/emergency", form.form), form.kind, form.says) })
	}
}

func (w *town) newKeyOf(staff string) (*x509.Certificate, error) {
	cert, _ := w.newKey(staff)
	return cert, nil
}

func (f *foundation) issueFor(t *testing.T, staff string) *x509.Certificate {
	t.Helper()
	return f.issue(t, f.people[staff].Staff, newKey(t))
}

// certifiedAgain is another certificate of our own CA over the key pair that
// somebody holds.
func (w *town) certifiedAgain(staff string) *x509.Certificate {
	w.tb.Helper()
	return w.issue(w.tb, w.people[staff].Staff, w.people[staff].key)
}

func TestAKeyThatTheRegisterHasSeenIsNotReadmittedByAnEmergency(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.custodiansAre("2", lead, auditor, cityLead)
	w.loseOfficersKeys()
	fresh, _ := w.newKey(sec)
	c := w.in(lead)
	inToken := callForm(sec, fresh)
	inToken.Set("token", tokenOf(sec2))
	for name, v := range map[string]struct {
		form url.Values
		says string
	}{
		"the very certificate that was lost":      {callForm(sec, w.people[sec].leaf), "这张证书已经登记过"},
		"the lost key under another certificate":  {callForm(sec, w.certifiedAgain(sec)), "这个公钥已经登记过"},
		"a new key in a token that is in custody": {inToken, "不能用作紧急恢复的新钥匙"},
	} {
		w.quiet(name, func() { c.refusedPlain(c.post("/emergency", v.form), fault.Conflict, v.says) })
	}
}

func TestACertificateOfAnExternalAuthorityReadmitsNobody(t *testing.T) {
	w, a := newProvince(t, 0)
	w.custodiansAre("2", lead, auditor, cityLead)
	w.loseOfficersKeys()
	c := w.in(lead)
	foreign := a.person(newKey(t), func(c *x509.Certificate) { c.Subject.SerialNumber = sec })
	w.quiet("a foreign certificate", func() {
		c.refusedPlain(c.post("/emergency", callForm(sec, foreign)), fault.Invalid, "不是本签台的签发机构")
	})
}

// Two emergencies were opened over one certificate; the first brought it into
// force and then it was lost.
func TestAnEmergencyThatWasCalledInTimeDoesNotBringBackAKeyThatWasLostMeanwhile(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.custodiansAre("2", lead, auditor, cityLead)
	w.loseOfficersKeys()
	cert, key := w.newKey(sec)
	c1, c2 := w.in(lead), w.in(auditor)
	second := callForm(sec, cert)
	second.Set("token", "NEW-0002")
	for _, form := range []url.Values{callForm(sec, cert), second} {
		c1.done(c1.post("/emergency", form))
	}
	for _, id := range []string{"E000001", "E000002"} {
		c2.done(c2.post("/emergency/"+id+"/seal", nil))
	}
	use := func(id string) reply {
		t.Helper()
		d := w.holding(cert, key, sec)
		page, err := d.Get(t.Context(), "/emergency/use?number="+id)
		must(t, err)
		return handIn(t, d, base64url(reader{d, w}.signed(page)))
	}
	if got := use("E000001"); got.Location != "/sign-in" {
		t.Fatalf("the first: %+v", got)
	}
	k, err := w.store.KeyInCustody(t.Context(), seal.Fingerprint(cert))
	if err != nil || k.Public != custody.PublicDigest(cert.RawSubjectPublicKeyInfo) || k.Serial == "" {
		t.Errorf("the register does not know the public key: %+v %v", k, err)
	}
	d := w.holding(cert, key, sec)
	must(t, d.SignIn(t.Context()))
	r := reader{d, w}
	code := codeShape.FindString(r.ok(r.post("/key/loss-code", url.Values{"do": {"fresh"}})).Text("main"))
	r.ok(r.post("/lost", url.Values{"staff": {sec}, "code": {code}}))
	records := w.records()
	if got := use("E000002"); got.Location != "" || !strings.Contains(got.Sentence, "这张证书已经登记过") {
		t.Errorf("the lost key is back: %+v", got)
	}
	if k, err = w.store.KeyInCustody(t.Context(), seal.Fingerprint(cert)); err != nil || k.State != custody.Lost || w.records() != records {
		t.Errorf("%s %v", k.State, err)
	}
}
