package portal

import (
	"slices"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// dutyOf reads a person with what they hold.
func dutyOf(r rows, id string) (org.Duty, error) {
	s, err := r.Staff(id)
	if err != nil {
		return org.Duty{}, err
	}
	d := org.Duty{Staff: s}
	if d.Body, err = r.Organisation(s.Org); err != nil {
		return d, err
	}
	if d.All, err = r.AppointmentsOf(id); err != nil {
		return d, err
	}
	d.Past, err = r.RoleChangesOf(id)
	return d, err
}

// roleMatter grants a role, under the seals of the lead who asks and of the
// security officer, or takes one away under one seal.
type roleMatter struct {
	bare
	Granted bool   `json:"granted"`
	Staff   string `json:"staff"`
	Role    string `json:"role"`
	Reason  string `json:"reason"`
}

func (m *roleMatter) act() policy.Act {
	if m.Granted {
		return policy.AskRole
	}
	return policy.RemoveRole
}
func (m *roleMatter) refs() []store.Ref { return []store.Ref{store.OfStaff(m.Staff)} }

func (m *roleMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfStaff(m.Staff).Subject()}
	duty, err := dutyOf(r, m.Staff)
	if err != nil {
		return d, err
	}
	first, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	var a org.Appointment
	var c org.RoleChange
	if m.Granted {
		var second string
		if second, err = signerAt(h, 1); err == nil {
			a, c, err = duty.Raise(m.Role, first, second, m.Reason, now)
		}
	} else {
		if a, c, err = duty.Lower(m.Role, first, m.Reason, now); err == nil {
			err = keepsOffices(r, m.Staff, policy.Role(m.Role))
		}
	}
	if err != nil {
		return d, err
	}
	d.puts = []any{a, c}
	d.statement, err = org.RoleStatement(h, duty, c)
	return d, err
}

// keepsOffices refuses the text of what would take from the last who can act in
// one of the kept roles that he holds: of these, if any are named. What stands
// in its way at the seal is the store's (checkKeepers).
func keepsOffices(r rows, person string, of ...policy.Role) error {
	held, err := r.RolesHeld(person)
	if err != nil {
		return err
	}
	for _, role := range policy.Kept() {
		if !slices.Contains(held, role) || len(of) > 0 && !slices.Contains(of, role) {
			continue
		}
		able, err := r.Keepers(role)
		if err != nil {
			return err
		}
		if err := org.KeepsOffice(role, able, person); err != nil {
			return err
		}
	}
	return nil
}

// roleReviewMatter is the auditor's review of changes.
type roleReviewMatter struct {
	IDs []string `json:"ids"`
}

func (m *roleReviewMatter) act() policy.Act { return policy.ReviewRoles }
func (m *roleReviewMatter) size() int       { return len(m.IDs) }
func (m *roleReviewMatter) refs() []store.Ref {
	refs := make([]store.Ref, len(m.IDs))
	for i, id := range m.IDs {
		refs[i] = store.OfRoleChange(id)
	}
	return refs
}

func (m *roleReviewMatter) draft(_ knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	auditor, err := signerAt(h, 0)
	if err != nil {
		return draft{}, err
	}
	d := draft{subject: store.OfStaff(auditor).Subject()}
	var list []org.RoleChange
	for _, id := range m.IDs {
		c, err := r.RoleChange(id)
		if err != nil {
			return d, err
		}
		if c, err = c.Review(auditor, now); err != nil {
			return d, err
		}
		list = append(list, c)
		d.puts = append(d.puts, c)
	}
	d.statement, err = org.ReviewStatement(h, list, salts)
	return d, err
}

// roleForms are what this person may do with somebody's roles.
func (p *Portal) roleForms(c *call, s org.Staff, body org.Organisation) ([]view.ActForm, error) {
	at := "/staff/" + escaped(s.ID)
	held, err := p.store.RolesOf(c.ctx, s.ID)
	if err != nil {
		return nil, err
	}
	var forms []view.ActForm
	if _, err := p.may(c, policy.AskRole, body); err == nil && s.ID != c.who.Staff.ID && s.FiledOn != nil && s.Closed(c.received) == nil {
		var roles view.Choices
		for _, r := range policy.Roles() {
			if r.Known() && r.Fits(body.Kind) && !slices.ContainsFunc(held[s.ID], func(a org.Appointment) bool { return a.Role == string(r) }) {
				roles.Items = append(roles.Items, view.Choice{Value: string(r), Text: r.Name(), Chosen: c.form.Get("role") == string(r)})
			}
		}
		officers, err := p.colleagues(c, policy.SEC, p.city(c))
		if err != nil {
			return nil, err
		}
		forms = append(forms, view.ActForm{ID: "raise", Title: "申请授予角色", Action: at + "/role", Say: "您申请，安全保密管理员授予，安全审计员审阅。", Inputs: []view.Input{
			{Kind: "select", Name: "role", Label: "角色", Choices: roles},
			{Kind: "area", Name: "role_reason", Label: "理由", Field: typed(c, "role_reason")},
			{Kind: "select", Name: "confirmer", Label: "由谁授予", Choices: officers}}})
	}
	if _, err := p.may(c, policy.RemoveRole, body); err == nil && s.ID != c.who.Staff.ID && len(held[s.ID]) > 0 {
		var roles view.Choices
		for _, a := range held[s.ID] {
			roles.Items = append(roles.Items, view.Choice{Value: a.Role, Text: policy.Role(a.Role).Name(), Chosen: c.form.Get("held") == a.Role})
		}
		forms = append(forms, view.ActForm{ID: "lower", Title: "免去角色", Action: at + "/remove", Say: "签署后立即终止。", Inputs: []view.Input{
			{Kind: "select", Name: "held", Label: "现有角色", Choices: roles},
			{Kind: "area", Name: "removal_reason", Label: "理由", Field: typed(c, "removal_reason")}}})
	}
	return forms, nil
}

// city is the number of the city above this person.
func (p *Portal) city(c *call) string {
	home := c.who.Home
	for home.Parent != "" {
		above, err := p.store.Organisation(c.ctx, home.Parent)
		if err != nil {
			break
		}
		home = above
	}
	return home.ID
}

// POST /staff/:id/role: the lead asks.
func (p *Portal) proposeRole(c *call) (answer, error) {
	account, body, _, err := p.person(c, c.param("id"))
	var next answer
	if err == nil && account == nil {
		err = fault.New(fault.Conflict, "备案还没有审核，不能申请角色。请等安全保密管理员审核备案。")
	}
	if err == nil {
		m := &roleMatter{Granted: true, Staff: account.ID, Role: c.form.Get("role"), Reason: c.form.Get("role_reason")}
		var second seal.Signer
		if second, err = p.secondSigner(c, "confirmer", policy.SEC, p.city(c)); err == nil {
			next, err = p.propose(c, m, body, "/staff/"+escaped(account.ID), second)
		}
	}
	return p.personAgain(c, policy.AskRole, next, err)
}

// POST /staff/:id/remove: effective at once.
func (p *Portal) proposeRemoval(c *call) (answer, error) {
	account, body, _, err := p.person(c, c.param("id"))
	var next answer
	if err == nil && account == nil {
		err = fault.New(fault.Conflict, "备案还没有审核，没有任职可以免去。")
	}
	if err == nil {
		next, err = p.propose(c, &roleMatter{Staff: account.ID, Role: c.form.Get("held"), Reason: c.form.Get("removal_reason")}, body, "/staff/"+escaped(account.ID))
	}
	return p.personAgain(c, policy.RemoveRole, next, err)
}

// GET /roles: what was granted and taken away, old beside new.
func (p *Portal) listRoles(c *call) (answer, error) {
	v, err := p.rolesPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// rolesShown bounds both lists of the page.
const rolesShown = 200

func (p *Portal) rolesPage(c *call) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "任职变动"), Heading: "任职变动", Lead: "角色由负责人申请、安全保密管理员授予；每项变动由安全审计员审阅。"}
	_, grant, err := p.place(c, policy.ListRoles)
	if err != nil {
		return v, err
	}
	all, err := p.store.RoleChanges(c.ctx, grant, false, rolesShown)
	if err != nil {
		return v, err
	}
	open, err := p.store.RoleChanges(c.ctx, grant, true, rolesShown)
	if err != nil {
		return v, err
	}
	if _, err := p.officerGrant(c, policy.ReviewRoles); err == nil && len(open) > 0 {
		var choices view.Choices
		for _, one := range open {
			choices.Items = append(choices.Items, view.Choice{Value: one.ID, Text: p.nameOf(c, one.Staff) + "：" + one.What(), Chosen: slices.Contains(c.form["change"], one.ID),
				Hint: org.RoleWords(one.Before) + " → " + org.RoleWords(one.After) + "；" + one.Hands() + "，" + org.Day(one.At)})
		}
		v.Sections = append(v.Sections, view.Section{Form: &view.ActForm{ID: "review", Title: "待审阅的变动", Action: "/roles/review",
			Inputs: []view.Input{{Kind: "ticks", Name: "change", Label: "选择已经核对的变动", Choices: choices}}}})
	}
	list := view.Section{ID: "changes", Title: "全部变动", Small: "最近 " + number(len(all)) + " 项", Empty: "还没有任职变动。",
		Register: &view.Register{Caption: "任职变动，最近的在前", Columns: []string{"人员", "变动", "原角色", "新角色", "经手", "审阅"}}}
	for _, one := range all {
		mark := view.Mark{Kind: "wait", Text: "待审阅"}
		if one.ReviewedBy != "" {
			mark = view.Mark{Kind: "ok", Text: "已审阅"}
		}
		list.Register.Rows = append(list.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: p.nameOf(c, one.Staff), Sub: one.Staff}, {Text: one.What(), Sub: one.Reason},
			{Text: org.RoleWords(one.Before)}, {Text: org.RoleWords(one.After)}, {Text: one.Hands(), Sub: org.Day(one.At)}, {Mark: mark}}})
	}
	v.Sections = append(v.Sections, list)
	return v, nil
}

// POST /roles/review: the auditor's seal over what was chosen.
func (p *Portal) proposeRoleReview(c *call) (answer, error) {
	var next answer
	_, err := p.officerGrant(c, policy.ReviewRoles)
	ids := c.form["change"]
	if err == nil && len(ids) == 0 {
		err = fault.New(fault.Invalid, "请选择已经核对的变动。").At("change", "请至少选一项。")
	}
	if err == nil {
		slices.Sort(ids)
		next, err = p.propose(c, &roleReviewMatter{IDs: slices.Compact(ids)}, c.who.Home, "/roles")
	}
	return p.officeAgain(c, next, err, officeForm{act: policy.ReviewRoles, subject: store.OfStaff(c.who.Staff.ID).Subject(),
		page: func() (view.Office, error) { return p.rolesPage(c) }})
}
