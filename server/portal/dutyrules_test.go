package portal_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
)

// filing is what 歙县 files about its duty.
func filing(duty ...string) url.Values {
	return url.Values{"duty": duty, "keeper": {lead}, "rota": {"工作日按周轮换"}, "two_sign": {"不利结论、销毁由两人办理"}, "seal_rule": {"印章入柜，用印登记"}}
}

func TestR63AnOrganFilesItsRotaAndRulesAndNamesNobodyWhoCouldNotServe(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l, path := w.in(lead), "/rules/"+county
	says(t, "home", l.ok(l.get("/")).Text("main"), "歙县教育局还没有报备值班表、双人办理和印章管理制度")
	says(t, "before", l.ok(l.get(path)).Text("main"), "还没有报备过")
	w.oneRefusal(lead, "organisation/"+county+" conflict file_rules", w.quiet("who is not trained", func() {
		p := l.post(path, filing(auditor, untrained))
		l.refusedPlain(p, fault.Conflict, "（"+untrained+"）2024 年度的培训还有 4 项没有完成，不能列入值班表")
		if !strings.Contains(string(p.Body), "印章入柜") {
			t.Error("what was typed is lost")
		}
	}))
	w.quiet("others", func() {
		l.refusedPlain(l.post(path, filing(auditor, neighbour)), fault.Invalid, neighbour+" 不在本机构")
		l.refusedPlain(l.post(path, filing(auditor, "U77777")), fault.Invalid, "U77777 不在本机构")
		l.refusedPlain(l.post(path, filing(auditor)), fault.Invalid, "至少两位")
		l.refusedPlain(l.post(path, filing()), fault.Invalid, "请选择值班人员")
		for field, says := range map[string]string{"keeper": "请选择印章保管人", "rota": "请填写值班安排", "two_sign": "请填写双人办理规定", "seal_rule": "请填写印章管理规定"} {
			l.refusedPlain(l.post(path, without(filing(auditor, auditor2), field)), fault.Invalid, says)
		}
	})
	p := l.ok(l.post(path, filing(auditor, auditor2)))
	says(t, "the text", p.Text("main"), "值班人员", "印章入柜，用印登记", "双人办理规定")
	l.done(p)
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.FileRules || e.Subject != "rules/"+county+"/1" {
		t.Errorf("the entry is %+v", e)
	}
	if page := l.ok(l.get(path)); !strings.Contains(string(page.Body), "工作日按周轮换</textarea>") {
		t.Error("a new version does not begin with what stands")
	}
	says(t, "filed", l.ok(l.get(path)).Text("main"), "第 1 版", "工作日按周轮换", "2024-11-20")
	if strings.Contains(l.ok(l.get("/")).Text("main"), "值班与制度待报备") {
		t.Error("filed, home still asks for it")
	}
	w.quiet("the same again", func() {
		l.refusedPlain(l.post(path, filing(auditor2, auditor)), fault.Conflict, "与现行第 1 版完全相同")
	})
	// The twin: with one more on duty it is a version, and the first stays.
	l.done(l.post(path, filing(auditor, auditor2, lead2)))
	if w.count("duty_rules") != 2 {
		t.Error("the first version is gone")
	}
	// Another organ of another lead, and the officers, file nothing.
	for who, kind := range map[string]fault.Kind{leadOf祁门: fault.NotFound, cityLead: fault.NotFound, auditor: fault.Forbidden, head: fault.Forbidden, sec: fault.Forbidden, aud: fault.Forbidden} {
		r := w.in(who)
		r.refusedPlain(r.post(path, filing(auditor, auditor2)), kind, "")
		r.refusedPlain(r.post(path+"/review", url.Values{"reviewed": {"2024-11-20"}}), kind, "")
	}
	m := w.in(cityLead)
	m.done(m.post("/rules/341000-SZ", url.Values{"duty": {cityAuditor, cityLead}, "keeper": {cityLead}, "rota": {"x"}, "two_sign": {"x"}, "seal_rule": {"x"}}))
	m.refusedPlain(m.post("/rules/"+school, filing(handler, head)), fault.NotFound, "")
}

func TestR63TheYearlyReviewIsDueWithTheYearAndNoStaleClaimCounts(t *testing.T) {
	was := at("2022-03-01 09:00:00")
	old := foundWith(t, func(*foundation) []any {
		return []any{org.DutyRules{Org: county, N: 1, Duty: []string{auditor, auditor2}, Keeper: lead, Rota: "按周", TwoSign: "两人", SealRule: "入柜", By: lead, At: was, Reviewed: was, Reviewer: lead},
			org.DutyRules{Org: unit2, N: 1, Duty: []string{neighbour}, Keeper: neighbour, Rota: "按周", TwoSign: "两人", SealRule: "入柜", By: lead, At: was,
				Reviewed: at("2024-01-01 00:00:00"), Reviewer: lead},
			org.DutyRules{Org: "341024", N: 1, Duty: []string{leadOf祁门}, Keeper: leadOf祁门, Rota: "按周", TwoSign: "两人", SealRule: "入柜", By: lead, At: was,
				Reviewed: at("2024-01-01 00:00:00").Add(-time.Millisecond), Reviewer: lead}}
	})
	w := old.open(t, "2024-11-20 10:00:00")
	l, s, path := w.in(lead), w.in(sec), "/rules/"+county
	says(t, "the lead's home", l.ok(l.get("/")).Text("main"), "歙县教育局的值班、双人办理和印章制度上次复核在 2022 年，2024 年度还没有复核")
	says(t, "the organ's page", l.ok(l.get(path)).Text("main"), "上次复核在 2022 年")
	says(t, "the officer's home", s.ok(s.get("/")).Text("main"), "值班与制度待报备或复核")
	main := s.ok(s.get("/rules")).Text("main")
	says(t, "the officer's list", main, "2022-03-01", "待复核", "待报备")
	n := w.in(leadOf祁门)
	says(t, "a millisecond before the year", n.ok(n.get("/rules")).Text("main"), "上次复核在 2023 年")
	if text := s.ok(s.get("/rules/" + unit2)).Text("main"); strings.Contains(text, "还没有复核") {
		t.Error("reviewed at the year's first moment, it is due")
	}
	w.oneRefusal(lead, "organisation/"+county+" invalid review_rules", w.quiet("stale claims", func() {
		l.refusedPlain(l.post(path+"/review", url.Values{"reviewed": {"2022-03-01"}}), fault.Invalid, "复核日期是 2022 年，不能算 2024 年度的复核。上次复核在 2022 年")
		l.refusedPlain(l.post(path+"/review", url.Values{"reviewed": {"2023-12-31"}}), fault.Invalid, "不能算 2024 年度的复核")
		l.refusedPlain(l.post(path+"/review", url.Values{"reviewed": {"2024-11-21"}}), fault.Invalid, "晚于今天")
		l.refusedPlain(l.post(path+"/review", nil), fault.Invalid, "请填写复核日期")
	}))
	// The twin: the first day of the year.
	p := l.ok(l.post(path+"/review", url.Values{"reviewed": {"2024-01-01"}}))
	says(t, "the text", p.Text("main"), "上次复核", "2022-03-01", "2024-01-01")
	l.done(p)
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.ReviewRules || e.Subject != "rules/"+county+"/1" {
		t.Errorf("the entry is %+v", e)
	}
	w.clock.Pass(2 * time.Minute)
	w.quiet("again", func() {
		l.refusedPlain(l.post(path+"/review", url.Values{"reviewed": {"2024-11-20"}}), fault.Conflict, "2024 年度已于 2024-01-01")
	})
	says(t, "the officer's list", s.ok(s.get("/rules")).Text("main"), "2024-01-01", "已复核")
}

func TestR63ARotaThatNamesALeaverIsNotReviewedButFiledAnew(t *testing.T) {
	was := at("2023-03-01 09:00:00")
	old := foundWith(t, func(*foundation) []any {
		return []any{org.DutyRules{Org: county, N: 1, Duty: []string{auditor, auditor2}, Keeper: lead, Rota: "按周", TwoSign: "两人", SealRule: "入柜", By: lead, At: was, Reviewed: was, Reviewer: lead}}
	})
	w := old.open(t, "2024-11-20 10:00:00")
	l, path := w.in(lead), "/rules/"+county
	l.done(l.post("/staff/"+auditor2+"/leave", url.Values{"last": {"2024-11-20"}, "leave_reason": {"调离"}}))
	w.clock.Pass(2 * time.Minute)
	w.quiet("reviewing", func() {
		l.refusedPlain(l.post(path+"/review", url.Values{"reviewed": {"2024-11-20"}}), fault.Conflict, "（"+auditor2+"）的岗位已于 2024-11-20 结束")
	})
	l.done(l.post(path, filing(auditor, lead2)))
	if text := l.ok(l.get(path)).Text("main"); strings.Contains(text, "还没有复核") || !strings.Contains(text, "第 2 版") {
		t.Errorf("filed anew: %.200s", text)
	}
}

func TestR63OnePersonWrittenTwiceIsOneOnDutyAndAnEndlessListIsRefusedUnread(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l, path := w.in(lead), "/rules/"+county
	w.quiet("one person twice", func() {
		l.refusedPlain(l.post(path, filing(auditor, auditor)), fault.Invalid, "至少两位")
	})
	var many []string
	for n := range 101 {
		many = append(many, fmt.Sprintf("U8%04d", n))
	}
	w.quiet("more than a rota has", func() {
		l.refusedPlain(l.post(path, filing(many...)), fault.Invalid, "选了 101 位值班人员，最多 100 位")
	})
	// The twins: exactly as many are looked up, and two people of whom one is written twice are two.
	w.quiet("as many as may be", func() {
		l.refusedPlain(l.post(path, filing(many[1:]...)), fault.Invalid, many[1]+" 不在本机构")
	})
	l.done(l.post(path, filing(auditor, auditor2, auditor)))
	says(t, "filed", l.ok(l.get(path)).Text("main"), "第 1 版", auditor, auditor2)
}
