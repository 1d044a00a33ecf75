package portal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// GET /staff/new: the filing form of somebody new.
func (p *Portal) newFiling(c *call) (answer, error) {
	v, err := p.filingPage(c, nil)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// GET /staff/:id/file: the form filled with what is on file.
func (p *Portal) changeFiling(c *call) (answer, error) {
	account, _, _, err := p.person(c, c.param("id"))
	if err != nil {
		return nil, err
	}
	v, err := p.filingPage(c, account)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// filingPage is the form; account fills what was not typed yet.
func (p *Portal) filingPage(c *call, account *org.Staff) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "人员备案"), Back: view.Link{Text: "回到人员名册", Href: "/staff"}, Heading: "系统使用人员备案表",
		Lead: "报备后由安全保密管理员审核；审核签署之前没有账户，也没有角色和钥匙。"}
	body, _, err := p.place(c, policy.FileStaff)
	if err != nil {
		return v, err
	}
	if c.req.Method == "GET" {
		if err := p.prefill(c, account); err != nil {
			return v, err
		}
	}
	bodies, err := p.store.Organisations(c.ctx, body.Path)
	if err != nil {
		return v, err
	}
	var places, roles view.Choices
	kinds := map[string]bool{}
	for _, o := range bodies {
		if o.OpenOn(c.received) {
			kinds[o.Kind] = true
			places.Items = append(places.Items, view.Choice{Value: o.ID, Text: o.Name, Chosen: c.form.Get("org") == o.ID})
		}
	}
	for _, r := range policy.Roles() {
		for kind := range kinds {
			if r.Known() && r.Fits(kind) {
				roles.Items = append(roles.Items, view.Choice{Value: string(r), Text: r.Name(), Chosen: slices.Contains(c.form["role"], string(r))})
				break
			}
		}
	}
	v.Sections = []view.Section{{Form: &view.ActForm{ID: "filing", Title: "备案内容", Action: "/staff", Inputs: []view.Input{
		{Name: "staff", Label: "人员编号", Hint: "新人员按顺序编号；变更的照原编号。", Field: typed(c, "staff")},
		{Name: "name", Label: "姓名", Field: typed(c, "name")},
		{Kind: "select", Name: "org", Label: "所在机构", Choices: places},
		{Name: "post", Label: "岗位", Field: typed(c, "post")},
		{Name: "phone", Label: "手机号", Hint: "加密保存，页面上只显示末四位。", Field: typed(c, "phone")},
		{Kind: "ticks", Name: "role", Label: "拟任角色", Hint: "备案不授予角色；角色由负责人申请、安全保密管理员授予。", Choices: roles},
		{Name: "pledge", Label: "承诺书编号", Hint: "已签纸质承诺书的填编号；留空的，由本人领到钥匙后在“我的备案”签署。", Field: typed(c, "pledge")},
		{Kind: "day", Name: "starts", Label: "任职起", Field: typed(c, "starts")},
		{Kind: "day", Name: "ends", Label: "任职止", Hint: "没有定期限的留空；到期当日结束时账户自动关闭。", Field: typed(c, "ends")},
		{Kind: "day", Name: "upward", Label: "向上报备日", Hint: "还没有向上级报备的留空。", Field: typed(c, "upward")},
	}}}}
	return v, nil
}

// prefill puts what is on file, or the next free number, into the empty form.
func (p *Portal) prefill(c *call, account *org.Staff) error {
	set := func(name, value string) {
		if c.form.Get(name) == "" {
			c.form.Set(name, value)
		}
	}
	if account == nil {
		last, err := p.store.LastStaffNumber(c.ctx)
		set("staff", following(last))
		return err
	}
	held, err := p.store.RolesOf(c.ctx, account.ID)
	if err != nil {
		return err
	}
	set("staff", account.ID)
	set("name", account.Name)
	set("org", account.Org)
	set("post", account.Post)
	set("pledge", account.Pledge)
	set("ends", account.LastDay())
	if account.FiledOn != nil {
		set("starts", org.Day(*account.FiledOn))
	}
	for _, a := range held[account.ID] {
		c.form.Add("role", a.Role)
	}
	return nil
}

// following is the number after one that ends in digits, of the same length.
func following(last string) string {
	prefix := strings.TrimRight(last, "0123456789")
	digits := last[len(prefix):]
	n, err := strconv.Atoi(digits)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s%0*d", prefix, len(digits), n+1)
}

// POST /staff: the lead seals the filing.
func (p *Portal) proposeFiling(c *call) (answer, error) {
	next, err := p.file(c)
	return p.officeAgain(c, next, err, officeForm{act: policy.FileStaff, subject: store.OfStaff(c.form.Get("staff")).Subject(),
		page: func() (view.Office, error) { return p.filingPage(c, nil) }})
}

func (p *Portal) file(c *call) (answer, error) {
	body, err := p.store.Organisation(c.ctx, c.form.Get("org"))
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Invalid, "请选择所在机构。").At("org", "请选择机构。")
	}
	if err != nil {
		return nil, err
	}
	m := &fileMatter{Staff: strings.TrimSpace(c.form.Get("staff")), Form: org.Form{Name: c.form.Get("name"), Org: body.ID, Post: c.form.Get("post"),
		Phone: org.Phone(strings.TrimSpace(c.form.Get("phone"))), Roles: c.form["role"], Pledge: c.form.Get("pledge")}}
	if m.Form.Starts, err = org.ParseDay("starts", "任职起始日期", c.form.Get("starts")); err != nil {
		return nil, err
	}
	ends, err := org.ParseDay("ends", "任职截止日期", c.form.Get("ends"))
	if err != nil {
		return nil, err
	}
	if !ends.IsZero() {
		closes := ends.AddDate(0, 0, 1)
		m.Form.Closes = &closes
	}
	upward, err := org.ParseDay("upward", "向上报备的日期", c.form.Get("upward"))
	if err != nil {
		return nil, err
	}
	if !upward.IsZero() {
		m.Form.Upward = &upward
	}
	return p.propose(c, m, body, "/staff")
}

// POST /staff/:id/check: the security officer's answer.
func (p *Portal) proposeCheck(c *call) (answer, error) {
	next, err := p.check(c)
	return p.personAgain(c, policy.CheckStaff, next, err)
}

func (p *Portal) check(c *call) (answer, error) {
	account, body, filings, err := p.person(c, c.param("id"))
	if err != nil {
		return nil, err
	}
	f := newest(filings, org.Filed)
	verdict := c.form.Get("verdict")
	switch {
	case f.ID == "":
		return nil, fault.New(fault.Conflict, "没有等待审核的备案表：可能已经审核。请刷新后核对。")
	case verdict != "accept" && verdict != "back":
		return nil, fault.New(fault.Invalid, "请选择审核意见。").At("verdict", "请选择审核意见。")
	case account != nil && account.Org != f.Org: // the account moves: both bodies must be covered
		if body, err = p.store.Organisation(c.ctx, c.who.Home.ID); err != nil {
			return nil, err
		}
	}
	return p.propose(c, &checkMatter{Filing: f.ID, Staff: f.Staff, Back: verdict == "back", Reason: c.form.Get("reason")}, body, "/staff/"+escaped(f.Staff))
}

// POST /staff/:id/leave
func (p *Portal) proposeLeave(c *call) (answer, error) {
	next, err := p.leave(c)
	return p.personAgain(c, policy.EndPost, next, err)
}

func (p *Portal) leave(c *call) (answer, error) {
	account, body, _, err := p.person(c, c.param("id"))
	if err != nil {
		return nil, err
	}
	if account == nil {
		return nil, fault.New(fault.Conflict, "备案还没有审核，没有账户可以关闭。请先审核或退回备案表。")
	}
	last, err := org.ParseDay("last", "最后在岗的日期", c.form.Get("last"))
	if err != nil {
		return nil, err
	}
	return p.propose(c, &leaveMatter{Staff: account.ID, Last: last, Reason: c.form.Get("leave_reason")}, body, "/staff/"+escaped(account.ID))
}

// POST /staff/:id/exit
func (p *Portal) proposeExit(c *call) (answer, error) {
	account, body, _, err := p.person(c, c.param("id"))
	var next answer
	if err == nil && account == nil {
		err = fault.New(fault.Conflict, "备案还没有审核，没有离岗可以办结。")
	}
	if err == nil {
		next, err = p.propose(c, &exitMatter{Staff: account.ID}, body, "/staff/"+escaped(account.ID))
	}
	return p.personAgain(c, policy.ExitStaff, next, err)
}

// personAgain shows the person's page over a refused post.
func (p *Portal) personAgain(c *call, act policy.Act, next answer, err error) (answer, error) {
	inputs := map[policy.Act]map[string]string{policy.EndPost: {"reason": "leave_reason"}}[act]
	return p.officeAgain(c, next, err, officeForm{act: act, subject: store.OfStaff(c.param("id")).Subject(), inputs: inputs,
		page: func() (view.Office, error) { return p.personPage(c) }})
}

// GET /me: what is on file about the person who asks.
func (p *Portal) ownFile(c *call) (answer, error) {
	v, err := p.ownPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) ownPage(c *call) (view.Office, error) {
	s := c.who.Staff
	v := view.Office{Frame: p.frame(c, "我的备案"), Heading: "我的备案", Lead: s.ID + "，" + c.who.Home.Name + s.Post}
	if err := s.MayServe(c.received); err != nil {
		v.Say = sentenced(err).Sentence
	}
	facts, err := p.accountFacts(c, s)
	if err != nil {
		return v, err
	}
	v.Sections = []view.Section{{ID: "account", Title: "账户", Facts: facts}, p.trainingSection(c, s)}
	if form := p.learnForm(c, s); form != nil {
		v.Forms = append(v.Forms, *form)
	}
	if s.Pledge == "" && s.FiledOn != nil {
		v.Forms = append(v.Forms, view.ActForm{ID: "pledge", Title: "签署承诺书", Action: "/me/pledge", Say: strings.Join(org.PledgeLines, "；") + "。"})
	}
	return v, nil
}

// POST /me/pledge
func (p *Portal) proposePledge(c *call) (answer, error) {
	var next answer
	var err error
	if c.who.Staff.FiledOn == nil {
		err = fault.New(fault.Forbidden, "您还没有完成系统使用人员备案，备案之后才能签署承诺书。请先由本单位报备。")
	} else {
		next, err = p.propose(c, &pledgeMatter{}, c.who.Home, "/me")
	}
	return p.officeAgain(c, next, err, officeForm{act: policy.SignPledge, subject: store.OfStaff(c.who.Staff.ID).Subject(),
		page: func() (view.Office, error) { return p.ownPage(c) }})
}
