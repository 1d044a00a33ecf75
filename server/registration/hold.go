package registration

import (
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Hold stops a record under a case number, at whatever step it stands: a fraud
// case (R52) or another reason to wait. Nothing can be done with it until it is
// released, and no other record waits for it.
func (a Application) Hold(by Person, caseNo, reason string, now time.Time) (Step, error) {
	step := Step{Before: a, After: a}
	if a.State == Held {
		return step, fault.New(fault.Conflict, "申请 %s 已因案号“%s”暂停办理，不用再办。", a.ID, a.HoldCase)
	}
	if err := a.NotOf(by); err != nil {
		return step, err
	}
	caseNo, err := OneLine("案号", caseNo)
	if err != nil {
		return step, err
	}
	reason, err = OneLine("暂停的理由", reason)
	if err != nil {
		return step, err
	}
	next := a
	next.HeldFrom, next.State, next.HoldCase, next.HoldReason = a.State, Held, caseNo, reason
	step.After = next.stamp(now)
	return step, nil
}

// Release gives a held record back the state it had. One that waited for its
// school's licence moves on if the licence came meanwhile (R02): the act that
// registered it could not take this record along.
func (a Application) Release(by Person, reason string, j Judge, now time.Time) (Step, error) {
	step := Step{Before: a, After: a}
	if a.State != Held {
		return step, fault.New(fault.Conflict, "申请 %s 没有暂停办理，不用恢复。", a.ID)
	}
	if err := a.NotOf(by); err != nil {
		return step, err
	}
	reason, err := OneLine("恢复的理由", reason)
	if err != nil {
		return step, err
	}
	next := a
	next.State, next.HeldFrom, next.HoldReason = a.HeldFrom, "", reason
	if next.State == Waiting && strings.TrimSpace(j.School.Licence) != "" {
		if next, err = next.Licensed(j, now); err != nil {
			return step, err
		}
	}
	step.After = next.stamp(now)
	return step, nil
}

// Standing is where a record stands, or stood when it was held.
func (a Application) Standing() State {
	if a.State == Held {
		return a.HeldFrom
	}
	return a.State
}

// HoldStatement is the text of a hold.
func HoldStatement(h seal.Header, s Step) (seal.Statement, error) {
	a := s.After
	return finish(seal.Hold, h, []seal.Field{yearLine(a.Year), recordLine(s.Before), field("申请人", cell(a.Form.PersonName)),
		field("学校", schoolWords(a)), field("原状态", s.Before.State.Word()), field("案号", a.HoldCase), field("理由", a.HoldReason)}, seal.Annex{})
}

// ReleaseStatement is the text of its end.
func ReleaseStatement(h seal.Header, s Step) (seal.Statement, error) {
	a := s.After
	return finish(seal.Release, h, []seal.Field{yearLine(a.Year), recordLine(s.Before), field("申请人", cell(a.Form.PersonName)),
		field("学校", schoolWords(a)), field("案号", a.HoldCase), field("恢复到", a.State.Word()), field("理由", a.HoldReason)}, seal.Annex{})
}
