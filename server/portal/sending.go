package portal

import (
	"sealdesk/policy"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

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
		case registration.Held:
			row.Missing = "案号“" + a.HoldCase + "”，恢复之后另行上报。"
			v.Held = append(v.Held, row)
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
	return p.formAgain(c, err, refusedForm{act: policy.Send, subject: store.OfOrganisation(school.ID).Subject(), inputs: map[string]string{"*": ""},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.sendPage(c)
			v.Refusal = r
			return v, err
		}})
}
