package registration

import (
	"strings"
	"time"

	"sealdesk/server/internal/fault"
)

// Accept takes an imported record into the school's review (R01-R05, R14). It
// is the school handler's act and not a part in the record's later separation.
func (a Application) Accept(by Person, j Judge, c Calendar, now time.Time) (Application, error) {
	if a.State == Waiting {
		return a, fault.New(fault.Conflict, "申请 %s 所在的民办学校还没有登记办学许可证。请由区县负责人（市直由市级负责人）登记许可证号，登记后自动转入待受理，不用重填。", a.ID)
	}
	if err := a.wants("受理", Imported); err != nil {
		return a, err
	}
	if err := a.schoolDoor(c, now); err != nil {
		return a, err
	}
	if err := a.mayTake(PartReviewer, by); err != nil {
		return a, err
	}
	if err := a.entitled(); err != nil {
		return a, err
	}
	next, err := j.Of(a)
	if err != nil {
		return a, err
	}
	if next.Outcome == OutcomeOutOfScope {
		return a, fault.New(fault.Invalid, "申请 %s 不属注册对象，不能受理：%s请改办“不予受理”，由经办人和校长签署。", a.ID, sentences(next.findings(ClassScope)))
	}
	next.State, next.Round = InReview, 1
	return next.stamp(now), nil
}

// entitled asks what the form must show before it can be accepted at all.
func (a Application) entitled() error {
	f := a.Form
	deferral := 0
	if f.PriorDeferralYear != nil {
		deferral++
	}
	for _, s := range []string{f.PriorDeferralOrgan, string(f.PriorDeferralCleared)} {
		if s != "" {
			deferral++
		}
	}
	switch {
	case f.CertStatus != "none" && strings.TrimSpace(f.CertNumber.Plain()) == "":
		return fault.New(fault.Invalid, "申请 %s 没有填教师资格证书号码（通知第一部分：注册对象须持有教师资格证书），不能受理。请补填号码后再受理，草稿已保留。", a.ID).
			At("cert_number", "请填写教师资格证书号码。")
	case f.Establishment == "approved_hire" && f.ApprovalDocNo == "":
		return fault.New(fault.Invalid, "申请 %s 是聘用教师，须在编，或由县级以上政府批准聘用（通知第一部分第 1 项）。请补填聘用批准文号后再受理，草稿已保留。", a.ID).
			At("approval_doc_no", "请填写聘用批准文号。")
	case !a.due():
		return a.notDue()
	case deferral != 0 && (deferral != 3 || f.PriorDeferralCleared != "yes"):
		return fault.New(fault.Invalid, "申请 %s 按“暂缓后已达到条件”申请，但没有找到完整的前次暂缓注册：须有年度、机构，且暂缓原因已消除。请补齐这三项；没有暂缓过的请清空，按第 1、2 项申请。", a.ID).
			At("prior_deferral_year", "请补齐或清空前次暂缓的三项。")
	}
	return nil
}

// NotAccept ends a record that is out of scope: stated with the rule by the
// school's handler and signed by the head as well (R46). A correction can show
// only later that somebody is out of scope, so it may come during the review
// and after a return too, with the corrections of the review that does not come.
func (a Application) NotAccept(handler, head Person, reason string, corrections []Correction, j Judge, c Calendar, now time.Time) (Step, error) {
	step := Step{Before: a, After: a}
	if err := a.wants("办理不予受理", Imported, InReview, ReturnedSchool); err != nil {
		return step, err
	}
	if err := a.schoolDoor(c, now); err != nil {
		return step, err
	}
	if err := a.mayTake(PartReviewer, handler); err != nil {
		return step, err
	}
	reason, err := OneLine("不予受理的理由", reason)
	if err != nil {
		return step, err
	}
	next, made, err := a.corrected(handler, corrections, now)
	if err != nil {
		return step, err
	}
	if err := next.mayTake(PartReviewer, handler); err != nil {
		return step, err
	}
	if next, err = j.Of(next); err != nil {
		return step, err
	}
	if len(next.findings(ClassScope)) == 0 {
		return step, fault.New(fault.Invalid, "申请 %s 没有“不属注册对象”的发现，不得拒绝办理（通知第三部分：不得借故拖延或拒绝）。请受理后按审查办理。", a.ID)
	}
	next.Reviewer, next.Deeds = handler.Staff, a.Deeds.Add(PartReviewer, handler.Staff)
	if err := next.mayTake(PartSender, head); err != nil {
		return step, err
	}
	next.Sender, next.Deeds = head.Staff, next.Deeds.Add(PartSender, head.Staff)
	next.State, next.Reason, next.ConclusionRules = NotAccepted, reason, ruleIDs(next.findings(ClassScope))
	if next.Round == 0 {
		next.Round = 1
	}
	step.After, step.Corrections = next.stamp(now), made
	return step, nil
}

// Licensed moves a waiting record on once its school has a licence (R02):
// nothing is typed again.
func (a Application) Licensed(j Judge, now time.Time) (Application, error) {
	if err := a.wants("按办学许可转入待受理", Waiting); err != nil {
		return a, err
	}
	if strings.TrimSpace(j.School.Licence) == "" {
		return a, fault.New(fault.Conflict, "申请 %s 所在学校的办学许可证号仍是空的，继续等待登记。", a.ID)
	}
	next, err := j.Of(a)
	if err != nil {
		return a, err
	}
	next.State = Imported
	return next.stamp(now), nil
}

// sentences joins findings for a refusal.
func sentences(list []Finding) string {
	var b strings.Builder
	for _, f := range list {
		b.WriteString(f.Sentence)
	}
	return b.String()
}

// ruleIDs joins the rules of findings as they are kept.
func ruleIDs(list []Finding) string {
	ids := make([]string, len(list))
	for i, f := range list {
		ids[i] = f.Rule
	}
	return strings.Join(ids, " ")
}
