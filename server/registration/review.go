package registration

import (
	"maps"
	"slices"
	"strings"
	"time"

	"sealdesk/server/internal/fault"
)

// What a comparison of paper and online form can say (R17).
const (
	Same    = "same"
	Differs = "differs"
	Absent  = "absent"
)

// How a reviewer can answer a finding (R16). A dispute is followed by its text.
const (
	Affirm  = "affirm"
	Dispute = "dispute: "
)

// Review is the school's three checks (R16-R19). The draft holds what the
// reviewer entered: Compared, Explained, Answers, Conclusion, Reason; the
// corrections hold Field, New, Reason, Evidence and MendedAtSource. The rest is
// filled in here. Corrections are applied first and the rules asked anew, so
// answers are owed to what the corrected form shows.
func (a Application) Review(by Person, draft Review, corrections []Correction, j Judge, c Calendar, now time.Time) (Step, error) {
	step := Step{Before: a, After: a}
	if err := a.wants("审查", InReview, ReturnedSchool); err != nil {
		return step, err
	}
	if err := a.schoolDoor(c, now); err != nil {
		return step, err
	}
	if err := a.mayTake(PartReviewer, by); err != nil {
		return step, err
	}
	draft, err := a.compared(draft, corrections)
	if err != nil {
		return step, err
	}
	next, made, err := a.corrected(by, corrections, now)
	if err != nil {
		return step, err
	}
	if err := next.mayTake(PartReviewer, by); err != nil { // as the paper names the applicant
		return step, err
	}
	if next, err = next.stillLetIn(a); err != nil {
		return step, err
	}
	if err := next.corrigible(a, made, DateOf(now)); err != nil {
		return step, err
	}
	if next, err = j.Of(next); err != nil {
		return step, err
	}
	if draft, err = next.answered(draft); err != nil {
		return step, err
	}
	if draft, err = next.recommended(draft); err != nil {
		return step, err
	}
	draft.ID, draft.Application, draft.Round = a.round(), a.ID, a.Round
	draft.Reviewer, draft.At = by.Staff, now.In(Shanghai).Truncate(time.Millisecond)
	next.State, next.Reviewer = Reviewed, by.Staff
	next.Deeds = a.Deeds.Add(PartReviewer, by.Staff)
	next.SchoolConclusion, next.SchoolReason = draft.Conclusion, draft.Reason
	step.After, step.Review, step.Corrections = next.stamp(now), draft, made
	return step, nil
}

// compared is check 2: each of the 23 fields, and for each that is not the
// same a correction or an explanation.
func (a Application) compared(draft Review, corrections []Correction) (Review, error) {
	corrects := map[string]bool{}
	for _, c := range corrections {
		corrects[c.Field] = true
	}
	explained := map[string]string{}
	var open, bare []fault.Field
	for _, s := range a.Form.Reviewed() {
		verdict := draft.Compared[s.Field]
		if verdict != Same && verdict != Differs && verdict != Absent {
			open = append(open, fault.Field{Name: s.Field, Sentence: s.Header + "没有比对。"})
			continue
		}
		if corrects[s.Field] && verdict != Differs {
			return draft, fault.New(fault.Invalid, "%s 的比对不是“不一致”，却有更正。请改比对结果，或撤去更正。", s.Header).At(s.Field, "比对结果与更正矛盾。")
		}
		if verdict == Same {
			continue
		}
		if text := draft.Explained[s.Field]; strings.TrimSpace(text) != "" {
			line, err := OneLine(s.Header+"的说明", text)
			if err != nil {
				return draft, err
			}
			explained[s.Field] = line
		} else if !corrects[s.Field] {
			bare = append(bare, fault.Field{Name: s.Field, Sentence: s.Header + "须更正，或说明原因。"})
		}
	}
	if len(open) > 0 {
		e := fault.New(fault.Invalid, "23 项中有 %d 项没有比对：%s。请逐项核对纸质材料后再提交，已填的都保留。", len(open), headers(open))
		e.Fields = open
		return draft, e
	}
	if len(bare) > 0 {
		e := fault.New(fault.Invalid, "有 %d 项不一致或纸质缺少，既没有更正也没有说明：%s。请逐项更正（附理由和证据），或说明原因。", len(bare), headers(bare))
		e.Fields = bare
		return draft, e
	}
	kept := map[string]string{}
	for _, s := range a.Form.Reviewed() {
		kept[s.Field] = draft.Compared[s.Field]
	}
	draft.Compared, draft.Explained = kept, explained
	return draft, nil
}

// headers names fields in the words of the sheet.
func headers(fields []fault.Field) string {
	words := make([]string, len(fields))
	for i, f := range fields {
		words[i] = HeaderOf(f.Name)
	}
	return strings.Join(words, "、")
}

// answered is check 1: each finding affirmed, or disputed with a text.
func (a Application) answered(draft Review) (Review, error) {
	var open []fault.Field
	kept := map[string]string{}
	for _, f := range a.Findings {
		answer := draft.Answers[f.Rule]
		text, disputed := strings.CutPrefix(answer, strings.TrimSpace(Dispute))
		switch {
		case answer == Affirm:
			kept[f.Rule] = Affirm
		case disputed && strings.TrimSpace(text) != "":
			line, err := OneLine("对 "+f.Rule+" 的异议", text)
			if err != nil {
				return draft, err
			}
			kept[f.Rule] = Dispute + line
		case disputed:
			return draft, fault.New(fault.Invalid, "对发现 %s 有异议的，请写明理由。", f.Rule).At(f.Rule, "请写明异议的理由。")
		default:
			open = append(open, fault.Field{Name: f.Rule, Sentence: "发现 " + f.Rule + " 没有答复。" + f.Sentence})
		}
	}
	if len(open) > 0 {
		ids := make([]string, len(open))
		for i, f := range open {
			ids[i] = f.Name
		}
		e := fault.New(fault.Invalid, "有 %d 条核验发现没有答复：%s。请逐条认可，或写明异议；更正之后出现的发现也要答复。", len(open), strings.Join(ids, "、"))
		e.Fields = open
		return draft, e
	}
	for _, rule := range slices.Sorted(maps.Keys(draft.Answers)) {
		if kept[rule] == "" && draft.Answers[rule] != "" {
			return draft, fault.New(fault.Conflict, "答复了发现 %s，但现在没有这条发现。请刷新后核对，已填的都保留。", cell(rule)).At(rule, "这条发现已不存在。")
		}
	}
	draft.Answers = kept
	return draft, nil
}

// recommended is check 3: the school's own conclusion.
func (a Application) recommended(draft Review) (Review, error) {
	switch {
	case draft.Conclusion.Word() == "":
		return draft, fault.New(fault.Invalid, "申请 %s 没有审查结论。每位申请人都须给出审查结论，请选择后提交。", a.ID).At("conclusion", "请选择审查结论。")
	case a.Outcome == OutcomeOutOfScope:
		return draft, fault.New(fault.Invalid, "申请 %s 不属注册对象，不给审查结论：%s请改办“不予受理”。", a.ID, sentences(a.findings(ClassScope)))
	}
	against := draft.Conclusion == Registered && (a.Outcome == OutcomeFail || a.Outcome == OutcomeDefer)
	if strings.TrimSpace(draft.Reason) == "" && !against && !draft.Conclusion.Adverse() {
		draft.Reason = ""
		return draft, nil
	}
	reason, err := OneLine("审查结论的理由", draft.Reason)
	if err != nil {
		return draft, err
	}
	draft.Reason = reason
	return draft, nil
}

// cutDispute gives the text of a disputed answer.
func cutDispute(answer string) (string, bool) { return strings.CutPrefix(answer, Dispute) }
