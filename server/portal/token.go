package portal

import (
	"net/url"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/web"
	"sealdesk/web/view"
)

// keyOffer is one thing that may be done with a token on its page.
type keyOffer struct {
	do, text, hint string
	kind           seal.Kind
	from           []custody.State
	two, request   bool
}

// keyOffers are all, in the order of the form.
var keyOffers = []keyOffer{
	{"assign", "发放", "给申领的人；下一步写入证书，由本人接管", seal.KeyAssign, []custody.State{custody.InStore}, false, true},
	{"suspend", "暂停使用", "钥匙还在，有事要核实；下一次操作起不能用", seal.KeySuspend, []custody.State{custody.Issued}, false, false},
	{"restore", "恢复使用", "核实之后；须第二人签署", seal.KeyRestore, []custody.State{custody.Suspended}, true, false},
	{"lost", "报失", "下一次操作起不能用，找回也不再启用", seal.KeyLost, []custody.State{custody.InStore, custody.HandoverPending, custody.Issued, custody.Suspended}, false, false},
	{"found", "登记找回", "转到您手里，停用待销毁", seal.KeyFound, []custody.State{custody.Lost}, false, false},
	{"revoke", "停用", "离岗、损坏、不再可信；不能恢复", seal.KeyRevoke, []custody.State{custody.InStore, custody.HandoverPending, custody.Issued, custody.Suspended}, false, false},
	{"receive", "收回入库", "实物已到您手里", seal.KeyReceive, []custody.State{custody.HandoverPending, custody.Revoked}, false, false},
	{"destroy", "销毁", "须第二人签署", seal.KeyDestroy, []custody.State{custody.Revoked}, true, false},
}

// GET /keys/:serial
func (p *Portal) showToken(c *call) (answer, error) {
	v, err := p.tokenPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// tokenHere is the token of the address, within this person's reach.
func (p *Portal) tokenHere(c *call) (custody.Holding, policy.Grant, error) {
	_, grant, err := p.place(c, policy.ListKeys)
	if err != nil {
		return custody.Holding{}, grant, err
	}
	h, err := holdingOf(p.reading(c.ctx, grant), c.param("serial"))
	return h, grant, err
}

func (p *Portal) tokenPage(c *call) (view.Token, error) {
	h, grant, err := p.tokenHere(c)
	if err != nil {
		return view.Token{}, err
	}
	t := h.Token
	v := view.Token{Frame: p.frame(c, "钥匙 "+t.Serial), Back: view.Link{Text: "钥匙台账", Href: "/keys"}, Heading: "钥匙 " + t.Serial, State: keyMark(t.State),
		Note: tokenNotes[t.State]}
	if v.Facts, err = p.tokenFacts(c, h); err != nil {
		return v, err
	}
	if v.Form, err = p.keyForm(c, grant, h); err != nil {
		return v, err
	}
	if t.State == custody.HandoverPending || t.State == custody.Issued {
		v.Sheet = "/keys/" + escaped(t.Serial) + "/sheet"
	}
	v.Events, err = p.tokenHistory(c, grant, t.Serial)
	return v, err
}

// tokenNotes say what a state asks for next.
var tokenNotes = map[custody.State]string{
	custody.HandoverPending: "在途：原责任人仍负责保管，直到接收人用新证书签署接管。",
	custody.Suspended:       "暂停期间不能登录和签署；核实之后由两人恢复，或停用。",
	custody.Lost:            "已报失的钥匙不再启用。找到后登记找回，收在安全保密管理员手里，再由两人销毁。",
	custody.Revoked:         "已停用。收回入库之后，由两人销毁。",
}

func (p *Portal) tokenFacts(c *call, h custody.Holding) ([]view.Fact, error) {
	t := h.Token
	facts := []view.Fact{{Label: "责任人", Value: p.nameOf(c, t.Custodian) + "（" + t.Custodian + "）"}}
	if s, err := p.store.Staff(c.ctx, t.Custodian); err == nil {
		facts = append(facts, view.Fact{Label: "机构", Value: p.orgName(c, map[string]string{}, s)})
	}
	if t.For != "" {
		facts = append(facts, view.Fact{Label: "接收人", Value: p.nameOf(c, t.For) + "（" + t.For + "）"})
	}
	facts = append(facts, view.Fact{Label: "状态自", Value: minute(t.Since)}, view.Fact{Label: "标签", Value: orText(t.Label, "无")},
		view.Fact{Label: "供货单位", Value: orText(t.Vendor, "无")}, view.Fact{Label: "入册", Value: minute(t.Delivered) + "　" + t.Delivery})
	if t.Reason != "" {
		facts = append(facts, view.Fact{Label: "缘由", Value: t.Reason})
	}
	if !h.Keyed() {
		return append(facts, view.Fact{Label: "证书", Value: "没有"}), nil
	}
	seen, err := p.store.LastSeen(c.ctx, h.Key.Staff)
	if err != nil {
		return nil, err
	}
	last := "还没有用过"
	if at := seen[h.Key.Staff]; !at.Before(h.Key.Since) {
		last = minute(at)
	}
	until := minute(endOf(h.Key))
	if endsSoon(h.Key, c.received) {
		until += "，即将到期"
	}
	return append(facts, view.Fact{Label: "最近使用", Value: last}, view.Fact{Label: "证书至", Value: until},
		view.Fact{Label: "证书编号", Value: orText(h.Key.Serial, "无"), Mono: true}, view.Fact{Label: "钥匙指纹", Value: grouped(h.Key.Fingerprint), Mono: true}), nil
}

// offersFor are the things that this person may do with the token as it stands.
func (p *Portal) offersFor(c *call, h custody.Holding) []keyOffer {
	body, err := p.homeOf(c, h.Token.Custodian)
	if err != nil {
		return nil
	}
	var list []keyOffer
	for _, o := range keyOffers {
		for _, s := range o.from {
			if s != h.Token.State {
				continue
			}
			where := body
			if o.request {
				where = c.who.Home
			}
			if _, err := p.may(c, actOfKind(o.kind), where); err == nil {
				list = append(list, o)
			}
		}
	}
	return list
}

func actOfKind(kind seal.Kind) policy.Act {
	if kind == seal.KeyAssign {
		return policy.AssignKey
	}
	return keyDeeds[kind].act
}

func (p *Portal) keyForm(c *call, grant policy.Grant, h custody.Holding) (*view.KeyForm, error) {
	offers := p.offersFor(c, h)
	if len(offers) == 0 {
		return nil, nil
	}
	f := &view.KeyForm{Action: "/keys/" + escaped(h.Token.Serial), Reason: view.Field{Value: c.form.Get("reason")}}
	chosen := c.form.Get("do")
	two, request := false, false
	for _, o := range offers {
		f.Do.Items = append(f.Do.Items, view.Choice{Value: o.do, Text: o.text, Hint: o.hint, Chosen: chosen == o.do || len(offers) == 1})
		two, request = two || o.two, request || o.request
	}
	var err error
	if two {
		if f.Second, err = p.seconders(c); err != nil {
			return nil, err
		}
	}
	if request {
		f.Request, err = p.requestChoices(c, grant)
	}
	return f, err
}

// requestChoices are the open requests that a token can be given for.
func (p *Portal) requestChoices(c *call, grant policy.Grant) (view.Choices, error) {
	open, err := p.store.Requests(c.ctx, grant, custody.Asked)
	list := view.Choices{Items: []view.Choice{{Value: "", Text: "请选择申领"}}}
	for _, q := range open {
		list.Items = append(list.Items, view.Choice{Value: q.ID, Text: p.nameOf(c, q.Staff) + "（" + q.Staff + "），" + q.Reason, Chosen: c.form.Get("request") == q.ID})
	}
	return list, err
}

// POST /keys/:serial
func (p *Portal) proposeToken(c *call) (answer, error) {
	offer, next, err := p.actOnToken(c)
	if err == nil {
		return next, nil
	}
	act := policy.ListKeys
	if offer.do != "" {
		act = actOfKind(offer.kind)
	}
	return p.formAgain(c, err, refusedForm{act: act, subject: "token/" + c.param("serial"), page: func(r *view.Refusal) (web.Page, error) {
		v, err := p.tokenPage(c)
		v.Refusal = r
		if v.Form != nil {
			faultsAt(r, map[string]*string{"reason": &v.Form.Reason.Error, "do": &v.Form.Do.Error, "second": &v.Form.Second.Error, "request": &v.Form.Request.Error})
		}
		return v, err
	}})
}

// faultsAt puts each sentence of a refusal beside its field.
func faultsAt(r *view.Refusal, fields map[string]*string) {
	for _, f := range r.Faults {
		if at := fields[f.Field]; at != nil && *at == "" {
			*at = f.Text
		}
	}
}

func (p *Portal) actOnToken(c *call) (keyOffer, answer, error) {
	var offer keyOffer
	for _, o := range keyOffers {
		if o.do == c.form.Get("do") {
			offer = o
		}
	}
	if offer.do == "" {
		return offer, nil, fault.New(fault.Invalid, "请选择要办理的事项。").At("do", "请选择。")
	}
	h, _, err := p.tokenHere(c)
	if err != nil {
		return offer, nil, err
	}
	back := "/keys/" + url.PathEscape(h.Token.Serial)
	if offer.request {
		if c.form.Get("request") == "" {
			return offer, nil, fault.New(fault.Invalid, "请选择据以发放的申领。没有申领的，先由其机构负责人申领。").At("request", "请选择申领。")
		}
		next, err := p.propose(c, &assignMatter{Serial: h.Token.Serial, Request: c.form.Get("request")}, c.who.Home, back)
		return offer, next, err
	}
	body, err := p.homeOf(c, h.Token.Custodian)
	if err != nil {
		return offer, nil, err
	}
	if offer.do == "found" || offer.do == "receive" {
		body = c.who.Home // it comes into the officer's own hands
	}
	var others []seal.Signer
	if offer.two {
		second, err := p.seconder(c)
		if err != nil {
			return offer, nil, err
		}
		others = append(others, second)
	}
	next, err := p.propose(c, &keyMatter{kind: offer.kind, Serial: h.Token.Serial, Reason: strings.TrimSpace(c.form.Get("reason"))}, body, back, others...)
	return offer, next, err
}

// homeOf is a person's organisation.
func (p *Portal) homeOf(c *call, staff string) (org.Organisation, error) {
	s, err := p.store.Staff(c.ctx, staff)
	if err != nil {
		return org.Organisation{}, err
	}
	return p.store.Organisation(c.ctx, s.Org)
}

// tokenHistory is the timeline out of the log, with links to the receipts for
// those who may read them.
func (p *Portal) tokenHistory(c *call, grant policy.Grant, serial string) ([]view.Event, error) {
	return p.timeline(c, grant, "token/"+serial)
}

// timeline are the log's entries about one thing of custody.
func (p *Portal) timeline(c *call, grant policy.Grant, subject string) ([]view.Event, error) {
	entries, err := p.store.EntriesAbout(c.ctx, grant, subject)
	if err != nil {
		return nil, err
	}
	_, mayReadLog := p.may(c, policy.ReadLog, c.who.Home)
	var list []view.Event
	for _, e := range entries {
		event := view.Event{Dot: dotOf(e.Act, e.Signers > 0), At: e.Logged, What: policy.Act(e.Act).Name(), Number: int64(e.Number), Note: noteWords(e)}
		if e.Actor != "" {
			event.By = p.nameOf(c, e.Actor) + "（" + e.Actor + "）"
		} else {
			event.By = "系统"
		}
		if e.Signers > 1 {
			event.What += "，签署 " + number(e.Signed) + "/" + number(e.Signers)
		}
		switch {
		case e.Actor == c.who.Staff.ID && e.Signers > 0:
			event.Href = "/receipts/" + number(int(e.Number))
		case mayReadLog == nil:
			event.Href = "/log/" + number(int(e.Number))
		}
		list = append(list, event)
	}
	return list, nil
}

// GET /keys/:serial/sheet: the hand-over sheet, to be printed and signed by both.
func (p *Portal) handoverSheet(c *call) (answer, error) {
	h, grant, err := p.tokenHere(c)
	if err != nil {
		return nil, err
	}
	t := h.Token
	v := view.HandoverSheet{Frame: p.frame(c, "钥匙交接单"), Back: view.Link{Text: "钥匙 " + t.Serial, Href: "/keys/" + escaped(t.Serial)}, Title: "USBKey 钥匙交接单"}
	if v.Facts, err = p.tokenFacts(c, h); err != nil {
		return nil, err
	}
	v.Giver = p.nameOf(c, t.Custodian) + "（" + t.Custodian + "）"
	if t.For != "" {
		v.Taker = p.nameOf(c, t.For) + "（" + t.For + "）"
	}
	if v.Events, err = p.tokenHistory(c, grant, t.Serial); err != nil {
		return nil, err
	}
	v.Events = v.Events[max(0, len(v.Events)-4):]
	return page{view: v}, nil
}
