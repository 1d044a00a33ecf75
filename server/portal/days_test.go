package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestTheCityLeadSetsHolidaysAndTheLastAdverseDayFollows(t *testing.T) {
	w := newTown(t, "2024-11-14 10:00:00")
	ids := w.plant(2, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
	})
	m, a := w.in(cityLead), w.in(auditor)
	adverse := url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年考核不合格"}, "confirmer": {lead}}
	a.done(a.post("/applications/"+ids[0]+"/conclude", adverse)) // the last day without holidays
	form := url.Values{"off": {"2024-11-19"}, "on": {""}, "days_paper": {"皖政办〔2024〕3号"}, "days_reason": {"校运会停课"}}
	w.oneRefusal(cityLead, "working-days/2024 invalid set_days", w.quiet("malformed", func() {
		p := m.post("/windows/days", url.Values{"off": {"11月19日"}, "days_paper": {"1号"}, "days_reason": {"停课"}})
		m.refusedPlain(p, fault.Invalid, "不是日期")
		if !strings.Contains(string(p.Body), "11月19日") {
			t.Error("what was typed is lost")
		}
	}))
	for _, staff := range []string{lead, auditor, handler, cityAuditor, sec, aud} {
		r := w.in(staff)
		w.quiet(staff, func() { r.refused(r.post("/windows/days", form), fault.Forbidden, "") })
	}
	der := m.signed(m.post("/windows/days", form))
	if got := m.handIn(der); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	w.attack(m.Desk, der, fault.Conflict, "您已经签过", true)
	if e := w.entries(2)[1]; policy.Act(e.Act) != policy.SetDays || e.Subject != "working-days/2024" {
		t.Errorf("%s about %s", e.Act, e.Subject)
	}
	w.quiet("a day late", func() {
		a.refusedPlain(a.post("/applications/"+ids[1]+"/conclude", adverse), fault.Closed, "最迟 2024-11-13")
	})
	if text := a.ok(a.get("/windows")).Text("main"); !strings.Contains(text, "2024-11-19") || !strings.Contains(text, "皖政办〔2024〕3号") {
		t.Errorf("the plan does not show it: %.300s", text)
	}
	form.Set("off", "2024-11-19 2024-11-20")
	form.Set("on", "2024-11-16 2024-11-17")
	m.done(m.post("/windows/days", form))
	a.done(a.post("/applications/"+ids[1]+"/conclude", adverse))
}
