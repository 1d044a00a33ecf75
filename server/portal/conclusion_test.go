package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestCase30NobodyIsRegisteredWhoseCertificateIsNotInTheNationalSystem(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.InNationalSystem = "no"
	})[0]
	twin := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	w.oneRefusal(auditor, "application/"+id+" invalid conclude", w.quiet("single", func() {
		p := a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {"registered"}, "reason": {"查过了"}})
		a.refusedPlain(p, fault.Invalid, "须先由两人核验证书真伪")
		if !strings.Contains(string(p.Body), "查过了") {
			t.Error("what was typed is lost")
		}
	}))
	w.clock.Pass(2 * time.Minute) // the batch names the same record
	w.oneRefusal(auditor, "application/"+id+" invalid conclude", w.quiet("batch", func() { a.refusedPlain(a.post("/applications", batch(twin, id)), fault.Invalid, id) }))
	a.done(a.post("/applications", batch(twin)))
}

func TestCase40WhoReviewedAtSchoolDoesNotAudit(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Reviewer, a.Deeds[0].Staff = auditor, auditor
	})[0]
	a, b := w.in(auditor), w.in(auditor2)
	w.oneRefusal(auditor, "application/"+id+" invalid conclude", w.quiet("batch", func() { a.refusedPlain(a.post("/applications", batch(id)), fault.Invalid, "学校审查") }))
	w.clock.Pass(2 * time.Minute) // the same act about the same record
	w.oneRefusal(auditor, "application/"+id+" invalid conclude", w.quiet("single", func() {
		p := a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {"registered"}, "reason": {"好"}})
		a.refusedPlain(p, fault.Invalid, "学校审查")
	}))
	b.done(b.post("/applications", batch(id)))
}

func TestCase44OneDeferralAmong51RefusesAllAndIsNamed(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(51, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		if i == 50 {
			hours := registration.Tenths(3599)
			a.Form.TrainingHours = &hours
		}
	})
	a := w.in(auditor)
	acts := w.quiet("the batch", func() {
		p := a.post("/applications", batch(ids...))
		a.refusedPlain(p, fault.Invalid, "第 51 行（"+ids[50]+"）")
		if strings.Contains(string(p.Body), `name="statement"`) {
			t.Error("a text to sign was made all the same")
		}
		kept := 0
		for _, box := range inputs(t, p, "application") {
			if box.Checked {
				kept++
			}
		}
		if kept < 49 {
			t.Errorf("%d ticks of the page were kept", kept)
		}
	})
	w.oneRefusal(auditor, "application/"+ids[50]+" invalid conclude", acts)
	a.done(a.post("/applications", batch(ids[:50]...)))
	if w.application(ids[49]).State != registration.Concluded || w.application(ids[50]).State != registration.AtCounty {
		t.Error("the twin without row 51 did not conclude its 50")
	}
}

func TestCase45OneOf50ChangedAfterViewingRefusesAllAndIsNamed(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(50, school, atCounty)
	a, b := w.in(auditor), w.in(auditor2)
	p := a.ok(a.post("/applications", batch(ids...)))
	b.done(b.post("/applications/"+ids[22]+"/return", url.Values{"return_reason": {"材料不齐"}}))
	w.attack(a.Desk, a.signed(p), fault.Invalid, "第 23 行（"+ids[22]+"）", true)
	rest := append(append([]string{}, ids[:22]...), ids[23:]...)
	a.done(a.post("/applications", batch(rest...)))
}

func TestCase46AFailureIsSignedAloneAndConfirmedByTheLead(t *testing.T) {
	w := newTown(t, "2024-11-13 10:00:00")
	ids := w.plant(2, school, failing)
	a, l := w.in(auditor), w.in(lead)
	w.oneRefusal(auditor, "organisation/"+county+" invalid conclude", w.quiet("in a batch", func() {
		a.refusedPlain(a.post("/applications", batch(ids...)), fault.Invalid, ids[0])
	}))
	form := url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年考核不合格"}, "confirmer": {lead}}
	w.oneRefusal(auditor, "application/"+ids[0]+" invalid conclude", w.quiet("without a reason", func() {
		a.refusedPlain(a.post("/applications/"+ids[0]+"/conclude", url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "confirmer": {lead}}), fault.Invalid, "理由")
	}))
	w.clock.Pass(2 * time.Minute)
	w.oneRefusal(auditor, "application/"+ids[0]+" invalid conclude", w.quiet("without a second", func() {
		p := a.post("/applications/"+ids[0]+"/conclude", url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年"}})
		a.refusedPlain(p, fault.Invalid, "签署人")
	}))
	size := w.size()
	a.done(a.post("/applications/"+ids[0]+"/conclude", form))
	if w.size() != size+1 || w.application(ids[0]).State != registration.AtCounty {
		t.Fatal("one seal of two concluded the record")
	}
	other := w.in(lead2)
	open := l.ok(l.get("/confirmations"))
	at := hrefs(t, open, "/confirmations/")
	if len(at) != 1 {
		t.Fatalf("%d wait for the lead", len(at))
	}
	if acts := w.quiet("another lead", func() { other.refused(other.get(at[0]), fault.Conflict, "不等您签署") }); len(acts) > 0 {
		t.Errorf("looking at what waits for somebody else is an entry: %q", acts)
	}
	l.done(l.get(at[0]))
	if got := w.application(ids[0]); got.State != registration.Concluded || got.Conclusion != registration.Failed || got.Confirmer != lead {
		t.Errorf("%s %s", got.State, got.Conclusion)
	}
	if w.application(ids[1]).State != registration.AtCounty {
		t.Error("the other record moved too")
	}
	if e := w.entries(1)[0]; e.Signed != 2 || e.Signers != 2 || e.Subject != "application/"+ids[0] {
		t.Errorf("the entry is %d of %d about %s", e.Signed, e.Signers, e.Subject)
	}
}

func TestAChangeBetweenTheTwoSealsVoidsTheAct(t *testing.T) {
	w := newTown(t, "2024-11-13 10:00:00")
	id := w.plant(1, school, failing)[0]
	a, l := w.in(auditor), w.in(lead)
	a.done(a.post("/applications/"+id+"/conclude", fails(lead)))
	at := hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")
	p := l.ok(l.get(at[0]))
	b := w.in(auditor2)
	if q := b.post("/applications/"+id+"/return", url.Values{"return_reason": {"材料不齐"}}); q.Status < 400 {
		b.done(q)
	} else {
		t.Fatalf("returning meanwhile: %d %.200s", q.Status, q.Text("main"))
	}
	got := l.handIn(l.signed(p))
	if got.Status != statusOf(fault.Conflict) || got.Sentence == "" || w.application(id).State != registration.ReturnedSchool {
		t.Errorf("%+v, state %s", got, w.application(id).State)
	}
	w.portal.VoidEnded()
	w.voided(id, "签署之后记录有改动")
}
