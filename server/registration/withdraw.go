package registration

import (
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Paper is a teacher's request on paper: why, on which page of the school's
// evidence it lies, and the SHA-256 of its scan in hex, by which the paper that
// is kept at the school can be told from another one.
type Paper struct{ Reason, Page, Scan string }

// checked brings a paper into lines that can be signed, or says what it lacks.
func (p Paper) checked() (Paper, error) {
	var err error
	if p.Reason, err = OneLine("撤回的原因", p.Reason); err != nil {
		return p, err
	}
	if p.Page, err = OneLine("申请书的页码", p.Page); err != nil {
		return p, err
	}
	if len(p.Scan) != 64 || strings.Trim(p.Scan, "0123456789abcdef") != "" {
		return p, fault.New(fault.Invalid, "没有收到本人书面申请的扫描件。请选择扫描件再提交。").At("scan", "请选择扫描件。")
	}
	return p, nil
}

// Withdraw ends a record at the teacher's own request on paper, at any step
// before it is final: handler and head of the school both sign. No window bars
// it, since nobody is to be registered against his will. It is no part in the
// record's separation, but both are other people than the teacher, and two.
func (a Application) Withdraw(handler, head Person, paper Paper, now time.Time) (Step, error) {
	step := Step{Before: a, After: a}
	if err := a.wants("撤回", Waiting, Overdue, Imported, InReview, Reviewed, AtCounty, ReturnedSchool, Concluded); err != nil {
		return step, err
	}
	for _, by := range []Person{handler, head} {
		if err := a.NotOf(by); err != nil {
			return step, err
		}
	}
	if handler.Staff == head.Staff {
		return step, fault.New(fault.Forbidden, "撤回申请 %s 须由经办人和校长两个人签署。请由另一个人复签。", a.ID)
	}
	paper, err := paper.checked()
	if err != nil {
		return step, err
	}
	next := a
	next.State, next.Withdrawal = Withdrawn, paper
	step.After = next.stamp(now)
	return step, nil
}

// WithdrawStatement is the text that handler and head sign.
func WithdrawStatement(h seal.Header, s Step) (seal.Statement, error) {
	a := s.After
	return finish(seal.Withdraw, h, []seal.Field{yearLine(a.Year), recordLine(s.Before), field("申请人", cell(a.Form.PersonName)),
		field("学校", schoolWords(a)), field("原状态", s.Before.State.Word()), field("理由", a.Withdrawal.Reason),
		field("申请书页码", a.Withdrawal.Page), field("扫描件摘要", a.Withdrawal.Scan)}, seal.Annex{})
}
