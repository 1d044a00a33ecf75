package portal

import (
	"cmp"
	"slices"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/web/view"
)

// maxChecks is how many filings one text puts into force.
const maxChecks = 1000

// together are the filings that this officer may check in one go, by the body
// that filed them: forms of coming and change, of others than himself, of
// accounts that stay in their body. What is left is checked one by one.
func (p *Portal) together(c *call, waiting []org.Filing) (map[string][]org.Filing, error) {
	units, bodies := map[string][]org.Filing{}, map[string]org.Organisation{}
	for _, f := range waiting {
		if f.State != org.Filed || f.Kind == org.FileLeave || f.By == c.who.Staff.ID || f.Staff == c.who.Staff.ID {
			continue
		}
		body, read := bodies[f.Org]
		if !read {
			var err error
			if body, err = p.store.Organisation(c.ctx, f.Org); err != nil {
				return nil, err
			}
			bodies[f.Org] = body
		}
		if f.Kind == org.FileChange {
			account, err := p.store.Staff(c.ctx, f.Staff)
			if err != nil {
				return nil, err
			}
			if account.Org != f.Org {
				continue
			}
		}
		unit := cmp.Or(unitIn(body.Path), body.ID)
		units[unit] = append(units[unit], f)
	}
	return units, nil
}

// checksForm is offered to the officer when several forms wait; nil else.
func (p *Portal) checksForm(c *call, waiting []org.Filing) (*view.ActForm, error) {
	if !p.anywhere(c, policy.CheckStaff) {
		return nil, nil
	}
	units, err := p.together(c, waiting)
	if err != nil {
		return nil, err
	}
	var choices view.Choices
	for unit, list := range units {
		if len(list) < 2 {
			continue
		}
		body, err := p.store.Organisation(c.ctx, unit)
		if err != nil {
			return nil, err
		}
		choices.Items = append(choices.Items, view.Choice{Value: unit, Text: body.Name + "，" + number(len(list)) + " 份", Chosen: c.form.Get("unit") == unit})
	}
	if len(choices.Items) == 0 {
		return nil, nil
	}
	slices.SortFunc(choices.Items, func(a, b view.Choice) int { return cmp.Compare(a.Value, b.Value) })
	return &view.ActForm{ID: "checks", Title: "一并审核备案", Action: "/staff/checks", Say: "同一县区及学校报来的备案表，看过名单后一并签署生效。要退回的，请打开那个人逐份退回。",
		Inputs: []view.Input{{Kind: "radios", Name: "unit", Label: "哪里报来的", Choices: choices}}}, nil
}

// POST /staff/checks: the security officer puts a body's filings into force.
func (p *Portal) proposeChecks(c *call) (answer, error) {
	next, err := p.checkTogether(c)
	return p.officeAgain(c, next, err, officeForm{act: policy.CheckStaff, page: func() (view.Office, error) { return p.staffPage(c) }})
}

func (p *Portal) checkTogether(c *call) (answer, error) {
	grant, err := p.officerGrant(c, policy.CheckStaff)
	if err != nil {
		return nil, err
	}
	waiting, err := p.store.FilingsIn(c.ctx, grant, org.Filed)
	if err != nil {
		return nil, err
	}
	units, err := p.together(c, waiting)
	if err != nil {
		return nil, err
	}
	list := units[c.form.Get("unit")]
	if len(list) == 0 {
		return nil, fault.New(fault.Invalid, "请选择要一并审核哪里报来的备案表；已经审核的不再列出。").At("unit", "请选择。")
	}
	m := &checksMatter{}
	for _, f := range list[:min(len(list), maxChecks)] {
		m.Filings, m.People = append(m.Filings, f.ID), append(m.People, f.Staff)
	}
	return p.propose(c, m, c.who.Home, "/staff")
}
