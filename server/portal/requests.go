package portal

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/web"
	"sealdesk/web/view"
)

// GET /requests: those who wait for a key.
func (p *Portal) listRequests(c *call) (answer, error) {
	v, err := p.requestsPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) requestsPage(c *call) (view.Requests, error) {
	_, grant, err := p.place(c, policy.ListKeys)
	if err != nil {
		return view.Requests{}, err
	}
	v := view.Requests{Frame: p.frame(c, "钥匙申领"), Lead: "申领与发放由两个人办理：机构负责人申领，安全保密管理员发放。谁也不能为自己办。"}
	open, err := p.store.Requests(c.ctx, grant, custody.Asked)
	if err != nil {
		return v, err
	}
	_, mayAssign := p.may(c, policy.AssignKey, c.who.Home)
	names := map[string]string{}
	for _, q := range open {
		row := view.KeyRequest{ID: q.ID, For: p.nameOf(c, q.Staff) + "（" + q.Staff + "）", By: p.nameOf(c, q.By) + "（" + q.By + "）", Reason: q.Reason, At: q.At}
		if s, err := p.store.Staff(c.ctx, q.Staff); err == nil {
			row.Organisation = p.orgName(c, names, s)
		}
		if mayAssign == nil && q.By != c.who.Staff.ID && q.Staff != c.who.Staff.ID {
			row.Act = view.Link{Text: "选一把发放", Href: "/keys?state=" + string(custody.InStore)}
		}
		v.Rows = append(v.Rows, row)
	}
	if p.anywhere(c, policy.RequestKey) {
		v.Action, v.Staff, v.Reason = "/requests", view.Field{Value: c.form.Get("staff")}, view.Field{Value: c.form.Get("reason")}
	}
	return v, nil
}

// POST /requests
func (p *Portal) proposeRequest(c *call) (answer, error) {
	next, err := p.askForKey(c)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.RequestKey, page: func(r *view.Refusal) (web.Page, error) {
		v, err := p.requestsPage(c)
		v.Refusal = r
		faultsAt(r, map[string]*string{"staff": &v.Staff.Error, "reason": &v.Reason.Error})
		return v, err
	}})
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
