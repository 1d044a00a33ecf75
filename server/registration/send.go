package registration

import (
	"fmt"
	"time"

	"sealdesk/server/internal/fault"
)

// Send hands a school's reviewed records to the county (R19, R20). all are the
// school's records of the year, whatever their state: the list cannot leave
// while one in scope has no conclusion. It gives a step for each record that
// now goes, in the order of all; more than a batch go in several lists, each
// of which is complete because all is.
func Send(all []Application, chosen []string, head Person, c Calendar, now time.Time) ([]Step, error) {
	if len(all) == 0 {
		return nil, fault.New(fault.Invalid, "本校没有可以上报的申请。")
	}
	if err := oneSchool(all); err != nil {
		return nil, err
	}
	if err := complete(all); err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, id := range chosen {
		wanted[id] = true
	}
	var going []Application
	for _, a := range all {
		if a.State == Reviewed && (len(chosen) == 0 || wanted[a.ID]) {
			going = append(going, a)
			delete(wanted, a.ID)
		}
	}
	if len(wanted) > 0 && len(chosen) > 0 {
		return nil, fault.New(fault.Conflict, "选中的申请里有 %d 份不在待上报之列，可能已经上报或退回。请刷新后重新生成名单。", len(wanted))
	}
	if err := batchSize("上报", going); err != nil {
		return nil, err
	}
	bad := &rowFaults{}
	steps := make([]Step, len(going))
	for i, a := range going {
		if err := a.schoolDoor(c, now); err != nil {
			return nil, err
		}
		if err := a.mayTake(PartSender, head); err != nil {
			bad.at(i+1, a, sentenceOf(err))
			continue
		}
		next := a
		next.State, next.Sender = AtCounty, head.Staff
		next.Deeds = a.Deeds.Add(PartSender, head.Staff)
		steps[i] = Step{Before: a, After: next.stamp(now)}
	}
	if err := bad.err(fault.Forbidden, len(going), "上报"); err != nil {
		return nil, err
	}
	return steps, nil
}

// MaySend says whether the person may send the record: it is not his own, and
// he has no other part in it. What a head may not send, his deputy sends.
func (a Application) MaySend(by Person) error { return a.mayTake(PartSender, by) }

// oneSchool refuses a list that mixes schools, years or handling paths.
func oneSchool(all []Application) error {
	for _, a := range all {
		if a.School != all[0].School || a.Year != all[0].Year || a.Path != all[0].Path {
			return fault.New(fault.Conflict, "名单里有不属同一学校、同一年度的申请（%s），不能一起上报。请按学校生成名单。", a.ID)
		}
	}
	return nil
}

// complete names the records that still lack the school's conclusion. The
// sentence has the numbers, the fields have the names for the page.
func complete(all []Application) error {
	var open []fault.Field
	inScope := 0
	for _, a := range all {
		switch a.State {
		case NotAccepted, Withdrawn, Waiting, Overdue, Held:
			continue // out of the round, not yet in it, or under a case that the others need not wait for
		case Imported, InReview, ReturnedSchool:
			open = append(open, fault.Field{Name: a.ID, Sentence: fmt.Sprintf("%s %s（%s）", a.ID, cell(a.Form.PersonName), a.State.Word())})
		}
		inScope++
	}
	if len(open) == 0 {
		return nil
	}
	numbers := ""
	for i, f := range open {
		if i == 20 {
			numbers += fmt.Sprintf("等 %d 份", len(open))
			break
		}
		if i > 0 {
			numbers += "、"
		}
		numbers += f.Name
	}
	e := fault.New(fault.Invalid, "全校 %d 份申请中有 %d 份还没有审查结论：%s。请先审查完再上报，名单没有送出。", inScope, len(open), numbers)
	e.Fields = open
	return e
}

// Return sends a record back to its school with a reason (R22). The next
// round begins; who acted in the last one stays on record.
func (a Application) Return(by Person, reason string, c Calendar, now time.Time) (Step, error) {
	step := Step{Before: a, After: a}
	if err := a.wants("退回", AtCounty); err != nil {
		return step, err
	}
	if err := a.auditDoor(c, now); err != nil {
		return step, err
	}
	if err := a.mayTake(PartAuditor, by); err != nil {
		return step, err
	}
	reason, err := OneLine("退回的理由", reason)
	if err != nil {
		return step, err
	}
	next := a
	next.State, next.ReturnReason = ReturnedSchool, reason
	next.Deeds = a.Deeds.Add(PartAuditor, by.Staff)
	next.Round++
	next.Reviewer, next.Sender, next.Auditor, next.Confirmer = "", "", "", ""
	next.SchoolConclusion, next.SchoolReason = "", ""
	step.After = next.stamp(now)
	return step, nil
}
