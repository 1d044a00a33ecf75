package portal

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/web/view"
)

// GET /requests: those who wait for a key, and what became of the last ones.
func (p *Portal) listRequests(c *call) (answer, error) {
	v, err := p.requestsPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// shownAnswers is how many answered requests the page lists.
const shownAnswers = 20

func (p *Portal) requestsPage(c *call) (view.Office, error) {
	_, grant, err := p.place(c, policy.ListKeys)
	if err != nil {
		return view.Office{}, err
	}
	v := view.Office{Frame: p.frame(c, "钥匙申领"), Heading: "钥匙申领", Lead: "申领与发放由两个人办理：机构负责人申领，安全保密管理员发放。谁也不能为自己办。"}
	open, err := p.store.Requests(c.ctx, grant, custody.Asked)
	if err != nil {
		return v, err
	}
	answered, err := p.store.AnsweredRequests(c.ctx, grant, shownAnswers)
	if err != nil {
		return v, err
	}
	waiting := view.Section{ID: "open", Title: "待发放", Small: number(len(open)) + " 件", Empty: "没有待发放的申领。"}
	if len(open) > 0 {
		waiting.Register = p.openRequests(c, open)
	}
	done := view.Section{ID: "answered", Title: "已答复", Small: "最近的", Empty: "还没有答复过的申领。"}
	if len(answered) > 0 {
		done.Register = p.answeredRequests(c, answered)
	}
	v.Sections = []view.Section{waiting, done}
	if p.anywhere(c, policy.RequestKey) {
		v.Forms = append(v.Forms, view.ActForm{ID: "ask", Title: "为一位人员申领", Action: "/requests", Inputs: []view.Input{
			{Kind: "text", Name: "staff", Label: "人员编号", Hint: "已备案的人员，例如 U00031。", Field: typed(c, "staff")},
			{Kind: "area", Name: "reason", Label: "理由", Field: typed(c, "reason")}}})
	}
	if _, err := p.may(c, policy.DeclineKey, c.who.Home); err == nil && len(open) > 0 {
		which := view.Choices{Items: []view.Choice{{Value: "", Text: "请选择申领"}}}
		for _, q := range open {
			which.Items = append(which.Items, view.Choice{Value: q.ID, Text: q.ID + "，" + p.nameOf(c, q.Staff) + "（" + q.Staff + "）", Chosen: c.form.Get("request") == q.ID})
		}
		v.Forms = append(v.Forms, view.ActForm{ID: "decline", Title: "不予发放", Say: "申领人会看到理由，补齐之后可以再申领。", Action: "/requests/decline", Inputs: []view.Input{
			{Kind: "select", Name: "request", Label: "哪一件", Choices: which},
			{Kind: "area", Name: "why", Label: "不予发放的理由", Field: typed(c, "why")}}})
	}
	return v, nil
}

func (p *Portal) openRequests(c *call, open []custody.Request) *view.Register {
	_, mayAssign := p.may(c, policy.AssignKey, c.who.Home)
	list := &view.Register{Caption: "待发放的申领", Columns: []string{"领用人", "理由", "申领人", "办理"}}
	names := map[string]string{}
	for _, q := range open {
		var act view.Cell
		switch {
		case mayAssign != nil:
			act = view.Cell{Mark: view.Mark{Kind: "wait", Text: q.State.Word()}}
		case q.By == c.who.Staff.ID || q.Staff == c.who.Staff.ID:
			act = view.Cell{Text: "由另一位办理"}
		default:
			act = view.Cell{Text: "选一把发放", Href: "/keys?state=" + string(custody.InStore)}
		}
		list.Rows = append(list.Rows, view.RegisterRow{Cells: []view.Cell{{Text: p.nameOf(c, q.Staff) + "（" + q.Staff + "）", Sub: p.homeName(c, names, q.Staff)},
			{Text: q.Reason, Sub: "编号 " + q.ID}, {Text: p.nameOf(c, q.By) + "（" + q.By + "）", Sub: minute(q.At)}, act}})
	}
	return list
}

func (p *Portal) answeredRequests(c *call, answered []custody.Request) *view.Register {
	list := &view.Register{Caption: "已答复的申领", Columns: []string{"领用人", "申领", "答复", "结果"}}
	for _, q := range answered {
		mark := view.Mark{Kind: "stop", Text: q.State.Word()}
		what := view.Cell{Text: q.Answer}
		if q.State == custody.Granted {
			mark, what = view.Mark{Kind: "ok", Text: q.State.Word()}, view.Cell{Text: "钥匙 " + q.Token, Href: "/keys/" + escaped(q.Token)}
		}
		if what.Sub = minute(q.Answered); q.AnsweredBy != "" {
			what.Sub = p.nameOf(c, q.AnsweredBy) + "，" + what.Sub
		}
		list.Rows = append(list.Rows, view.RegisterRow{Cells: []view.Cell{{Text: p.nameOf(c, q.Staff) + "（" + q.Staff + "）"},
			{Text: q.Reason, Sub: p.nameOf(c, q.By) + " " + minute(q.At) + "，编号 " + q.ID}, what, {Mark: mark}}})
	}
	return list
}

// homeName is where somebody is at home.
func (p *Portal) homeName(c *call, known map[string]string, staff string) string {
	s, err := p.store.Staff(c.ctx, staff)
	if err != nil {
		return ""
	}
	return p.orgName(c, known, s)
}

// POST /requests
func (p *Portal) proposeRequest(c *call) (answer, error) {
	next, err := p.askForKey(c)
	return p.officeAgain(c, next, err, officeForm{act: policy.RequestKey, page: func() (view.Office, error) { return p.requestsPage(c) }})
}

// POST /requests/decline
func (p *Portal) proposeDecline(c *call) (answer, error) {
	id := strings.TrimSpace(c.form.Get("request"))
	form := officeForm{act: policy.DeclineKey, inputs: map[string]string{"reason": "why"}, page: func() (view.Office, error) { return p.requestsPage(c) }}
	if _, err := p.may(c, policy.DeclineKey, c.who.Home); err != nil {
		return nil, err
	}
	if id == "" {
		return p.officeAgain(c, nil, fault.New(fault.Invalid, "请选择不予发放的申领。").At("request", "请选择申领。"), form)
	}
	form.subject = "request/" + id
	next, err := p.propose(c, &declineMatter{Request: id, Reason: strings.TrimSpace(c.form.Get("why"))}, c.who.Home, "/requests")
	return p.officeAgain(c, next, err, form)
}

func (p *Portal) askForKey(c *call) (answer, error) {
	person := strings.ToUpper(strings.TrimSpace(c.form.Get("staff")))
	unknown := fault.New(fault.Invalid, "您这里没有人员 %s。请核对编号；新来的人员先办备案。", person).At("staff", "请核对人员编号。")
	body, err := p.homeOf(c, person)
	if fault.Is(err, fault.NotFound) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	id := make([]byte, 4)
	rand.Read(id)
	m := &requestMatter{ID: "Q" + strings.ToUpper(hex.EncodeToString(id)), Staff: person, Reason: strings.TrimSpace(c.form.Get("reason"))}
	next, err := p.propose(c, m, body, "/requests")
	if err != nil && sentenced(err).Kind == fault.NotFound {
		return nil, unknown // out of reach, and so as if there were nobody
	}
	return next, err
}
