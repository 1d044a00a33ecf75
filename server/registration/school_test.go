package registration_test

import (
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestCase1APublicTeacherWithoutHistoryIsAcceptedAsS1First(t *testing.T) {
	a := accepted(t, application(1, func(f *registration.Form) {
		f.LastValidTo, f.HiredOn, f.ProbationEnd = nil, day("2021-09-01"), day("2022-08-31")
	}))
	if a.State != registration.InReview || a.Class != "S1" || a.RegKind != "first" || a.Round != 1 || a.Pack != "national-2013" {
		t.Errorf("%s %s %s round %d pack %s", a.State, a.Class, a.RegKind, a.Round, a.Pack)
	}
}

func TestCase2AHireWithoutApprovalIsRefusedAndKept(t *testing.T) {
	a := application(1, func(f *registration.Form) { f.Establishment, f.EqualPay = "approved_hire", "yes" })
	next, err := a.Accept(handler, judge(), calendar, inReview)
	e := refused(t, err, fault.Invalid, "请补填聘用批准文号", "草稿已保留", "第 1 项")
	if len(e.Fields) != 1 || e.Fields[0].Name != "approval_doc_no" {
		t.Errorf("the field is not named: %v", e.Fields)
	}
	unchanged(t, a, next)
	a.Form.ApprovalDocNo = "歙政人〔2021〕12号"
	if next := accepted(t, a); next.Class != "S1" {
		t.Errorf("the twin with a number: %s", next.Class)
	}
}

func TestCase3WaitingRowsMoveOnWhenTheLicenceIsEntered(t *testing.T) {
	a := application(1, func(f *registration.Form) {
		f.Establishment, f.ContractFrom, f.ContractTo = "private", day("2023-09-01"), day("2026-08-31")
	})
	a.State = registration.Waiting
	private := registration.Judge{Pack: registration.National(), School: registration.SchoolFacts{Kind: "primary", Ownership: registration.Private}}
	next, err := a.Accept(handler, private, calendar, inReview)
	refused(t, err, fault.Conflict, "还没有登记办学许可证")
	unchanged(t, a, next)
	_, err = a.Licensed(private, inReview)
	refused(t, err, fault.Conflict, "继续等待登记")
	private.School.Licence = "教民9341021000001号"
	next, err = a.Licensed(private, inReview)
	if err != nil || next.State != registration.Imported || next.Class != "S2" || next.Form != a.Form {
		t.Errorf("%s %s %v", next.State, next.Class, err)
	}
	if next, err = next.Accept(handler, private, calendar, inReview); err != nil || next.State != registration.InReview {
		t.Errorf("%s %v", next.State, err)
	}
}

func TestCase4AClearedDeferralPassesAndAnUnlinkedOneIsRefused(t *testing.T) {
	year := 2023
	a := application(1, func(f *registration.Form) {
		f.PriorDeferralYear, f.PriorDeferralOrgan, f.PriorDeferralCleared = &year, "歙县教育局", "yes"
	})
	if next := accepted(t, a); next.Class != "S3" || next.Outcome != registration.OutcomePass {
		t.Errorf("%s %s", next.Class, next.Outcome)
	}
	for _, change := range []func(*registration.Form){
		func(f *registration.Form) { f.PriorDeferralYear = nil },
		func(f *registration.Form) { f.PriorDeferralOrgan = "" },
		func(f *registration.Form) { f.PriorDeferralCleared = "no" },
	} {
		b := a
		change(&b.Form)
		next, err := b.Accept(handler, judge(), calendar, inReview)
		refused(t, err, fault.Invalid, "没有找到完整的前次暂缓注册", "按第 1、2 项申请")
		unchanged(t, b, next)
	}
}

func TestCase5AnOtherPostGoesToAHumanAndIsNotRefused(t *testing.T) {
	a := accepted(t, application(1, func(f *registration.Form) { f.PostType = "other" }))
	if a.Outcome != registration.OutcomeHuman || len(a.Findings) != 1 || a.Findings[0].Rule != "H4" {
		t.Errorf("%s %v", a.Outcome, a.Findings)
	}
}

func TestCase6ARenewalIsDueUpToTheLastDayOfTheYear(t *testing.T) {
	if a := accepted(t, application(1)); a.RegKind != "renewal" {
		t.Errorf("to 2024-12-31: %s", a.RegKind)
	}
	a := application(1, func(f *registration.Form) { f.LastValidTo = day("2025-01-01") })
	next, err := a.Accept(handler, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "有效期至 2025-01-01", "2024 年度没有到期")
	unchanged(t, a, next)
}

func TestWithoutCertificateNumberOrOutOfScopeNothingIsAccepted(t *testing.T) {
	a := application(1, func(f *registration.Form) { f.CertNumber = "" })
	next, err := a.Accept(handler, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "教师资格证书号码", "注册对象须持有")
	unchanged(t, a, next)
	a = application(1, outside)
	_, err = a.Accept(handler, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "不属注册对象", "不予受理")
	a = accepted(t, application(1))
	_, err = a.Accept(handler, judge(), calendar, inReview)
	refused(t, err, fault.Conflict, "学校审查中", "刷新")
}

func TestNotAcceptingNeedsAScopeFindingAReasonAndTwoPeople(t *testing.T) {
	a := application(1, outside)
	step, err := a.NotAccept(handler, head, "本人已不在教学岗位", nil, judge(), calendar, inReview)
	if err != nil || step.After.State != registration.NotAccepted || step.After.Reviewer != "U1" || step.After.Sender != "U3" || step.After.ConclusionRules != "O1" {
		t.Errorf("%+v %v", step.After, err)
	}
	unchanged(t, a, step.Before)
	_, err = application(1).NotAccept(handler, head, "不想办", nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "不得拒绝办理")
	_, err = a.NotAccept(handler, handler, "不在岗", nil, judge(), calendar, inReview)
	refused(t, err, fault.Forbidden, "须由另一个人办理")
	_, err = a.NotAccept(handler, head, "\n \n", nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "请填写不予受理的理由")
	_, err = a.NotAccept(handler, head, "不在岗", nil, judge(), calendar, at("2024-11-08 00:00:00"))
	refused(t, err, fault.Closed, "“学校审查”已于 2024-11-08 00:00:00 截止")
}

func TestCase43AHandlerNeverReviewsTheirOwnApplication(t *testing.T) {
	a := accepted(t, application(1))
	self := registration.Person{Staff: "U7", Name: a.Form.PersonName, Org: a.School}
	step, err := a.Review(self, allSame(registration.Registered), nil, judge(), calendar, inReview)
	refused(t, err, fault.Forbidden, "不能确认不是您本人的申请", "另一位已备案的人员")
	unchanged(t, a, step.After)
	spaced := self
	spaced.Name = a.Form.PersonName[:3] + " · " + a.Form.PersonName[3:]
	_, err = a.Review(spaced, allSame(registration.Registered), nil, judge(), calendar, inReview)
	refused(t, err, fault.Forbidden, "不能确认不是您本人的申请")
	_, err = application(1).Accept(self, judge(), calendar, inReview)
	refused(t, err, fault.Forbidden, "不能确认不是您本人的申请")
	namesake := self
	namesake.Org = "HS10201" // the same name in another school is another person
	if _, err := a.Review(namesake, allSame(registration.Registered), nil, judge(), calendar, inReview); err != nil {
		t.Errorf("the twin of another school: %v", err)
	}
	_, err = registration.Send([]registration.Application{reviewed(t, application(1))}, nil, self, calendar, inReview)
	refused(t, err, fault.Forbidden, "不能确认不是您本人的申请", "全部没有签署")
}

func TestCase48FieldsThatWereNotComparedAreNamed(t *testing.T) {
	a := accepted(t, application(1))
	draft := allSame(registration.Registered)
	for _, f := range []string{"gender", "cert_number", "appraisal_y5", "training_hours"} {
		delete(draft.Compared, f)
	}
	step, err := a.Review(handler, draft, nil, judge(), calendar, inReview)
	e := refused(t, err, fault.Invalid, "23 项中有 4 项没有比对", "性别、教师资格证书号码、2023年度考核结果、培训学时")
	if len(e.Fields) != 4 || e.Fields[1].Name != "cert_number" {
		t.Errorf("%v", e.Fields)
	}
	unchanged(t, a, step.After)
	draft.Compared["gender"] = "maybe"
	_, err = a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "4 项没有比对")
	step, err = a.Review(handler, allSame(registration.Registered), nil, judge(), calendar, inReview)
	if err != nil || step.After.State != registration.Reviewed || len(step.Review.Compared) != 23 || step.After.Reviewer != "U1" {
		t.Errorf("all 23 compared: %v %v", step.After.State, err)
	}
}

func TestCase49ACorrectionNeedsReasonAndEvidenceAndKeepsBothValues(t *testing.T) {
	a := accepted(t, application(1))
	draft := allSame(registration.Registered, "H1")
	draft.Compared["appraisal_y3"] = registration.Differs
	fix := registration.Correction{Field: "appraisal_y3", New: "基本合格", Evidence: "第 4 页"}
	try := func(c registration.Correction) (registration.Step, error) {
		return a.Review(handler, draft, []registration.Correction{c}, judge(), calendar, inReview)
	}
	step, err := try(fix)
	refused(t, err, fault.Invalid, "请填写2021年度考核结果更正的理由")
	unchanged(t, a, step.After)
	fix.Reason, fix.Evidence = "与考核登记表不符，\n据实更正", " "
	_, err = try(fix)
	refused(t, err, fault.Invalid, "请填写2021年度考核结果更正的证据")
	fix.Evidence = "第 4 页"
	step, err = try(fix)
	if err != nil {
		t.Fatal(err)
	}
	c := step.Corrections[0]
	if c.Old != "优秀" || c.New != "基本合格" || c.By != "U1" || !c.At.Equal(inReview) || c.Reason != "与考核登记表不符，据实更正" ||
		c.ID != "2024-341021-000001/1/appraisal_y3" {
		t.Errorf("%+v", c)
	}
	if step.After.Form.AppraisalY3 != "basic" || step.Before.Form.AppraisalY3 != "excellent" || step.After.Outcome != registration.OutcomeHuman {
		t.Errorf("the corrected form was not judged anew: %s", step.After.Outcome)
	}
	for text, change := range map[string]func(*registration.Correction){
		"新值与原值相同":      func(c *registration.Correction) { c.New = "优秀" },
		"只能填写":         func(c *registration.Correction) { c.New = "良好" },
		"不在比对的 23 项之内": func(c *registration.Correction) { c.Field = "in_post" },
		"更换学校":         func(c *registration.Correction) { c.Field = "school_code" },
	} {
		bad := fix
		change(&bad)
		d := draft
		d.Compared = map[string]string{}
		for k, v := range draft.Compared {
			d.Compared[k] = v
		}
		if _, ok := d.Compared[bad.Field]; ok {
			d.Compared[bad.Field] = registration.Differs
		}
		d.Explained = map[string]string{"appraisal_y3": "见登记表"}
		_, err := a.Review(handler, d, []registration.Correction{bad}, judge(), calendar, inReview)
		refused(t, err, fault.Invalid, text)
	}
}

func TestACorrectedNumberIsCheckedAndNeverRepeated(t *testing.T) {
	a := accepted(t, application(1))
	draft := allSame(registration.Registered)
	draft.Compared["id_number"] = registration.Differs
	fix := registration.Correction{Field: "id_number", New: "341093198503120021", Reason: "录入时末位写错", Evidence: "第 1 页"}
	_, err := a.Review(handler, draft, []registration.Correction{fix}, judge(), calendar, inReview)
	e := refused(t, err, fault.Invalid, "校验位不符")
	if strings.Contains(e.Error()+e.Fields[0].Sentence, "3410931985") {
		t.Error("the refused number is repeated")
	}
}

func TestWhatDiffersNeedsACorrectionOrAnExplanation(t *testing.T) {
	a := accepted(t, application(1))
	draft := allSame(registration.Registered)
	draft.Compared["cert_issuer"], draft.Compared["subject_taught"] = registration.Differs, registration.Absent
	_, err := a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "有 2 项", "任教学科、发证机关")
	draft.Explained = map[string]string{"cert_issuer": "机关已更名", "subject_taught": "登记表没有这一栏"}
	step, err := a.Review(handler, draft, nil, judge(), calendar, inReview)
	if err != nil || step.Review.Explained["cert_issuer"] != "机关已更名" {
		t.Errorf("%v", err)
	}
	_, err = a.Review(handler, allSame(registration.Registered), []registration.Correction{{Field: "gender", New: "男", Reason: "r", Evidence: "e"}}, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "比对不是“不一致”，却有更正")
}

func TestEachFindingIsAffirmedOrDisputedInWords(t *testing.T) {
	a := accepted(t, application(1, basic))
	_, err := a.Review(handler, allSame(registration.Registered), nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "有 1 条核验发现没有答复：H1")
	draft := allSame(registration.Registered)
	draft.Answers["H1"] = registration.Dispute + " "
	_, err = a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "请写明理由")
	draft.Answers["H1"] = registration.Dispute + "当年已复议改为合格"
	step, err := a.Review(handler, draft, nil, judge(), calendar, inReview)
	if err != nil || step.Review.Answers["H1"] != "dispute: 当年已复议改为合格" {
		t.Errorf("%v %v", step.Review.Answers, err)
	}
	draft.Answers["D2"] = registration.Affirm
	_, err = a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Conflict, "现在没有这条发现")
}

func TestEveryApplicantGetsASchoolConclusionAndAnAdverseOneItsReason(t *testing.T) {
	a := accepted(t, application(1, short))
	draft := allSame("", "D2")
	_, err := a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "没有审查结论")
	draft = allSame(registration.Deferred, "D2")
	draft.Reason = ""
	_, err = a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "请填写审查结论的理由")
	draft = allSame(registration.Registered, "D2")
	_, err = a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "请填写审查结论的理由")
	draft.Reason = "另有学分待补录"
	if _, err := a.Review(handler, draft, nil, judge(), calendar, inReview); err != nil {
		t.Errorf("with a reason: %v", err)
	}
}

func TestCase47AListWithoutTwoConclusionsStaysAndBothAreNamed(t *testing.T) {
	var all []registration.Application
	for n := 1; n <= 48; n++ {
		switch n {
		case 17:
			all = append(all, accepted(t, application(n)))
		case 40:
			all = append(all, application(n))
		default:
			all = append(all, reviewed(t, application(n)))
		}
	}
	steps, err := registration.Send(all, nil, head, calendar, inReview)
	e := refused(t, err, fault.Invalid, "全校 48 份申请中有 2 份还没有审查结论：2024-341021-000017、2024-341021-000040", "名单没有送出")
	if steps != nil || len(e.Fields) != 2 || !strings.Contains(e.Fields[0].Sentence, all[16].Form.PersonName) {
		t.Errorf("the page does not learn the names: %v", len(e.Fields))
	}
	all[16], all[39] = reviewed(t, application(17)), reviewed(t, application(40))
	steps, err = registration.Send(all, nil, head, calendar, inReview)
	if err != nil || len(steps) != 48 {
		t.Fatalf("%d %v", len(steps), err)
	}
	for _, s := range steps {
		if s.After.State != registration.AtCounty || s.After.Sender != "U3" || s.Before.State != registration.Reviewed {
			t.Fatalf("%s by %s", s.After.State, s.After.Sender)
		}
	}
}

func TestWhatIsOutOfTheRoundDoesNotHoldTheListBack(t *testing.T) {
	not := must[registration.Step](t)(application(2, outside).NotAccept(handler, head, "不在岗", nil, judge(), calendar, inReview)).After
	wait, late := application(3), application(4)
	wait.State, late.State = registration.Waiting, registration.Overdue
	steps, err := registration.Send([]registration.Application{reviewed(t, application(1)), not, wait, late}, nil, head, calendar, inReview)
	if err != nil || len(steps) != 1 {
		t.Errorf("%d %v", len(steps), err)
	}
}

func TestASenderIsNeverTheReviewer(t *testing.T) {
	a := reviewed(t, application(1))
	both := head
	both.Staff = handler.Staff
	_, err := registration.Send([]registration.Application{a}, nil, both, calendar, inReview)
	refused(t, err, fault.Forbidden, "学校审查是您办的", "学校上报须由另一个人办理")
	_, err = registration.Send(nil, nil, head, calendar, inReview)
	refused(t, err, fault.Invalid, "没有可以上报的申请")
	foreign := reviewed(t, application(2))
	foreign.School = "HS10201"
	_, err = registration.Send([]registration.Application{a, foreign}, nil, head, calendar, inReview)
	refused(t, err, fault.Conflict, "不属同一学校")
	_, err = registration.Send([]registration.Application{a}, []string{a.ID, "2024-341021-000099"}, head, calendar, inReview)
	refused(t, err, fault.Conflict, "1 份不在待上报之列")
}

func TestAReturnBeginsANewRoundAndTheAuditWindowServesIt(t *testing.T) {
	a := atCounty(t, application(1))
	_, err := a.Return(auditor, " ", calendar, inAudit)
	refused(t, err, fault.Invalid, "请填写退回的理由")
	step := must[registration.Step](t)(a.Return(auditor, "缺第 3 页", calendar, inAudit))
	b := step.After
	if b.State != registration.ReturnedSchool || b.Round != 2 || b.Reviewer != "" || b.SchoolConclusion != "" || b.ReturnReason != "缺第 3 页" {
		t.Errorf("%+v", b)
	}
	if b.Deeds.String() != "reviewer:U1 sender:U3 auditor:U4" {
		t.Errorf("the return forgot who acted: %s", b.Deeds)
	}
	// The school's own window closed on 11-08; the record's second round goes on.
	again := must[registration.Step](t)(b.Review(handler, allSame(registration.Registered), nil, judge(), calendar, inAudit)).After
	if again.State != registration.Reviewed || again.Round != 2 {
		t.Errorf("%s round %d", again.State, again.Round)
	}
	sent := must[[]registration.Step](t)(registration.Send([]registration.Application{again}, nil, head, calendar, inAudit))[0].After
	if sent.State != registration.AtCounty {
		t.Error(sent.State)
	}
	_, err = b.Review(handler, allSame(registration.Registered), nil, judge(), calendar, at("2024-11-30 00:00:00"))
	refused(t, err, fault.Closed, "截止")
	_, err = accepted(t, application(2)).Review(handler, allSame(registration.Registered), nil, judge(), calendar, inAudit)
	refused(t, err, fault.Closed, "“学校审查”已于 2024-11-08 00:00:00 截止")
}

func TestASeparatedDutyHoldsAcrossReturns(t *testing.T) {
	a := must[registration.Step](t)(atCounty(t, application(1)).Return(auditor, "缺页", calendar, inAudit)).After
	moved := registration.Person{Staff: auditor.Staff, Name: auditor.Name, Org: a.School} // the auditor becomes a handler
	_, err := a.Review(moved, allSame(registration.Registered), nil, judge(), calendar, inAudit)
	refused(t, err, fault.Forbidden, "审核是您办的", "退回重办也一样")
	b := must[registration.Step](t)(a.Review(handler2, allSame(registration.Registered), nil, judge(), calendar, inAudit)).After
	former := registration.Person{Staff: handler.Staff, Name: handler.Name, Org: a.School} // reviewer of round 1
	_, err = registration.Send([]registration.Application{b}, nil, former, calendar, inAudit)
	refused(t, err, fault.Forbidden, "学校审查是您办的")
}

func TestOverdueRecordsKeepTheirState(t *testing.T) {
	a := application(1)
	edge := at("2024-11-08 00:00:00")
	if a.Overdue(calendar, edge.Add(-time.Millisecond)) || !a.Overdue(calendar, edge) {
		t.Error("an imported record is overdue from the close of the school's window")
	}
	b := atCounty(t, application(1))
	if b.Overdue(calendar, edge) || !b.Overdue(calendar, at("2024-11-30 00:00:00")) {
		t.Error("a sent record is overdue from the close of the audit")
	}
}
