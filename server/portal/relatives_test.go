package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// declares lets somebody declare a record to be a relative's.
func (r reader) declares(id string) {
	r.t.tb.Helper()
	a := r.t.application(id)
	r.done(r.post("/relatives", url.Values{"school": {a.School}, "apply_no": {a.Form.ApplyNo}, "relation": {"sibling"}}))
}

func TestADeclaredRelativesRecordIsReviewedSentAndAuditedByOthers(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	id := w.plant(1, school, inState(registration.InReview))[0]
	h, d, s := w.in(handler), w.in(deputy), w.in(head)
	apply := w.application(id).Form.ApplyNo
	w.oneRefusal(handler, "staff/"+handler+" invalid declare_relative", w.quiet("an identity number", func() {
		p := h.post("/relatives", url.Values{"apply_no": {"341093198503120020"}, "relation": {"spouse"}})
		h.refusedPlain(p, fault.Invalid, "不要写证件号码")
	}))
	h.declares(id)
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.DeclareRelative || !strings.HasPrefix(e.Subject, "relative/"+handler+"/") || strings.Contains(e.Subject+e.Note, apply) {
		t.Errorf("%s about %s", e.Act, e.Subject)
	}
	w.quiet("twice", func() {
		h.refusedPlain(h.post("/relatives", url.Values{"apply_no": {apply}, "relation": {"spouse"}}), fault.Conflict, "已经申报过")
	})
	if text := s.ok(s.get("/relatives")).Text("main"); strings.Contains(text, apply) {
		t.Error("somebody reads another's declaration")
	}
	h.review(id, registration.Registered, nil)
	w.quiet("the handler's review", func() { h.refusedPlain(h.post("/review", batch(id)), fault.Forbidden, "须回避") })
	d.ok(d.review(id, registration.Registered, nil))
	d.done(d.post("/review", batch(id)))
	s.declares(id)
	w.quiet("the head's sending", func() { s.refusedPlain(s.post("/send", nil), fault.Forbidden, "须回避") })
	if w.application(id).State != registration.Reviewed {
		t.Error(w.application(id).State)
	}
}

func TestAnAuditorAndALeadStandBackFromADeclaredRelative(t *testing.T) {
	w := newTown(t, "2024-11-13 10:00:00")
	ids := w.plant(2, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		if i == 1 {
			a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
		}
	})
	a, b, l := w.in(auditor), w.in(auditor2), w.in(lead)
	waiting := a.ok(a.post("/applications", batch(ids[0])))
	a.declares(ids[0])
	w.attack(a.Desk, a.signed(waiting), fault.Invalid, "须回避", true)
	w.quiet("the auditor", func() { a.refusedPlain(a.post("/applications", batch(ids[0])), fault.Invalid, "另一位同事") })
	w.quiet("returning", func() {
		a.refusedPlain(a.post("/applications/"+ids[0]+"/return", url.Values{"return_reason": {"缺页"}}), fault.Forbidden, "须回避")
	})
	b.done(b.post("/applications", batch(ids[0])))
	// The lead declares after the auditor has signed: the second seal is refused.
	form := url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年考核不合格"}, "confirmer": {lead}}
	b.done(b.post("/applications/"+ids[1]+"/conclude", form))
	wait := hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")
	p := l.ok(l.get(wait[0]))
	l.declares(ids[1])
	w.attack(l.Desk, l.signed(p), fault.Forbidden, "须回避", true)
	form.Set("confirmer", lead2)
	b.done(b.post("/applications/"+ids[1]+"/conclude", form))
}

func TestADeclarationIsRemovedOnlyWithALeadsSeal(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a, l := w.in(auditor), w.in(lead)
	a.declares(id)
	list := options(t, a.ok(a.get("/relatives")), "relative")
	if len(list) != 1 {
		t.Fatalf("%d to remove", len(list))
	}
	form := url.Values{"relative": list, "removal": {"同名误报"}, "confirmer": {lead}}
	w.quiet("without a lead", func() {
		p := a.post("/relatives/remove", url.Values{"relative": list, "removal": {"同名误报"}})
		a.refusedPlain(p, fault.Invalid, "签署人")
		if !strings.Contains(string(p.Body), "同名误报") {
			t.Error("what was typed is lost")
		}
	})
	w.quiet("somebody else's", func() {
		o := w.in(auditor2)
		o.refusedPlain(o.post("/relatives/remove", form), fault.Invalid, "请选择要撤销的申报")
	})
	a.done(a.post("/relatives/remove", form))
	w.quiet("one seal of two", func() { a.refusedPlain(a.post("/applications", batch(id)), fault.Invalid, "须回避") })
	wait := hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")
	if len(wait) != 1 {
		t.Fatalf("%d wait for the lead", len(wait))
	}
	l.done(l.get(wait[0]))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.CountersignRelative || e.Signed != 2 {
		t.Errorf("%s %d", e.Act, e.Signed)
	}
	a.done(a.post("/applications", batch(id)))
	for _, officer := range []string{sys, sec, aud, rechecker} {
		r := w.in(officer)
		w.quiet(officer, func() { r.refused(r.post("/relatives", form), fault.Forbidden, "") })
	}
}
