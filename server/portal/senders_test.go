package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// readyToSend are two reviewed records of a school, the first of which bears
// somebody's name.
func (w *town) readyToSend(at, name string) []string {
	return w.plant(2, at, func(i int, a *registration.Application) {
		a.State, a.Reviewer, a.SchoolConclusion = registration.Reviewed, handler, registration.Registered
		a.Deeds = registration.Deeds{{Part: registration.PartReviewer, Staff: handler}}
		if i == 0 {
			a.Form.PersonName = name
		}
	})
}

func sender(delegate string) url.Values {
	return url.Values{"delegate": {delegate}, "until": {"2024-11-07"}, "reason": {"校长本人申请，须回避"}}
}

func TestAHeadsOwnRecordIsSentByTheDeputyWhomTheHeadNamed(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.readyToSend(school, w.people[head].Name)
	s, d := w.in(head), w.in(deputy)
	w.quiet("before", func() { d.refused(d.post("/send", nil), fault.Forbidden, "") })
	if text := s.ok(s.get("/send")).Text("main"); !strings.Contains(text, "须由代理人上报") || !strings.Contains(text, "任何人不得办理自己的申请") {
		t.Errorf("the head is not told: %.300s", text)
	}
	s.done(s.post("/send", nil))
	if w.application(ids[0]).State != registration.Reviewed || w.application(ids[1]).State != registration.AtCounty {
		t.Fatal("the head's list took its own record along, or nothing")
	}
	w.quiet("only the own one is left", func() { s.refusedPlain(s.post("/send", nil), fault.Forbidden, "本人") })
	w.oneRefusal(head, "organisation/"+school+" invalid name_sender", w.quiet("without a reason", func() {
		p := s.post("/senders", url.Values{"delegate": {deputy}, "until": {"2024-11-07"}})
		s.refusedPlain(p, fault.Invalid, "请填写委托的理由")
		if !strings.Contains(string(p.Body), "2024-11-07") {
			t.Error("what was typed is lost")
		}
	}))
	w.quiet("himself", func() { s.refusedPlain(s.post("/senders", sender(head)), fault.Invalid, "不能委托给自己") })
	w.quiet("somebody of another school", func() { s.refusedPlain(s.post("/senders", sender(head2)), fault.Invalid, "须是本校人员") })
	w.quiet("another school", func() {
		s.refusedPlain(s.post("/senders", sender(school2)), fault.Forbidden, "中心校由区县负责人")
	})
	der := s.signed(s.post("/senders", sender(deputy)))
	if got := s.handIn(der); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.NameSender || !strings.HasPrefix(e.Subject, "delegation/"+school+"/") {
		t.Errorf("%s about %s", e.Act, e.Subject)
	}
	w.attack(s.Desk, der, fault.Conflict, "您已经签过", true)
	if text := d.ok(d.get("/")).Text("main"); !strings.Contains(text, "上报") {
		t.Errorf("home does not tell the deputy: %.200s", text)
	}
	d.done(d.post("/send", nil))
	if a := w.application(ids[0]); a.State != registration.AtCounty || a.Sender != deputy {
		t.Fatalf("%s by %s", a.State, a.Sender)
	}
	for _, act := range []string{"/applications/" + ids[1] + "/conclude", "/licences", "/windows", "/senders"} {
		w.quiet(act, func() {
			if p := d.post(act, sender(handler)); p.Status != statusOf(fault.Forbidden) && p.Status != statusOf(fault.Invalid) {
				t.Errorf("the deputy does more than send: %s %d", act, p.Status)
			}
		})
	}
}

func TestADeputySendsNoLongerAfterTheLastDayOrTheEnd(t *testing.T) {
	for _, ended := range []bool{false, true} {
		w := newTown(t, "2024-11-07 23:50:00")
		w.readyToSend(school, w.people[head].Name)
		s, d := w.in(head), w.in(deputy)
		s.done(s.post("/senders", sender(deputy)))
		p := d.ok(d.post("/send", nil)) // in time, but not yet sealed
		if ended {
			list := options(t, s.ok(s.get("/senders")), "delegation")
			if len(list) != 1 {
				t.Fatalf("%d to end", len(list))
			}
			h := w.in(handler)
			w.quiet("ended by a handler", func() {
				h.refused(h.post("/senders/end", url.Values{"delegation": {list[0]}, "end_reason": {"x"}}), fault.Forbidden, "")
			})
			w.quiet("ended by another head", func() {
				o := w.in(head2)
				o.refusedPlain(o.post("/senders/end", url.Values{"delegation": {list[0]}, "end_reason": {"x"}}), fault.Invalid, "请选择要终止的委托")
			})
			s.done(s.post("/senders/end", url.Values{"delegation": {list[0]}, "end_reason": {"已上报完"}}))
			if e := w.entries(1)[0]; policy.Act(e.Act) != policy.EndSender {
				t.Errorf("%s", e.Act)
			}
		} else {
			w.clock.Set(at("2024-11-08 00:00:00"))
		}
		w.attack(d.Desk, d.signed(p), fault.Forbidden, "“学校上报”须由校长办理", true)
		w.clock.Pass(2 * time.Minute)
		w.quiet("a new list", func() { d.refused(d.post("/send", nil), fault.Forbidden, "") })
	}
}

func TestASchoolOfOneHandlerSendsThroughTheCentreSchoolThatTheLeadNamed(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.readyToSend(school, w.people[head].Name)
	c, l := w.in(head2), w.in(lead)
	w.quiet("before", func() { c.refused(c.post("/send", url.Values{"school": {school}}), fault.NotFound, "") })
	form := sender(school2)
	form.Set("school", school)
	for who, kind := range map[string]fault.Kind{neighbour: fault.Forbidden, auditor: fault.Forbidden, leadOf祁门: fault.NotFound, cityLead: fault.NotFound, handler: fault.Forbidden} {
		r := w.in(who)
		w.quiet(who, func() {
			if p := r.post("/senders", form); p.Status != statusOf(kind) {
				t.Errorf("%s names the centre school: %d", who, p.Status)
			}
		})
	}
	w.quiet("a school elsewhere", func() {
		far := sender(citySchool)
		far.Set("school", school)
		l.refusedPlain(l.post("/senders", far), fault.Invalid, "同一机构管理的另一所学校")
	})
	if text := l.ok(l.get("/senders?school=" + school)).Text("main"); !strings.Contains(text, "中心校：") {
		t.Errorf("the lead cannot choose a centre school: %.200s", text)
	}
	l.done(l.post("/senders", form))
	if text := c.ok(c.get("/")).Text("main"); !strings.Contains(text, "代 ") {
		t.Errorf("home does not tell the centre school: %.300s", text)
	}
	if text := c.ok(c.get("/send?school=" + school)).Text("main"); !strings.Contains(text, w.application(ids[0]).Form.PersonName) {
		t.Errorf("the list: %.300s", text)
	}
	c.done(c.post("/send", url.Values{"school": {school}}))
	for _, id := range ids {
		if a := w.application(id); a.State != registration.AtCounty || a.Sender != head2 {
			t.Errorf("%s by %s", a.State, a.Sender)
		}
	}
}
