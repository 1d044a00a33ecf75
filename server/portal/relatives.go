package portal

import (
	"encoding/hex"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// relativeMatter is a person's own declaration about one application.
type relativeMatter struct {
	bare
	School   string `json:"school"`
	ApplyNo  string `json:"apply_no"`
	Relation string `json:"relation"`
}

func (m *relativeMatter) act() policy.Act   { return policy.DeclareRelative }
func (m *relativeMatter) refs() []store.Ref { return []store.Ref{store.OfOrganisation(m.School)} }

func (m *relativeMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, _ time.Time) (draft, error) {
	var d draft
	by, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	school, err := r.Organisation(m.School)
	if err != nil {
		return d, err
	}
	declared, err := registration.Declare(hex.EncodeToString(h.Nonce[:8]), school.ID, by, m.ApplyNo, m.Relation, h.Issued)
	if err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfRelative(declared.ID).Subject(), []any{declared}
	d.statement, err = registration.RelativeStatement(h, declared, school.Name)
	return d, err
}

// relativeEndMatter takes a declaration back: declarant and lead sign.
type relativeEndMatter struct {
	bare
	Relative string `json:"relative"`
	Reason   string `json:"reason"`
}

func (m *relativeEndMatter) act() policy.Act   { return policy.RemoveRelative }
func (m *relativeEndMatter) refs() []store.Ref { return []store.Ref{store.OfRelative(m.Relative)} }

func (m *relativeEndMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfRelative(m.Relative).Subject()}
	by, lead, err := bothSigners(r, h)
	if err != nil {
		return d, err
	}
	before, ok := declaredAs(by.Relatives, m.Relative)
	if !ok {
		return d, fault.New(fault.NotFound, "您没有这项申报。请刷新后再选。")
	}
	school, err := r.Organisation(before.School)
	if err != nil {
		return d, err
	}
	after, err := before.Remove(by, lead, m.Reason, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{after}
	d.statement, err = registration.RelativeEndStatement(h, after, school.Name)
	return d, err
}

func declaredAs(list []registration.Relative, id string) (registration.Relative, bool) {
	for _, r := range list {
		if r.ID == id {
			return r, true
		}
	}
	return registration.Relative{}, false
}

// GET /relatives: a person's own declarations, nobody else's.
func (p *Portal) relatives(c *call) (answer, error) {
	v, err := p.relativesPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) relativesPage(c *call) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "亲属回避"), Heading: "亲属回避",
		Lead: "亲属的申请不能由您审查、上报、审核或复签。请按申请编号申报，不要写证件号码；这里只列您自己的申报。"}
	body, _, err := p.place(c, policy.DeclareRelative)
	if err != nil {
		return v, err
	}
	mine, err := p.store.RelativesOf(c.ctx, c.who.Staff.ID)
	if err != nil {
		return v, err
	}
	list := &view.Register{Caption: "我的申报", Columns: []string{"学校", "申请编号", "关系", "申报时间", "现在"}}
	var standing view.Choices
	for _, r := range mine {
		school, err := p.store.Organisation(c.ctx, r.School)
		if err != nil {
			return v, err
		}
		state := view.Mark{Kind: "hold", Text: "回避中"}
		if r.Stands() {
			standing.Items = append(standing.Items, view.Choice{Value: r.ID, Text: school.Name + " " + r.ApplyNo + "，" + r.RelationWord(), Chosen: c.form.Get("relative") == r.ID})
		} else {
			state = view.Mark{Kind: "wait", Text: "已撤销"}
		}
		list.Rows = append(list.Rows, view.RegisterRow{Cells: []view.Cell{{Text: school.Name}, {Text: r.ApplyNo}, {Text: r.RelationWord()},
			{Text: r.At.In(registration.Shanghai).Format("2006-01-02 15:04"), Sub: r.Removal}, {Mark: state}}})
	}
	section := view.Section{ID: "mine", Title: "我的申报", Empty: "您还没有申报过亲属。没有亲属在本辖区申请的，不用申报。"}
	if len(mine) > 0 {
		section.Register = list
	}
	v.Sections = []view.Section{section}
	return v, p.relativeForms(c, &v, body, standing)
}

// relativeForms are the declaration and, when one stands, its removal.
func (p *Portal) relativeForms(c *call, v *view.Office, body org.Organisation, standing view.Choices) error {
	declare := view.ActForm{ID: "declare", Title: "申报亲属", Action: "/relatives", Button: "看将要签的内容"}
	if !body.School() {
		all, err := p.store.Organisations(c.ctx, body.Path)
		if err != nil {
			return err
		}
		var schools view.Choices
		for _, o := range all {
			if o.School() {
				schools.Items = append(schools.Items, view.Choice{Value: o.ID, Text: o.Name, Chosen: c.form.Get("school") == o.ID})
			}
		}
		declare.Inputs = append(declare.Inputs, view.Input{Kind: "select", Name: "school", Label: "亲属所在学校", Choices: schools})
	}
	var relation view.Choices
	codes, words := registration.Relations()
	for i, code := range codes {
		relation.Items = append(relation.Items, view.Choice{Value: code, Text: words[i], Chosen: c.form.Get("relation") == code})
	}
	declare.Inputs = append(declare.Inputs,
		view.Input{Kind: "text", Name: "apply_no", Label: "申请编号", Hint: "网上申报的申请编号，向亲属本人问；不是证件号码。", Field: typed(c, "apply_no")},
		view.Input{Kind: "select", Name: "relation", Label: "与申请人的关系", Choices: relation})
	v.Forms = []view.ActForm{declare}
	if len(standing.Items) == 0 {
		return nil
	}
	unit, err := p.store.Organisation(c.ctx, unitIn(body.Path))
	if err != nil {
		return err
	}
	leads, err := p.colleagues(c, leadRole(unit), leadBody(unit))
	v.Forms = append(v.Forms, view.ActForm{ID: "remove", Title: "撤销申报", Say: "误报的可以撤销，须由负责人复签。", Action: "/relatives/remove", Button: "看将要签的内容", Inputs: []view.Input{
		{Kind: "select", Name: "relative", Label: "哪一项", Choices: standing},
		{Kind: "area", Name: "removal", Label: "撤销的理由", Field: typed(c, "removal")},
		{Kind: "select", Name: "confirmer", Label: "由谁复签", Choices: leads}}})
	return err
}

// POST /relatives
func (p *Portal) proposeRelative(c *call) (answer, error) {
	school, _, err := p.place(c, policy.DeclareRelative)
	if err != nil {
		return nil, err
	}
	if !school.School() {
		school, err = p.store.Organisation(c.ctx, c.form.Get("school"))
		if fault.Is(err, fault.NotFound) || err == nil && !school.School() {
			err = fault.New(fault.Invalid, "请选择亲属所在学校。").At("school", "请选择学校。")
		}
	}
	var next answer
	if err == nil {
		next, err = p.propose(c, &relativeMatter{School: school.ID, ApplyNo: c.form.Get("apply_no"), Relation: c.form.Get("relation")}, school, "/relatives")
	}
	return p.relativesAgain(c, next, err, policy.DeclareRelative)
}

// POST /relatives/remove
func (p *Portal) proposeRelativeEnd(c *call) (answer, error) {
	if _, _, err := p.place(c, policy.RemoveRelative); err != nil {
		return nil, err
	}
	mine, err := p.store.RelativesOf(c.ctx, c.who.Staff.ID)
	if err != nil {
		return nil, err
	}
	chosen, ok := declaredAs(mine, c.form.Get("relative"))
	if !ok {
		return p.relativesAgain(c, nil, fault.New(fault.Invalid, "请选择要撤销的申报。").At("relative", "请选择。"), policy.RemoveRelative)
	}
	school, err := p.store.Organisation(c.ctx, chosen.School)
	if err != nil {
		return nil, err
	}
	unit, err := p.store.Organisation(c.ctx, unitIn(school.Path))
	if err != nil {
		return nil, err
	}
	var next answer
	second, err := p.secondSigner(c, "confirmer", leadRole(unit), leadBody(unit))
	if err == nil {
		next, err = p.propose(c, &relativeEndMatter{Relative: chosen.ID, Reason: c.form.Get("removal")}, school, "/relatives", second)
	}
	return p.relativesAgain(c, next, err, policy.RemoveRelative)
}

func (p *Portal) relativesAgain(c *call, next answer, err error, act policy.Act) (answer, error) {
	return p.officeAgain(c, next, err, officeForm{act: act, subject: store.OfStaff(c.who.Staff.ID).Subject(),
		inputs: map[string]string{"撤销的理由": "removal"}, page: func() (view.Office, error) { return p.relativesPage(c) }})
}
