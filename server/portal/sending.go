package portal

import (
	"slices"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
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
	school, grant, err := p.sendingFor(c)
	if err != nil {
		return v, err
	}
	v.School, v.SchoolID = school.Name, school.ID
	for _, o := range p.sendable(c) {
		if o.ID != school.ID {
			v.Others = append(v.Others, view.Link{Text: o.Name, Href: "/send?school=" + o.ID})
		}
	}
	by, err := personOf(p.reading(c.ctx, grant), c.who.Staff.ID)
	if err != nil {
		return v, err
	}
	r := p.reading(c.ctx, grant)
	all, err := r.ApplicationsOf(school.ID)
	if err != nil {
		return v, err
	}
	all = ofYear(all, p.year)
	count := map[registration.Conclusion]int{}
	for _, a := range all {
		row := view.BoardRow{ID: a.ID, Name: a.Form.PersonName, Teaches: a.Form.Show("stage_taught") + a.Form.SubjectTaught, Proposal: outcomeMark(a.Outcome)}
		if school.ID == c.who.Home.ID { // the records of another school are read in the list alone
			row.Href = "/applications/" + a.ID
		}
		switch a.State {
		case registration.Reviewed:
			if err := a.MaySend(by); err != nil {
				row.Missing = sentenced(err).Sentence
				v.Left = append(v.Left, row)
				continue
			}
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
		if w, ok := (registration.Calendar{Windows: windows}).Window(p.year, unitIn(school.Path), registration.StageSchoolReview); ok {
			v.Until = w.Closes
		}
	}
	return v, nil
}

// POST /send
func (p *Portal) proposeSend(c *call) (answer, error) {
	school, grant, err := p.sendingFor(c)
	if err != nil {
		return nil, err
	}
	all, err := p.reading(c.ctx, grant).ApplicationsOf(school.ID, registration.Reviewed)
	if err != nil {
		return nil, err
	}
	m := &sendMatter{School: school.ID}
	by, err := personOf(p.reading(c.ctx, grant), c.who.Staff.ID)
	if err != nil {
		return nil, err
	}
	var left error // what this person may not send waits for the deputy
	for _, a := range ofYear(all, p.year) {
		if err := a.MaySend(by); err != nil {
			left = err
		} else if len(m.IDs) < registration.BatchLimit {
			m.IDs = append(m.IDs, a.ID)
		}
	}
	var next answer
	if err = left; err == nil || len(m.IDs) > 0 {
		next, err = p.propose(c, m, school, "/send?school="+school.ID)
	}
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

// sendable are the schools for which this person may send: his own as its
// head, and those that a delegation lends him.
func (p *Portal) sendable(c *call) []org.Organisation {
	var list []org.Organisation
	for _, a := range c.who.Officer.Appointments {
		o, err := p.store.Organisation(c.ctx, a.Body.ID)
		if err != nil || slices.ContainsFunc(list, func(known org.Organisation) bool { return known.ID == o.ID }) {
			continue
		}
		if _, err := p.may(c, policy.Send, o); err == nil {
			list = append(list, o)
		}
	}
	return list
}

// sendingFor is the school that the request names, or the first that this
// person may send for.
func (p *Portal) sendingFor(c *call) (org.Organisation, policy.Grant, error) {
	id := c.form.Get("school")
	if id == "" {
		return p.place(c, policy.Send)
	}
	school, err := p.store.Organisation(c.ctx, id)
	if fault.Is(err, fault.NotFound) {
		school, err = org.Organisation{ID: id}, nil // the policy answers as for one out of reach
	}
	if err != nil {
		return school, policy.Grant{}, err
	}
	grant, err := p.may(c, policy.Send, school)
	return school, grant, err
}

// delegatedWork are the lists of other schools, or of his own as a deputy, that
// wait for this person to send them.
func (p *Portal) delegatedWork(c *call, calendar registration.Calendar) ([]view.Due, error) {
	var list []view.Due
	for _, a := range c.who.Officer.Appointments {
		if a.Role != policy.DH {
			continue
		}
		school, err := p.store.Organisation(c.ctx, a.Body.ID)
		if err != nil {
			return nil, err
		}
		grant, err := p.may(c, policy.Send, school)
		if err != nil {
			return nil, err
		}
		counts, err := p.store.Counts(c.ctx, grant, store.Filter{Year: p.year, State: registration.Reviewed})
		if err != nil {
			return nil, err
		}
		n := counts[school.ID][registration.Reviewed]
		if n == 0 {
			continue
		}
		due := view.Due{What: "代 " + school.Name + " 上报", Count: n, Act: view.Link{Text: "去上报", Href: "/send?school=" + school.ID}}
		if w, ok := calendar.Window(p.year, unitIn(school.Path), registration.StageSchoolReview); ok {
			due.Until = w.Closes
		}
		list = append(list, due)
	}
	return list, nil
}
