package portal

import (
	"slices"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// registerPage is how many people one page of the register shows.
const registerPage = 50

// GET /staff: the register of people, and what waits for a check.
func (p *Portal) listStaff(c *call) (answer, error) {
	v, err := p.staffPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) staffPage(c *call) (view.Office, error) {
	body, grant, err := p.place(c, policy.ListStaff)
	if err != nil {
		return view.Office{}, err
	}
	v := view.Office{Frame: p.frame(c, "人员"), Heading: "人员与备案", Lead: body.Name + "及以下机构的系统使用人员。没有备案就没有账户；离岗当日关闭账户。",
		Search: &view.Search{Action: "/staff", Label: "人员编号或姓名", Find: typed(c, "find")}}
	names, err := p.bodyNames(c, body)
	if err != nil {
		return v, err
	}
	waiting, err := p.store.FilingsIn(c.ctx, grant, org.Filed, org.Leaving)
	if err != nil {
		return v, err
	}
	open := view.Section{ID: "open", Title: "等办的备案", Small: number(len(waiting)) + " 份", Empty: "没有等办的备案。",
		Register: &view.Register{Caption: "等办的备案", Columns: []string{"人员", "机构", "类别", "报备", "状态"}}}
	if len(waiting) > musterLines {
		open.Small = more(musterLines, len(waiting))
	}
	for _, f := range waiting[:min(len(waiting), musterLines)] {
		open.Register.Rows = append(open.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: f.Name, Href: "/staff/" + escaped(f.Staff), Sub: f.Staff},
			{Text: names[f.Org]}, {Text: f.Kind.Word()}, {Text: org.Day(f.At), Sub: p.nameOf(c, f.By)}, {Mark: filingMark(f.State)}}})
	}
	if p.anywhere(c, policy.FileStaff) {
		open.Go = view.Link{Text: "为新人员报备", Href: "/staff/new"}
	}
	register, err := p.register(c, grant, names)
	if err != nil {
		return v, err
	}
	v.Sections = []view.Section{open, register}
	if p.anywhere(c, policy.FileStaff) {
		v.Sections[1].Go = view.Link{Text: "上传名册比对、成批报备", Href: "/musters"}
	}
	form, err := p.checksForm(c, waiting)
	if form != nil {
		v.Forms = append(v.Forms, *form)
	}
	return v, err
}

// register is one page of the people within a grant.
func (p *Portal) register(c *call, grant policy.Grant, names map[string]string) (view.Section, error) {
	f := store.StaffFilter{After: c.form.Get("after")}
	find := strings.TrimSpace(c.form.Get("find"))
	if strings.Trim(find, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == "" {
		f.Number = find
	} else {
		f.Name = find
	}
	list, total, next, err := p.store.Register(c.ctx, grant, f, registerPage)
	if err != nil {
		return view.Section{}, err
	}
	held, err := p.store.RolesOf(c.ctx, numbersOf(list)...)
	if err != nil {
		return view.Section{}, err
	}
	s := view.Section{ID: "register", Title: "人员名册", Small: number(total) + " 人", Empty: "没有符合条件的人员。",
		Register: &view.Register{Caption: "人员名册，按编号", Columns: []string{"人员", "机构", "岗位", "角色", "状态"}, Paging: view.Paging{Total: total, Unit: "人"}}}
	if next != "" {
		s.Register.Paging.Next = "/staff?after=" + escaped(next)
	}
	if f.After != "" {
		s.Register.Paging.Prev = "/staff"
	}
	for _, one := range list {
		s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: one.Name, Href: "/staff/" + escaped(one.ID), Sub: one.ID},
			{Text: names[one.Org]}, {Text: one.Post}, {Text: heldWords(held[one.ID])}, {Mark: p.accountMark(c, one)}}})
	}
	return s, nil
}

func numbersOf(list []org.Staff) []string {
	ids := make([]string, len(list))
	for i, s := range list {
		ids[i] = s.ID
	}
	return ids
}

// bodyNames are the bodies at and beneath one, by number.
func (p *Portal) bodyNames(c *call, body org.Organisation) (map[string]string, error) {
	all, err := p.store.Organisations(c.ctx, body.Path)
	names := map[string]string{}
	for _, o := range all {
		names[o.ID] = o.Name
	}
	return names, err
}

func heldWords(list []org.Appointment) string {
	var words []string
	for _, a := range list {
		words = append(words, policy.Role(a.Role).Name())
	}
	return strings.Join(words, "、")
}

func filingMark(s org.FilingState) view.Mark {
	kind := map[org.FilingState]string{org.Filed: "hold", org.Active: "ok", org.SentBack: "stop", org.Leaving: "hold", org.Left: "wait"}[s]
	return view.Mark{Kind: kind, Text: s.Word()}
}

// accountMark says whether an account may be used, and why not.
func (p *Portal) accountMark(c *call, s org.Staff) view.Mark {
	switch {
	case s.Closed(c.received) != nil:
		return view.Mark{Kind: "wait", Text: "已关闭"}
	case s.FiledOn == nil:
		return view.Mark{Kind: "stop", Text: "未备案"}
	case s.Pledge == "":
		return view.Mark{Kind: "hold", Text: "承诺书待签"}
	case s.MayAct(p.year, c.received) != nil:
		return view.Mark{Kind: "hold", Text: "培训未完成"}
	}
	return view.Mark{Kind: "ok", Text: "可办理"}
}

// person reads somebody within this person's reach: the account, nil while the
// first filing waits, the body, and the filings.
func (p *Portal) person(c *call, id string) (account *org.Staff, body org.Organisation, filings []org.Filing, err error) {
	_, grant, err := p.place(c, policy.ListStaff)
	if err != nil {
		return
	}
	s, err := p.store.StaffIn(c.ctx, grant, id)
	unit := s.Org
	switch {
	case err == nil:
		account = &s
	case !fault.Is(err, fault.NotFound):
		return
	}
	missing := err
	if filings, err = p.store.FilingsOf(c.ctx, id); err != nil {
		return
	}
	if account == nil { // a first filing in reach opens the page
		filings = slices.DeleteFunc(filings, func(f org.Filing) bool { _, err := p.store.Filing(c.ctx, grant, f.ID); return err != nil })
		if len(filings) == 0 {
			err = missing
			return
		}
		unit = filings[len(filings)-1].Org
	}
	body, err = p.store.Organisation(c.ctx, unit)
	return
}

// GET /staff/:id
func (p *Portal) showPerson(c *call) (answer, error) {
	v, err := p.personPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) personPage(c *call) (view.Office, error) {
	id := c.param("id")
	account, body, filings, err := p.person(c, id)
	if err != nil {
		return view.Office{}, err
	}
	at := "/staff/" + escaped(id)
	v := view.Office{Frame: p.frame(c, "人员 "+id), Back: view.Link{Text: "回到人员名册", Href: "/staff"}}
	if account != nil {
		v.Heading, v.Lead = account.Name, account.ID+"，"+body.Name+account.Post
		if err := account.Closed(c.received); err != nil {
			v.Say = sentenced(err).Sentence
		}
		facts, err := p.accountFacts(c, *account)
		if err != nil {
			return v, err
		}
		v.Sections = append(v.Sections, view.Section{ID: "account", Title: "账户", Facts: facts}, p.trainingSection(c, *account))
		if _, err := p.may(c, policy.RevealPhone, body); err == nil && account.Phone != "" {
			v.Forms = append(v.Forms, *revealForm(c, "staff", at+"/reveal", ""))
		}
		if form := p.confirmForm(c, *account, body); form != nil {
			v.Forms = append(v.Forms, *form)
		}
	} else {
		first := filings[len(filings)-1]
		v.Heading, v.Lead = first.Name, id+"，"+body.Name+first.Post+"。备案审核之前没有账户。"
	}
	v.Sections = append(v.Sections, p.filingSection(c, filings))
	may := func(act policy.Act) bool { _, err := p.may(c, act, body); return err == nil }
	if may(policy.FileStaff) && id != c.who.Staff.ID {
		v.Sections[len(v.Sections)-1].Go = view.Link{Text: "报备变更", Href: at + "/file"}
	}
	if open := newest(filings, org.Filed); open.ID != "" && may(policy.CheckStaff) {
		v.Forms = append(v.Forms, checkForm(c, at))
	}
	if account != nil {
		forms, err := p.roleForms(c, *account, body)
		if err != nil {
			return v, err
		}
		v.Forms = append(v.Forms, forms...)
	}
	leaving := newest(filings, org.Leaving)
	if account != nil && leaving.ID == "" && account.Closed(c.received) == nil && may(policy.EndPost) && id != c.who.Staff.ID {
		v.Forms = append(v.Forms, leaveForm(c, at))
	}
	if leaving.ID != "" && may(policy.ExitStaff) {
		v.Forms = append(v.Forms, view.ActForm{ID: "exit", Title: "办结离岗", Action: at + "/exit",
			Say: "钥匙、介质都已交还或停用，报失的介质已由两人核销，才能办结。"})
	}
	return v, nil
}

// accountFacts are the account in lines; the telephone by its last four.
func (p *Portal) accountFacts(c *call, s org.Staff) ([]view.Fact, error) {
	held, err := p.store.RolesOf(c.ctx, s.ID)
	if err != nil {
		return nil, err
	}
	filed := "未备案"
	if s.FiledOn != nil {
		filed = org.Day(*s.FiledOn)
	}
	facts := []view.Fact{{Label: "状态", Value: p.accountMark(c, s).Text}, {Label: "角色", Value: orText(heldWords(held[s.ID]), "还没有任职")},
		{Label: "手机号", Value: s.Phone.String()}, {Label: "备案日", Value: filed}, {Label: "承诺书", Value: orText(s.Pledge, "待本人签署")}}
	if s.Closes != nil {
		facts = append(facts, view.Fact{Label: "在岗至", Value: s.LastDay()})
	}
	return facts, nil
}

func (p *Portal) filingSection(c *call, filings []org.Filing) view.Section {
	s := view.Section{ID: "filings", Title: "备案经过", Empty: "没有在本系统报备过：备案来自启用时的名册。",
		Register: &view.Register{Caption: "备案经过，最近的在前", Columns: []string{"备案表", "内容", "拟任角色", "经手", "状态"}}}
	for _, f := range slices.Backward(filings) {
		hands := p.nameOf(c, f.By) + "，" + org.Day(f.At)
		if f.CheckedBy != "" {
			hands += "；" + p.nameOf(c, f.CheckedBy) + "，" + org.Day(*f.CheckedAt)
		}
		what := f.Post + "，自 " + org.Day(f.Starts)
		if f.Closes != nil {
			what += " 至 " + org.Day(f.Closes.Add(-1))
		}
		s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: f.Kind.Word(), Sub: f.ID}, {Text: what, Sub: f.Note},
			{Text: org.RoleWords(f.Roles)}, {Text: hands}, {Mark: filingMark(f.State)}}})
	}
	return s
}

func checkForm(c *call, at string) view.ActForm {
	verdict := c.form.Get("verdict")
	return view.ActForm{ID: "check", Title: "审核备案", Action: at + "/check", Say: "报备与审核由两个人办理。同意后账户才开通或变更；角色另行授予。", Inputs: []view.Input{
		{Kind: "radios", Name: "verdict", Label: "审核意见", Choices: view.Choices{Items: []view.Choice{
			{Value: "accept", Text: "同意，备案生效", Chosen: verdict == "accept"}, {Value: "back", Text: "退回", Chosen: verdict == "back"}}}},
		{Kind: "area", Name: "reason", Label: "退回的理由", Hint: "同意的不用填。", Field: typed(c, "reason")}}}
}

func leaveForm(c *call, at string) view.ActForm {
	return view.ActForm{ID: "leave", Title: "离岗备案", Action: at + "/leave", Say: "签署后账户到期即关闭；已经到期的立即关闭。", Inputs: []view.Input{
		{Kind: "day", Name: "last", Label: "最后在岗的日期", Field: typed(c, "last")},
		{Kind: "area", Name: "leave_reason", Label: "理由", Hint: "例如“调离”“退休”“岗位调整”。", Field: typed(c, "leave_reason")}}}
}
