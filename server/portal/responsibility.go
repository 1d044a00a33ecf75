package portal

import (
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// dutyRows is what matters about a body's duties read.
type dutyRows interface {
	Headship(year int, org string) (org.Headship, error)
}

func (r reading) Headship(year int, body string) (org.Headship, error) {
	return r.store.Headship(r.ctx, year, body)
}

// sheetMatter is the head's signature under the year's responsibility sheet (R55).
type sheetMatter struct {
	bare
	Org string `json:"org"`
}

func (m *sheetMatter) act() policy.Act   { return policy.SignSheet }
func (m *sheetMatter) refs() []store.Ref { return []store.Ref{store.OfOrganisation(m.Org)} }

func (m *sheetMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	of, err := r.Headship(k.year, m.Org)
	if err != nil {
		return d, err
	}
	signed, err := of.Sign(by, now)
	if err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfSheet(signed.ID()).Subject(), []any{signed}
	d.statement, err = org.SheetStatement(h, of, signed)
	return d, err
}

// GET /duties: the sheet of one's own body and, for those who oversee others,
// which of them are signed.
func (p *Portal) showDuties(c *call) (answer, error) {
	body, grant, err := p.place(c, policy.ViewSheet)
	if err != nil {
		return nil, err
	}
	if grant.Reach() == policy.Own {
		return redirect{"/duties/" + escaped(body.ID)}, nil
	}
	v := view.Office{Frame: p.frame(c, "安全责任"), Heading: number(p.year) + " 年度安全主体责任书",
		Lead: "每个机构每年由负责人签署一份；没有签署的，其人员只能查看，不能办理业务。"}
	all, err := p.store.Headships(c.ctx, grant, p.year)
	if err != nil {
		return nil, err
	}
	v.Sections, v.Tiles = p.sheetsSection(c, body, all)
	return page{view: v}, nil
}

// sheetsPage is how many bodies one page of the overview shows.
const sheetsPage = 50

// sheetsSection lists bodies, those that are not signed first.
func (p *Portal) sheetsSection(c *call, body org.Organisation, all []org.Headship) ([]view.Section, []view.Tile) {
	var open, signed []org.Headship
	for _, h := range all {
		if _, ok := h.Signed(); ok {
			signed = append(signed, h)
		} else {
			open = append(open, h)
		}
	}
	tiles := []view.Tile{{Count: len(signed), Text: "已签署"}, {Count: len(open), Text: "未签署", Hot: len(open) > 0}}
	list := append(open, signed...)
	start := slices.IndexFunc(list, func(h org.Headship) bool { return h.Body.ID == c.form.Get("from") })
	start = max(start, 0)
	end := min(start+sheetsPage, len(list))
	s := view.Section{ID: "sheets", Title: body.Name + "及以下", Small: number(len(list)) + " 个机构", Empty: "没有机构。",
		Register: &view.Register{Caption: "各机构的责任书，未签署的在前", Columns: []string{"机构", "负责人", "签署", "状态"},
			Paging: view.Paging{From: start + 1, To: end, Total: len(list), Unit: "个"}}}
	if start > 0 {
		s.Register.Paging.Prev = "/duties?from=" + escaped(list[max(0, start-sheetsPage)].Body.ID)
	}
	if end < len(list) {
		s.Register.Paging.Next = "/duties?from=" + escaped(list[end].Body.ID)
	}
	for _, h := range list[start:end] {
		row := []view.Cell{{Text: h.Body.Name, Href: "/duties/" + escaped(h.Body.ID), Sub: h.Body.ID}, {Text: headNames(h)}, {}, {Mark: view.Mark{Kind: "stop", Text: "未签署"}}}
		if of, ok := h.Signed(); ok {
			row[1].Text = p.nameOf(c, of.Head)
			row[2], row[3].Mark = view.Cell{Text: org.Day(of.At), Sub: of.How()}, view.Mark{Kind: "ok", Text: "已签署"}
		} else if gone, again := h.Former(); len(again) > 0 {
			row[3].Mark = view.Mark{Kind: "hold", Text: "重新任职待签"}
		} else if len(gone) > 0 {
			row[3].Mark = view.Mark{Kind: "hold", Text: "换人待签"}
		}
		s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: row})
	}
	return []view.Section{s}, tiles
}

func headNames(h org.Headship) string {
	var names []string
	for _, s := range h.Heads {
		names = append(names, s.Name)
	}
	return orText(strings.Join(names, "、"), "没有负责人")
}

// GET /duties/:org: one body's sheet, to read, sign and print.
func (p *Portal) showSheet(c *call) (answer, error) {
	v, err := p.sheetPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// dutyBody is the body that a duty's page is about, within this person's reach.
func (p *Portal) dutyBody(c *call, act policy.Act) (org.Organisation, policy.Grant, error) {
	body, err := p.store.Organisation(c.ctx, c.param("org"))
	if fault.Is(err, fault.NotFound) {
		return body, policy.Grant{}, c.who.law.Unknown(c.who.Officer, act, c.param("org"))
	}
	if err != nil {
		return body, policy.Grant{}, err
	}
	grant, err := p.may(c, act, body)
	return body, grant, err
}

func (p *Portal) sheetPage(c *call) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "安全责任"), Heading: number(p.year) + " 年度安全主体责任书"}
	body, grant, err := p.dutyBody(c, policy.ViewSheet)
	if err != nil {
		return v, err
	}
	v.Lead = body.Name
	if grant.Reach() != policy.Own {
		v.Back = view.Link{Text: "回到各机构", Href: "/duties"}
	}
	h, err := p.store.Headship(c.ctx, p.year, body.ID)
	if err != nil {
		return v, err
	}
	past := view.Section{ID: "past", Title: "经过", Empty: "本年度还没有在这里签署过。"}
	for _, one := range h.Sheets {
		events, err := p.timeline(c, grant, store.OfSheet(one.ID()).Subject())
		if err != nil {
			return v, err
		}
		past.Events = append(past.Events, events...)
	}
	text := view.Section{ID: "text", Title: "责任书内容"}
	for i, l := range org.SheetLines {
		text.Facts = append(text.Facts, view.Fact{Label: "责任 " + number(i+1), Value: l})
	}
	v.Sections = []view.Section{{ID: "sheet", Title: "签署情况", Facts: p.sheetFacts(c, h)}, text, past}
	if err := h.MayAct(); err != nil {
		v.Say = sentenced(err).Sentence
		if _, err := h.Sign(c.who.Staff.ID, c.received); err == nil {
			v.Forms = append(v.Forms, view.ActForm{ID: "sign-sheet", Title: "签署责任书", Action: "/duties/" + escaped(body.ID) + "/sheet",
				Say: "请先读完责任书。签署后，本机构人员即可办理本年度业务；您不再担任负责人时，由接任的人重新签署，您再任时也要重新签署。", Button: "看将要签的内容"})
		}
	}
	return v, nil
}

// sheetFacts say who answers for a body, and when that was signed.
func (p *Portal) sheetFacts(c *call, h org.Headship) []view.Fact {
	facts := []view.Fact{{Label: "机构", Value: h.Body.Name + "（" + h.Body.ID + "）"}, {Label: "应由谁签署", Value: h.Signatory()}}
	of, ok := h.Signed()
	if !ok {
		return append(facts, view.Fact{Label: "状态", Value: "未签署"})
	}
	return append(facts, view.Fact{Label: "责任人", Value: p.nameOf(c, of.Head) + "（" + of.Head + "）"},
		view.Fact{Label: "签署时间", Value: org.Day(of.At)}, view.Fact{Label: "签署方式", Value: of.How()})
}

// POST /duties/:org/sheet
func (p *Portal) proposeSheet(c *call) (answer, error) {
	body, _, err := p.dutyBody(c, policy.SignSheet)
	if err != nil {
		return nil, err
	}
	next, err := p.propose(c, &sheetMatter{Org: body.ID}, body, "/duties/"+escaped(body.ID))
	return p.officeAgain(c, next, err, officeForm{act: policy.SignSheet, subject: store.OfOrganisation(body.ID).Subject(),
		page: func() (view.Office, error) { return p.sheetPage(c) }})
}

// dutyWork tells everybody who acts for a body that is not signed for, and its
// head what to do about it: nobody can act for it before.
func (p *Portal) dutyWork(c *call) []view.Due {
	var list []view.Due
	for _, id := range p.actsFor(c) {
		h, err := p.store.Headship(c.ctx, p.year, id)
		if err != nil {
			p.log.Warn("responsibility sheet", "request", c.number, "cause", err.Error())
			continue
		}
		if _, signed := h.Signed(); signed {
			continue
		}
		due := view.Due{What: h.Body.Name + "的安全主体责任书还没有签署", Note: "签署之前，本机构人员只能查看。须由" + h.Signatory() + "签署。",
			Act: view.Link{Text: "去看", Href: "/duties/" + escaped(id)}, Quiet: true}
		if _, err := h.Sign(c.who.Staff.ID, c.received); err == nil {
			due.Count, due.Unit, due.Act.Text, due.Quiet = 1, "份", "去签署", false
		}
		list = append(list, due)
	}
	return list
}

// actsFor are the bodies whose sheet matters to this person: their own, and
// those that they act for (fits), which none of the three officers does.
func (p *Portal) actsFor(c *call) []string {
	ids := []string{c.who.Home.ID}
	for _, a := range c.who.Officer.Appointments {
		if !slices.Contains([]policy.Role{policy.SYS, policy.SEC, policy.AUD}, a.Role) {
			ids = append(ids, p.bodiesOf(c, a)...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
