package portal

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// GET /applications/:id
func (p *Portal) showApplication(c *call) (answer, error) {
	v, err := p.applicationPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// record reads one application within this person's reach, with the bodies it
// hangs on.
func (p *Portal) record(c *call, act policy.Act) (a registration.Application, school, unit org.Organisation, err error) {
	c.concerns(actAsked(c, act), "")
	_, grant, err := p.place(c, act)
	if err != nil {
		return
	}
	if a, err = p.store.Application(c.ctx, grant, c.param("id")); err != nil {
		return
	}
	if school, err = p.store.Organisation(c.ctx, a.School); err != nil {
		return
	}
	unit, err = p.store.Organisation(c.ctx, a.Unit)
	return
}

func (p *Portal) applicationPage(c *call) (view.Application, error) {
	var v view.Application
	a, school, unit, err := p.record(c, policy.View)
	if err != nil {
		return v, err
	}
	_, grant, err := p.place(c, policy.View)
	if err != nil {
		return v, err
	}
	v = view.Application{Frame: p.frame(c, a.Form.PersonName), Back: view.Link{Text: "回到申请列表", Href: "/applications"}, ID: a.ID,
		Name: a.Form.PersonName, School: school.Name, Teaches: a.Form.Show("stage_taught") + a.Form.SubjectTaught,
		Lead: judgedWords(a), State: stateMark(a.State), Proposal: outcomeMark(a.Outcome), Pack: a.Pack, People: p.people(c, a)}
	reviews, err := p.store.Reviews(c.ctx, grant, a.ID)
	if err != nil {
		return v, err
	}
	corrections, err := p.store.Corrections(c.ctx, grant, a.ID)
	if err != nil {
		return v, err
	}
	review := latest(reviews, a.Round)
	v.Findings = findingViews(a, review)
	if v.Verdict, err = p.verdict(a); err != nil {
		return v, err
	}
	v.Groups = fieldGroups(a, review, corrections)
	v.Facts = supplement(a)
	changes, err := p.store.SheetChanges(c.ctx, grant, a.ID)
	if err != nil {
		return v, err
	}
	v.Corrections = append(p.changesMade(c, changes), p.correctionViews(c, corrections)...)
	for _, f := range a.Proposed(changes, reviews) {
		v.Proposed = append(v.Proposed, fieldChangeView(f))
	}
	if review.ID != "" {
		v.Checks = checksOf(a, review)
	}
	if v.History, err = p.history(c, grant, a.ID); err != nil {
		return v, err
	}
	if _, err := p.may(c, policy.Reveal, school); err == nil {
		v.Reveal = revealForm(c, "application", "/applications/"+a.ID+"/reveal", "")
	}
	return v, p.actions(c, grant, &v, a, school, unit)
}

// verdict is the conclusion with what it rests on.
func (p *Portal) verdict(a registration.Application) ([]view.Fact, error) {
	if a.Conclusion == "" {
		return nil, nil
	}
	pack, err := p.packs.Of(a)
	if err != nil {
		return nil, err
	}
	facts := []view.Fact{{Label: "结论", Value: a.Conclusion.Word()}}
	label := "依据"
	if registration.KindOfVerdict(a.Outcome, a.Conclusion) == seal.ConcludeOverride {
		label = "不采纳的发现"
	}
	for _, ground := range pack.Grounds(a) {
		facts = append(facts, view.Fact{Label: label, Value: ground})
	}
	if a.Reason != "" {
		facts = append(facts, view.Fact{Label: "理由", Value: a.Reason})
	}
	return facts, nil
}

// judgedWords are kind and class of a record that was judged.
func judgedWords(a registration.Application) string {
	kind := kindWord(a.RegKind) + a.Early.Words()
	if a.Class == "" {
		return kind
	}
	return kind + "，" + registration.ScopeWord(a.Class)
}

// actions are what this person may do with the record as it stands.
func (p *Portal) actions(c *call, grant policy.Grant, v *view.Application, a registration.Application, school, unit org.Organisation) error {
	at := "/applications/" + a.ID
	may := func(act policy.Act, body org.Organisation) bool { _, err := p.may(c, act, body); return err == nil }
	err := p.standing(c, v, a, func(act policy.Act, body string) bool {
		return may(act, map[string]org.Organisation{school.ID: school, unit.ID: unit}[body])
	})
	if err != nil {
		return err
	}
	open, err := p.store.OpenProposalsAbout(c.ctx, grant, store.OfApplication(a.ID).Subject())
	if err != nil {
		return err
	}
	if len(open) > 0 {
		for _, w := range open {
			v.Pending = append(v.Pending, view.Link{Text: seal.TitleOf(seal.Kind(w.Kind)) + "，等 " + strings.Join(w.Signers[len(w.Signed):], "、") + " 签署", Href: "/confirmations/" + w.ID})
		}
		v.Note = "这份申请有一件待签事项，办结或失效之前不能另办。"
		return nil
	}
	switch {
	case may(policy.Review, school) && (a.State == registration.InReview || a.State == registration.ReturnedSchool):
		steps, err := p.reviewSteps(c, a, "")
		if err != nil {
			return err
		}
		v.Review = &view.ReviewSteps{Steps: steps}
	case may(policy.Conclude, unit) && a.State == registration.AtCounty:
		if v.Conclude, err = p.concludeForm(c, a, unit); err != nil {
			return err
		}
		v.Return = &view.ReturnForm{Action: at + "/return", Reason: view.Field{Value: c.form.Get("return_reason")}}
	}
	if may(policy.NotAccept, school) && (a.State == registration.Imported || a.State == registration.InReview || a.State == registration.ReturnedSchool) {
		if v.NotAccept, err = p.notAcceptForm(c, a); err != nil {
			return err
		}
	}
	if v.Review == nil && v.Conclude == nil && v.NotAccept == nil && v.Release == nil {
		v.Note = "现在的状态是“" + a.State.Word() + "”，这一步不由您办理；您可以查看。"
		if a.State == registration.Imported && may(policy.Accept, school) {
			v.Note = "这份申请待受理：请在申请列表里勾选受理。"
		}
	}
	return nil
}

// notAcceptForm is offered for a record that is out of scope, by its sheet or by
// what its handler corrected; nil for any other.
func (p *Portal) notAcceptForm(c *call, a registration.Application) (*view.NotAcceptForm, error) {
	d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
	if err == nil && len(d.Corrections) > 0 {
		a, err = p.preview(c, a, d)
	}
	if err != nil || a.Outcome != registration.OutcomeOutOfScope {
		return nil, err
	}
	heads, err := p.colleagues(c, policy.SH, a.School)
	return &view.NotAcceptForm{Action: "/applications/" + a.ID + "/not-accept", Reason: view.Field{Value: c.form.Get("not_accept_reason")}, Head: heads, Clause: scopeSentence(a)}, err
}

func scopeSentence(a registration.Application) string {
	var b strings.Builder
	for _, f := range a.Findings {
		if f.Class == registration.ClassScope {
			b.WriteString(f.Sentence)
		}
	}
	return b.String()
}

// concludeForm is the auditor's form, as it was typed when it was refused.
func (p *Portal) concludeForm(c *call, a registration.Application, unit org.Organisation) (*view.ConcludeForm, error) {
	f := &view.ConcludeForm{Action: "/applications/" + a.ID + "/conclude", Reason: view.Field{Value: c.form.Get("reason")},
		Say: "核验建议是“" + a.Outcome.Word() + "”。暂缓、不合格，以及与建议不同的，由另一位负责人复签后才成立。"}
	for _, conclusion := range []registration.Conclusion{registration.Registered, registration.Deferred, registration.Failed} {
		f.Conclusion.Items = append(f.Conclusion.Items, view.Choice{Value: string(conclusion), Text: conclusion.Word(), Chosen: c.form.Get("conclusion") == string(conclusion)})
	}
	for _, finding := range a.Findings {
		f.Rules.Items = append(f.Rules.Items, view.Choice{Value: finding.Rule, Text: saidOf(finding), Hint: "规则 " + finding.Rule, Chosen: slices.Contains(c.form["rule"], finding.Rule)})
	}
	leads, err := p.colleagues(c, leadRole(unit), leadBody(unit))
	f.Confirmer = leads
	return f, err
}

// leadRole is who confirms: the county's lead, for 市直 the city's.
func leadRole(unit org.Organisation) policy.Role {
	if unit.Kind == "city_run" {
		return policy.ML
	}
	return policy.CL
}

func leadBody(unit org.Organisation) string {
	if unit.Kind == "city_run" {
		return unit.Parent
	}
	return unit.ID
}

// colleagues are the people with a role in a body who hold a key in use, for a
// choice of the second signer; the person himself is not among them.
func (p *Portal) colleagues(c *call, role policy.Role, body string) (view.Choices, error) {
	var list view.Choices
	people, err := p.store.StaffOf(c.ctx, role, body)
	if err != nil {
		return list, err
	}
	for _, s := range people {
		if s.ID == c.who.Staff.ID {
			continue
		}
		chosen := c.form.Get("confirmer") == s.ID || c.form.Get("head") == s.ID || c.form.Get("withdraw_head") == s.ID
		list.Items = append(list.Items, view.Choice{Value: s.ID, Text: s.Name + "，" + s.Post, Chosen: chosen || len(people) == 1})
	}
	return list, nil
}

// secondSigner is the person chosen to sign the same text, with the key that
// they hold now.
func (p *Portal) secondSigner(c *call, field string, role policy.Role, body string) (seal.Signer, error) {
	chosen := c.form.Get(field)
	people, err := p.store.StaffOf(c.ctx, role, body)
	if err != nil {
		return seal.Signer{}, err
	}
	for _, s := range people {
		if s.ID != chosen || s.ID == c.who.Staff.ID {
			continue
		}
		key, err := p.store.KeyOf(c.ctx, s.ID)
		if err != nil {
			return seal.Signer{}, err
		}
		return seal.Signer{Staff: s.ID, Name: s.Name, Fingerprint: key.Fingerprint}, nil
	}
	return seal.Signer{}, fault.New(fault.Invalid, "请选择另一位签署人：须是%s，并且不是您本人。", role.Name()).At(field, "请选择另一位签署人。")
}

// POST /applications/:id/conclude
func (p *Portal) proposeConclusion(c *call) (answer, error) {
	a, _, unit, err := p.record(c, policy.View)
	if err != nil {
		return nil, err
	}
	back := "/applications/" + a.ID
	v := registration.Verdict{Conclusion: registration.Conclusion(c.form.Get("conclusion")), Rules: c.form["rule"], Reason: c.form.Get("reason")}
	var next answer
	switch registration.KindOfVerdict(a.Outcome, v.Conclusion) {
	case seal.Conclude:
		next, err = p.propose(c, &concludeMatter{Unit: unit.ID, IDs: []string{a.ID}, Reasons: map[string]string{a.ID: v.Reason}}, unit, back)
		if v.Conclusion != registration.Registered {
			err = fault.New(fault.Invalid, "申请 %s 没有选结论。请选一个结论。", a.ID).At("conclusion", "请选择结论。")
		}
	default:
		var second seal.Signer
		if second, err = p.secondSigner(c, "confirmer", leadRole(unit), leadBody(unit)); err == nil {
			next, err = p.propose(c, &verdictMatter{Application: a.ID, Verdict: v}, unit, back, second)
		}
	}
	return p.orAgain(c, policy.Conclude, next, err)
}

// POST /applications/:id/return
func (p *Portal) proposeReturn(c *call) (answer, error) {
	a, _, unit, err := p.record(c, policy.View)
	if err != nil {
		return nil, err
	}
	next, err := p.propose(c, &returnMatter{Application: a.ID, Reason: c.form.Get("return_reason")}, unit, "/applications/"+a.ID)
	return p.orAgain(c, policy.ReturnToSchool, next, err)
}

// POST /applications/:id/not-accept
func (p *Portal) proposeNotAccept(c *call) (answer, error) {
	a, school, _, err := p.record(c, policy.View)
	if err != nil {
		return nil, err
	}
	d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
	if err != nil {
		return nil, err
	}
	second, err := p.secondSigner(c, "head", policy.SH, school.ID)
	var next answer
	if err == nil {
		next, err = p.propose(c, &notAcceptMatter{Application: a.ID, Reason: c.form.Get("not_accept_reason"), Corrections: d.Corrections}, school, "/applications/"+a.ID, second)
	}
	return p.orAgain(c, policy.NotAccept, next, err)
}

// orAgain shows the record's page again with what was typed when a form on it
// was refused.
func (p *Portal) orAgain(c *call, act policy.Act, next answer, err error) (answer, error) {
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: act, subject: store.OfApplication(c.param("id")).Subject(),
		inputs: map[string]string{"rules": "rule", "结论的理由": "reason", "认定的理由": "reason", "退回的理由": "return_reason", "不予受理的理由": "not_accept_reason",
			"撤回的原因": "withdraw_reason", "申请书的页码": "withdraw_page", "案号": "hold_case", "暂停的理由": "hold_reason", "恢复的理由": "release_reason"},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.applicationPage(c)
			v.Refusal = r
			for _, f := range r.Faults {
				markConclude(&v, f.Field, f.Text)
			}
			return v, err
		}})
}

// markConclude puts a sentence beside the field it is about.
func markConclude(v *view.Application, field, text string) {
	switch {
	case v.Hold != nil && v.Hold.Mark(field, text), v.Release != nil && v.Release.Mark(field, text), v.Withdraw != nil && v.Withdraw.Mark(field, text):
	case field == "return_reason" && v.Return != nil:
		v.Return.Reason.Error = text
	case field == "not_accept_reason" && v.NotAccept != nil:
		v.NotAccept.Reason.Error = text
	case field == "head" && v.NotAccept != nil:
		v.NotAccept.Head.Error = text
	case v.Conclude == nil:
	case field == "conclusion":
		v.Conclude.Conclusion.Error = text
	case field == "rule":
		v.Conclude.Rules.Error = text
	case field == "reason":
		v.Conclude.Reason.Error = text
	case field == "confirmer":
		v.Conclude.Confirmer.Error = text
	}
}

// place is the body in which this person does an act, and the grant for it:
// the first of his bodies that the policy gives it in.
func (p *Portal) place(c *call, act policy.Act) (org.Organisation, policy.Grant, error) {
	var last error
	for _, a := range c.who.Officer.Appointments {
		for _, id := range p.bodiesOf(c, a) {
			o, err := p.store.Organisation(c.ctx, id)
			if err != nil {
				return o, policy.Grant{}, err
			}
			grant, err := p.may(c, act, o)
			if err == nil {
				return o, grant, nil
			}
			last = err
		}
	}
	if last == nil {
		last = fault.New(fault.Forbidden, "您目前没有任职，不能办理。请由安全保密管理员核对您的任职。")
	}
	return org.Organisation{}, policy.Grant{}, last
}

// bodiesOf are the body of an appointment and, at the city, 市直 beneath it.
func (p *Portal) bodiesOf(c *call, a policy.Appointment) []string {
	ids := []string{a.Body.ID}
	if a.Body.Kind == "city" {
		if unit, ok := p.cityRun(c, a.Body); ok {
			ids = append(ids, unit.ID)
		}
	}
	return ids
}

func number(n int) string { return strconv.Itoa(n) }

func escaped(s string) string { return url.PathEscape(s) }
