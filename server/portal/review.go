package portal

import (
	"context"
	"encoding/json"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// draftOf is what this handler entered for a record so far; a draft of an
// earlier round counts no more.
func (p *Portal) draftOf(ctx context.Context, staff string, a registration.Application) (reviewDraft, error) {
	d := reviewDraft{Application: a.ID}
	raw, err := p.store.Scratch().Draft(ctx, staff, draftName(a))
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return d, err
	default:
		if err := json.Unmarshal(raw, &d); err != nil {
			return d, err
		}
	}
	if d.Review.Compared == nil {
		d.Review.Compared, d.Review.Explained, d.Review.Answers = map[string]string{}, map[string]string{}, map[string]string{}
	}
	if d.Shown == nil {
		d.Shown = map[string]bool{}
	}
	return d, nil
}

func draftName(a registration.Application) string { return "review/" + a.ID + "/" + number(a.Round) }

func (p *Portal) keepDraft(c *call, a registration.Application, d reviewDraft) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return p.store.Scratch().PutDraft(c.ctx, c.who.Staff.ID, draftName(a), raw)
}

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
	switch step {
	case "findings":
		if a, err = p.preview(c, a, d); err != nil {
			return v, err
		}
		v.Findings = findingAnswers(a, d)
	case "conclude":
		v.Conclude, v.Save = schoolConclusion(a, d), "保存审查结论"
	default:
		v.Compare = comparePart(a, d, step)
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

func comparePart(a registration.Application, d reviewDraft, step string) *view.FieldGroup {
	for _, g := range groups {
		if g.key != step {
			continue
		}
		part := &view.FieldGroup{Name: g.name}
		for _, field := range g.fields {
			f := view.ComparedField{Field: field, Header: registration.HeaderOf(field), Online: masked(a, field), Result: d.Review.Compared[field],
				Explained: view.Field{Value: d.Review.Explained[field]}}
			if field != "school_code" && field != "school_name" && field != "id_type" {
				f.Correct = "/applications/" + a.ID + "/correct?field=" + field
			}
			for _, k := range d.Corrections {
				if k.Field == field {
					f.Old, f.Online = masked(a, field), maskedValue(field, k.New)+"（待签署的更正）"
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
	j, err := judgeOf(p.knowledge(grant), p.reading(c.ctx, grant), a.School)
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
		list = append(list, view.FindingAnswer{Finding: findingView(f), Note: view.Field{Value: text2(disputed, text)}, Answer: view.Choices{Items: []view.Choice{
			{Value: "affirm", Text: "认可", Chosen: answer == registration.Affirm}, {Value: "dispute", Text: "有异议", Chosen: disputed}}}})
	}
	return list
}

func text2(use bool, text string) string {
	if use {
		return text
	}
	return ""
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
		v.Refusal = &view.Refusal{Title: "这一步还有 " + number(len(faults)) + " 处没有填好", Kept: "已填的都保存了。", Faults: faults}
		markReview(&v, faults)
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

// take reads one posted step into the draft; what is missing is named, what was
// typed is kept.
func (d *reviewDraft) take(form map[string][]string, step string, a registration.Application) []view.Fault {
	get := func(name string) string {
		if v := form[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	var faults []view.Fault
	switch step {
	case "findings":
		for _, f := range a.Findings {
			answer, note := get("answer-"+f.Rule), strings.TrimSpace(get("note-"+f.Rule))
			switch {
			case answer == "affirm":
				d.Review.Answers[f.Rule] = registration.Affirm
			case answer == "dispute" && note != "":
				d.Review.Answers[f.Rule] = registration.Dispute + note
			case answer == "dispute":
				faults = append(faults, view.Fault{Field: "note-" + f.Rule, Text: "对发现 " + f.Rule + " 有异议的，请写明理由。"})
			default:
				faults = append(faults, view.Fault{Field: "answer-" + f.Rule, Text: "发现 " + f.Rule + " 没有答复。"})
			}
		}
	case "conclude":
		d.Review.Conclusion, d.Review.Reason = registration.Conclusion(get("conclusion")), get("reason")
		if d.Review.Conclusion.Word() == "" {
			faults = append(faults, view.Fault{Field: "conclusion", Text: "请选择审查结论。"})
		}
	default:
		faults = d.takeComparison(get, step)
	}
	if len(faults) == 0 {
		d.Shown[step] = true
	}
	return faults
}

func (d *reviewDraft) takeComparison(get func(string) string, step string) []view.Fault {
	corrected := map[string]bool{}
	for _, k := range d.Corrections {
		corrected[k.Field] = true
	}
	var faults []view.Fault
	for _, g := range groups {
		if g.key != step {
			continue
		}
		for _, field := range g.fields {
			result, note := get("compared-"+field), strings.TrimSpace(get("explained-"+field))
			header := registration.HeaderOf(field)
			switch result {
			case registration.Same, registration.Differs, registration.Absent:
				d.Review.Compared[field] = result
			default:
				faults = append(faults, view.Fault{Field: "compared-" + field, Text: header + "没有比对。"})
				continue
			}
			if d.Review.Explained[field] = note; note == "" {
				delete(d.Review.Explained, field)
			}
			if result != registration.Same && note == "" && !corrected[field] {
				faults = append(faults, view.Fault{Field: "explained-" + field, Text: header + "不一致或纸质缺少：请更正，或说明原因。"})
			}
		}
	}
	return faults
}

// GET /applications/:id/correct
func (p *Portal) showCorrection(c *call) (answer, error) {
	v, err := p.correctionPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) correctionPage(c *call) (view.CorrectionForm, error) {
	var v view.CorrectionForm
	a, school, _, err := p.record(c, policy.Review)
	if err != nil {
		return v, err
	}
	field := c.form.Get("field")
	if registration.HeaderOf(field) == "" {
		return v, fault.New(fault.NotFound, "没有这一项可以更正。请回到比对页重新选择。")
	}
	v = view.CorrectionForm{Frame: p.frame(c, "更正"), Back: view.Link{Text: "回到比对", Href: "/applications/" + a.ID + "/review?step=" + partOf(field)},
		ID: a.ID, Name: a.Form.PersonName, School: school.Name, Action: "/applications/" + a.ID + "/correct", FieldName: field,
		Header: registration.HeaderOf(field), Old: masked(a, field), New: view.Field{Value: c.form.Get("new_value")},
		Reason: view.Field{Value: c.form.Get("reason")}, Evidence: view.Field{Value: c.form.Get("evidence")}, Mended: c.form.Get("mended_at_source") != ""}
	if options := registration.Words(field); len(options) > 0 {
		for _, w := range options {
			v.Options.Items = append(v.Options.Items, view.Choice{Value: w, Text: w, Chosen: w == c.form.Get("new_value")})
		}
	}
	return v, nil
}

func partOf(field string) string {
	for _, g := range groups {
		for _, f := range g.fields {
			if f == field {
				return g.key
			}
		}
	}
	return "compare-1"
}

// POST /applications/:id/correct keeps a correction with the draft; it takes
// effect with the review's seal.
func (p *Portal) saveCorrection(c *call) (answer, error) {
	a, _, _, err := p.record(c, policy.Review)
	if err != nil {
		return nil, err
	}
	d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
	if err != nil {
		return nil, err
	}
	k := registration.Correction{Field: c.form.Get("field"), New: c.form.Get("new_value"), Reason: c.form.Get("reason"),
		Evidence: c.form.Get("evidence"), MendedAtSource: c.form.Get("mended_at_source") != ""}
	if err := a.CheckCorrection(k, c.received); err != nil {
		v, pageErr := p.correctionPage(c)
		if pageErr != nil {
			return nil, err
		}
		f := sentenced(err)
		v.Refusal = refusal(f)
		for i := range v.Refusal.Faults {
			v.Refusal.Faults[i].Field = "new_value"
		}
		return page{status: statuses[f.Kind], view: v}, nil
	}
	kept := d.Corrections[:0]
	for _, old := range d.Corrections {
		if old.Field != k.Field {
			kept = append(kept, old)
		}
	}
	d.Corrections = append(kept, k)
	d.Review.Compared[k.Field] = registration.Differs
	if err := p.keepDraft(c, a, d); err != nil {
		return nil, err
	}
	return redirect{"/applications/" + a.ID + "/review?step=" + partOf(k.Field)}, nil
}

// ready tells whether a draft can be sealed, and if not what is missing.
func (p *Portal) ready(k knowledge, r rows, a registration.Application, d reviewDraft, by registration.Person, c *call) (registration.Step, error) {
	j, err := judgeOf(k, r, a.School)
	if err != nil {
		return registration.Step{}, err
	}
	calendar, err := calendarOf(k, r, a.Unit)
	if err != nil {
		return registration.Step{}, err
	}
	return a.Review(by, d.Review, d.Corrections, j, calendar, c.received)
}

// GET /review: what can be sealed together, what singly, what is not ready.
func (p *Portal) reviewBoard(c *call) (answer, error) {
	v, err := p.boardPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) boardPage(c *call) (view.Board, error) {
	v := view.Board{Frame: p.frame(c, "学校审查"), Heading: "学校审查", Action: "/review", Max: registration.BatchLimit, Sign: "看建议注册合格的名单，去签署"}
	school, grant, err := p.place(c, policy.Review)
	if err != nil {
		return v, err
	}
	r := p.reading(c.ctx, grant)
	all, err := r.ApplicationsOf(school.ID, registration.InReview, registration.ReturnedSchool)
	if err != nil {
		return v, err
	}
	by := registration.Person{Staff: c.who.Staff.ID, Name: c.who.Staff.Name, Org: c.who.Staff.Org}
	for _, a := range ofYear(all, p.year) {
		d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
		if err != nil {
			return v, err
		}
		row := view.BoardRow{ID: a.ID, Href: "/applications/" + a.ID + "/review", Name: a.Form.PersonName, Teaches: a.Form.Show("stage_taught") + a.Form.SubjectTaught,
			Proposal: outcomeMark(a.Outcome), Compared: len(d.Review.Compared)}
		if word := d.Review.Conclusion.Word(); word != "" {
			row.Conclusion = view.Mark{Kind: conclusionKind(d.Review.Conclusion), Text: "建议" + word}
		}
		_, err = p.ready(p.knowledge(grant), r, a, d, by, c)
		switch {
		case err != nil:
			row.Missing = sentenced(err).Sentence
			v.Open = append(v.Open, row)
		case d.Review.Conclusion.Adverse():
			row.Act = view.Link{Text: "单份签署", Href: "/review?single=" + a.ID}
			v.Single = append(v.Single, row)
		default:
			row.Chosen = true
			v.Ready = append(v.Ready, row)
		}
	}
	v.Lead = school.Name + "：可以签署 " + number(len(v.Ready)+len(v.Single)) + " 份，还没有填完 " + number(len(v.Open)) + " 份。"
	return v, nil
}

func conclusionKind(conclusion registration.Conclusion) string {
	switch conclusion {
	case registration.Registered:
		return "ok"
	case registration.Deferred:
		return "hold"
	}
	return "stop"
}

// POST /review: write the text of the chosen reviews.
func (p *Portal) proposeReview(c *call) (answer, error) {
	school, grant, err := p.place(c, policy.Review)
	if err != nil {
		return nil, err
	}
	m := &reviewMatter{School: school.ID}
	r := p.reading(c.ctx, grant)
	for _, id := range c.form["application"] {
		a, err := r.Application(id)
		if err != nil {
			return nil, err
		}
		d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
		if err != nil {
			return nil, err
		}
		m.Drafts = append(m.Drafts, d)
	}
	next, err := p.propose(c, m, school, "/review")
	if err == nil {
		return next, nil
	}
	f := sentenced(err)
	v, pageErr := p.boardPage(c)
	if pageErr != nil {
		return nil, err
	}
	v.Refusal = refusal(f)
	for i := range v.Refusal.Faults {
		v.Refusal.Faults[i].Field = ""
	}
	return page{status: statuses[f.Kind], view: v}, nil
}

// GET /send
func (p *Portal) sendBoard(c *call) (answer, error) {
	v, err := p.sendPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) sendPage(c *call) (view.Sending, error) {
	v := view.Sending{Frame: p.frame(c, "学校上报"), Action: "/send"}
	school, grant, err := p.place(c, policy.Send)
	if err != nil {
		return v, err
	}
	v.School = school.Name
	r := p.reading(c.ctx, grant)
	all, err := r.ApplicationsOf(school.ID)
	if err != nil {
		return v, err
	}
	all = ofYear(all, p.year)
	count := map[registration.Conclusion]int{}
	for _, a := range all {
		row := view.BoardRow{ID: a.ID, Href: "/applications/" + a.ID, Name: a.Form.PersonName, Teaches: a.Form.Show("stage_taught") + a.Form.SubjectTaught, Proposal: outcomeMark(a.Outcome)}
		switch a.State {
		case registration.Reviewed:
			row.Conclusion = view.Mark{Kind: conclusionKind(a.SchoolConclusion), Text: "建议" + a.SchoolConclusion.Word()}
			count[a.SchoolConclusion]++
			v.Rows = append(v.Rows, row)
		case registration.Imported, registration.InReview, registration.ReturnedSchool:
			row.Missing = a.State.Word()
			v.Missing = append(v.Missing, row)
		}
	}
	for _, conclusion := range []registration.Conclusion{registration.Registered, registration.Deferred, registration.Failed} {
		v.Counts = append(v.Counts, view.Fact{Label: "建议" + conclusion.Word(), Value: number(count[conclusion]) + " 份"})
	}
	v.Complete = len(v.Missing) == 0 && len(v.Rows) > 0
	v.Lead = "待上报 " + number(len(v.Rows)) + " 份，还没有审查结论 " + number(len(v.Missing)) + " 份。"
	if windows, err := r.WindowsOf(p.year, unitIn(school.Path)); err == nil {
		if w, ok := registration.Calendar(windows).Window(p.year, unitIn(school.Path), registration.StageSchoolReview); ok {
			v.Until = w.Closes
		}
	}
	return v, nil
}

// POST /send
func (p *Portal) proposeSend(c *call) (answer, error) {
	school, grant, err := p.place(c, policy.Send)
	if err != nil {
		return nil, err
	}
	all, err := p.reading(c.ctx, grant).ApplicationsOf(school.ID, registration.Reviewed)
	if err != nil {
		return nil, err
	}
	m := &sendMatter{School: school.ID}
	for _, a := range ofYear(all, p.year) {
		if len(m.IDs) < registration.BatchLimit {
			m.IDs = append(m.IDs, a.ID)
		}
	}
	next, err := p.propose(c, m, school, "/send")
	if err == nil {
		return next, nil
	}
	f := sentenced(err)
	v, pageErr := p.sendPage(c)
	if pageErr != nil {
		return nil, err
	}
	v.Refusal = refusal(f)
	for i := range v.Refusal.Faults {
		v.Refusal.Faults[i].Field = ""
	}
	p.recordRefusal(c, policy.Send, store.OfOrganisation(school.ID).Subject(), f)
	return page{status: statuses[f.Kind], view: v}, nil
}

// GET /confirmations: acts of two people in this person's reach.
func (p *Portal) confirmations(c *call) (answer, error) {
	v := view.Confirmations{Frame: p.frame(c, "待复签")}
	grant, err := p.confirmGrant(c)
	if err != nil {
		return nil, err
	}
	open, err := p.store.OpenProposals(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	for _, w := range open {
		line := view.Confirmation{Kind: view.Mark{Kind: "hold", Text: seal.TitleOf(seal.Kind(w.Kind))}, Expires: w.Expires,
			First: p.nameOf(c, w.Signers[0]), Second: p.nameOf(c, w.Signers[len(w.Signers)-1]), State: view.Mark{Kind: "wait", Text: "等 " + p.nameOf(c, nextSigner(w)) + " 签署"}}
		if a, err := p.store.Application(c.ctx, grant, strings.TrimPrefix(w.Subject, "application/")); err == nil {
			line.Name, line.School = a.Form.PersonName, a.Form.SchoolName
		}
		if nextSigner(w) == c.who.Staff.ID {
			line.Href = "/confirmations/" + w.ID
		}
		if c.received.After(w.Expires) {
			line.State, line.Href = view.Mark{Kind: "stop", Text: "已过有效期"}, ""
		}
		v.Rows = append(v.Rows, line)
	}
	v.Lead = "等待第二人签署的共 " + number(len(v.Rows)) + " 件。文本与第一人签的完全相同；记录有任何改动，这份文本就作废。"
	return page{view: v}, nil
}

// confirmGrant is the reach in which this person confirms or countersigns.
func (p *Portal) confirmGrant(c *call) (policy.Grant, error) {
	_, grant, err := p.place(c, policy.Confirm)
	if err != nil {
		_, grant, err = p.place(c, policy.CountersignNotAccept)
	}
	return grant, err
}

// GET /confirmations/:id: the second signer reads the same text.
func (p *Portal) confirmation(c *call) (answer, error) {
	grant, err := p.confirmGrant(c)
	if err != nil {
		return nil, err
	}
	w, err := p.store.Proposal(c.ctx, grant, c.param("id"))
	if err != nil {
		return nil, err
	}
	if w.State != "open" || nextSigner(w) != c.who.Staff.ID {
		return nil, fault.New(fault.Conflict, "这件待签事项现在不等您签署：可能已办结、已失效，或轮到另一位。请刷新待签清单。")
	}
	return p.proposeAgain(c, w)
}
