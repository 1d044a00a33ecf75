package portal

import (
	"cmp"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// GET /senders: who sends for which school, and the form to name somebody.
func (p *Portal) senders(c *call) (answer, error) {
	v, err := p.sendersPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) sendersPage(c *call) (view.Senders, error) {
	v := view.Senders{Frame: p.frame(c, "委托上报"), Action: "/senders", EndAction: "/senders/end", EndReason: view.Field{Value: c.form.Get("end_reason")},
		Until: view.Field{Value: c.form.Get("until")}, Reason: view.Field{Value: c.form.Get("reason")}}
	body, grant, err := p.place(c, policy.NameSender)
	if err != nil {
		return v, err
	}
	all, err := p.store.Delegations(c.ctx, grant)
	if err != nil {
		return v, err
	}
	now := 0
	for _, d := range all {
		row := view.SenderRow{Kind: d.KindWord(), From: d.From, Until: d.Until, Reason: d.Reason, By: p.nameOf(c, d.By), State: delegationMark(d, c.received)}
		if school, err := p.store.Organisation(c.ctx, d.School); err == nil {
			row.School = school.Name
		}
		row.Delegate = p.nameOf(c, d.Delegate)
		if centre, err := p.store.Organisation(c.ctx, d.Delegate); err == nil {
			row.Delegate = centre.Name
		}
		if d.Active(c.received) {
			now++
			v.End.Items = append(v.End.Items, view.Choice{Value: d.ID, Text: row.School + "，" + row.Delegate, Chosen: c.form.Get("delegation") == d.ID})
		}
		v.Rows = append(v.Rows, row)
	}
	v.Lead = "校长本人的申请由代理人上报；只有一名经办人的学校由中心校上报。现有 " + number(now) + " 项委托有效。"
	return v, p.delegateChoices(c, &v, body)
}

func delegationMark(d registration.Delegation, now time.Time) view.Mark {
	switch {
	case !d.EndedAt.IsZero():
		return view.Mark{Kind: "stop", Text: "已终止"}
	case d.Active(now):
		return view.Mark{Kind: "ok", Text: "有效"}
	}
	return view.Mark{Kind: "wait", Text: "已到期"}
}

// delegateChoices offers the people of the school, and to a lead the other
// schools of the unit; a lead chooses the school first.
func (p *Portal) delegateChoices(c *call, v *view.Senders, body org.Organisation) error {
	school := body
	if !body.School() {
		all, err := p.store.Organisations(c.ctx, body.Path)
		if err != nil {
			return err
		}
		for _, o := range all {
			if !o.School() || o.ValidTo != nil {
				continue
			}
			v.School.Items = append(v.School.Items, view.Choice{Value: o.ID, Text: o.Name, Chosen: c.form.Get("school") == o.ID})
			if o.ID == c.form.Get("school") {
				school = o
			}
		}
		if !school.School() {
			return nil
		}
	}
	v.Chosen, v.ChosenID = school.Name, school.ID
	people, err := p.store.Colleagues(c.ctx, school.ID)
	if err != nil {
		return err
	}
	for _, s := range people {
		if s.ID != c.who.Staff.ID {
			v.Delegate.Items = append(v.Delegate.Items, view.Choice{Value: s.ID, Text: s.Name + "，" + s.Post, Chosen: c.form.Get("delegate") == s.ID})
		}
	}
	for _, o := range v.School.Items {
		if o.Value != school.ID {
			v.Delegate.Items = append(v.Delegate.Items, view.Choice{Value: o.Value, Text: "中心校：" + o.Text, Chosen: c.form.Get("delegate") == o.Value})
		}
	}
	return nil
}

// POST /senders
func (p *Portal) proposeSender(c *call) (answer, error) {
	school, _, err := p.place(c, policy.NameSender)
	if err != nil {
		return nil, err
	}
	if !school.School() {
		school, err = p.store.Organisation(c.ctx, c.form.Get("school"))
		if fault.Is(err, fault.NotFound) || err == nil && !school.School() {
			err = fault.New(fault.Invalid, "请选择学校。").At("school", "请选择学校。")
		}
	}
	var next answer
	if err == nil {
		m := &senderMatter{School: school.ID, Delegate: c.form.Get("delegate"), Until: c.form.Get("until"), Reason: c.form.Get("reason")}
		next, err = p.propose(c, m, school, "/senders")
	}
	return p.sendersAgain(c, next, err, policy.NameSender, store.OfOrganisation(cmp.Or(school.ID, c.form.Get("school"))).Subject())
}

// POST /senders/end
func (p *Portal) proposeSenderEnd(c *call) (answer, error) {
	_, grant, err := p.place(c, policy.EndSender)
	if err != nil {
		return nil, err
	}
	all, err := p.store.Delegations(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	var next answer
	err = fault.New(fault.Invalid, "请选择要终止的委托。").At("delegation", "请选择要终止的委托。")
	for _, d := range all {
		if d.ID != c.form.Get("delegation") {
			continue
		}
		school, lost := p.store.Organisation(c.ctx, d.School)
		if lost != nil {
			return nil, lost
		}
		next, err = p.propose(c, &senderEndMatter{Delegation: d.ID, Reason: c.form.Get("end_reason")}, school, "/senders")
	}
	return p.sendersAgain(c, next, err, policy.EndSender, "delegation/"+c.form.Get("delegation"))
}

func (p *Portal) sendersAgain(c *call, next answer, err error, act policy.Act, subject string) (answer, error) {
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: act, subject: subject, inputs: map[string]string{"委托的理由": "reason", "终止的理由": "end_reason"},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.sendersPage(c)
			v.Refusal = r
			for _, f := range r.Faults {
				v.Mark(f.Field, f.Text)
			}
			return v, err
		}})
}
