package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestCase10SchoolReviewOf市直EndsWithNovember8(t *testing.T) {
	for _, late := range []bool{false, true} {
		w := newTown(t, "2024-11-08 23:55:00")
		id := w.plant(1, citySchool, inState(registration.InReview))[0]
		h := w.in(cityHandler)
		h.ok(h.review(id, registration.Registered, nil))
		p := h.ok(h.post("/review", url.Values{"application": {id}}))
		w.clock.Set(at("2024-11-08 23:59:59.999"))
		if !late {
			if got := h.handIn(h.signed(p)); got.Status != http.StatusOK || w.application(id).State != registration.Reviewed {
				t.Errorf("in time: %+v", got)
			}
			continue
		}
		w.clock.Set(at("2024-11-09 00:00:00"))
		w.attack(h.Desk, h.signed(p), fault.Closed, "2024-11-09 00:00", true)
		if w.application(id).State != registration.InReview {
			t.Error("the record moved")
		}
	}
}

func TestCase11TheAuditOf市直OpensOnNovember9(t *testing.T) {
	w := newTown(t, "2024-11-08 23:59:59.999")
	id := w.plant(1, citySchool, func(_ int, a *registration.Application) {
		a.State, a.Reviewer, a.Sender, a.SchoolConclusion = registration.AtCounty, cityHandler, cityHead, registration.Registered
	})[0]
	m := w.in(cityAuditor)
	acts := w.quiet("early", func() { m.refusedPlain(m.post("/applications", batch(id)), fault.Closed, "2024-11-09 00:00") })
	w.oneRefusal(cityAuditor, "application/"+id+" closed conclude", acts)
	w.clock.Set(at("2024-11-09 00:00:00"))
	m.done(m.post("/applications", batch(id)))
	if w.application(id).State != registration.Concluded {
		t.Error(w.application(id).State)
	}
}

func TestCase12ACountyDoesNotMoveItsAuditPastTheOuterLimit(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	form := url.Values{"window": {"2024/341021/audit"}, "opens": {"2024-11-08T00:00"}, "closes": {"2024-12-02T00:00"}, "reason": {"来不及了"}}
	w.oneRefusal(lead, "window/2024/341021/audit invalid set_window", w.quiet("beyond the limit", func() {
		p := l.post("/windows", form)
		l.refusedPlain(p, fault.Invalid, "超出市定时限")
		if !strings.Contains(string(p.Body), "2024-12-02T00:00") || !strings.Contains(string(p.Body), "来不及了") {
			t.Error("what was typed is lost")
		}
	}))
	w.oneRefusal(neighbour, "window/2024/341021/audit forbidden set_window", w.quiet("foreign", func() {
		n := w.in(neighbour)
		w.clock.Pass(time.Second)
		n.post("/windows", form)
	})[:1])
	form.Set("closes", "2024-11-29T00:00")
	l.done(l.post("/windows", form))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.SetWindow {
		t.Errorf("the entry is %s", e.Act)
	}
}
