package portal_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sheettest"
)

// letEarly is the form by which an auditor lets a kept row in.
func letEarly(row, reason, confirmer string) url.Values {
	return url.Values{"row": {row}, "reason": {reason}, "confirmer": {confirmer}}
}

func TestCase6AuditorAndLeadLetARowInThatIsNotDueAndEveryLaterTextSaysSo(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := func(i int, pairs ...string) sheettest.Row {
		return w.goodWritten(county, "S1", school, i).With(pairs...)
	}
	rows := []sheettest.Row{row(0, "last_valid_to", "2027-06-30"), row(1, "last_valid_to", "2027-06-30", "id_number", "342793850312002"), row(2), row(3, "last_valid_to", "2025-01-01")}
	l, a, h, s := w.in(lead), w.in(auditor), w.in(handler), w.in(head)
	job, _, report := l.reportOf("early.xlsx", sheettest.Fill(t, rows...))
	lines := linesOf(t, report)
	if lines[2] != "refuse 上次注册有效期止 not-due" || lines[4] != passes || lines[5] != lines[2] {
		t.Fatalf("the report: %v", lines)
	}
	due := l.takesIn(job, 4)[4]
	first := strings.TrimPrefix(job, "/imports/") + "/2"
	mend := func() int { return l.post(job+"/rows/2", url.Values{}).Status }
	if choices := options(t, a.ok(a.get("/early-renewals")), "row"); len(choices) != 2 || choices[0] != first {
		t.Fatalf("to choose from: %q, want rows 2 and 5", choices)
	}
	refusedEarly(t, w, a, first)
	a.done(a.post("/early-renewals", letEarly(first, "调往外省，须先注册", lead)))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.AllowEarly || e.Signed != 1 || e.Signers != 2 || strings.Contains(e.Subject, rows[0]["apply_no"]) {
		t.Errorf("%s %d/%d about %s", e.Act, e.Signed, e.Signers, e.Subject)
	}
	w.quiet("one seal of two", func() {
		if mend() < 400 {
			t.Error("one signature lets the row in")
		}
		a.refusedPlain(a.post("/early-renewals", letEarly(first, "再来一次", lead)), fault.Conflict, "正等")
	})
	if other := w.in(lead2); len(hrefs(t, other.ok(other.get("/confirmations")), "/confirmations/")) != 0 {
		t.Error("a lead whom the text does not name may sign it")
	}
	says(t, "the lead's confirmations", l.ok(l.get("/confirmations")).Text("main"), "未到期放行", rows[0]["person_name"])
	l.done(l.get(hrefs(t, l.get("/confirmations"), "/confirmations/")[0]))
	e := w.entries(1)[0]
	if policy.Act(e.Act) != policy.CountersignEarly || e.Signed != 2 || !strings.HasPrefix(e.Subject, "early-renewal/2024/"+school+"/") {
		t.Errorf("%s %d about %s", e.Act, e.Signed, e.Subject)
	}
	number := strconv.FormatUint(e.Number, 10)
	says(t, "the auditor's page", a.ok(a.get("/early-renewals")).Text("main"), "已放行，第 "+number+" 号", "调往外省，须先注册")
	says(t, "the importer's home", l.ok(l.get("/")).Text("main"), "已放行的行可以导入")
	says(t, "the kept rows", l.ok(l.get(job+"/rejected")).Text("main"), "已放行，记为第 "+number+" 号", "确有理由提前注册的")
	if mend() >= 400 || l.post(job+"/rows/5", url.Values{}).Status < 400 {
		t.Error("the row that was let in is not taken, or its twin is")
	}
	came := l.takesIn(job, 2)[2]
	if came.Early != (registration.Early{Entry: int64(e.Number), ValidTo: registration.Date{Year: 2027, Month: 6, Day: 30}}) || !due.Early.IsZero() {
		t.Errorf("the record keeps %+v, its twin %+v", came.Early, due.Early)
	}
	words := "R05 放行记为第 " + number + " 号"
	says(t, "the record's page", h.ok(h.get("/applications/"+came.ID)).Text("main"), words)

	h.ok(h.post("/applications", batch(came.ID, due.ID)))
	h.ok(h.review(came.ID, registration.Registered, nil))
	h.ok(h.review(due.ID, registration.Registered, nil))
	h.done(h.post("/review", batch(came.ID, due.ID)))
	s.done(s.post("/send", nil))
	w.clock.Set(at("2024-11-13 10:00:00"))
	a = w.in(auditor)
	if p := a.ok(a.post("/applications", batch(came.ID, due.ID))); strings.Count(p.Text("main"), words) != 1 {
		t.Errorf("the conclusion's text does not name the act once: %.600s", p.Text("main"))
	} else {
		a.done(p)
	}
	if got := w.application(came.ID); got.State != registration.Concluded || got.Early.Entry != int64(e.Number) {
		t.Errorf("%s %+v", got.State, got.Early)
	}
}

// refusedEarly are the ways in which nobody lets a row in.
func refusedEarly(t *testing.T, w *town, a reader, row string) {
	t.Helper()
	w.oneRefusal(auditor, "organisation/"+county+" invalid allow_early", w.quiet("no reason", func() {
		p := a.post("/early-renewals", letEarly(row, " ", lead))
		a.refusedPlain(p, fault.Invalid, "请填写放行的理由")
	}))
	w.quiet("a number in the reason", func() {
		a.refusedPlain(a.post("/early-renewals", letEarly(row, "本人 3410-2119 调往外省", lead)), fault.Invalid, "放行的理由里有一串 6 位以上的数字")
	})
	w.quiet("no second person, or the same one", func() {
		p := a.post("/early-renewals", letEarly(row, "调往外省", ""))
		a.refusedPlain(p, fault.Invalid, "请选择另一位签署人")
		if !strings.Contains(string(p.Body), "调往外省") {
			t.Error("what was typed is lost")
		}
		a.refusedPlain(a.post("/early-renewals", letEarly(row, "调往外省", auditor)), fault.Invalid, "请选择另一位签署人")
	})
	w.quiet("a row with another fault, a row that is good, no row", func() {
		for _, other := range []string{strings.TrimSuffix(row, "2") + "3", strings.TrimSuffix(row, "2") + "4", ""} {
			a.refusedPlain(a.post("/early-renewals", letEarly(other, "调往外省", lead)), fault.Invalid, "只有仅因未到期留下的行可以放行")
		}
	})
	w.quiet("a foreign county", func() {
		n := w.in(neighbour)
		if text := n.ok(n.get("/early-renewals")).Text("main"); !strings.Contains(text, "没有只因未到期而留下的行") {
			t.Errorf("a foreign auditor sees %.300s", text)
		}
		n.refusedPlain(n.post("/early-renewals", letEarly(row, "调往外省", lead)), fault.Invalid, "请选择一行")
	})
	for _, staff := range []string{handler, head, lead, sec, aud} {
		r := w.in(staff)
		w.quiet(staff, func() { r.refused(r.post("/early-renewals", letEarly(row, "调往外省", lead)), fault.Forbidden, "") })
	}
}

func TestARowThatWasLetInIsRefusedAgainWhenItSaysSomethingElse(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := w.goodWritten("341000-SZ", "S1", citySchool, 0).With("last_valid_to", "2027-06-30")
	m, a, c := w.in(cityLead), w.in(cityAuditor), w.in(auditor)
	job, _, _ := m.reportOf("city.xlsx", sheettest.Fill(t, row))
	id := strings.TrimPrefix(job, "/imports/") + "/2"
	w.quiet("the county's auditor", func() {
		c.refusedPlain(c.post("/early-renewals", letEarly(id, "调往外省", lead)), fault.Invalid, "请选择一行")
	})
	a.done(a.post("/early-renewals", letEarly(id, "调往外省", cityLead)))
	m.done(m.get(hrefs(t, m.ok(m.get("/confirmations")), "/confirmations/")[0]))
	for what, changed := range map[string]sheettest.Row{"validity": row.With("last_valid_to", "2028-06-30"), "name": row.With("person_name", "江晓岚"),
		"number": row.With("apply_no", "202499999999"), "person": row.With("id_number", w.goodWritten("341000-SZ", "S1", citySchool, 1)["id_number"])} {
		_, _, report := m.reportOf("city.xlsx", sheettest.Fill(t, changed))
		if got := linesOf(t, report)[2]; got != "refuse 上次注册有效期止 not-due" {
			t.Errorf("another %s: %q", what, got)
		}
	}
	again, _, report := m.reportOf("city.xlsx", sheettest.Fill(t, row))
	if got := linesOf(t, report)[2]; got != passes {
		t.Fatalf("the same row in a new sheet: %q", got)
	}
	if got := m.takesIn(again, 2)[2]; got.Early.IsZero() {
		t.Error("the record does not say by which act it came in")
	}
	a.refusedPlain(a.post("/early-renewals", letEarly(id, "再放一次", cityLead)), fault.Conflict, "已经放行")
}

// Whoever owns the database puts a release in, or turns one over to somebody else.
func TestAReleaseThatTheLogDoesNotHoldLetsNobodyInAndIsFound(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := w.goodWritten("341000-SZ", "S1", citySchool, 0).With("last_valid_to", "2027-06-30")
	twin := row.With("apply_no", "202499999999", "id_number", w.goodWritten("341000-SZ", "S1", citySchool, 1)["id_number"])
	m, a := w.in(cityLead), w.in(cityAuditor)
	job, _, _ := m.reportOf("city.xlsx", sheettest.Fill(t, row, twin))
	a.done(a.post("/early-renewals", letEarly(strings.TrimPrefix(job, "/imports/")+"/2", "调往外省", cityLead)))
	m.done(m.get(hrefs(t, m.ok(m.get("/confirmations")), "/confirmations/")[0]))
	if got := m.post(job+"/rows/2", url.Values{}).Status; got >= 400 {
		t.Fatalf("the released row: %d", got)
	}
	waits := m.ok(m.post(job, url.Values{"choice": {"good"}})) // the text is shown, the seal is not yet there
	db, index := w.raw(), w.store.PersonIndex(registration.Number(twin["id_number"]))
	for what, change := range map[string][2]string{
		"a row put in": {"INSERT INTO early_renewals SELECT 'x', year, school, path, '202499999999', name, valid_to, reason, by_staff, second, at, entry, '" + index + "' FROM early_renewals",
			"DELETE FROM early_renewals WHERE id = 'x'"},
		"a row turned over": {"UPDATE early_renewals SET apply_no = '202499999999', person = '" + index + "'",
			"UPDATE early_renewals SET apply_no = '" + row["apply_no"] + "', person = '" + w.store.PersonIndex(registration.Number(row["id_number"])) + "'"},
	} {
		_, err := db.Exec(change[0])
		must(t, err)
		if got := m.post(job+"/rows/3", url.Values{}); got.Status < 400 {
			t.Errorf("%s lets the twin in", what)
		}
		if got := m.handIn(m.signed(waits)); got.Status < 400 || w.count("applications") != 0 {
			t.Errorf("%s: the seal is taken: %d", what, got.Status)
		}
		if report, err := w.store.CheckRecords(t.Context()); err != nil || len(report.Faults) != 1 || !strings.HasPrefix(report.Faults[0].Subject, "early-renewal/") {
			t.Errorf("%s: the check finds %v %v", what, report.Faults, err)
		}
		_, err = db.Exec(change[1])
		must(t, err)
	}
	if report, err := w.store.CheckRecords(t.Context()); err != nil || len(report.Faults) != 0 {
		t.Errorf("put back: %v %v", report.Faults, err)
	}
	if got := m.takesIn(job, 2)[2]; got.Early.IsZero() {
		t.Error("the release does not count when all is as the log has it")
	}
}
