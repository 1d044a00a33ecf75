package portal

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// earlyMatter lets one kept row in although it is not due (R05): auditor and
// lead sign. It holds what the two read; the row itself stays with its sheet
// and is judged anew when it is taken in.
type earlyMatter struct {
	School  string            `json:"school"`
	ApplyNo string            `json:"apply_no"`
	Name    string            `json:"name"`
	Person  string            `json:"person"` // keyed index of the ID number; the number itself is kept with the sheet alone
	ValidTo registration.Date `json:"valid_to"`
	Reason  string            `json:"reason"`
}

func (m *earlyMatter) form() registration.Form {
	return registration.Form{SchoolCode: m.School, ApplyNo: m.ApplyNo, PersonName: m.Name, LastValidTo: &m.ValidTo}
}

func (m *earlyMatter) about(f registration.Form, person string) bool {
	return f.LastValidTo != nil && m.Person == person && m.School == f.SchoolCode && m.ApplyNo == f.ApplyNo && m.Name == f.PersonName && m.ValidTo == *f.LastValidTo
}

func (m *earlyMatter) act() policy.Act   { return policy.AllowEarly }
func (m *earlyMatter) size() int         { return 0 }
func (m *earlyMatter) refs() []store.Ref { return []store.Ref{store.OfOrganisation(m.School)} }

func (m *earlyMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, _ time.Time) (draft, error) {
	var d draft
	by, lead, err := bothSigners(r, h)
	if err != nil {
		return d, err
	}
	school, err := r.Organisation(m.School)
	if err != nil {
		return d, err
	}
	known, err := r.EarlyRenewalsOf(m.School)
	if err != nil {
		return d, err
	}
	e, err := registration.AllowEarly(hex.EncodeToString(h.Nonce[:8]), k.year, m.form(), m.Person, by, lead, m.Reason, known, h.Issued)
	if err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfEarlyRenewal(e.ID).Subject(), []any{e}
	d.statement, err = registration.EarlyRenewalStatement(h, e, school.Name)
	return d, err
}

// earlyOf reads the matter of a proposal to let a row in.
func earlyOf(w registration.Proposal) (earlyMatter, bool) {
	var m earlyMatter
	if w.Kind != string(seal.EarlyRenewal) {
		return m, false
	}
	return m, json.Unmarshal([]byte(w.Note), &m) == nil
}

// maxEarly is how many kept rows the page of those not due holds.
const maxEarly = 500

// earlyRow is a kept row whose only fault is that it is not due.
type earlyRow struct {
	store.KeptRow
	form    registration.Form
	allowed registration.Early // by which act, if two people let it in
	waiting string             // whose signature it waits for
}

func (r earlyRow) id() string { return r.Job + "/" + strconv.Itoa(r.Line) }

// earlyRows lists the rows that are not due in the sheets of a reach, each
// application once, as its newest sheet has it.
func (p *Portal) earlyRows(ctx context.Context, grant policy.Grant) ([]earlyRow, error) {
	kept, err := p.store.Scratch().KeptRows(ctx, grant, jobCancelled, rowNotDue, maxEarly)
	if err != nil || len(kept) == 0 {
		return nil, err
	}
	known, err := p.store.EarlyRenewals(ctx, grant, "")
	if err != nil {
		return nil, err
	}
	open, err := p.store.OpenProposals(ctx, grant)
	if err != nil {
		return nil, err
	}
	var list []earlyRow
	seen := map[earlyMatter]bool{}
	for _, k := range kept {
		var r sheet.Row
		if err := json.Unmarshal(k.Cells, &r); err != nil {
			return nil, err
		}
		if r.Form.LastValidTo == nil {
			continue
		}
		m := earlyMatter{School: r.Form.SchoolCode, ApplyNo: r.Form.ApplyNo, Name: r.Form.PersonName, Person: p.store.PersonIndex(r.Form.IDNumber), ValidTo: *r.Form.LastValidTo}
		if seen[m] {
			continue
		}
		seen[m] = true
		one := earlyRow{KeptRow: k, form: r.Form}
		one.allowed, _ = known.Lets(r.Form, p.year)
		for _, w := range open {
			if asked, ok := earlyOf(w); ok && asked.about(r.Form, m.Person) {
				one.waiting = nextSigner(w)
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// GET /early-renewals: the kept rows that are not due, and who was let in.
func (p *Portal) earlyRenewals(c *call) (answer, error) {
	v, err := p.earlyPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) earlyPage(c *call) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "未到期放行"), Heading: "未到期放行（R05）",
		Lead: "上次注册有效期在 " + number(p.year) + " 年底以后才满的，系统不收。确有理由的，由审核人员写明理由放行，另一位负责人签署同一份文本；只对这一份申请、这一个有效期有效。"}
	body, grant, err := p.place(c, policy.AllowEarly)
	if err != nil {
		return v, err
	}
	rows, err := p.earlyRows(c.ctx, grant)
	if err != nil {
		return v, err
	}
	names, err := p.schoolNames(c, grant)
	if err != nil {
		return v, err
	}
	list := &view.Register{Caption: "因未到期留下的行", Columns: []string{"姓名", "学校", "申请编号", "上次注册有效期至", "现在"}}
	var choices view.Choices
	for _, r := range rows {
		state := view.Mark{Kind: "hold", Text: "没有放行"}
		switch {
		case !r.allowed.IsZero():
			state = view.Mark{Kind: "ok", Text: "已放行，第 " + strconv.FormatInt(r.allowed.Entry, 10) + " 号，等导入"}
		case r.waiting != "":
			state = view.Mark{Kind: "wait", Text: "等 " + p.nameOf(c, r.waiting) + " 签署"}
		default:
			choices.Items = append(choices.Items, view.Choice{Value: r.id(), Text: r.form.PersonName + "，" + names[r.form.SchoolCode] + "，至 " + r.form.LastValidTo.String(),
				Chosen: c.form.Get("row") == r.id()})
		}
		list.Rows = append(list.Rows, view.RegisterRow{Cells: []view.Cell{{Text: r.form.PersonName, Sub: r.FileName + " 第 " + strconv.Itoa(r.Line) + " 行"},
			{Text: names[r.form.SchoolCode]}, {Text: r.form.ApplyNo}, {Text: r.form.LastValidTo.String()}, {Mark: state}}})
	}
	section := view.Section{ID: "rows", Title: "因未到期留下的行", Small: number(len(rows)) + " 行", Empty: "没有只因未到期而留下的行。还有其他问题的行，要先由导入的人改好。"}
	if len(rows) > 0 {
		section.Register = list
	}
	v.Sections = []view.Section{section}
	if err := p.allowedEarly(c, &v, grant, names); err != nil || len(choices.Items) == 0 {
		return v, err
	}
	unit, err := p.store.Organisation(c.ctx, unitIn(body.Path))
	if err != nil {
		return v, err
	}
	leads, err := p.colleagues(c, leadRole(unit), leadBody(unit))
	v.Forms = []view.ActForm{{ID: "allow", Title: "放行一份申请", Action: "/early-renewals", Button: "看将要签的内容", Inputs: []view.Input{
		{Kind: "select", Name: "row", Label: "哪一份", Choices: choices},
		{Kind: "area", Name: "reason", Label: "放行的理由", Hint: "写明为什么提前、依据什么材料；不要写证件号码。", Field: typed(c, "reason")},
		{Kind: "select", Name: "confirmer", Label: "由谁复签", Choices: leads}}}}
	return v, err
}

// allowedEarly lists the acts themselves, each with its receipt.
func (p *Portal) allowedEarly(c *call, v *view.Office, grant policy.Grant, names map[string]string) error {
	known, err := p.store.EarlyRenewals(c.ctx, grant, "")
	if err != nil || len(known.Acts) == 0 {
		return err
	}
	list := &view.Register{Caption: "放行过的", Columns: []string{"姓名", "学校", "有效期至", "理由", "签署人", "日志号"}}
	for _, e := range known.Acts {
		at := strconv.FormatInt(e.Entry, 10)
		list.Rows = append(list.Rows, view.RegisterRow{Cells: []view.Cell{{Text: e.PersonName, Sub: e.ApplyNo}, {Text: names[e.School]}, {Text: e.ValidTo.String()}, {Text: e.Reason},
			{Text: p.nameOf(c, e.By) + "、" + p.nameOf(c, e.Second), Sub: e.At.In(registration.Shanghai).Format("2006-01-02 15:04")}, {Text: at, Href: "/receipts/" + at}}})
	}
	v.Sections = append(v.Sections, view.Section{ID: "allowed", Title: "放行过的", Small: number(len(known.Acts)) + " 份", Register: list})
	return nil
}

// POST /early-renewals
func (p *Portal) proposeEarlyRenewal(c *call) (answer, error) {
	_, grant, err := p.place(c, policy.AllowEarly)
	if err != nil {
		return nil, err
	}
	next, err := p.askEarly(c, grant)
	return p.officeAgain(c, next, err, officeForm{act: policy.AllowEarly, subject: store.OfOrganisation(grant.Body().ID).Subject(),
		inputs: map[string]string{"放行的理由": "reason", "last_valid_to": "row"}, page: func() (view.Office, error) { return p.earlyPage(c) }})
}

func (p *Portal) askEarly(c *call, grant policy.Grant) (answer, error) {
	rows, err := p.earlyRows(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	var chosen *earlyRow
	for i := range rows {
		if rows[i].id() == c.form.Get("row") {
			chosen = &rows[i]
		}
	}
	switch {
	case chosen == nil:
		return nil, fault.New(fault.Invalid, "请选择一行：只有仅因未到期留下的行可以放行，有其他问题的要先改好。").At("row", "请选择一行。")
	case chosen.waiting != "":
		return nil, fault.New(fault.Conflict, "这份申请的放行已经提出，正等%s签署，不用再提。", p.nameOf(c, chosen.waiting)).At("row", "已经提出。")
	}
	school, err := p.store.Organisation(c.ctx, chosen.form.SchoolCode)
	if err != nil {
		return nil, err
	}
	unit, err := p.store.Organisation(c.ctx, unitIn(school.Path))
	if err != nil {
		return nil, err
	}
	m := &earlyMatter{School: school.ID, ApplyNo: chosen.form.ApplyNo, Name: chosen.form.PersonName,
		Person: p.store.PersonIndex(chosen.form.IDNumber), ValidTo: *chosen.form.LastValidTo, Reason: c.form.Get("reason")}
	if _, err := registration.EarlyReason(m.Reason); err != nil {
		return nil, err
	}
	second, err := p.secondSigner(c, "confirmer", leadRole(unit), leadBody(unit))
	if err != nil {
		return nil, err
	}
	return p.propose(c, m, school, "/early-renewals", second)
}

// letIn leads those who import to the rows that were let in and wait for them.
func (p *Portal) letIn(c *call) ([]view.Due, error) {
	body, grant, err := p.place(c, policy.ImportSheet)
	if err != nil {
		return nil, nil // nobody else has rows to import
	}
	rows, err := p.earlyRows(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	var order []string
	for _, r := range rows {
		if r.Organ != body.ID || r.allowed.IsZero() {
			continue
		}
		if count[r.Job]++; count[r.Job] == 1 {
			order = append(order, r.Job)
		}
	}
	var list []view.Due
	for _, job := range order {
		list = append(list, view.Due{What: "已放行的行可以导入", Count: count[job], Unit: "行", Note: "未到期，已由两人放行（R05）。", Act: view.Link{Text: "去核对", Href: "/imports/" + job + "/rejected"}})
	}
	return list, nil
}
