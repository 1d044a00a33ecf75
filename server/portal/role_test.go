package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
)

// second opens the only act that waits for this person's seal.
func (r reader) second() desk.Page {
	r.t.tb.Helper()
	list := hrefs(r.t.tb, r.ok(r.get("/confirmations")), "/confirmations/")
	if len(list) != 1 {
		r.t.tb.Fatalf("%d acts wait", len(list))
	}
	return r.ok(r.get(list[0]))
}

func TestALeadAsksTheOfficerGrantsAndTheAuditorReviews(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.plant(1, school, atCounty)
	l, s, a, n := w.in(lead), w.in(sec), w.in(aud), w.in(auditor)
	form := url.Values{"role": {"CL"}, "role_reason": {"负责人轮换"}, "confirmer": {sec}}
	l.refusedPlain(l.post("/staff/"+lead+"/role", form), fault.Forbidden, "不能为自己申请")
	l.refusedPlain(l.post("/staff/"+auditor+"/role", url.Values{"role": {"CL"}, "confirmer": {sec}}), fault.Invalid, "请填写理由")
	l.refusedPlain(l.post("/staff/"+auditor+"/role", url.Values{"role": {"CL"}, "role_reason": {"轮换"}, "confirmer": {aud}}), fault.Invalid, "请选择另一位签署人")
	l.done(l.post("/staff/"+auditor+"/role", form))
	if _, err := w.rules.May(w.officer(auditor), policy.SetWindow, w.body(county)); err == nil {
		t.Error("the first of two seals granted the role")
	}
	// The other officer is not named in the text; the named one reads and seals.
	other := w.in(sec2)
	list := hrefs(t, s.ok(s.get("/confirmations")), "/confirmations/")
	other.refused(other.get(list[0]), fault.Conflict, "不等您签署")
	if page := s.ok(s.get("/confirmations")).Text("main"); !strings.Contains(page, w.people[auditor].Name) {
		t.Errorf("the list does not say whose role it is: %s", page)
	}
	p := s.second()
	for _, word := range []string{"授予角色", "区县审核人员", "区县负责人", "负责人轮换"} {
		if !strings.Contains(p.Text("main"), word) {
			t.Errorf("the text does not say %s", word)
		}
	}
	der := s.signed(p)
	if got := s.handIn(der); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	w.attack(s.Desk, der, fault.Conflict, "您已经签过", true)
	if _, err := w.rules.May(w.officer(auditor), policy.SetWindow, w.body(county)); err != nil {
		t.Errorf("at the next request: %v", err)
	}
	if e := w.entries(2)[1]; policy.Act(e.Act) != policy.GrantRole || e.Actor != sec || e.Signed != 2 || e.Subject != "staff/"+auditor {
		t.Errorf("the entry is %+v", e)
	}
	// The auditor's list: old beside new, marked once.
	page := a.ok(a.get("/roles"))
	boxes := inputs(t, page, "change")
	if len(boxes) != 1 || !strings.Contains(page.Text("main"), "区县审核人员 → 区县审核人员、区县负责人") {
		t.Fatalf("%v: %.400s", boxes, page.Text("main"))
	}
	review := url.Values{"change": {boxes[0].Value}}
	s.refused(s.post("/roles/review", review), fault.Forbidden, "安全审计员")
	a.refusedPlain(a.post("/roles/review", nil), fault.Invalid, "请选择")
	a.done(a.post("/roles/review", review))
	w.clock.Pass(2 * time.Minute)
	a.refusedPlain(a.post("/roles/review", review), fault.Conflict, "已经审阅过")
	if list := w.entries(2); policy.Act(list[0].Act) != policy.Refusal || policy.Act(list[1].Act) != policy.ReviewRoles {
		t.Errorf("the entries are %s %s", list[0].Act, list[1].Act)
	}
	// A removal is at once, at the next request of an open session.
	n.ok(n.get("/applications"))
	l.done(l.post("/staff/"+auditor+"/remove", url.Values{"held": {"CA"}, "removal_reason": {"调整"}}))
	w.clock.Pass(time.Second)
	n.refusedPlain(n.post("/applications", batch("2024-341021-000001")), fault.Forbidden, "")
	l.refusedPlain(l.post("/staff/"+auditor+"/remove", url.Values{"held": {"CA"}, "removal_reason": {"调整"}}), fault.Conflict, "没有这个任职")
}

func TestCase42AnOfficerGetsNoBusinessRoleAndOpensNoRecord(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	name := w.application(id).Form.PersonName
	m, s := w.in(cityLead), w.in(sec)
	acts := w.quiet("MD to a system administrator", func() {
		m.refusedPlain(m.post("/staff/"+sys+"/role", url.Values{"role": {"MD"}, "role_reason": {"人手不足"}, "confirmer": {sec}}), fault.Forbidden, "不能由一人兼任")
	})
	w.oneRefusal(cityLead, "staff/"+sys+" forbidden ask_role", acts)
	// The officer alone raises nobody, not even a colleague.
	w.oneRefusal(sec, "staff/"+auditor+" forbidden ask_role", w.quiet("the officer alone", func() {
		s.refusedPlain(s.post("/staff/"+auditor+"/role", url.Values{"role": {"CL"}, "role_reason": {"x"}, "confirmer": {sec2}}), fault.Forbidden, "")
	}))
	acts = w.quiet("the officer opens a record", func() {
		p := s.get("/applications/" + id)
		s.refused(p, fault.Forbidden, "")
		if strings.Contains(string(p.Body), name) {
			t.Error("the refusal names the teacher")
		}
	})
	w.oneRefusal(sec, "application/"+id+" forbidden view", acts)
	if strings.Contains(acts[0], name) {
		t.Error("the entry names the teacher")
	}
	// The twin: an auditor of the city becomes lead; somebody without roles an officer.
	m.ok(m.post("/staff/"+rechecker+"/role", url.Values{"role": {"ML"}, "role_reason": {"轮换"}, "confirmer": {sec}}))
}

func TestCase42TheLastSecurityOfficerStays(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	m, s := w.in(cityLead), w.in(sec)
	remove := url.Values{"held": {"SEC"}, "removal_reason": {"轮换"}}
	s.refusedPlain(s.post("/staff/"+sec+"/remove", remove), fault.Forbidden, "不能免去自己的任职")
	s.done(s.post("/staff/"+sec2+"/remove", remove))
	w.oneRefusal(cityLead, "staff/"+sec+" conflict remove_role", w.quiet("the last officer", func() { m.refusedPlain(m.post("/staff/"+sec+"/remove", remove), fault.Conflict, "最后一位") }))
	m.refusedPlain(m.post("/staff/"+sec+"/leave", url.Values{"last": {"2024-11-20"}, "leave_reason": {"退休"}}), fault.Conflict, "最后一位")
	s.ok(s.get("/keys")) // and still works
}

func TestOneOfficerAloneTakesNeitherTheLastCityLeadNorTheLastAuditorAway(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	m, s := w.in(cityLead), w.in(sec)
	for _, last := range []struct{ who, role string }{{cityLead, "ML"}, {aud, "AUD"}} {
		for path, form := range map[string]url.Values{
			"/staff/" + last.who + "/remove":   {"held": {last.role}, "removal_reason": {"轮换"}},
			"/staff/" + last.who + "/leave":    {"last": {"2024-11-20"}, "leave_reason": {"退休"}},
			"/keys/" + tokenOf(last.who):       do("revoke", "损坏"),
			"/keys/" + tokenOf(last.who) + "/": do("suspend", "核查"),
		} {
			w.quiet(path, func() {
				s.refusedPlain(s.post(strings.TrimSuffix(path, "/"), form), fault.Conflict, "最后一位能办理的"+policy.Role(last.role).Name())
			})
		}
	}
	a := w.in(aud)
	a.refusedPlain(a.post("/key/handover", url.Values{"taker": {sec}, "reason": {"调岗"}}), fault.Conflict, "最后一位")
	// The twin: with another city lead in office the first one may go.
	m.done(m.post("/staff/"+rechecker+"/role", url.Values{"role": {"ML"}, "role_reason": {"接任"}, "confirmer": {sec}}))
	s.done(s.second())
	s.done(s.post("/staff/"+cityLead+"/remove", url.Values{"held": {"ML"}, "removal_reason": {"退休"}}))
	next := w.in(rechecker)
	next.ok(next.post("/staff/"+cityLead+"/role", url.Values{"role": {"ML"}, "role_reason": {"返聘"}, "confirmer": {sec}}))
	// And whatever follows, a loss takes effect.
	s.done(s.post("/keys/"+tokenOf(aud), do("lost", "遗失")))
	locked(t, a, "/log")
}

func TestRolesByDirectPostOfWrongRolesAndForeignPeopleMoveNothing(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	posts := map[string]struct {
		form url.Values
		may  string
	}{
		"/staff/" + auditor + "/role":   {url.Values{"role": {"CL"}, "role_reason": {"轮换"}, "confirmer": {sec}}, lead + " " + cityLead},
		"/staff/" + auditor + "/remove": {url.Values{"held": {"CA"}, "removal_reason": {"轮换"}}, lead + " " + cityLead + " " + sec},
		"/staff/" + neighbour + "/role": {url.Values{"role": {"CL"}, "role_reason": {"轮换"}, "confirmer": {sec}}, cityLead},
		"/staff/" + unfiled + "/role":   {url.Values{"role": {"CL"}, "role_reason": {"轮换"}, "confirmer": {sec}}, ""},
		"/roles/review":                 {url.Values{"change": {"U00028/1"}}, ""},
	}
	records := w.records()
	for _, staff := range []string{sys, sec, aud, cityLead, rechecker, cityAuditor, auditor, lead, neighbour, handler, head, leadOf祁门} {
		r := w.in(staff)
		for path, post := range posts {
			p := r.post(path, post.form)
			asked := strings.Contains(string(p.Body), `name="statement"`)
			if asked != strings.Contains(post.may, staff) {
				t.Errorf("%s posts %s: asked to seal %v, %d %.120s", staff, path, asked, p.Status, p.Text("main"))
			}
		}
	}
	if w.records() != records {
		t.Error("a record changed")
	}
}
