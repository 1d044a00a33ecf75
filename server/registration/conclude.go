package registration

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Verdict is what an auditor enters for one record: the conclusion, the rules
// among the findings that it rests on, and why.
type Verdict struct {
	Conclusion Conclusion
	Rules      []string
	Reason     string
}

// ConcludeBatch gives 注册合格 to up to 200 records under one seal (R23, R24).
// A row that is meant otherwise, or that the rules do not let pass, refuses the
// whole batch and is named. judge gives the rules for a record's school;
// verdicts are by record number.
func ConcludeBatch(list []Application, verdicts map[string]Verdict, auditor Person, judge func(Application) (Judge, error), c Calendar, now time.Time) ([]Step, error) {
	if err := batchSize("审核", list); err != nil {
		return nil, err
	}
	bad := &rowFaults{}
	steps := make([]Step, len(list))
	for i, a := range list {
		if a.Unit != list[0].Unit || a.Year != list[0].Year {
			return nil, fault.New(fault.Conflict, "第 %d 行（%s）不属同一审核机构、同一年度，整批没有签署。请分开办理。", i+1, a.ID)
		}
		if err := a.auditDoor(c, now); err != nil {
			return nil, err
		}
		v := verdicts[a.ID]
		if v.Conclusion.Adverse() {
			bad.at(i+1, a, v.Conclusion.Word()+"须单份签署，不能放在批里。")
			continue
		}
		j, err := judge(a)
		if err != nil {
			return nil, err
		}
		next, err := a.registered(v, auditor, j, now)
		if err != nil {
			bad.at(i+1, a, sentenceOf(err))
			continue
		}
		steps[i] = Step{Before: a, After: next, Passing: j.Pack.Passing}
	}
	if err := bad.err(fault.Invalid, len(list), "这一批"); err != nil {
		return nil, err
	}
	for i, s := range steps {
		if s.After.Pack != steps[0].After.Pack {
			return nil, fault.New(fault.Conflict, "第 %d 行（%s）按另一个规则包核验，整批没有签署。请分开办理。", i+1, s.After.ID)
		}
	}
	return steps, nil
}

// registered is one row of the batch.
func (a Application) registered(v Verdict, auditor Person, j Judge, now time.Time) (Application, error) {
	if v.Conclusion != Registered {
		return a, fault.New(fault.Invalid, "没有选结论。请选“注册合格”，或改为单份办理。")
	}
	next, err := a.audited(auditor, j)
	if err != nil {
		return a, err
	}
	switch next.Outcome {
	case OutcomePass:
	case OutcomeHuman:
		if strings.TrimSpace(v.Reason) == "" {
			return a, fault.New(fault.Invalid, "有须人工判断的发现（%s），给注册合格须写明认定的理由。", ruleIDs(next.Findings))
		}
	default:
		return a, fault.New(fault.Invalid, "核验结果是“%s”（%s），给注册合格与之不同，须单份办理，由两人签署。", next.Outcome.Word(), ruleIDs(next.Findings))
	}
	if err := next.proven(); err != nil {
		return a, err
	}
	if next.Reason = ""; strings.TrimSpace(v.Reason) != "" {
		if next.Reason, err = OneLine("认定的理由", v.Reason); err != nil {
			return a, err
		}
	}
	next.ConclusionRules = strings.TrimSpace(j.Pack.Passing.ID + " " + ruleIDs(next.Findings))
	next.State, next.Conclusion = Concluded, Registered
	return next.stamp(now), nil
}

// audited takes the auditor's part and asks the rules anew.
func (a Application) audited(auditor Person, j Judge) (Application, error) {
	if err := a.wants("给出结论", AtCounty); err != nil {
		return a, err
	}
	if err := a.mayTake(PartAuditor, auditor); err != nil {
		return a, err
	}
	if !a.due() {
		return a, a.notDue()
	}
	next, err := j.Of(a)
	if err != nil {
		return a, err
	}
	if next.Outcome == OutcomeOutOfScope {
		return a, fault.New(fault.Invalid, "申请 %s 不属注册对象，不能给结论：%s请退回学校，由学校办理不予受理。", a.ID, sentences(next.findings(ClassScope)))
	}
	next.Auditor, next.Deeds = auditor.Staff, a.Deeds.Add(PartAuditor, auditor.Staff)
	next.Confirmer = ""
	return next, nil
}

// proven holds R47: no 注册合格 for a certificate outside the national system
// before two people have found it genuine. That act does not exist yet, and
// what the sheet says of it is the school's word, so nothing opens this door.
// A number of another length counts as outside the system, whatever the sheet
// says (section 6).
func (a Application) proven() error {
	if a.Form.Authenticity == "false" {
		return fault.New(fault.Invalid, "申请 %s 的证书真伪核验填的是“伪造”，不能给注册合格。请由区县负责人（市直由市级负责人）立案并暂停办理（R52）；填错的，请退回学校更正后再报。", a.ID)
	}
	if a.Form.InNationalSystem == "yes" {
		if SeventeenDigits(a.Form.CertNumber) {
			return nil
		}
		return fault.New(fault.Invalid, "申请 %s 的教师资格证书号码为 %d 位，应为 17 位数字，按不在全国系统内的旧证书处理：须先由两人核验证书真伪并附发证机关的答复，核实之前不能给注册合格。号码写错的，请退回学校更正；确系旧证书的，请先办理证书真伪核验。", a.ID, utf8.RuneCountInString(a.Form.CertNumber.Plain()))
	}
	return fault.New(fault.Invalid, "申请 %s 的教师资格证书不在全国系统内（或没有填写），须先由两人核验证书真伪并附发证机关的答复，核实之前不能给注册合格。表中填写的核验结果不能代替核验。请先办理证书真伪核验，或退回学校。", a.ID)
}

// KindOfVerdict tells which statement a verdict needs, and so how many people
// sign it: 注册合格 as proposed or on a human judgement needs the auditor;
// against the proposal, and each adverse conclusion, the lead as well.
func KindOfVerdict(out Outcome, c Conclusion) seal.Kind {
	switch {
	case c.Adverse():
		return seal.ConcludeAdverse
	case c == Registered && (out == OutcomeDefer || out == OutcomeFail):
		return seal.ConcludeOverride
	}
	return seal.Conclude
}

// ConcludeByTwo gives one record an adverse conclusion, or 注册合格 against the
// proposal: signed singly by the auditor and confirmed by the lead, another
// person (R24, R50). It is asked at the first seal, to see whether the act
// would stand, and carried out at the last.
func (a Application) ConcludeByTwo(v Verdict, auditor, lead Person, j Judge, c Calendar, now time.Time) (Step, error) {
	step := Step{Before: a, After: a}
	if err := a.auditDoor(c, now); err != nil {
		return step, err
	}
	next, err := a.audited(auditor, j)
	if err != nil {
		return step, err
	}
	if err := next.mayTake(PartConfirmer, lead); err != nil {
		return step, err
	}
	if err := next.rests(v); err != nil {
		return step, err
	}
	if v.Conclusion == Registered {
		err = next.proven()
	} else {
		err = next.inTime(c, now)
	}
	if err != nil {
		return step, err
	}
	reason, err := OneLine("结论的理由", v.Reason)
	if err != nil {
		return step, err
	}
	next.Confirmer, next.Deeds = lead.Staff, next.Deeds.Add(PartConfirmer, lead.Staff)
	next.Conclusion, next.ConclusionRules, next.Reason = v.Conclusion, strings.Join(v.Rules, " "), reason
	next.State = Concluded
	step.After = next.stamp(now)
	return step, nil
}

// inTime refuses an adverse conclusion after the day on which the teacher's
// statement and the publicity still fit before the audit closes.
func (a Application) inTime(c Calendar, now time.Time) error {
	w, _ := c.Window(a.Year, a.Unit, StageAudit)
	last := w.LastAdverseDay(c.Days)
	if !DateOf(now).After(last) {
		return nil
	}
	return fault.New(fault.Closed, "不利结论最迟 %s 作出并书面告知本人，才留得出 5 个工作日陈述申辩和 7 天公示（审核于 %s 截止）。申请 %s 保持原状。请由区县负责人（市直由市级负责人）调整审核时段后再办。",
		last, clock(w.Closes), a.ID)
}

// rests asks that a conclusion stands on findings of its own weight: 注册不合格
// on an F, 暂缓注册 on a D or, by a person's judgement, an H; an override names
// each F and D that it sets aside.
func (a Application) rests(v Verdict) error {
	weight := map[string]Class{}
	for _, f := range a.Findings {
		weight[f.Rule] = f.Class
	}
	for i, rule := range v.Rules {
		if weight[rule] == "" || slices.Contains(v.Rules[:i], rule) {
			return fault.New(fault.Invalid, "依据里的“%s”不在这份申请的核验发现之内，或写了两次。请从发现中选择。", cell(rule)).At("rules", "请从核验发现中选择。")
		}
	}
	has := func(classes ...Class) bool {
		return slices.ContainsFunc(v.Rules, func(rule string) bool { return slices.Contains(classes, weight[rule]) })
	}
	switch v.Conclusion {
	case Failed:
		if !has(ClassFail) {
			return fault.New(fault.Invalid, "注册不合格至少要有一条“不合格”类的核验发现作依据。申请 %s 请另选结论，或选中所依据的发现。", a.ID).At("rules", "请选择依据。")
		}
	case Deferred:
		if !has(ClassDefer, ClassHuman) {
			return fault.New(fault.Invalid, "暂缓注册至少要有一条“暂缓”类、或须人工判断而认定不足的核验发现作依据。申请 %s 请另选结论，或选中所依据的发现。", a.ID).At("rules", "请选择依据。")
		}
	case Registered:
		if KindOfVerdict(a.Outcome, v.Conclusion) != seal.ConcludeOverride {
			return fault.New(fault.Invalid, "申请 %s 的核验结果是“%s”，注册合格由审核人员一人签署即可，不用复签。", a.ID, a.Outcome.Word())
		}
		for _, f := range a.Findings {
			if (f.Class == ClassFail || f.Class == ClassDefer) && !slices.Contains(v.Rules, f.Rule) {
				return fault.New(fault.Invalid, "不同于核验结果给注册合格，须逐条写明不采纳的发现，%s 没有选中。", f.Rule).At("rules", "请选中每一条不采纳的发现。")
			}
		}
	default:
		return fault.New(fault.Invalid, "申请 %s 没有选结论。请选一个结论。", a.ID).At("conclusion", "请选择结论。")
	}
	return nil
}
