package portal_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// leak is a possible leak, noticed at 09:30.
func leak() url.Values {
	return url.Values{"noticed": {"2024-11-20T09:30"}, "noticed_by": {"档案室老许"}, "what": {"一份打印的名单遗落在复印室，已被陌生人拿走"},
		"whose": {"两所学校的申请人"}, "count": {"37"}, "leak": {"yes"}}
}

func without(form url.Values, field string) url.Values {
	form.Del(field)
	return form
}

func TestR53AnIncidentNeedsTheTimeItWasNoticed(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	w.oneRefusal(sec, "organisation/341000 invalid record_incident", w.quiet("without a time", func() {
		p := s.post("/security/incidents", without(leak(), "noticed"))
		s.refusedPlain(p, fault.Invalid, "请填写发现时间：安全事件记录必须写明何时发现")
		if !strings.Contains(string(p.Body), "档案室老许") {
			t.Error("what was typed is lost")
		}
	}))
	w.quiet("what is wrong besides", func() {
		for field, says := range map[string]string{"noticed_by": "请填写发现人", "what": "请填写事件经过", "whose": "请填写涉及谁的数据", "count": "涉及人数", "leak": "请选择是否可能泄露"} {
			s.refusedPlain(s.post("/security/incidents", without(leak(), field)), fault.Invalid, says)
		}
		later := leak()
		later.Set("noticed", "2024-11-20T10:01")
		s.refusedPlain(s.post("/security/incidents", later), fault.Invalid, "发现时间晚于现在")
	})
	// The twin: noticed this very minute.
	now := leak()
	now.Set("noticed", "2024-11-20T10:00")
	s.done(s.post("/security/incidents", now))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.RecordIncident || e.Subject != "incident/I2024-001" || e.Actor != sec {
		t.Errorf("the entry is %+v", e)
	}
	w.quiet("once more", func() { s.refusedPlain(s.post("/security/incidents", now), fault.Conflict, "已经记为 I2024-001") })
}

func TestR53APossibleLeakIsToldToTheCityLeadWithinTheHour(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, m := w.in(sec), w.in(cityLead)
	p := s.ok(s.post("/security/incidents", leak()))
	says(t, "the text", p.Text("main"), "2024-11-20 10:30 前报告市级负责人", "遗落在复印室")
	s.done(p)
	path := "/security/incidents/I2024-001"
	for who, r := range map[string]reader{"officer": s, "lead": m} {
		says(t, who+"'s home", r.ok(r.get("/")).Text("main"), "I2024-001 可能泄露", "还剩 30 分钟")
	}
	w.clock.Set(at("2024-11-20 10:30:00"))
	s, m = w.in(sec), w.in(cityLead)
	says(t, "at the last moment", s.ok(s.get(path)).Text("main"), "还剩 0 分钟")
	w.clock.Pass(time.Millisecond)
	says(t, "a millisecond later", m.ok(m.get("/")).Text("main"), "逾期 1 分钟，还没有报告市级负责人")
	w.clock.Set(at("2024-11-20 11:05:00"))
	s = w.in(sec)
	note := func(party, when string) url.Values {
		return url.Values{"kind": {"told"}, "party": {party}, "when": {when}, "text": {"电话报告，要求先控制范围"}}
	}
	w.quiet("wrong times", func() {
		s.refusedPlain(s.post(path, note("city_lead", "2024-11-20T09:29")), fault.Invalid, "早于发现时间")
		s.refusedPlain(s.post(path, note("city_lead", "2024-11-20T11:06")), fault.Invalid, "晚于现在")
		s.refusedPlain(s.post(path, note("", "2024-11-20T10:20")), fault.Invalid, "请选择告知了谁")
		s.refusedPlain(s.post(path, without(note("city_lead", "2024-11-20T10:20"), "when")), fault.Invalid, "要写明何时")
	})
	s.done(s.post(path, note("police", "2024-11-20T10:10"))) // somebody else was told: the lead still is not
	says(t, "the others told", s.ok(s.get(path)).Text("main"), "逾期 35 分钟")
	p = s.ok(s.post(path, note("city_lead", "2024-11-20T10:30"))) // entered late, told in time as the officer says
	says(t, "the text of it", p.Text("main"), "补报：时限 2024-11-20 10:30，登记时已过，发生时间由登记人自述")
	s.done(p)
	says(t, "said to be in time", s.ok(s.get(path)).Text("main"), "补报：自述 2024-11-20 10:30 报告，2024-11-20 11:05 登记，登记时已过时限 2024-11-20 10:30，不能证明按时")
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.AddToIncident || e.Subject != "incident/I2024-001" {
		t.Errorf("the entry is %+v", e)
	}
	m = w.in(cityLead)
	if strings.Contains(m.ok(m.get("/")).Text("main"), "可能泄露") {
		t.Error("told, the lead's home still warns")
	}
	// That the lead was told is the officer's word alone: the lead is asked for a week, the officer is not.
	says(t, "the lead is asked", m.ok(m.get("/")).Text("main"), "I2024-001 登记为已向您报告", "安全保密管理员于 2024-11-20 11:05 登记：2024-11-20 10:30 已告知市级负责人。这只是登记人自述，没有接到报告的，请立即查问。")
	if strings.Contains(s.ok(s.get("/")).Text("main"), "向您报告") {
		t.Error("the officer is asked what the officer said")
	}
	// The twin: told a minute past the hour.
	second := leak()
	second.Set("what", "同一天的另一件")
	s.done(s.post("/security/incidents", second))
	s.done(s.post("/security/incidents/I2024-002", note("city_lead", "2024-11-20T10:31")))
	main := s.ok(s.get("/security")).Text("main")
	says(t, "told late", main, "迟报：报告市级负责人晚了 1 分钟（自述 2024-11-20 10:31 报告，2024-11-20 11:05 登记）", "补报，按时与否未证明")
	if strings.Contains(main, "按时报告市级负责人（") {
		t.Error("a time that is only said looks like a proven one")
	}
	// An earlier time entered afterwards mends nothing.
	again := note("city_lead", "2024-11-20T10:20")
	again.Set("text", "其实早就电话报告过")
	s.done(s.post("/security/incidents/I2024-002", again))
	says(t, "told late", s.ok(s.get("/security/incidents/I2024-002")).Text("main"), "迟报：报告市级负责人晚了 1 分钟")
	says(t, "filed late", s.ok(s.get("/security/incidents/I2024-002")).Text("main"), "登记时间（系统） 2024-11-20 11:05，补记：发现后超过 1 小时才登记")
}

func TestR53OnlyAReportThatWasEnteredWithinTheHourIsInTime(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	p := s.ok(s.post("/security/incidents", leak()))
	if strings.Contains(p.Text("main"), "补记：") {
		t.Error("filed within the hour, the text calls it late")
	}
	s.done(p)
	path := "/security/incidents/I2024-001"
	told := url.Values{"kind": {"told"}, "party": {"city_lead"}, "when": {"2024-11-20T09:55"}, "text": {"当面报告"}}
	// Read and sealed in time, handed in a millisecond after the hour: the text that was read says otherwise.
	der := s.signed(s.ok(s.post(path, told)))
	w.clock.Set(at("2024-11-20 10:30:00.001"))
	s = w.in(sec)
	waiting := s.signed(s.ok(s.post(path, told)))
	w.quiet("the text of before", func() {
		if got := s.handIn(der); got.Location != "" {
			t.Errorf("%+v", got)
		}
	})
	if got := s.handIn(waiting); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	says(t, "entered a millisecond late", s.ok(s.get(path)).Text("main"), "补报：自述 2024-11-20 09:55 报告，2024-11-20 10:30 登记，登记时已过时限")
	// The twin: entered at the last moment.
	second := leak()
	second.Set("what", "另一件")
	second.Set("noticed", "2024-11-20T10:30")
	s.done(s.post("/security/incidents", second))
	w.clock.Set(at("2024-11-20 11:30:00"))
	s = w.in(sec)
	told.Set("when", "2024-11-20T10:40")
	p = s.ok(s.post("/security/incidents/I2024-002", told))
	says(t, "the text", p.Text("main"), "时限 2024-11-20 11:30，登记在时限之内")
	s.done(p)
	says(t, "in time", s.ok(s.get("/security/incidents/I2024-002")).Text("main"), "登记为按时报告市级负责人（自述 2024-11-20 10:40 报告，2024-11-20 11:30 登记）")
}

func TestR53ACorrectionRaisesTheLeakAndTheCountWithTheDutiesThatFollow(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, m := w.in(sec), w.in(cityLead)
	quietly := leak()
	quietly.Set("leak", "no")
	s.done(s.post("/security/incidents", quietly))
	path := "/security/incidents/I2024-001"
	note := func(kind, when, text string, more ...string) url.Values {
		form := url.Values{"kind": {kind}, "when": {when}, "text": {text}}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return form
	}
	s.done(s.post(path, note("told", "2024-11-20T09:40", "先说了有这件事", "party", "city_lead"))) // of no leak: no report of one
	w.quiet("what makes less of it, or is no correction", func() {
		s.refusedPlain(s.post(path, note("learned", "2024-11-20T09:50", "x", "raise", "yes")), fault.Invalid, "只有补记“更正”时才能改为可能泄露")
		s.refusedPlain(s.post(path, note("contained", "2024-11-20T09:50", "x", "count", "40")), fault.Invalid, "只有补记“更正”时")
		s.refusedPlain(s.post(path, note("corrected", "2024-11-20T09:50", "x", "count", "36")), fault.Invalid, "涉及人数现为 37，只能往多改")
		s.refusedPlain(s.post(path, note("corrected", "2024-11-20T09:50", "x", "count", "37")), fault.Invalid, "只能往多改")
		for _, typed := range []string{"0", "-1", "许多"} {
			s.refusedPlain(s.post(path, note("corrected", "2024-11-20T09:50", "x", "count", typed)), fault.Invalid, "涉及人数应是大于 37 的整数")
		}
	})
	s.done(s.post(path, note("corrected", "2024-11-20T09:50", "清点后多出三人", "count", "40"))) // no leak: nobody waits to be told
	if text := m.ok(m.get("/")).Text("main"); strings.Contains(text, "可能泄露") {
		t.Error("without a leak the lead's home warns")
	}
	p := s.ok(s.post(path, note("corrected", "2024-11-20T09:55", "录像显示有人拍照", "raise", "yes", "count", "120")))
	says(t, "the text", p.Text("main"), "改为可能泄露", "120（原为 40）", "在 2024-11-20 10:55 前报告市级负责人")
	s.done(p)
	main := s.ok(s.get(path)).Text("main")
	says(t, "the incident", main, "120（登记时 37，后更正）", "是（登记时为否，后更正）", "还剩 55 分钟", "改为可能泄露，涉及人数改为 120")
	says(t, "the list", s.ok(s.get("/security")).Text("main"), "120 人", "待报告")
	for who, r := range map[string]reader{"officer": s, "lead": m} {
		says(t, who+"'s home", r.ok(r.get("/")).Text("main"), "I2024-001 可能泄露", "还剩 55 分钟")
	}
	w.quiet("once more", func() {
		s.refusedPlain(s.post(path, note("corrected", "2024-11-20T09:57", "x", "raise", "yes")), fault.Invalid, "已经记为可能泄露")
	})
	s.done(s.post(path, note("told", "2024-11-20T09:58", "报告可能泄露", "party", "city_lead")))
	if text := m.ok(m.get("/")).Text("main"); strings.Contains(text, "可能泄露") {
		t.Error("told, the lead's home still warns")
	}
	// Of a larger leak the lead is told again, and what was told of the smaller one is no answer.
	s.done(s.post(path, note("corrected", "2024-11-20T10:00", "又找到一份", "count", "300")))
	says(t, "the lead's home", m.ok(m.get("/")).Text("main"), "I2024-001 可能泄露", "还剩 1 小时 0 分钟")
	w.clock.Set(at("2024-11-20 11:00:00.001"))
	m = w.in(cityLead)
	says(t, "an hour later", m.ok(m.get("/security")).Text("main"), "逾期未报", "300 人")
	says(t, "and what was in time stays so", m.ok(m.get(path)).Text("main"), "登记为按时报告市级负责人（自述 2024-11-20 09:58 报告", "逾期 1 分钟")
	if report, err := w.store.CheckRecords(context.Background()); err != nil || len(report.Faults) > 0 {
		t.Errorf("%v %+v", err, report.Faults)
	}
}

func TestR53ATellingEnteredJustBeforeTheCorrectionCountsAndIsAskedAbout(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, m := w.in(sec), w.in(cityLead)
	quietly := leak()
	quietly.Set("leak", "no")
	s.done(s.post("/security/incidents", quietly))
	path := "/security/incidents/I2024-001"
	s.done(s.post(path, url.Values{"kind": {"told"}, "when": {"2024-11-20T09:50"}, "text": {"当面报告可能泄露"}, "party": {"city_lead"}}))
	if text := m.ok(m.get("/")).Text("main"); strings.Contains(text, "I2024-001") {
		t.Error("of no leak the lead is asked")
	}
	p := s.ok(s.post(path, url.Values{"kind": {"corrected"}, "when": {"2024-11-20T09:45"}, "text": {"录像显示有人拍照"}, "raise": {"yes"}}))
	says(t, "the text", p.Text("main"), "在 2024-11-20 10:45 前报告市级负责人；此前已登记 2024-11-20 09:50 告知（2024-11-20 10:00 登记），时限 2024-11-20 10:45，登记在时限之内")
	s.done(p)
	says(t, "the incident", s.ok(s.get(path)).Text("main"), "登记为按时报告市级负责人（自述 2024-11-20 09:50 报告，2024-11-20 10:00 登记）")
	says(t, "the lead's home", m.ok(m.get("/")).Text("main"), "I2024-001 登记为已向您报告", "没有接到报告的，请立即查问")
	w.clock.Set(at("2024-11-27 09:59:59"))
	m = w.in(cityLead)
	says(t, "at the end of the week", m.ok(m.get("/")).Text("main"), "I2024-001 登记为已向您报告")
	w.clock.Set(at("2024-11-27 10:00:01"))
	m = w.in(cityLead)
	if text := m.ok(m.get("/")).Text("main"); strings.Contains(text, "I2024-001") {
		t.Error("a week later the lead is asked still")
	}
}

func TestR53WhatIsAddedLaterLeavesTheIncidentAsItWas(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	quietly := leak()
	quietly.Set("leak", "no")
	s.done(s.post("/security/incidents", quietly))
	path := "/security/incidents/I2024-001"
	row := func() (cells string) {
		must(t, w.raw().QueryRow("SELECT noticed || hex(what) || hex(noticed_by) || entry FROM incidents").Scan(&cells))
		return cells
	}
	before := row()
	first := url.Values{"kind": {"contained"}, "when": {"2024-11-20T09:40"}, "text": {"收回名单并销毁"}}
	p := s.ok(s.post(path, first))
	der := s.signed(p)
	if got := s.handIn(der); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	s.done(s.post(path, url.Values{"kind": {"learned"}, "when": {"2024-11-20T09:50"}, "text": {"打印一律加封面，当面取走"}}))
	s.done(s.post(path, url.Values{"kind": {"corrected"}, "when": {"2024-11-20T09:55"}, "text": {"人数应为 36"}}))
	main := s.ok(s.get(path)).Text("main")
	says(t, "the incident", main, "37", "人数应为 36", "收回名单并销毁", "打印一律加封面", "补记安全事件")
	if row() != before || w.count("incident_notes") != 3 {
		t.Error("the incident itself changed")
	}
	w.clock.Pass(2 * time.Minute)
	w.attack(s.Desk, der, fault.Conflict, "您已经签过", true)
	w.quiet("the same again", func() { s.refusedPlain(s.post(path, first), fault.Conflict, "补记过") })
	s.refused(s.get("/security/incidents/I2024-009"), fault.NotFound, "没有找到这条安全事件")
	s.refusedPlain(s.post("/security/incidents/I2024-009", first), fault.NotFound, "")
	// Words about people are in no plain column, in no leaf, in no log file.
	for _, word := range []string{"档案室老许", "遗落在复印室", "收回名单并销毁", "人数应为 36"} {
		for _, query := range []string{"SELECT COUNT(*) FROM log_entries WHERE instr(leaf, ?) > 0", "SELECT COUNT(*) FROM log_bodies WHERE instr(body, ?) > 0",
			"SELECT COUNT(*) FROM incidents WHERE instr(what || noticed_by || whose, ?) > 0", "SELECT COUNT(*) FROM incident_notes WHERE instr(note, ?) > 0"} {
			var n int
			must(t, w.raw().QueryRow(query, []byte(word)).Scan(&n))
			if n != 0 {
				t.Errorf("%q lies open: %s", word, query)
			}
		}
		if strings.Contains(w.log.Text(), word) {
			t.Errorf("%q is in the log file", word)
		}
	}
	if report, err := w.store.CheckRecords(context.Background()); err != nil || len(report.Faults) > 0 {
		t.Errorf("%v %+v", err, report.Faults)
	}
}

func TestR53LessonAndDrillOfTheYear(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	says(t, "before", s.ok(s.get("/security")).Text("main"), "本年度还没有登记", "本年度没有登记过安全事件")
	lesson := url.Values{"on": {"2024-11-18"}, "topic": {"钓鱼邮件与名单外泄"}, "giver": {"李浩"}, "body": {county, "341000"}, "people": {"全体使用人员 41 人"}}
	w.oneRefusal(sec, "exercise/lesson invalid record_lesson", w.quiet("wrong", func() {
		s.refusedPlain(s.post("/security/lessons", without(url.Values{"topic": {"x"}, "giver": {"x"}, "body": {county}, "people": {"x"}}, "on")), fault.Invalid, "请填写日期")
		for day, ok := range map[string]bool{"2024-11-21": false, "2023-12-31": false} {
			other := url.Values{"on": {day}, "topic": {"x"}, "giver": {"x"}, "body": {county}, "people": {"x"}}
			if p := s.post("/security/lessons", other); (p.Status < 400) != ok {
				t.Errorf("held on %s: %d", day, p.Status)
			}
		}
		s.refusedPlain(s.post("/security/lessons", url.Values{"on": {"2024-11-18"}, "topic": {"x"}, "giver": {"x"}, "people": {"x"}}), fault.Invalid, "请选择哪些机构参加了")
	}))
	w.quiet("more bodies than there are", func() {
		endless := url.Values{"on": {"2024-11-18"}, "topic": {"x"}, "giver": {"x"}, "people": {"x"}, "body": strings.Split(strings.Repeat("HS99999 ", 100)+county, " ")}
		s.refusedPlain(s.post("/security/lessons", endless), fault.Invalid, "选了 101 个参加机构，最多 100 个")
		endless["body"] = endless["body"][1:] // the twin: as many as may be are looked up
		s.refusedPlain(s.post("/security/lessons", endless), fault.NotFound, "没有找到这条机构")
	})
	p := s.ok(s.post("/security/lessons", lesson))
	says(t, "the text", p.Text("main"), "钓鱼邮件与名单外泄", "参加机构", "李浩")
	s.done(p)
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.RecordLesson || e.Subject != "exercise/L2024-01" {
		t.Errorf("the entry is %+v", e)
	}
	w.quiet("again", func() {
		s.refusedPlain(s.post("/security/lessons", lesson), fault.Conflict, "已经登记为 L2024-01")
	})
	drill := url.Values{"on": {"2024-11-20"}, "topic": {"钥匙遗失处置"}, "giver": {"李浩"}, "body": {"341000"}, "people": {"三员与市级负责人"}}
	w.quiet("a drill without a result", func() { s.refusedPlain(s.post("/security/drills", drill), fault.Invalid, "请填写结果") })
	drill.Set("result", "12 分钟内停用")
	s.done(s.post("/security/drills", drill))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.RecordDrill || e.Subject != "exercise/D2024-01" {
		t.Errorf("the entry is %+v", e)
	}
	m := w.in(cityLead)
	says(t, "to the lead", m.ok(m.get("/security")).Text("main"), "钓鱼邮件与名单外泄", "12 分钟内停用", "2 个机构")
}

func TestR53NobodyButTheSecurityOfficerRecordsAndOnlyTheLeadReadsBesides(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	s.done(s.post("/security/incidents", leak()))
	records := w.records()
	for _, staff := range []string{sys, aud, cityLead, rechecker, cityAuditor, auditor, lead, handler, head} {
		r := w.in(staff)
		for path, form := range map[string]url.Values{
			"/security/incidents": leak(), "/security/incidents/I2024-001": {"kind": {"contained"}, "when": {"2024-11-20T09:40"}, "text": {"x"}},
			"/security/lessons": {"on": {"2024-11-18"}, "topic": {"x"}, "giver": {"x"}, "body": {county}, "people": {"x"}},
			"/security/drills":  {"on": {"2024-11-18"}, "topic": {"x"}, "giver": {"x"}, "body": {county}, "people": {"x"}, "result": {"x"}},
		} {
			r.refusedPlain(r.post(path, form), fault.Forbidden, "须由安全保密管理员办理")
		}
		for _, path := range []string{"/security", "/security/incidents/I2024-001"} {
			p := r.get(path)
			if (p.Status < 400) != (staff == cityLead) || staff != cityLead && strings.Contains(string(p.Body), "复印室") {
				t.Errorf("%s reads %s: %d", staff, path, p.Status)
			}
		}
	}
	if w.records() != records {
		t.Error("a record changed")
	}
}

func TestR60NoTextOfAnIncidentHoldsANumberOfAPerson(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	for field, label := range map[string]string{"noticed_by": "发现人", "what": "事件经过", "whose": "涉及谁的数据"} {
		form := leak()
		form.Set(field, "名单上的 341021-1990-0307-1234")
		w.quiet(field, func() {
			s.refusedPlain(s.post("/security/incidents", form), fault.Invalid, label+"里有一串 6 位以上的数字")
		})
	}
	form := leak()
	form.Set("what", "2024-11-20 09:10 打印的 37 份名单遗落") // the twin: days and counts
	s.done(s.post("/security/incidents", form))
	note := func(kind, text string) url.Values {
		return url.Values{"kind": {kind}, "party": {"city_lead"}, "when": {"2024-11-20T09:50"}, "text": {text}}
	}
	for _, kind := range []string{"contained", "told", "learned", "corrected"} {
		w.quiet(kind, func() {
			s.refusedPlain(s.post("/security/incidents/I2024-001", note(kind, "应为三四一〇二一号段的人")), fault.Invalid, "内容里有一串 6 位以上的数字")
		})
	}
	s.done(s.post("/security/incidents/I2024-001", note("told", "电话报告，要求先控制范围")))
}
