package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sheettest"
)

var (
	changes  = url.Values{"choice": {"changes"}}
	identity = url.Values{"choice": {"identity"}}
)

func TestCase52AChangedRowIsShownFieldByFieldAndChangesOnlyUnderASeal(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := func(i int, pairs ...string) sheettest.Row {
		return w.goodWritten(county, "S1", school, i).With(pairs...)
	}
	l := w.in(lead)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row(0), row(1), row(2)))
	came := l.takesIn(job, 2, 3, 4)
	cert := row(1)["cert_number"]
	other := cert[:16] + string('0'+(cert[16]-'0'+1)%10)
	second := sheettest.Fill(t, row(0), row(1, "subject_taught", "地理", "cert_number", other, "training_hours", "300"), row(2), row(3))
	records := w.records()
	again, page, _ := l.reportOf("b.xlsx", second)
	says(t, "the report", page, "变动 1，不变 2", "任教学科", "地理", "末四位 "+other[13:], "培训学时", "身份变更，直接更改", "可能是另一个人", "确认身份变更（1 行）", "只导入合格的行（1 行）")
	if strings.Contains(page, cert) || strings.Contains(page, other) {
		t.Error("the report shows a whole number")
	}
	if w.records() != records {
		t.Fatal("the dry run changed a record")
	}
	w.quiet("a change of identity among the others", func() { l.refused(l.post(again, changes), fault.Conflict, "没有可以更改的行") })
	p := l.ok(l.post(again, identity))
	text := p.Text("main")
	says(t, "the text", text, "导入改动", "改动 1 行，其中直接更改 1、更正建议 0；身份变更 1 行", "身份变更，直接更改",
		"末四位 "+cert[13:]+" → 共 17 位，末四位 "+other[13:]+"，号码不同（不列号码）", came[3].ID)
	if strings.Contains(text, other) || strings.Contains(text, cert) || strings.Contains(text, came[2].ID) {
		t.Error("the text holds a number, or a record that did not change")
	}
	size := w.size()
	l.done(p)
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.ImportSheet || w.size() != size+1 {
		t.Errorf("%d entries, the last a %s", w.size()-size, e.Act)
	}
	got := w.application(came[3].ID)
	if f := got.Form; f.SubjectTaught != "地理" || f.CertNumber.Plain() != other || got.State != registration.Imported || lineOf(got) != "accept   S1 renewal D2 defer" {
		t.Errorf("the record says %s and is %s", lineOf(got), got.State)
	}
	if got := w.application(came[2].ID); got.UpdatedAt != came[2].UpdatedAt {
		t.Error("a record that did not change was touched")
	}
	says(t, "the record keeps the old values", l.ok(l.get("/applications/"+got.ID)).Text("main"), "更正记录 3 处", row(1)["subject_taught"]+" → 地理", "末四位 "+cert[13:])
	// The new row of the same file is still to be decided on; then nothing is.
	says(t, "the report after the change", l.ok(l.get(again)).Text("main"), "已办了 1 行", "只导入合格的行（1 行）")
	l.takesIn(again, 5)
	records = w.records()
	third, page, _ := l.reportOf("b.xlsx", second)
	says(t, "the same file again", page, "变动 0，不变 4", "不会有任何改变")
	l.refused(l.post(third, changes), fault.Conflict, "没有可以更改的行")
	if w.records() != records {
		t.Error("the same file again changed a record")
	}
}

func TestCase52OfAReviewedRecordAChangedRowIsAProposalThatTheSchoolCorrectsAfterAReturn(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := w.goodWritten(county, "S1", school, 0)
	l, h, s := w.in(lead), w.in(handler), w.in(head)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row))
	id := l.takesIn(job, 2)[2].ID
	h.ok(h.post("/applications", batch(id)))
	h.ok(h.review(id, registration.Registered, nil))
	h.done(h.post("/review", batch(id)))
	s.done(s.post("/send", nil))
	w.clock.Set(at("2024-11-13 10:00:00"))
	l, h = w.in(lead), w.in(handler)
	changed := sheettest.Fill(t, row.With("subject_taught", "地理", "cert_issuer", "休宁县教育局"))
	again, page, _ := l.reportOf("b.xlsx", changed)
	says(t, "the report", page, "变动 1", "更正建议，学校更正", "现在：待审核")
	before := w.application(id)
	l.done(l.post(again, changes))
	if got := w.application(id); got.Form.SubjectTaught != row["subject_taught"] || got.UpdatedAt != before.UpdatedAt {
		t.Error("a proposal changed the record")
	}
	if _, page, _ := l.reportOf("b.xlsx", changed); !strings.Contains(page, "变动 0，不变 1") {
		t.Errorf("the same file again: %.300s", page)
	}
	a := w.in(auditor)
	for _, r := range []reader{h, a} {
		says(t, "the record's page", r.ok(r.get("/applications/"+id)).Text("main"), "更正建议", "任教学科："+row["subject_taught"]+" → 地理", "由审核机构退回")
	}
	a.done(a.post("/applications/"+id+"/return", url.Values{"return_reason": {"后来的表写的不同，请核对"}}))
	says(t, "the review", h.ok(h.get("/applications/"+id+"/review?step=compare-2")).Text("main"), "后来的表写：地理")
	form := h.ok(h.get("/applications/" + id + "/correct?field=subject_taught"))
	if in := inputs(t, form, "new_value"); len(in) != 1 || in[0].Value != "地理" {
		t.Errorf("the correction does not begin with what the sheet says: %+v", in)
	}
	h.ok(h.post("/applications/"+id+"/correct", url.Values{"field": {"subject_taught"}, "new_value": {"地理"}, "reason": {"登记表写地理"}, "evidence": {"第 2 页"}}))
	h.ok(h.review(id, registration.Registered, func(step string, form url.Values) {
		if form.Has("compared-subject_taught") {
			form.Set("compared-subject_taught", "differs")
		}
	}))
	h.done(h.post("/review", batch(id)))
	if got := w.application(id); got.Form.SubjectTaught != "地理" || got.Form.CertIssuer == "休宁县教育局" {
		t.Errorf("%s, issuer %s", got.Form.SubjectTaught, got.Form.CertIssuer)
	}
	if text := h.ok(h.get("/applications/" + id)).Text("main"); strings.Contains(text, "更正建议") || !strings.Contains(text, "登记表写地理") {
		t.Errorf("after the school has answered: %.600s", text)
	}
	if _, page, _ := l.reportOf("b.xlsx", changed); !strings.Contains(page, "变动 0，不变 1") {
		t.Error("what the school corrected comes back as a change")
	}
}

// A review answers a proposal only if its author was shown it, whenever the sheet
// came: while the steps are filled, or while the text waits for its seal.
func TestCase52AProposalThatTheReviewerWasNotShownIsNotAnsweredByHisReview(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := w.goodWritten(county, "S1", school, 0)
	l, h, s := w.in(lead), w.in(handler), w.in(head)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row))
	id := l.takesIn(job, 2)[2].ID
	h.ok(h.post("/applications", batch(id)))
	h.ok(h.review(id, registration.Registered, nil))
	text := h.ok(h.post("/review", batch(id)))
	propose := func(row sheettest.Row) {
		t.Helper()
		w.clock.Pass(time.Minute)
		again, _, _ := l.reportOf("b.xlsx", sheettest.Fill(t, row))
		l.done(l.post(again, changes))
	}
	failed := row.With("appraisal_y5", "不合格", "health_evidence", "无")
	propose(failed)
	w.attack(h.Desk, h.signed(text), fault.Conflict, "2023年度考核结果、身心健康证明写得不同，您填写审查时还没有看到", true)
	says(t, "the board", h.ok(h.get("/review")).Text("main"), "您填写审查时还没有看到", "去填审查")
	if p := h.post("/review", batch(id)); p.Status != 409 {
		t.Errorf("a new text over the unseen proposal: %d", p.Status)
	}
	says(t, "the last step", h.ok(h.get("/applications/"+id+"/review?step=conclude")).Text("main"), "后来的表写", "身心健康证明：无")
	h.ok(h.review(id, registration.Registered, nil)) // the handler holds to the paper
	propose(failed.With("appraisal_y5", "基本合格"))     // and the next sheet says something else again
	if p := h.post("/review", batch(id)); p.Status != 409 {
		t.Errorf("a text over a newer proposal: %d", p.Status)
	}
	h.ok(h.review(id, registration.Registered, nil))
	h.done(h.post("/review", batch(id)))
	s.done(s.post("/send", nil))
}

func TestABatchHoldsNoRowOfWhichALaterSheetSaysOtherwise(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	rows := []sheettest.Row{w.goodWritten(county, "S1", school, 0), w.goodWritten(county, "S1", school, 1)}
	l, h, s := w.in(lead), w.in(handler), w.in(head)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, rows...))
	came := l.takesIn(job, 2, 3)
	ids := []string{came[2].ID, came[3].ID}
	h.ok(h.post("/applications", batch(ids...)))
	for _, id := range ids {
		h.ok(h.review(id, registration.Registered, nil))
	}
	h.done(h.post("/review", batch(ids...)))
	s.done(s.post("/send", nil))
	w.clock.Set(at("2024-11-13 10:00:00"))
	l, a := w.in(lead), w.in(auditor)
	again, _, _ := l.reportOf("b.xlsx", sheettest.Fill(t, rows[0].With("appraisal_y5", "不合格"), rows[1]))
	l.done(l.post(again, changes))
	for _, id := range ids {
		a.ok(a.get("/applications/" + id))
	}
	p := a.post("/applications", batch(ids...))
	if p.Status != 409 {
		t.Fatalf("the batch: %d %.400s", p.Status, p.Text("main"))
	}
	says(t, "the refusal", p.Text("main"), "第 1 行", "没有答复的更正建议", "退回学校")
	a.done(a.post("/applications", batch(ids[1])))
	if w.application(ids[0]).State != registration.AtCounty || w.application(ids[1]).State != registration.Concluded {
		t.Error("the twin without a proposal")
	}
}

func TestAChangedRowOfAnotherSchoolOrOfAWithdrawnRecordIsShownAndNotTaken(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := w.goodWritten(county, "S1", school, 0)
	l, n := w.in(lead), w.in(leadOf祁门)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row))
	id := l.takesIn(job, 2)[2].ID
	moved := w.goodWritten(county, "S1", "HS10182", 0)
	again, page, _ := l.reportOf("b.xlsx", sheettest.Fill(t, moved))
	says(t, "the report", page, "变动 1", "不收", "由现在的学校撤回之后")
	w.quiet("another school", func() { l.refused(l.post(again, changes), fault.Conflict, "没有可以更改的行") })
	// Whoever cannot see the record does not learn that it is there.
	foreign := w.goodWritten("341000-SZ", "S1", citySchool, 0).With("id_type", row["id_type"], "id_number", row["id_number"], "apply_no", row["apply_no"])
	m := w.in(cityLead)
	_, page, _ = m.reportOf("c.xlsx", sheettest.Fill(t, foreign))
	if !strings.Contains(page, "只导入合格的行（1 行）") || strings.Contains(page, id) {
		t.Errorf("a foreign record is shown: %.300s", page)
	}
	w.quiet("somebody else's job", func() { n.refused(n.post(again, changes), fault.NotFound, "没有找到这次导入") })
}

func TestARowThatChangedBetweenTextAndSealIsNotTaken(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := w.goodWritten(county, "S1", school, 0)
	l, h := w.in(lead), w.in(handler)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row))
	id := l.takesIn(job, 2)[2].ID
	again, _, _ := l.reportOf("b.xlsx", sheettest.Fill(t, row.With("subject_taught", "地理")))
	p := l.ok(l.post(again, changes))
	h.ok(h.post("/applications", batch(id))) // meanwhile the school takes the record up
	w.attack(l.Desk, l.signed(p), fault.Conflict, "在您查看之后有变化（现在的状态）", true)
	if got := w.application(id); got.Form.SubjectTaught != row["subject_taught"] {
		t.Error("the change came in under a text that said otherwise")
	}
}

// The row that waits with the sheet is exchanged between text and seal for one
// with another number, its last four the same.
func TestARowWhoseNewNumberWasExchangedBetweenTextAndSealIsNotTaken(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := w.goodWritten(county, "S1", school, 0)
	l := w.in(lead)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row))
	id := l.takesIn(job, 2)[2].ID
	cert := row["cert_number"]
	with := func(digit byte) string { return cert[:11] + string(digit) + cert[12:] }
	digit := '0' + (cert[11]-'0'+1)%10
	again, _, _ := l.reportOf("b.xlsx", sheettest.Fill(t, row.With("cert_number", with(digit))))
	p := l.ok(l.post(again, identity))
	scratch, key := w.store.Scratch(), strings.TrimPrefix(again, "/imports/")
	kept, err := scratch.ImportRows(t.Context(), key, 0, 10, "changed")
	must(t, err)
	if len(kept) != 1 {
		t.Fatalf("%d rows wait", len(kept))
	}
	exchanged := with('0' + (digit-'0'+1)%10)
	kept[0].Cells = []byte(strings.ReplaceAll(string(kept[0].Cells), with(digit), exchanged))
	must(t, scratch.PutImportRows(t.Context(), key, kept))
	w.attack(l.Desk, l.signed(p), fault.Conflict, "在您查看之后有变化（新内容索引）", true)
	if got := w.application(id).Form.CertNumber.Plain(); got != cert {
		t.Error("a number came in that nobody was shown")
	}
}

// The same application with another ID number is no second application.
func TestARowWithAnotherIDNumberIsAChangeOfIdentityAndNeverASecondApplication(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := w.goodWritten(county, "S1", school, 0)
	l := w.in(lead)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row))
	id := l.takesIn(job, 2)[2].ID
	other := w.goodWritten(county, "S1", school, 1)["id_number"]
	second := sheettest.Fill(t, row.With("id_number", other))
	again, page, _ := l.reportOf("b.xlsx", second)
	says(t, "the report", page, "变动 1", "身份变更，直接更改", "末四位 "+other[14:], "确认身份变更（1 行）")
	if strings.Contains(page, "只导入合格的行") || strings.Contains(page, other) {
		t.Errorf("the row can come in as a new one, or the number is shown: %.400s", page)
	}
	w.quiet("as a new row or among other changes", func() {
		l.refused(l.post(again, changes), fault.Conflict, "没有可以更改的行")
		if p := l.post(again, url.Values{"choice": {"good"}}); p.Status < 400 {
			t.Errorf("it comes in as a new row: %d", p.Status)
		}
	})
	l.done(l.post(again, identity))
	if got := w.application(id); got.Form.IDNumber.Plain() != other || w.count("applications") != 1 {
		t.Errorf("%d records, the number is %s", w.count("applications"), got.Form.IDNumber)
	}
	if _, page, _ := l.reportOf("b.xlsx", second); !strings.Contains(page, "变动 0，不变 1") {
		t.Errorf("the same file again: %.300s", page)
	}
}
