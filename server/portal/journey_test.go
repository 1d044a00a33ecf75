package portal_test

import (
	"net/url"
	"testing"

	"sealdesk/server/registration"
)

func TestARecordGoesFromTheSheetToAConclusionThroughThePages(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l := w.in(lead)
	job := l.upload("applications-341021.xlsx", read(t, "applications-341021.xlsx"))
	l.done(l.post(job, url.Values{"choice": {"good"}}))
	h := w.in(handler)
	var ids []string
	for _, box := range inputs(t, h.ok(h.get("/applications?state=imported")), "application") {
		ids = append(ids, box.Value)
	}
	if len(ids) == 0 {
		t.Fatal("nothing to accept")
	}
	h.ok(h.post("/applications", url.Values{"application": ids}))
	for _, id := range ids {
		want := registration.Registered
		if w.application(id).Outcome == registration.OutcomeDefer {
			want = registration.Deferred
		}
		h.ok(h.review(id, want, nil))
		h.done(h.post("/review", url.Values{"application": {id}}))
	}
	s := w.in(head)
	s.done(s.post("/send", nil))
	w.clock.Set(at("2024-11-20 10:00:00"))
	var pass []string
	for _, id := range ids {
		got := w.application(id)
		if got.State != registration.AtCounty {
			t.Errorf("%s is %s", id, got.State)
		}
		if got.Outcome == registration.OutcomePass {
			pass = append(pass, id)
		}
	}
	a := w.in(auditor)
	a.done(a.post("/applications", batch(pass...)))
	for _, id := range pass {
		if got := w.application(id); got.State != registration.Concluded || got.Conclusion != registration.Registered || got.Auditor != auditor {
			t.Errorf("%s is %s, %s by %s", id, got.State, got.Conclusion, got.Auditor)
		}
	}
}
