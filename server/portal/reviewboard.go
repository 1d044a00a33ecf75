package portal

import (
	"sealdesk/policy"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// ready tells whether a draft can be sealed, and if not what is missing.
func (p *Portal) ready(k knowledge, r rows, a registration.Application, d reviewDraft, by registration.Person, c *call) (registration.Step, error) {
	j, err := judgeOf(k, r, a)
	if err != nil {
		return registration.Step{}, err
	}
	calendar, err := calendarOf(k, r, a.Unit)
	if err != nil {
		return registration.Step{}, err
	}
	step, err := a.Review(by, d.Review, d.Corrections, j, calendar, c.received)
	if err == nil {
		err = d.unseen(r, a)
	}
	return step, err
}

// GET /review: what can be sealed together, what singly, what is not ready.
func (p *Portal) reviewBoard(c *call) (answer, error) {
	v, err := p.boardPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// comparedFields is how many fields of a record are held against the papers.
const comparedFields = 23

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
	by, err := personOf(r, c.who.Staff.ID)
	if err != nil {
		return v, err
	}
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
			if left := comparedFields - len(d.Review.Compared); left > 0 {
				row.Missing = "还有 " + number(left) + " 项没有比对。"
			}
			row.Act = view.Link{Text: "去填审查", Href: row.Href}
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
			c.concerns(policy.Review, store.OfApplication(id).Subject())
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
	return p.formAgain(c, err, refusedForm{act: policy.Review, subject: aboutBatch(school, c.form["application"], c.subject, sentenced(err)), inputs: map[string]string{"*": ""},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.boardPage(c)
			v.Refusal = r
			return v, err
		}})
}
