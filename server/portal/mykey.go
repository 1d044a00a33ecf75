package portal

import (
	"strconv"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// GET /key: one's own key.
func (p *Portal) myKey(c *call) (answer, error) {
	v, err := p.myKeyPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// myHolding is the token in this person's hands: the session stands on it.
func (p *Portal) myHolding(c *call) (custody.Holding, error) {
	return p.store.TokenOf(c.ctx, c.who.Staff.ID)
}

func (p *Portal) myKeyPage(c *call) (view.MyKey, error) {
	v := view.MyKey{Frame: p.frame(c, "我的钥匙"), CodeAction: "/key/loss-code"}
	grant, err := p.may(c, policy.ProveKey, c.who.Home)
	if err != nil {
		return v, err
	}
	h, err := p.myHolding(c)
	if err != nil {
		return v, err
	}
	v.State, v.HasCode = keyMark(h.Token.State), len(h.Token.LossMark) > 0
	if v.Facts, err = p.tokenFacts(c, h); err != nil {
		return v, err
	}
	if endsSoon(h.Key, c.received) {
		v.Warn = "证书到 " + minute(endOf(h.Key)) + " 为止。过期之后不能登录，请在此之前换发。"
	}
	if v.Renew, err = p.renewLink(c, grant, h); err != nil {
		return v, err
	}
	if err := p.proofOf(c, grant, h, &v); err != nil {
		return v, err
	}
	v.Handover = &view.HandoverForm{Action: "/key/handover", Reason: view.Field{Value: c.form.Get("reason")}}
	if v.Handover.Taker, err = p.takers(c, grant); err != nil {
		return v, err
	}
	if v.Media, err = p.myMedia(c); err != nil {
		return v, err
	}
	v.Events, err = p.tokenHistory(c, grant, h.Token.Serial)
	return v, err
}

// renewLink leads to the renewal from when it may begin, and to one that waits.
func (p *Portal) renewLink(c *call, grant policy.Grant, h custody.Holding) (view.Link, error) {
	keys, err := p.store.KeysIn(c.ctx, grant, h.Token.Serial)
	if err != nil {
		return view.Link{}, err
	}
	switch {
	case custody.HoldingOf(h.Token, keys).Next.Fingerprint != "":
		return view.Link{Text: "新证书等您接管，接着办", Href: "/renewal"}, nil
	case h.Key.Own() && endOf(h.Key).Sub(c.received) <= renewable:
		return view.Link{Text: "换发证书", Href: "/renewal"}, nil
	}
	return view.Link{}, nil
}

// proofOf says whether a count waits for this key.
func (p *Portal) proofOf(c *call, grant policy.Grant, h custody.Holding, v *view.MyKey) error {
	all, err := p.store.Stocktakes(c.ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if !s.Open() || h.Token.Delivered.After(s.Opened) {
			continue
		}
		seen, err := p.store.Sightings(c.ctx, grant, s.Year)
		if err != nil {
			return err
		}
		v.ProveYear = s.ID()
		for _, g := range seen {
			v.Proved = v.Proved || g.Token == h.Token.Serial
		}
		if !v.Proved {
			v.Prove = "/key/prove"
		}
	}
	return nil
}

// takers are those who may take over: the security officers, and the colleagues
// of the same organisation.
func (p *Portal) takers(c *call, grant policy.Grant) (view.Choices, error) {
	list := view.Choices{Items: []view.Choice{{Value: "", Text: "请选择接收人"}}}
	seen := map[string]bool{c.who.Staff.ID: true}
	add := func(id, text string) {
		if !seen[id] {
			seen[id] = true
			list.Items = append(list.Items, view.Choice{Value: id, Text: text, Chosen: c.form.Get("taker") == id})
		}
	}
	officers, err := p.store.Keepers(c.ctx, policy.SEC)
	if err != nil {
		return list, err
	}
	for _, id := range officers {
		add(id, p.nameOf(c, id)+"（"+id+"），安全保密管理员，收回入库")
	}
	colleagues, _, _, err := p.store.Register(c.ctx, grant, store.StaffFilter{Org: c.who.Home.ID}, 500)
	for _, s := range colleagues {
		add(s.ID, s.Name+"（"+s.ID+"），"+s.Post)
	}
	return list, err
}

// POST /key/handover: the giver's part.
func (p *Portal) proposeHandover(c *call) (answer, error) {
	next, err := p.handOver(c)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.HandOverKey, page: func(r *view.Refusal) (web.Page, error) {
		v, err := p.myKeyPage(c)
		v.Refusal = r
		if v.Handover != nil {
			faultsAt(r, map[string]*string{"taker": &v.Handover.Taker.Error, "reason": &v.Handover.Reason.Error})
		}
		return v, err
	}})
}

func (p *Portal) handOver(c *call) (answer, error) {
	h, err := p.myHolding(c)
	if err != nil {
		return nil, err
	}
	m := &handoverMatter{Serial: h.Token.Serial, Taker: strings.TrimSpace(c.form.Get("taker")), Reason: strings.TrimSpace(c.form.Get("reason"))}
	return p.propose(c, m, c.who.Home, "/key")
}

// POST /key/prove: the key proves itself in the open count.
func (p *Portal) proposeProof(c *call) (answer, error) {
	h, err := p.myHolding(c)
	if err != nil {
		return nil, err
	}
	all, err := p.store.Stocktakes(c.ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Open() {
			return p.propose(c, &proveMatter{Year: s.Year, Serial: h.Token.Serial}, c.who.Home, "/key")
		}
	}
	return nil, fault.New(fault.Closed, "现在没有进行中的盘点，不用自证。")
}

// POST /key/loss-code: a fresh one-time code, shown this once. The register and
// the log keep a keyed MAC of it; nobody else, and not the officer, sees it.
func (p *Portal) issueLossCode(c *call) (answer, error) {
	if c.form.Get("do") != "fresh" {
		return nil, fault.New(fault.Invalid, "没有领取口令。请在“我的钥匙”页上按“领取新的口令”。")
	}
	h, err := p.myHolding(c)
	if err != nil {
		return nil, err
	}
	grant, err := p.may(c, policy.IssueLossCode, c.who.Home)
	if err != nil {
		return nil, err
	}
	serial, code := h.Token.Serial, custody.NewLossCode()
	_, err = p.store.Commit(again(c.ctx), grant, nil, func(tx *store.Tx) (audit.Entry, error) {
		held, err := holdingOf(tx, serial)
		if err != nil {
			return audit.Entry{}, err
		}
		next, err := held.WithLossCode(grant.Person(), p.store.LossMark(serial, code))
		if err != nil {
			return audit.Entry{}, err
		}
		return audit.Entry{Subject: store.OfToken(serial).Subject()}, tx.Put(next.Token)
	}, store.Reads(store.OfToken(serial)), store.Received(c.received))
	if err != nil {
		return nil, err
	}
	return page{view: view.LossSlip{Frame: p.frame(c, "报失口令"), Back: view.Link{Text: "我的钥匙", Href: "/key"}, Slip: view.Slip{Code: code,
		Holder: c.who.Staff.Name + "（" + c.who.Staff.ID + "）", Serial: serial, At: c.received}}}, nil
}

// GET /handed-over: where a hand-over ends for the giver, whose key has no power
// any more and who can read no receipt with it.
func (p *Portal) handedOver(c *call) (answer, error) {
	n := c.form.Get("number")
	if _, err := strconv.ParseUint(n, 10, 63); err != nil {
		n = ""
	}
	return page{view: view.HandedOver{Gate: view.Gate{Title: "钥匙已交出", Now: c.received}, Number: n}}, nil
}
