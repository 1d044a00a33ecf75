package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/portal"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sample"
)

var accept = func(ids ...string) url.Values { return url.Values{"application": ids, "do": {"sign"}} }

func TestR55NobodyOfABodyActsBeforeItsHeadHasSignedTheYearsSheet(t *testing.T) {
	w := newTown(t, "2024-10-21 10:00:00")
	id := w.plant(1, unsignedSchool, inState(registration.Imported))[0]
	u, h := w.in(openHandler), w.in(openHead)
	sheet := "/duties/" + unsignedSchool
	u.ok(u.get("/applications/" + id)) // reading stays
	acts := w.quiet("accepting", func() {
		u.refusedPlain(u.post("/applications", accept(id)), fault.Forbidden, "2024 年度的安全主体责任书还没有签署，本机构人员只能查看，不能办理业务（通知第三部分“落实责任，保障安全”）。须由校长（鲍杰新 U00436）签署")
	})
	w.oneRefusal(openHandler, "application/"+id+" forbidden accept", acts)
	w.quiet("importing", func() { u.refusedPlain(u.post("/imports", nil), fault.Forbidden, "责任书还没有签署") })
	says(t, "home", u.ok(u.get("/")).Text("main"), "安全主体责任书还没有签署")
	says(t, "the sheet", u.ok(u.get("/duties")).Text("main"), "未签署", org.SheetLines[0])
	w.oneRefusal(openHandler, "organisation/"+unsignedSchool+" forbidden sign_sheet", w.quiet("who is not the head signs", func() {
		u.refusedPlain(u.post(sheet+"/sheet", nil), fault.Forbidden, "“签署责任书”须由校长")
	}))
	// The head reads, signs, and has a receipt; the school works.
	p := h.ok(h.post(sheet+"/sheet", nil))
	says(t, "the text", p.Text("main"), "责任机构", unsignedSchool, org.SheetLines[3])
	der := h.signed(p)
	size := w.size()
	got := h.handIn(der)
	if got.Location == "" {
		t.Fatalf("%+v", got)
	}
	if e := w.entries(1)[0]; w.size() != size+1 || policy.Act(e.Act) != policy.SignSheet || e.Subject != "sheet/2024/"+unsignedSchool+"/"+openHead || e.Actor != openHead {
		t.Errorf("the entry is %+v", e)
	}
	says(t, "the receipt", h.ok(h.get(got.Location)).Text("main"), "签署责任书")
	says(t, "the sheet", u.ok(u.get(sheet)).Text("main"), "鲍杰新（"+openHead+"）", "2024-10-21", "本人钥匙签署")
	u.ok(u.post("/applications", accept(id)))
	if a := w.application(id); a.State != registration.InReview {
		t.Errorf("with the sheet signed it is %s", a.State)
	}
	// Neither the same seal nor a second click signs again.
	w.clock.Pass(2 * time.Minute)
	w.attack(h.Desk, der, fault.Conflict, "您已经签过", true)
	w.oneRefusal(openHead, "organisation/"+unsignedSchool+" conflict sign_sheet", w.quiet("again", func() { h.refusedPlain(h.post(sheet+"/sheet", nil), fault.Conflict, "您已于 2024-10-21 签署过") }))
	if report, err := w.store.CheckRecords(t.Context()); err != nil || len(report.Faults) > 0 {
		t.Errorf("%v %+v", err, report.Faults)
	}
}

func TestR55WithoutTheSheetNobodyIsLockedOutOfWhatIsNotBusiness(t *testing.T) {
	w := newTown(t, "2024-10-21 10:00:00")
	u, h := w.in(openHandler), w.in(openHead)
	u.done(u.post("/key/handover", url.Values{"taker": {sec}, "reason": {"交回"}}))
	h.ok(h.get("/staff"))
	for path, form := range map[string]url.Values{
		"/staff/" + openHandler + "/leave": {"last": {"2024-10-31"}, "leave_reason": {"调离"}},
		"/staff/" + openHandler + "/role":  {"role": {"SH"}, "role_reason": {"接任"}, "confirmer": {sec}},
		"/requests":                        {"staff": {openHandler}, "request_reason": {"新钥匙"}},
	} {
		if p := h.post(path, form); strings.Contains(p.Text("main"), "责任书") {
			t.Errorf("%s waits for the sheet: %.200s", path, p.Text("main"))
		}
	}
	p := h.ok(h.post("/staff/"+openHandler+"/role", url.Values{"role": {"SH"}, "role_reason": {"接任"}, "confirmer": {sec}}))
	h.done(p)
}

func TestR55EveryBusinessActOfThePolicyWaitsForTheSheetAndNoOther(t *testing.T) {
	now := at("2024-10-21 10:00:00")
	u := org.Staff{ID: "U1", Name: "程一", Org: "HS1", FiledOn: &foundingDay, Pledge: "纸质", Training: org.FullTraining(2024, foundingDay, "roster")}
	open := org.Headship{Year: 2024, Body: org.Organisation{ID: "HS1", Kind: "primary", Name: "一小"}, Heads: []org.Head{{Staff: org.Staff{ID: "U2", Name: "汪二"}}}}
	signed := open
	signed.Sheets = []org.Sheet{{Year: 2024, Org: "HS1", Head: "U2"}}
	business := 0
	for _, act := range policy.Acts() {
		err := portal.FitsUnder(act, u, open, now)
		if got := err != nil; got != act.Business() {
			t.Errorf("%s without the sheet: %v", act, err)
		}
		if err := portal.FitsUnder(act, u, signed, now); err != nil {
			t.Errorf("%s with the sheet: %v", act, err)
		}
		if act.Business() {
			business++
		}
	}
	if business < 20 {
		t.Errorf("only %d acts are business", business)
	}
}

func TestR55OnlyTheHeadOfThatBodySignsItsSheet(t *testing.T) {
	w := newTown(t, "2024-10-21 10:00:00")
	records := w.records()
	for _, try := range []struct {
		staff, body string
		kind        fault.Kind
		says        string
	}{
		{head, unsignedSchool, fault.NotFound, "范围内没有机构 " + unsignedSchool},
		{head2, unsignedSchool, fault.NotFound, ""},
		{lead, unsignedSchool, fault.NotFound, ""}, // above it, but not its head
		{cityLead, unsignedSchool, fault.NotFound, ""},
		{openHandler, unsignedSchool, fault.Forbidden, "须由校长"},
		{auditor, county, fault.Forbidden, "须由校长、区县负责人、市级负责人办理"},
		{leadOf祁门, county, fault.NotFound, ""},
		{openHead, county, fault.NotFound, ""},
		{cityLead, county, fault.NotFound, ""},
		{cityAuditor, "341000-SZ", fault.Forbidden, ""},
		{sec, "341000", fault.Forbidden, ""}, {sys, "341000", fault.Forbidden, ""}, {aud, "341000", fault.Forbidden, ""},
		{openHead, "HS99999", fault.NotFound, "范围内没有机构 HS99999"},
		{cityLead, citySchool, fault.Forbidden, "只能由其负责人签署，须是校长"}, // 市直's school has a head of its own
		{lead2, county, fault.Conflict, "已由 " + lead},             // two leads, one answers
		{cityLead, "341000", fault.Conflict, "您已于"}, {cityLead, "341000-SZ", fault.Conflict, "您已于"},
	} {
		r := w.in(try.staff)
		r.refusedPlain(r.post("/duties/"+try.body+"/sheet", nil), try.kind, try.says)
	}
	if w.records() != records {
		t.Error("a record changed")
	}
}

func TestR55ANewHeadSignsAnewAndTheFormersSheetStandsNoMore(t *testing.T) {
	w := newTown(t, "2024-10-21 10:00:00")
	ids := w.plant(3, school, inState(registration.Imported))
	l, s, d, u, h := w.in(lead), w.in(sec), w.in(deputy), w.in(handler), w.in(head)
	l.done(l.post("/staff/"+deputy+"/role", url.Values{"role": {"SH"}, "role_reason": {"接任"}, "confirmer": {sec}}))
	s.done(s.get(hrefs(t, s.ok(s.get("/confirmations")), "/confirmations/")[0]))
	sheet := "/duties/" + school
	d.refusedPlain(d.post(sheet+"/sheet", nil), fault.Conflict, "不再担任负责人时，才由接任的人重新签署")
	u.ok(u.post("/applications", accept(ids[0]))) // the twin: the first head is there still
	if w.application(ids[0]).State != registration.InReview {
		t.Error("not accepted")
	}
	l.done(l.post("/staff/"+head+"/remove", url.Values{"held": {"SH"}, "removal_reason": {"调离"}}))
	w.quiet("with the head gone", func() {
		u.refusedPlain(u.post("/applications", accept(ids[1])), fault.Forbidden, "原负责人 "+head+" 签的随其离任失效")
	})
	h.refusedPlain(h.post(sheet+"/sheet", nil), fault.Forbidden, "")
	says(t, "the overview", l.ok(l.get("/duties")).Text("main"), "换人待签")
	p := d.ok(d.post(sheet+"/sheet", nil))
	says(t, "the text", p.Text("main"), "接 "+head+" 的责任")
	d.done(p)
	u.ok(u.post("/applications", accept(ids[1])))
	if w.application(ids[1]).State != registration.InReview || w.count("responsibility_sheets") != w.sheets()+1 {
		t.Error("the new head's sheet opens nothing, or the former's is gone")
	}
}

func TestR55AHeadRemovedAndAppointedAgainSignsAgain(t *testing.T) {
	w := newTown(t, "2024-10-21 10:00:00")
	ids := w.plant(4, school, inState(registration.Imported))
	l, s, u := w.in(lead), w.in(sec), w.in(handler)
	sheet := "/duties/" + school
	takes := func(i int) {
		t.Helper()
		u.ok(u.post("/applications", accept(ids[i])))
		if got := w.application(ids[i]).State; got != registration.InReview {
			t.Errorf("accepting: %s", got)
		}
	}
	grants := func(staff, role string) {
		t.Helper()
		l.done(l.post("/staff/"+staff+"/role", url.Values{"role": {role}, "role_reason": {"任命"}, "confirmer": {sec}}))
		s.done(s.get(hrefs(t, s.ok(s.get("/confirmations")), "/confirmations/")[0]))
	}
	removes := func(staff, role string) {
		t.Helper()
		l.done(l.post("/staff/"+staff+"/remove", url.Values{"held": {role}, "removal_reason": {"轮换"}}))
	}
	// A head who was never removed needs no second sheet, whatever becomes of roles beside it.
	removes(deputy, "SC")
	grants(deputy, "SC")
	takes(0)
	removes(head, "SH")
	grants(head, "SH")
	w.quiet("with the sheet of the appointment before", func() {
		u.refusedPlain(u.post("/applications", accept(ids[1])), fault.Forbidden, head+" 以前任职时签的已随免职或岗位到期失效，重新任命或重新备案后要重新签")
	})
	says(t, "the overview", l.ok(l.get("/duties")).Text("main"), "重新任职待签")
	h := w.in(head)
	p := h.ok(h.post(sheet+"/sheet", nil))
	says(t, "the text", p.Text("main"), "重新任职，以前任职时签的随免职或岗位到期失效")
	der := h.signed(p)
	// Removed and appointed once more while the text waits: what counts is when the signature entered the log.
	removes(head, "SH")
	grants(head, "SH")
	if got := h.handIn(der); got.Location == "" {
		t.Fatalf("signed after the latest appointment: %+v", got)
	}
	takes(1)
	w.oneRefusal(head, "organisation/"+school+" conflict sign_sheet", w.quiet("twice", func() { h.refusedPlain(h.post(sheet+"/sheet", nil), fault.Conflict, "您已于 2024-10-21 签署过") }))
	removes(deputy, "SC")
	grants(deputy, "SC")
	takes(2)
	says(t, "the sheet", u.ok(u.get(sheet)).Text("main"), "本人钥匙签署")
	if n := w.count("responsibility_sheets"); n != w.sheets()+1 { // signed again, it is the same row under a newer entry
		t.Errorf("%d sheets, %d of entry 0", n, w.sheets())
	}
	if report, err := w.store.CheckRecords(t.Context()); err != nil || len(report.Faults) > 0 {
		t.Errorf("%v %+v", err, report.Faults)
	}
}

func TestR55AHeadWhosePostEndedAndWhoIsFiledAgainSignsAgain(t *testing.T) {
	for road, check := range map[string]func(s reader){
		"by itself":  func(s reader) { s.done(s.post("/staff/"+head+"/check", url.Values{"verdict": {"accept"}})) },
		"in a batch": func(s reader) { s.done(s.post("/staff/checks", url.Values{"unit": {county}})) },
	} {
		w := newTown(t, "2024-10-21 10:00:00")
		ids := w.plant(4, school, inState(registration.Imported))
		files := func(ends string) {
			t.Helper()
			form := newcomer(head)
			form["org"], form["post"], form["role"], form["ends"] = []string{school}, []string{"校长"}, []string{"SH"}, []string{ends}
			l := w.in(lead)
			l.done(l.post("/staff", form))
			check(w.in(sec))
		}
		takes := func(i int) {
			t.Helper()
			u := w.in(handler)
			u.ok(u.post("/applications", accept(ids[i])))
			if got := w.application(ids[i]).State; got != registration.InReview {
				t.Errorf("%s: accepting: %s", road, got)
			}
		}
		refuses := func(say string) {
			t.Helper()
			u := w.in(handler)
			w.quiet(say, func() { u.refusedPlain(u.post("/applications", accept(ids[3])), fault.Forbidden, say) })
		}
		files("2024-10-22")
		takes(0)
		files("2024-10-31") // the twin: filed again while the post lasts, the sheet stands
		takes(1)
		w.clock.Set(at("2024-11-02 10:00:00"))
		refuses("原负责人 " + head + " 签的随其离任失效")
		files("")
		refuses(head + " 以前任职时签的已随免职或岗位到期失效，重新任命或重新备案后要重新签")
		l := w.in(lead)
		says(t, "the overview", l.ok(l.get("/duties")).Text("main"), "重新任职待签")
		h := w.in(head)
		p := h.ok(h.post("/duties/"+school+"/sheet", nil))
		says(t, "the text", p.Text("main"), "重新任职，以前任职时签的随免职或岗位到期失效")
		h.done(p)
		takes(2)
		if report, err := w.store.CheckRecords(t.Context()); err != nil || len(report.Faults) > 0 {
			t.Errorf("%s: %v %+v", road, err, report.Faults)
		}
	}
}

// sheets is how many sheets entry 0 brought.
func (t *town) sheets() (n int) {
	t.tb.Helper()
	must(t.tb, t.raw().QueryRow("SELECT COUNT(*) FROM responsibility_sheets WHERE entry <= 1").Scan(&n))
	return n
}

func TestR55ASealThatWaitsWhileTheSheetLapsesIsRefusedInsideTheTransaction(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a, l2 := w.in(auditor), w.in(cityLead)
	concluded := func() bool { // past every page: the first lead is no lead any more
		var state string
		must(t, w.raw().QueryRow("SELECT state FROM applications WHERE id = ?", id).Scan(&state))
		return state == string(registration.Concluded)
	}
	der := a.signed(a.ok(a.post("/applications", batch(id))))
	l2.done(l2.post("/staff/"+lead+"/remove", url.Values{"held": {"CL"}, "removal_reason": {"轮换"}}))
	w.clock.Pass(time.Second)
	w.attack(a.Desk, der, fault.Forbidden, "须由区县负责人（", true)
	// The other lead takes over; the very same seal counts.
	o := w.in(lead2)
	o.done(o.post("/duties/"+county+"/sheet", nil))
	if got := a.handIn(der); got.Location == "" || !concluded() {
		t.Errorf("%+v", got)
	}
}

func TestR55ANewYearWantsANewSheetAndTheOldYearsCountsForNothing(t *testing.T) {
	later := foundWith(t, func(f *foundation) (nouns []any) {
		for _, id := range []string{lead, head} {
			s := f.people[id].Staff
			s.Training = append(org.FullTraining(sample.Year+1, foundingDay, "roster"), s.Training...)
			nouns = append(nouns, s)
		}
		return nouns
	})
	w := later.open(t, "2024-12-30 10:00:00")
	next := *w
	next.year = sample.Year + 1
	next.serve()
	l := next.in(lead)
	licence := url.Values{"school": {w.unlicensed()}, "licence_no": {"教民134102100001号"}}
	next.oneRefusal(lead, "organisation/"+licence.Get("school")+" forbidden set_licence", next.quiet("in the new year", func() {
		l.refusedPlain(l.post("/licences", licence), fault.Forbidden, "2025 年度的安全主体责任书还没有签署")
	}))
	says(t, "the overview", l.ok(l.get("/duties")).Text("main"), "2025 年度", "未签署")
	p := l.ok(l.post("/duties/"+county+"/sheet", nil))
	says(t, "the text", p.Text("main"), "2025")
	l.done(p)
	l.done(l.post("/licences", licence))
	// The year before has its own sheet still, and the new one is not it.
	o := w.in(lead)
	says(t, "the old year", o.ok(o.get("/duties/"+county)).Text("main"), "2024 年度", "纸质 2024-341021")
}

func TestR55TheOverviewTellsWhoHasSignedToThoseWhoOversee(t *testing.T) {
	w := newTown(t, "2024-10-21 10:00:00")
	for staff, sees := range map[string][3]bool{ // 歙县's school, 休宁县, the city
		lead: {true, false, false}, cityLead: {true, true, true}, sec: {true, true, true}, aud: {true, true, true}, leadOf祁门: {false, false, false},
	} {
		r := w.in(staff)
		r.ok(r.get("/duties"))
		for i, body := range []string{unsignedSchool, unit2, "341000"} {
			p := r.get("/duties/" + body)
			if got := p.Status < 400; got != sees[i] {
				t.Errorf("%s opens %s: %d", staff, body, p.Status)
			}
		}
	}
	main := w.in(lead).ok(w.in(lead).get("/duties")).Text("main")
	says(t, "the lead's", main, "未签署", "已签署", "共")
	if strings.Contains(main, "休宁") {
		t.Error("the lead reads of another county")
	}
	u := w.in(handler)
	if p := u.ok(u.get("/duties")); p.Path != "/duties/"+school {
		t.Errorf("a handler is led to %s", p.Path)
	}
	u.refused(u.get("/duties/"+unsignedSchool), fault.NotFound, "")
}

func TestR55TheSheetEndsWithItsHeadsLastDayToTheMillisecond(t *testing.T) {
	ends := at("2024-10-22 00:00:00")
	leaving := foundWith(t, func(f *foundation) []any {
		s := f.people[head].Staff
		s.Closes = &ends
		return []any{s}
	})
	w := leaving.open(t, "2024-10-21 23:00:00")
	ids := w.plant(2, school, inState(registration.Imported))
	w.clock.Set(ends.Add(-time.Millisecond))
	u := w.in(handler)
	u.ok(u.post("/applications", accept(ids[0])))
	if w.application(ids[0]).State != registration.InReview {
		t.Error("refused a millisecond before")
	}
	w.clock.Set(ends)
	w.quiet("at that moment", func() {
		u.refusedPlain(u.post("/applications", accept(ids[1])), fault.Forbidden, "责任书还没有签署")
	})
}
