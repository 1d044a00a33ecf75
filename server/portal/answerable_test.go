package portal_test

import (
	"net/url"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sample"
)

func TestR55WhoIsAppointedAwayFromHomeWaitsForThatBodysSheetToo(t *testing.T) {
	w := foundWith(t, func(*foundation) []any {
		return []any{org.Appointment{ID: handler2 + "/SC/" + unsignedSchool, Staff: handler2, Role: string(policy.SC), Org: unsignedSchool}}
	}).open(t, "2024-10-21 10:00:00")
	id := w.plant(1, unsignedSchool, inState(registration.Imported))[0]
	u, h := w.in(handler2), w.in(openHead) // at home, the sheet is signed
	says(t, "home", u.ok(u.get("/")).Text("main"), "安全主体责任书还没有签署")
	w.oneRefusal(handler2, "application/"+id+" forbidden accept", w.quiet("accepting there", func() {
		u.refusedPlain(u.post("/applications", accept(id)), fault.Forbidden, "2024 年度的安全主体责任书还没有签署")
	}))
	h.done(h.post("/duties/"+unsignedSchool+"/sheet", nil))
	u.ok(u.post("/applications", accept(id)))
	if a := w.application(id); a.State != registration.InReview {
		t.Errorf("with the sheet signed it is %s", a.State)
	}
}

func TestR55ACentreSchoolSendsNothingForASchoolWhoseHeadHasNotSigned(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.readyToSend(unsignedSchool, w.people[openHead].Name)
	c, l, h := w.in(head2), w.in(lead), w.in(openHead)
	form := sender(school2)
	form.Set("school", unsignedSchool)
	l.done(l.post("/senders", form))
	at := url.Values{"school": {unsignedSchool}}
	w.oneRefusal(head2, "organisation/"+unsignedSchool+" forbidden send", w.quiet("sending", func() {
		c.refusedPlain(c.post("/send", at), fault.Forbidden, "2024 年度的安全主体责任书还没有签署")
	}))
	// The head's signature opens it, and its end shuts it under a seal that waits.
	h.done(h.post("/duties/"+unsignedSchool+"/sheet", nil))
	der := c.signed(c.ok(c.post("/send", at)))
	l.done(l.post("/staff/"+openHead+"/remove", url.Values{"held": {"SH"}, "removal_reason": {"轮换"}}))
	w.clock.Pass(time.Second)
	w.attack(c.Desk, der, fault.Forbidden, "原负责人 "+openHead+" 签的随其离任失效", true)
	for _, id := range ids {
		if a := w.application(id); a.State != registration.Reviewed {
			t.Errorf("%s is %s", id, a.State)
		}
	}
}

func TestR55TheCityDoesNoBusinessFor市直BeforeItsSheetIsSigned(t *testing.T) {
	later := foundWith(t, func(f *foundation) []any {
		s := f.people[cityLead].Staff
		s.Training = append(org.FullTraining(sample.Year+1, foundingDay, "roster"), s.Training...)
		return []any{s}
	})
	w := later.open(t, "2024-12-30 10:00:00")
	w.year = sample.Year + 1
	w.serve()
	l := w.in(cityLead)
	l.done(l.post("/duties/341000/sheet", nil)) // the city's own, not yet 市直's
	w.oneRefusal(cityLead, " forbidden POST /imports", w.quiet("importing for 市直", func() {
		l.refusedPlain(l.post("/imports", nil), fault.Forbidden, "市直学校管理 2025 年度的安全主体责任书还没有签署")
	}))
	says(t, "home", l.ok(l.get("/")).Text("main"), "安全主体责任书还没有签署")
	l.done(l.post("/duties/341000-SZ/sheet", nil))
	l.refusedPlain(l.post("/imports", nil), fault.Invalid, "")
}
