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

// ruleCase is a row whose findings decide what may become of it at the county.
type ruleCase struct {
	name   string
	row    []string // changes to a good row, field and text in turn
	report string
	says   []string // on the record's page
	barred string   // why a batch of 注册合格 does not take it; "" takes it
	ends   string   // conclusion and, if it is adverse, the rule it rests on; "" stays at the county
}

var ruleCases = []ruleCase{
	{name: "Case29ACertificateOf16DigitsIsKeptAndNotRegistered", row: []string{"cert_number", "2009341004200012"}, report: "accept   S1 renewal H3 human; warn 教师资格证书号码 cert-length",
		says: []string{"证书号码为16位而非17位数字，须先核验真伪", "须人工判断"}, barred: "须人工判断的发现（H3）"},
	{name: "Case29TheSchoolsWordDoesNotProveIt", row: []string{"cert_number", "2009341004200013", "authenticity", "真实"}, report: passes + "; warn 教师资格证书号码 cert-length",
		says: []string{"没有发现问题"}, barred: "证书号码为 16 位，应为 17 位数字"},
	{name: "Case31With360HoursItPasses", row: []string{"training_hours", "360"}, report: passes, says: []string{"没有发现问题"}, ends: "registered"},
	{name: "Case31With359HoursAndNineTenthsItIsDeferred", row: []string{"training_hours", "359.9"}, report: "accept   S1 renewal D2 defer",
		says: []string{"五年培训学时359.9，少于360", "五年培训未满360学时"}, barred: "“建议暂缓注册”（D2）", ends: "deferred D2"},
	{name: "Case32Failing2020And2022IsDeferred", row: []string{"appraisal_y2", "不合格", "appraisal_y4", "不合格"}, report: "accept   S1 renewal D1 defer",
		says: []string{"2020、2022年度考核不合格，未连续"}, barred: "“建议暂缓注册”（D1）", ends: "deferred D1"},
	{name: "Case32Failing2021And2022Fails", row: []string{"appraisal_y3", "不合格", "appraisal_y4", "不合格"}, report: "accept   S1 renewal F2 fail",
		says: []string{"2021至2022年度考核连续2年不合格"}, barred: "“建议注册不合格”（F2）", ends: "failed F2"},
	{name: "Case33OneYearBarelyGoodGoesToAHuman", row: []string{"appraisal_y3", "基本合格", "training_hours", "360"}, report: "accept   S1 renewal H1 human",
		says: []string{"2021年度考核为“基本合格”", "须人工判断"}, barred: "须人工判断的发现（H1），给注册合格须写明认定的理由", ends: "registered"},
	{name: "Case33With300HoursItIsDeferredAndBothAreShown", row: []string{"appraisal_y3", "基本合格", "training_hours", "300"}, report: "accept   S1 renewal D2 H1 defer",
		says: []string{"五年培训学时300，少于360", "2021年度考核为“基本合格”"}, barred: "“建议暂缓注册”（D2 H1）", ends: "deferred D2"},
	{name: "Case34AMissingYearIsNeverAPass", row: []string{"appraisal_y5", ""}, report: "accept   S1 renewal H1 human",
		says: []string{"2023年度考核结果未填", "须人工判断"}, barred: "须人工判断的发现（H1）"},
	{name: "Case34WithTheYearItPasses", row: []string{"appraisal_y5", "合格"}, report: passes, says: []string{"没有发现问题"}, ends: "registered"},
	{name: "Case35AGraveBreachWithTooFewHoursFailsAndBothAreShown", row: []string{"ethics_result", "严重违反", "ethics_decision_no", "歙教处〔2023〕1号", "training_hours", "300"},
		report: "accept   S1 renewal F1 D2 fail", says: []string{"师德考核为“严重违反”，并有师德处理决定文号在案", "五年培训学时300，少于360"}, barred: "“建议注册不合格”（F1 D2）", ends: "failed F1"},
	{name: "Case35AGraveBreachOutOfPostIsOutOfScope", row: []string{"ethics_result", "严重违反", "ethics_decision_no", "歙教处〔2023〕1号", "in_post", "否"},
		report: "accept    renewal O1 F1 out_of_scope", says: []string{"不在教育教学岗位", "师德考核为“严重违反”", "不属注册对象"}},
	{name: "Case36ATermOffForABirthIsNoInterruption", row: []string{"gap_terms", "1", "gap_reason", "产假"}, report: passes, says: []string{"没有发现问题"}, ends: "registered"},
	{name: "Case36ATermOffWithoutAReasonIsDeferred", row: []string{"gap_terms", "1", "gap_reason", ""}, report: "accept   S1 renewal D3 defer",
		says: []string{"中断教学1学期，中断原因为“未填”，不属认可的原因"}, barred: "“建议暂缓注册”（D3）", ends: "deferred D3"},
}

func TestCasesOfTheRulesFromTheSheetToTheConclusion(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	rows, good := make([]sheettest.Row, len(ruleCases)), []int{}
	for i, c := range ruleCases {
		rows[i], good = w.goodWritten(county, "S1", school, i).With(c.row...), append(good, i+2)
	}
	l, h := w.in(lead), w.in(handler)
	job, _, report := l.reportOf("rules.xlsx", sheettest.Fill(t, rows...))
	lines, shown := linesOf(t, report), everyLine(l, job)
	says(t, "the report's page", shown, "证书号码为16位，应为17位数字。", "请更正；确系旧版证书的，注明并按R47核验真伪。")
	came := l.takesIn(job, good...)
	w.reviewedAndSent(h, came)
	w.clock.Set(at("2024-11-13 10:00:00"))
	var pass []string
	for i, c := range ruleCases {
		t.Run(c.name, func(t *testing.T) {
			a := w.application(came[i+2].ID)
			if lines[i+2] != c.report || lineOf(a) != strings.Split(c.report, ";")[0] {
				t.Errorf("the report says %q, the record %q, want %q", lines[i+2], lineOf(a), c.report)
			}
			w.clock.Pass(2 * time.Minute)
			r := w.in(auditor)
			says(t, "the record's page", r.ok(r.get("/applications/"+a.ID)).Text("main"), append(c.says, a.Outcome.Word(), "规则包 national-2013")...)
			switch {
			case a.Outcome == registration.OutcomeOutOfScope:
				if a.State != registration.NotAccepted || a.ConclusionRules != "O1" || a.Conclusion != "" {
					t.Errorf("out of scope, it is %s by %s", a.State, a.ConclusionRules)
				}
			case c.barred == "":
				pass = append(pass, a.ID)
			default:
				w.oneRefusal(auditor, "application/"+a.ID+" invalid conclude", w.quiet("in a batch", func() { r.refusedPlain(r.post("/applications", batch(a.ID)), fault.Invalid, c.barred) }))
				w.concluded(t, r, a, c)
			}
		})
	}
	r, size := w.in(auditor), w.size()
	r.done(r.post("/applications", batch(pass...)))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Conclude || w.size() != size+1 {
		t.Errorf("%d entries for one batch, the last a %s", w.size()-size, e.Act)
	}
	for _, id := range pass {
		if a := w.application(id); a.State != registration.Concluded || a.Conclusion != registration.Registered {
			t.Errorf("%s is %s, %s", id, a.State, a.Conclusion)
		}
	}
}

// reviewedAndSent carries what came in to the county: accepted, reviewed field
// by field, sent by the head. Who is out of scope is refused and stays.
func (w *town) reviewedAndSent(h reader, came map[int]registration.Application) {
	w.tb.Helper()
	var ids, together []string
	for row := 2; row < len(came)+2; row++ {
		a := came[row]
		if a.Outcome == registration.OutcomeOutOfScope {
			w.oneRefusal(handler, "application/"+a.ID+" invalid accept", w.quiet("out of scope", func() {
				h.refusedPlain(h.post("/applications", batch(a.ID)), fault.Invalid, "不属注册对象，不能受理")
			}))
			continue
		}
		ids = append(ids, a.ID)
	}
	h.ok(h.post("/applications", batch(ids...)))
	recommended := map[registration.Outcome]registration.Conclusion{registration.OutcomeDefer: registration.Deferred, registration.OutcomeFail: registration.Failed}
	for _, id := range ids {
		if adverse, ok := recommended[w.application(id).Outcome]; ok {
			h.ok(h.review(id, adverse, nil))
			h.done(h.post("/review", batch(id)))
			continue
		}
		h.ok(h.review(id, registration.Registered, nil))
		together = append(together, id)
	}
	h.done(h.post("/review", batch(together...)))
	s := w.in(head)
	for _, a := range came {
		if a.Outcome != registration.OutcomeOutOfScope {
			continue
		}
		// The list does not leave while somebody lacks a conclusion: the school
		// and its head state that this one is none of theirs.
		w.quiet("sending", func() { s.refusedPlain(s.post("/send", nil), fault.Invalid, a.ID) })
		h.done(h.post("/applications/"+a.ID+"/not-accept", url.Values{"not_accept_reason": {"本人已离开教学岗位"}, "head": {head}}))
		s.done(s.get(hrefs(w.tb, s.ok(s.get("/confirmations")), "/confirmations/")[0]))
	}
	s.done(s.post("/send", nil))
}

// What the paper shows may put somebody out of scope whom the sheet let in: the
// review cannot end then, and the way out carries its corrections.
func TestARecordThatACorrectionPutsOutOfScopeIsNotAcceptedWithThatCorrection(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l, h, s := w.in(lead), w.in(handler), w.in(head)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, w.goodWritten(county, "S1", school, 0)))
	id := l.takesIn(job, 2)[2].ID
	at := "/applications/" + id
	h.ok(h.post("/applications", batch(id)))
	form := url.Values{"not_accept_reason": {"合同为临时聘用"}, "head": {head}}
	w.quiet("in scope", func() { h.refusedPlain(h.post(at+"/not-accept", form), fault.Invalid, "不得拒绝办理") })
	h.ok(h.post(at+"/correct", url.Values{"field": {"establishment"}, "new_value": {"聘用"}, "reason": {"合同为临时聘用"}, "evidence": {"第 2 页"}}))
	says(t, "the record", h.ok(h.get(at)).Text("main"), "不予受理", "O1")
	w.clock.Pass(2 * time.Minute)
	p := h.ok(h.post(at+"/not-accept", form))
	says(t, "the text", p.Text("main"), "在编 → 聘用", "第 2 页")
	h.done(p)
	s.done(s.get(hrefs(t, s.ok(s.get("/confirmations")), "/confirmations/")[0]))
	if a := w.application(id); a.State != registration.NotAccepted || a.Form.Establishment != "approved_hire" {
		t.Errorf("%s, %s", a.State, a.Form.Establishment)
	}
	says(t, "the record after it", h.ok(h.get(at)).Text("main"), "更正", "合同为临时聘用")
}

// concluded brings a record that no batch takes to its end: by the auditor's
// judgement and reason, or as an adverse conclusion of two; a certificate that
// is not proven has none (R47).
func (w *town) concluded(t *testing.T, r reader, a registration.Application, c ruleCase) {
	t.Helper()
	at := "/applications/" + a.ID + "/conclude"
	conclusion, rule, adverse := strings.Cut(c.ends, " ")
	form := url.Values{"conclusion": {"registered"}, "reason": {"已核对补交的材料，认定合格"}}
	if c.ends == "" && strings.HasPrefix(c.name, "Case29") {
		w.clock.Pass(2 * time.Minute)
		w.oneRefusal(auditor, "application/"+a.ID+" invalid conclude", w.quiet("with a reason", func() { r.refusedPlain(r.post(at, form), fault.Invalid, "须先由两人核验证书真伪") }))
		return
	}
	size := w.size()
	signed := 1
	if adverse {
		form = url.Values{"conclusion": {conclusion}, "rule": {rule}, "reason": {"核验发现属实"}, "confirmer": {lead}}
		r.done(r.post(at, form))
		if got := w.application(a.ID); got.State != registration.AtCounty {
			t.Errorf("after one seal of two it is %s", got.State)
		}
		l := w.in(lead)
		open := hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")
		if len(open) != 1 {
			t.Fatalf("%d wait for the lead", len(open))
		}
		l.done(l.get(open[0]))
		signed = 2
	} else {
		r.done(r.post(at, form))
		conclusion = "registered"
	}
	got := w.application(a.ID)
	if got.State != registration.Concluded || string(got.Conclusion) != conclusion || rule != "" && got.ConclusionRules != rule {
		t.Errorf("it is %s, %s by %s", got.State, got.Conclusion, got.ConclusionRules)
	}
	news := w.entries(20)[:w.size()-size]
	mine := 0
	for _, e := range news {
		if act := policy.Act(e.Act); act == policy.Conclude || act == policy.Confirm {
			mine++
		}
	}
	if mine != signed {
		t.Errorf("%d entries for %d seals", mine, signed)
	}
	says(t, "the record's page", r.ok(r.get("/applications/"+a.ID)).Text("main"), "已有结论")
}
