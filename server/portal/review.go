package portal

import (
	"strings"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/web/view"
)

// steps of the review, in order: four parts of the comparison, the findings,
// the conclusion.
var reviewStepNames = []struct{ key, text string }{
	{"compare-1", "比对：本人信息"}, {"compare-2", "比对：任教情况"}, {"compare-3", "比对：教师资格证书"}, {"compare-4", "比对：注册、考核与培训"},
	{"findings", "答复核验发现"}, {"conclude", "学校结论"},
}

func (p *Portal) reviewSteps(c *call, a registration.Application, current string) ([]view.ReviewStep, error) {
	d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
	if err != nil {
		return nil, err
	}
	var steps []view.ReviewStep
	for _, s := range reviewStepNames {
		mark := view.Mark{Kind: "wait", Text: "未填"}
		if d.Shown[s.key] {
			mark = view.Mark{Kind: "ok", Text: "已填"}
		}
		steps = append(steps, view.ReviewStep{Text: s.text, Href: "/applications/" + a.ID + "/review?step=" + s.key, Mark: mark, Current: s.key == current})
	}
	return steps, nil
}

// GET /applications/:id/review
func (p *Portal) showReview(c *call) (answer, error) {
	v, err := p.reviewPage(c, c.form.Get("step"))
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) reviewPage(c *call, step string) (view.Review, error) {
	var v view.Review
	a, school, _, err := p.record(c, policy.Review)
	if err != nil {
		return v, err
	}
	d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
	if err != nil {
		return v, err
	}
	if !knownStep(step) {
		step = nextStep(d)
	}
	v = view.Review{Frame: p.frame(c, "学校审查"), Back: view.Link{Text: "回到这份申请", Href: "/applications/" + a.ID}, ID: a.ID, Name: a.Form.PersonName,
		School: school.Name, Teaches: a.Form.Show("stage_taught") + a.Form.SubjectTaught, Lead: "逐步填写，每一步都会保存",
		Action: "/applications/" + a.ID + "/review", Step: step, Save: "保存，看下一步"}
	if v.Steps, err = p.reviewSteps(c, a, step); err != nil {
		return v, err
	}
	proposed, err := p.proposedFor(c, a)
	if err != nil {
		return v, err
	}
	for _, f := range proposed {
		if partOf(f.Field) == step {
			v.Proposed = append(v.Proposed, view.Proposal{Field: f.Field, In: f.In})
		}
	}
	switch step {
	case "findings":
		if a, err = p.preview(c, a, d); err != nil {
			return v, err
		}
		v.Findings = findingAnswers(a, d)
	case "conclude":
		v.Conclude, v.Save = schoolConclusion(a, d), "保存审查结论"
		for _, f := range proposed {
			if partOf(f.Field) == step {
				v.Conclude.Facts = append(v.Conclude.Facts, view.Fact{Label: "后来的表写", Value: registration.HeaderOf(f.Field) + "：" + orText(fieldChangeView(f).New, "（空）")})
			}
		}
	default:
		v.Compare = comparePart(a, d, step, proposed)
		if step == partOf("id_number") || step == partOf("cert_number") {
			v.Reveal = revealForm(c, "application", "/applications/"+a.ID+"/reveal", step)
		}
	}
	return v, nil
}

func knownStep(step string) bool {
	for _, s := range reviewStepNames {
		if s.key == step {
			return true
		}
	}
	return false
}

// nextStep is the first that was not filled.
func nextStep(d reviewDraft) string {
	for _, s := range reviewStepNames {
		if !d.Shown[s.key] {
			return s.key
		}
	}
	return reviewStepNames[len(reviewStepNames)-1].key
}

func comparePart(a registration.Application, d reviewDraft, step string, proposed []registration.FieldChange) *view.FieldGroup {
	for _, g := range groups {
		if g.key != step {
			continue
		}
		part := &view.FieldGroup{Name: g.name}
		for _, field := range g.fields {
			f := view.ComparedField{Field: field, Header: registration.HeaderOf(field), Online: a.Form.Show(field), Result: d.Review.Compared[field],
				Explained: view.Field{Value: d.Review.Explained[field]}}
			if field != "school_code" && field != "school_name" && field != "id_type" {
				f.Correct = "/applications/" + a.ID + "/correct?field=" + field
			}
			if change, ok := proposedOf(proposed, field); ok {
				f.Proposed = fieldChangeView(change).New
				if f.Proposed == "" {
					f.Proposed = "（空）"
				}
			}
			for _, k := range d.Corrections {
				if k.Field == field {
					f.Old, f.Online = a.Form.Show(field), registration.Masked(field, k.New)+"（待签署的更正）"
				}
			}
			part.Fields = append(part.Fields, f)
		}
		return part
	}
	return nil
}

// preview is the record as the rules see it with the draft's corrections.
func (p *Portal) preview(c *call, a registration.Application, d reviewDraft) (registration.Application, error) {
	_, grant, err := p.place(c, policy.Review)
	if err != nil {
		return a, err
	}
	j, err := judgeOf(p.knowledge(grant), p.reading(c.ctx, grant), a)
	if err != nil {
		return a, err
	}
	return a.Preview(d.Corrections, j, c.received)
}

func findingAnswers(a registration.Application, d reviewDraft) []view.FindingAnswer {
	var list []view.FindingAnswer
	for _, f := range a.Findings {
		answer := d.Review.Answers[f.Rule]
		text, disputed := strings.CutPrefix(answer, registration.Dispute)
		if !disputed {
			text = ""
		}
		list = append(list, view.FindingAnswer{Finding: findingView(f), Note: view.Field{Value: text}, Answer: view.Choices{Items: []view.Choice{
			{Value: "affirm", Text: "认可", Chosen: answer == registration.Affirm}, {Value: "dispute", Text: "有异议", Chosen: disputed}}}})
	}
	return list
}

func schoolConclusion(a registration.Application, d reviewDraft) *view.SchoolConclusion {
	v := &view.SchoolConclusion{Reason: view.Field{Value: d.Review.Reason}, Hint: "建议暂缓或不合格的，逐份签署；注册合格的可以一起签署。"}
	for _, conclusion := range []registration.Conclusion{registration.Registered, registration.Deferred, registration.Failed} {
		v.Conclusion.Items = append(v.Conclusion.Items, view.Choice{Value: string(conclusion), Text: "建议" + conclusion.Word(), Chosen: d.Review.Conclusion == conclusion})
	}
	v.Facts = []view.Fact{{Label: "已比对", Value: number(len(d.Review.Compared)) + " / 23 项"}, {Label: "核验建议", Value: a.Outcome.Word()}}
	return v
}

// POST /applications/:id/review keeps one step of the draft.
func (p *Portal) saveReview(c *call) (answer, error) {
	a, _, _, err := p.record(c, policy.Review)
	if err != nil {
		return nil, err
	}
	d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
	if err != nil {
		return nil, err
	}
	step := c.form.Get("step")
	seen, err := p.preview(c, a, d)
	if err != nil {
		return nil, err
	}
	faults := d.take(c.form, step, seen)
	if err := p.keepDraft(c, a, d); err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		v, err := p.reviewPage(c, step)
		if err != nil {
			return nil, err
		}
		f := fault.New(fault.Invalid, "这一步还有 %d 处没有填好", len(faults))
		v.Refusal = &view.Refusal{Title: f.Sentence, Kept: "已填的都保存了。", Request: c.number, Faults: faults}
		markReview(&v, faults)
		p.recordRefusal(c, f)
		return page{status: statuses[fault.Invalid], view: v}, nil
	}
	if step == "conclude" {
		return redirect{"/review"}, nil
	}
	return redirect{"/applications/" + a.ID + "/review?step=" + after(step)}, nil
}

// markReview puts each sentence beside its field.
func markReview(v *view.Review, faults []view.Fault) {
	for _, f := range faults {
		if v.Compare != nil {
			for i := range v.Compare.Fields {
				field := &v.Compare.Fields[i]
				switch f.Field {
				case "compared-" + field.Field:
					field.Error = f.Text
				case "explained-" + field.Field:
					field.Explained.Error = f.Text
				}
			}
		}
		for i := range v.Findings {
			switch f.Field {
			case "answer-" + v.Findings[i].Finding.Rule:
				v.Findings[i].Answer.Error = f.Text
			case "note-" + v.Findings[i].Finding.Rule:
				v.Findings[i].Note.Error = f.Text
			}
		}
		if v.Conclude != nil && f.Field == "conclusion" {
			v.Conclude.Conclusion.Error = f.Text
		}
	}
}

func after(step string) string {
	for i, s := range reviewStepNames {
		if s.key == step && i+1 < len(reviewStepNames) {
			return reviewStepNames[i+1].key
		}
	}
	return "conclude"
}
