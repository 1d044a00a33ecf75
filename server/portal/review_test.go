package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestCase43AHandlerDoesNotReviewTheirOwnApplication(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(2, school, func(i int, a *registration.Application) {
		a.State = registration.InReview
		if i == 0 {
			a.Form.PersonName = w.people[handler].Name
		}
	})
	h := w.in(handler)
	for _, id := range ids {
		h.ok(h.review(id, registration.Registered, nil))
	}
	w.oneRefusal(handler, "application/"+ids[0]+" forbidden review", w.quiet("own", func() { h.refusedPlain(h.post("/review", batch(ids[0])), fault.Forbidden, "本人") }))
	h.done(h.post("/review", batch(ids[1])))
	if w.application(ids[0]).State != registration.InReview || w.application(ids[1]).State != registration.Reviewed {
		t.Error("states", w.application(ids[0]).State, w.application(ids[1]).State)
	}
}

func TestCase47AListWithTwoWithoutConclusionStaysAndBothAreNamed(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(48, school, func(i int, a *registration.Application) {
		a.State, a.Reviewer, a.SchoolConclusion = registration.Reviewed, handler, registration.Registered
		a.Deeds = registration.Deeds{{Part: registration.PartReviewer, Staff: handler}}
		if i == 17 || i == 40 {
			a.State, a.Reviewer, a.SchoolConclusion, a.Deeds = registration.InReview, "", "", nil
		}
	})
	s := w.in(head)
	acts := w.quiet("sending", func() {
		p := s.post("/send", nil)
		text := p.Text("main")
		if p.Status < 400 || !strings.Contains(text, ids[17]) || !strings.Contains(text, ids[40]) {
			t.Errorf("%d %.300s", p.Status, text)
		}
	})
	w.oneRefusal(head, "organisation/"+school+" invalid send", acts)
	h := w.in(handler)
	for _, id := range []string{ids[17], ids[40]} {
		h.ok(h.review(id, registration.Registered, nil))
	}
	h.done(h.post("/review", batch(ids[17], ids[40])))
	s.done(s.post("/send", nil))
	if w.application(ids[17]).State != registration.AtCounty || w.application(ids[0]).State != registration.AtCounty {
		t.Error("the complete list was not sent")
	}
}

func TestCase48FieldsThatWereNotComparedAreNamed(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	id := w.plant(1, school, inState(registration.InReview))[0]
	h := w.in(handler)
	missing := []string{"person_name", "id_type", "id_number", "gender"}
	h.review(id, registration.Registered, func(step string, form url.Values) {
		for _, f := range missing {
			form.Del("compared-" + f)
		}
	})
	w.clock.Pass(2 * time.Minute) // the step was refused already while it was filled in
	w.oneRefusal(handler, "application/"+id+" invalid review", w.quiet("the step", func() {
		h.refusedPlain(h.post("/applications/"+id+"/review", url.Values{"step": {"compare-1"}}), fault.Invalid, "还有 4 处")
	}))
	w.clock.Pass(2 * time.Minute)
	w.oneRefusal(handler, "application/"+id+" invalid review", w.quiet("the review", func() {
		p := h.post("/review", batch(id))
		h.refusedPlain(p, fault.Invalid, "23 项中有 4 项没有比对")
		for _, f := range missing {
			if !strings.Contains(p.Text("main"), registration.HeaderOf(f)) {
				t.Errorf("%s is not named", registration.HeaderOf(f))
			}
		}
	}))
	h.ok(h.review(id, registration.Registered, nil))
	h.done(h.post("/review", batch(id)))
}

func TestCase49ACorrectionNeedsItsReasonAndBothValuesAreKept(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	id := w.plant(1, school, inState(registration.InReview))[0]
	old := w.application(id).Form.SubjectTaught
	h := w.in(handler)
	form := url.Values{"field": {"subject_taught"}, "new_value": {"劳动与技术"}, "reason": {""}, "evidence": {"课表第3页"}}
	w.oneRefusal(handler, "application/"+id+" invalid review", w.quiet("without a reason", func() {
		p := h.post("/applications/"+id+"/correct", form)
		h.refusedPlain(p, fault.Invalid, "理由")
		if !strings.Contains(string(p.Body), "劳动与技术") || !strings.Contains(string(p.Body), "课表第3页") {
			t.Error("what was typed is lost")
		}
	}))
	form.Set("reason", "网上填错")
	h.ok(h.post("/applications/"+id+"/correct", form))
	h.ok(h.review(id, registration.Registered, func(step string, form url.Values) {
		if step == "compare-2" {
			form.Set("compared-subject_taught", "differs")
		}
	}))
	h.done(h.post("/review", batch(id)))
	if got := w.application(id).Form.SubjectTaught; got != "劳动与技术" {
		t.Errorf("the record says %s", got)
	}
	page := h.ok(h.get("/applications/" + id)).Text("main")
	for _, want := range []string{old, "劳动与技术", "网上填错", "课表第3页"} {
		if !strings.Contains(page, want) {
			t.Errorf("the record's page does not show %q", want)
		}
	}
}
