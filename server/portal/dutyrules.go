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

// rulesMatter files a version of an organ's duty rota and rules (R63).
type rulesMatter struct {
	bare
	Org      string   `json:"org"`
	Duty     []string `json:"duty"`
	Keeper   string   `json:"keeper"`
	Rota     string   `json:"rota"`
	TwoSign  string   `json:"two_sign"`
	SealRule string   `json:"seal_rule"`
}

func (m *rulesMatter) act() policy.Act { return policy.FileRules }
func (m *rulesMatter) size() int       { return org.RulesRows }

func (m *rulesMatter) draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	var d draft
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	body, last, err := rulesNow(r, m.Org)
	if err != nil {
		return d, err
	}
	filed, err := org.DutyRules{Org: body.ID, Duty: m.Duty, Keeper: m.Keeper, Rota: m.Rota, TwoSign: m.TwoSign, SealRule: m.SealRule, By: by}.Tidy()
	if err != nil {
		return d, err
	}
	people, err := peopleNamed(r, filed)
	if err != nil {
		return d, err
	}
	if filed, err = filed.File(body, last, people, k.year, now); err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfRules(filed.ID()).Subject(), []any{filed}
	d.statement, err = org.RulesStatement(h, filed, body, people, salts)
	return d, err
}

// rulesReviewMatter is the yearly review of the version in force.
type rulesReviewMatter struct {
	bare
	Org string    `json:"org"`
	On  time.Time `json:"on"`
}

func (m *rulesReviewMatter) act() policy.Act { return policy.ReviewRules }

func (m *rulesReviewMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	body, last, err := rulesNow(r, m.Org)
	if err != nil {
		return d, err
	}
	if last == nil {
		return d, fault.New(fault.Conflict, "%s还没有报备值班表和制度，没有可以复核的。请先报备。", body.Name)
	}
	people, err := peopleNamed(r, *last)
	if err != nil {
		return d, err
	}
	reviewed, err := last.Review(by, body, m.On, people, k.year, now)
	if err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfRules(last.ID()).Subject(), []any{reviewed}
	d.statement, err = org.RulesReviewStatement(h, reviewed, last.Reviewed, body, k.year)
	return d, err
}

func rulesNow(r rows, id string) (org.Organisation, *org.DutyRules, error) {
	body, err := r.Organisation(id)
	if err != nil {
		return body, nil, err
	}
	last, err := r.Rules(id)
	return body, last, err
}

// peopleNamed reads whom the rules name; a number that nobody has is left out.
func peopleNamed(r rows, rules org.DutyRules) ([]org.Staff, error) {
	var list []org.Staff
	for _, id := range rules.Named() {
		s, err := accountOf(r, id)
		if err != nil {
			return nil, err
		}
		if s != nil {
			list = append(list, *s)
		}
	}
	return list, nil
}

// GET /rules: whoever oversees organs sees when each was reviewed last, the
// others are led to their own.
func (p *Portal) listRules(c *call) (answer, error) {
	body, grant, err := p.place(c, policy.ViewRules)
	if err != nil {
		return nil, err
	}
	if grant.Reach() == policy.Own {
		return redirect{"/rules/" + escaped(body.ID)}, nil
	}
	organs, last, err := p.organRules(c, grant)
	if err != nil {
		return nil, err
	}
	v := view.Office{Frame: p.frame(c, "值班与制度"), Heading: "值班表、双人办理和印章管理制度", Lead: "由各区县教育局和市教育局报备，每年复核一次。"}
	s := view.Section{ID: "rules", Title: "各机构", Small: number(len(organs)) + " 个", Empty: "没有机构。",
		Register: &view.Register{Caption: "各机构的值班与制度", Columns: []string{"机构", "现行版本", "上次复核", "状态"}}}
	due := 0
	for _, o := range organs {
		row := []view.Cell{{Text: o.Name, Href: "/rules/" + escaped(o.ID)}, {Text: "没有报备"}, {}, {Mark: view.Mark{Kind: "ok", Text: "已复核"}}}
		if r := last[o.ID]; r != nil {
			row[1], row[2] = view.Cell{Text: "第 " + number(r.N) + " 版", Sub: org.Day(r.At)}, view.Cell{Text: org.Day(r.Reviewed), Sub: p.nameOf(c, r.Reviewer)}
		}
		if org.ReviewDue(o, last[o.ID], p.year) != nil {
			due++
			row[3].Mark = view.Mark{Kind: "stop", Text: "待复核"}
			if last[o.ID] == nil {
				row[3].Mark.Text = "待报备"
			}
		}
		s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: row})
	}
	v.Tiles = []view.Tile{{Count: len(organs) - due, Text: "本年度已复核"}, {Count: due, Text: "待报备或复核", Hot: due > 0}}
	v.Sections = []view.Section{s}
	return page{view: v}, nil
}

// organRules are the organs within a grant with the version in force of each.
func (p *Portal) organRules(c *call, grant policy.Grant) ([]org.Organisation, map[string]*org.DutyRules, error) {
	all, err := p.store.Organisations(c.ctx, grant.Body().Path)
	if err != nil {
		return nil, nil, err
	}
	organs := slices.DeleteFunc(all, func(o org.Organisation) bool { return !o.Organ() || !o.OpenOn(c.received) })
	ids := make([]string, len(organs))
	for i, o := range organs {
		ids[i] = o.ID
	}
	last, err := p.store.RulesReviewed(c.ctx, grant, ids...)
	return organs, last, err
}

// GET /rules/:org
func (p *Portal) showRules(c *call) (answer, error) {
	v, err := p.rulesPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) rulesPage(c *call) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "值班与制度"), Heading: "值班表、双人办理和印章管理制度"}
	body, grant, err := p.dutyBody(c, policy.ViewRules)
	if err != nil {
		return v, err
	}
	v.Lead = body.Name
	if grant.Reach() != policy.Own {
		v.Back = view.Link{Text: "回到各机构", Href: "/rules"}
	}
	last, err := p.store.Rules(c.ctx, grant, body.ID)
	if err != nil {
		return v, err
	}
	if err := org.ReviewDue(body, last, p.year); err != nil {
		v.Say = sentenced(err).Sentence
	}
	now, past := view.Section{ID: "now", Title: "现行制度", Empty: "还没有报备过。"}, view.Section{ID: "past", Title: "经过", Empty: "还没有报备过。"}
	if last != nil {
		now.Small, now.Facts = "第 "+number(last.N)+" 版", p.rulesFacts(c, *last)
		for n := 1; n <= last.N; n++ {
			events, err := p.timeline(c, grant, store.OfRules(org.DutyRules{Org: body.ID, N: n}.ID()).Subject())
			if err != nil {
				return v, err
			}
			past.Events = append(past.Events, events...)
		}
	}
	v.Sections = []view.Section{now, past}
	return v, p.rulesForms(c, &v, body, last)
}

func (p *Portal) rulesFacts(c *call, r org.DutyRules) []view.Fact {
	names := ""
	for i, id := range r.Duty {
		if i > 0 {
			names += "、"
		}
		names += p.nameOf(c, id) + "（" + id + "）"
	}
	return []view.Fact{{Label: "值班人员", Value: names}, {Label: "值班安排", Value: r.Rota}, {Label: "双人办理规定", Value: r.TwoSign},
		{Label: "印章保管人", Value: p.nameOf(c, r.Keeper) + "（" + r.Keeper + "）"}, {Label: "印章管理规定", Value: r.SealRule},
		{Label: "报备", Value: org.Day(r.At) + "，" + p.nameOf(c, r.By)}, {Label: "上次复核", Value: org.Day(r.Reviewed) + "，" + p.nameOf(c, r.Reviewer)}}
}

// rulesForms are the review and a new version, for the organ's lead.
func (p *Portal) rulesForms(c *call, v *view.Office, body org.Organisation, last *org.DutyRules) error {
	if _, err := p.may(c, policy.FileRules, body); err != nil {
		return nil
	}
	at := "/rules/" + escaped(body.ID)
	if last != nil {
		v.Forms = append(v.Forms, view.ActForm{ID: "review", Title: "年度复核", Action: at + "/review", Say: "逐项核对过、没有要改的，登记复核；有人离岗或要改的，报备新的一版。",
			Inputs: []view.Input{{Kind: "day", Name: "reviewed", Label: "复核日期", Field: typed(c, "reviewed")}}})
	}
	if c.req.Method == "GET" && last != nil { // a new version begins with what stands
		c.form["duty"] = last.Duty
		for name, value := range map[string]string{"keeper": last.Keeper, "rota": last.Rota, "two_sign": last.TwoSign, "seal_rule": last.SealRule} {
			c.form.Set(name, value)
		}
	}
	var duty view.Choices
	keeper := view.Choices{Items: []view.Choice{{Text: "请选择"}}}
	for _, id := range slices.Compact([]string{body.ID, body.HeadAt()}) {
		people, err := p.store.Colleagues(c.ctx, id)
		if err != nil {
			return err
		}
		for _, s := range people {
			text := s.Name + "，" + s.Post
			duty.Items = append(duty.Items, view.Choice{Value: s.ID, Text: text, Chosen: slices.Contains(c.form["duty"], s.ID)})
			keeper.Items = append(keeper.Items, view.Choice{Value: s.ID, Text: text, Chosen: c.form.Get("keeper") == s.ID})
		}
	}
	v.Forms = append(v.Forms, view.ActForm{ID: "file", Title: "报备新的一版", Action: at, Say: "列入的人员须已备案并完成本年度培训。", Inputs: []view.Input{
		{Kind: "ticks", Name: "duty", Label: "值班人员", Hint: "至少两位。", Choices: duty},
		{Kind: "area", Name: "rota", Label: "值班安排", Hint: "例如“工作日按周轮换，节假日由带班领导值守”。", Field: typed(c, "rota")},
		{Kind: "area", Name: "two_sign", Label: "双人办理规定", Field: typed(c, "two_sign")},
		{Kind: "select", Name: "keeper", Label: "印章保管人", Choices: keeper},
		{Kind: "area", Name: "seal_rule", Label: "印章管理规定", Field: typed(c, "seal_rule")}}})
	return nil
}

// POST /rules/:org
func (p *Portal) proposeRules(c *call) (answer, error) {
	body, _, err := p.dutyBody(c, policy.FileRules)
	if err != nil {
		return nil, err
	}
	next, err := p.propose(c, &rulesMatter{Org: body.ID, Duty: c.form["duty"], Keeper: c.form.Get("keeper"), Rota: c.form.Get("rota"),
		TwoSign: c.form.Get("two_sign"), SealRule: c.form.Get("seal_rule")}, body, "/rules/"+escaped(body.ID))
	return p.rulesAgain(c, policy.FileRules, body, next, err)
}

// POST /rules/:org/review
func (p *Portal) proposeRulesReview(c *call) (answer, error) {
	body, _, err := p.dutyBody(c, policy.ReviewRules)
	if err != nil {
		return nil, err
	}
	var next answer
	on, err := org.ParseDay("reviewed", "复核日期", c.form.Get("reviewed"))
	if err == nil {
		next, err = p.propose(c, &rulesReviewMatter{Org: body.ID, On: on}, body, "/rules/"+escaped(body.ID))
	}
	return p.rulesAgain(c, policy.ReviewRules, body, next, err)
}

func (p *Portal) rulesAgain(c *call, act policy.Act, body org.Organisation, next answer, err error) (answer, error) {
	return p.officeAgain(c, next, err, officeForm{act: act, subject: store.OfOrganisation(body.ID).Subject(), page: func() (view.Office, error) { return p.rulesPage(c) }})
}

// rulesWork tells the lead of an organ, and the security officer of all, whose
// rules want a review.
func (p *Portal) rulesWork(c *call) []view.Due {
	body, grant, err := p.place(c, policy.ViewRules)
	if err != nil || grant.Reach() == policy.Own && !p.anywhere(c, policy.FileRules) || c.who.Holds(policy.AUD) {
		return nil
	}
	organs, last, err := p.organRules(c, grant)
	if err != nil {
		p.log.Warn("rules", "request", c.number, "cause", err.Error())
		return nil
	}
	var due []error
	for _, o := range organs {
		if err := org.ReviewDue(o, last[o.ID], p.year); err != nil {
			due = append(due, err)
		}
	}
	if len(due) == 0 {
		return nil
	}
	work := view.Due{What: "值班与制度待报备或复核", Count: len(due), Unit: "个", Note: sentenced(due[0]).Sentence, Act: view.Link{Text: "去看", Href: "/rules"}}
	if len(organs) == 1 {
		work.Act.Href = "/rules/" + escaped(body.ID)
	}
	return []view.Due{work}
}
