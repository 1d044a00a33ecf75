package portal

import (
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/web"
	"sealdesk/web/view"
)

// GET /media: the register of media (R59).
func (p *Portal) listMedia(c *call) (answer, error) {
	v, err := p.mediaPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) mediaPage(c *call) (view.Media, error) {
	grant, err := p.officerGrant(c, policy.ListMedia)
	if err != nil {
		return view.Media{}, err
	}
	v := view.Media{Frame: p.frame(c, "介质台账"), Action: "/media", Find: view.Field{Value: c.form.Get("find")},
		Lead: "移动硬盘、U盘、带存储的打印机等，每一件都有一名责任人；没有登记的不能存放或带出数据。"}
	all, err := p.store.Media(c.ctx, grant)
	if err != nil {
		return v, err
	}
	for _, m := range all {
		v.Rows = append(v.Rows, p.mediumRow(c, m))
	}
	if find := c.form.Get("find"); find != "" {
		v.Find.Error, v.Found = p.lookUpMedium(c, grant, find)
	}
	if _, err := p.may(c, policy.RegisterMedium, c.who.Home); err == nil {
		f := &view.RegisterForm{Action: "/media", Medium: view.Field{Value: c.form.Get("medium")}, Custodian: view.Field{Value: c.form.Get("custodian")},
			Location: view.Field{Value: c.form.Get("location")}, Contents: view.Field{Value: c.form.Get("contents")}}
		f.Kind, f.Encryption = wordChoices(custody.MediumKinds, c.form.Get("kind")), wordChoices(custody.Encryptions, c.form.Get("encryption"))
		v.Register = f
	}
	return v, nil
}

// lookUpMedium answers about one number: who answers for it, or that nobody does.
func (p *Portal) lookUpMedium(c *call, grant policy.Grant, find string) (wrong, found string) {
	id, err := custody.ParseMediumID(find)
	if err != nil {
		return sentenced(err).Sentence, ""
	}
	m, err := p.store.Medium(c.ctx, grant, id)
	if err != nil {
		return sentenced(err).Sentence, ""
	}
	return "", "介质 " + m.ID + "（" + m.Kind + "）已登记，责任人 " + p.nameOf(c, m.Custodian) + "（" + m.Custodian + "），现在“" + m.State.Word() + "”。"
}

func wordChoices(words []string, chosen string) view.Choices {
	list := view.Choices{Items: []view.Choice{{Value: "", Text: "请选择"}}}
	for _, w := range words {
		list.Items = append(list.Items, view.Choice{Value: w, Text: w, Chosen: w == chosen})
	}
	return list
}

func (p *Portal) mediumRow(c *call, m custody.Medium) view.MediumRow {
	row := view.MediumRow{ID: m.ID, Href: "/media/" + m.ID, Kind: m.Kind, Custodian: p.nameOf(c, m.Custodian) + "（" + m.Custodian + "）", Encryption: m.Encryption,
		Location: m.Location, Contents: m.Contents, Since: m.Since, State: view.Mark{Kind: map[custody.MediumState]string{custody.InUse: "ok", custody.InHandover: "ask", custody.WipedInHandover: "ask", custody.Missing: "stop", custody.WipedMissing: "stop"}[m.State], Text: m.State.Word()}}
	if row.State.Kind == "" {
		row.State.Kind = "wait"
	}
	if m.For != "" {
		row.To = p.nameOf(c, m.For) + "（" + m.For + "）"
	}
	return row
}

// POST /media
func (p *Portal) proposeMedium(c *call) (answer, error) {
	next, err := p.registerMedium(c)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.RegisterMedium, page: func(r *view.Refusal) (web.Page, error) {
		v, err := p.mediaPage(c)
		v.Refusal = r
		if f := v.Register; f != nil {
			faultsAt(r, map[string]*string{"medium": &f.Medium.Error, "custodian": &f.Custodian.Error, "kind": &f.Kind.Error, "encryption": &f.Encryption.Error,
				"location": &f.Location.Error, "contents": &f.Contents.Error})
		}
		return v, err
	}})
}

func (p *Portal) registerMedium(c *call) (answer, error) {
	m := custody.Medium{ID: c.form.Get("medium"), Kind: c.form.Get("kind"), Custodian: strings.ToUpper(strings.TrimSpace(c.form.Get("custodian"))),
		Encryption: c.form.Get("encryption"), Location: c.form.Get("location"), Contents: c.form.Get("contents")}
	if _, err := p.may(c, policy.RegisterMedium, c.who.Home); err != nil {
		return nil, err
	}
	if _, err := custody.Register(m, c.who.Staff.ID, c.received); err != nil {
		return nil, err
	}
	if _, err := p.store.Staff(c.ctx, m.Custodian); fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Invalid, "人员 %s 不在名册里，不能作责任人。", m.Custodian).At("custodian", "请核对人员编号。")
	}
	return p.propose(c, &registerMatter{Medium: m}, c.who.Home, "/media")
}

// Where a medium may be that is not destroyed.
var (
	onItsWay = []custody.MediumState{custody.InHandover, custody.WipedInHandover}
	anywhere = append([]custody.MediumState{custody.InUse, custody.Wiped, custody.Missing, custody.WipedMissing}, onItsWay...)
)

// mediumOffers are what may be done with a medium, by state.
var mediumOffers = []struct {
	do, text, hint string
	kind           seal.Kind
	from           []custody.MediumState
	two            bool
}{
	{"handover", "交给另一人", "对方签署接收之后，责任才转过去；没有人接收的可以改交别人，报失后找到的也在这里交出", seal.MediumHandover, anywhere, false},
	{"takeover", "接收", "从现在起由您负责", seal.MediumTakeover, onItsWay, false},
	{"receive", "收回", "只收离岗或没有钥匙的责任人的介质；转到您手里", seal.MediumReceive, anywhere, false},
	{"lost", "报失", "责任不变，直到找到后交出，或由两人核销", seal.MediumLost, append([]custody.MediumState{custody.InUse, custody.Wiped}, onItsWay...), false},
	{"wipe", "清除内容", "须第二人签署", seal.MediumWipe, []custody.MediumState{custody.InUse}, true},
	{"destroy", "销毁", "须第二人签署；报失后找不到的在这里核销", seal.MediumDestroy, []custody.MediumState{custody.InUse, custody.Wiped, custody.Missing, custody.WipedMissing}, true},
}

// mediumGrant lets the officers see every medium and everybody those at home.
func (p *Portal) mediumGrant(c *call) (policy.Grant, error) {
	if grant, err := p.may(c, policy.ListMedia, c.who.Home); err == nil {
		return grant, nil
	}
	return p.may(c, policy.TakeOverMedium, c.who.Home)
}

// mediumHere is the medium of the address: one's own, one on its way to
// oneself, or any for those who keep the register.
func (p *Portal) mediumHere(c *call) (custody.Medium, policy.Grant, error) {
	grant, err := p.mediumGrant(c)
	if err != nil {
		return custody.Medium{}, grant, err
	}
	id, err := custody.ParseMediumID(c.param("id"))
	if err != nil {
		return custody.Medium{}, grant, fault.New(fault.NotFound, "没有这件介质。请核对编号。")
	}
	m, err := p.store.Medium(c.ctx, grant, id)
	if err != nil {
		return m, grant, err
	}
	if grant.Act() != policy.ListMedia && m.Custodian != c.who.Staff.ID && m.For != c.who.Staff.ID {
		return m, grant, custody.NotRegistered(id)
	}
	return m, grant, nil
}

// GET /media/:id
func (p *Portal) showMedium(c *call) (answer, error) {
	v, err := p.mediumPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) mediumPage(c *call) (view.Medium, error) {
	m, grant, err := p.mediumHere(c)
	if err != nil {
		return view.Medium{}, err
	}
	row := p.mediumRow(c, m)
	v := view.Medium{Frame: p.frame(c, "介质 "+m.ID), Back: view.Link{Text: "我的钥匙", Href: "/key"}, Row: row, State: row.State}
	if grant.Act() == policy.ListMedia {
		v.Back = view.Link{Text: "介质台账", Href: "/media"}
	}
	v.Facts = []view.Fact{{Label: "种类", Value: m.Kind}, {Label: "责任人", Value: row.Custodian}, {Label: "接收人", Value: orText(row.To, "无")}, {Label: "加密", Value: m.Encryption},
		{Label: "存放地点", Value: m.Location}, {Label: "内容", Value: m.Contents}, {Label: "状态自", Value: minute(m.Since)}, {Label: "缘由", Value: orText(m.Reason, "无")}}
	f := &view.MediumForm{Action: "/media/" + m.ID, Taker: view.Field{Value: c.form.Get("taker")}, Reason: view.Field{Value: c.form.Get("reason")}}
	two := false
	for _, o := range mediumOffers {
		if p.mayMedium(c, m, o.kind) && inStates(m.State, o.from) {
			f.Do.Items = append(f.Do.Items, view.Choice{Value: o.do, Text: o.text, Hint: o.hint, Chosen: c.form.Get("do") == o.do})
			two = two || o.two
		}
	}
	if two {
		if f.Second, err = p.seconders(c); err != nil {
			return v, err
		}
	}
	if len(f.Do.Items) > 0 {
		if len(f.Do.Items) == 1 {
			f.Do.Items[0].Chosen = true
		}
		v.Form = f
	}
	v.Events, err = p.timeline(c, grant, "medium/"+m.ID)
	return v, err
}

func inStates(s custody.MediumState, from []custody.MediumState) bool {
	for _, f := range from {
		if f == s {
			return true
		}
	}
	return false
}

// mayMedium asks who may do it: giving away is the custodian's, taking over the
// taker's, the rest the officer's.
func (p *Portal) mayMedium(c *call, m custody.Medium, kind seal.Kind) bool {
	switch kind {
	case seal.MediumHandover:
		return m.Custodian == c.who.Staff.ID
	case seal.MediumTakeover:
		return m.For == c.who.Staff.ID
	}
	_, err := p.may(c, mediumActs[kind], c.who.Home)
	return err == nil && (kind != seal.MediumReceive && kind != seal.MediumLost || m.Custodian != c.who.Staff.ID)
}

// POST /media/:id
func (p *Portal) actOnMedium(c *call) (answer, error) {
	act := policy.ListMedia
	next, err := p.proposeMediumAct(c, &act)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: act, subject: "medium/" + c.param("id"), page: func(r *view.Refusal) (web.Page, error) {
		v, err := p.mediumPage(c)
		v.Refusal = r
		if f := v.Form; f != nil {
			faultsAt(r, map[string]*string{"do": &f.Do.Error, "taker": &f.Taker.Error, "second": &f.Second.Error, "reason": &f.Reason.Error})
		}
		return v, err
	}})
}

func (p *Portal) proposeMediumAct(c *call, act *policy.Act) (answer, error) {
	m, _, err := p.mediumHere(c)
	if err != nil {
		return nil, err
	}
	for _, o := range mediumOffers {
		if o.do != c.form.Get("do") {
			continue
		}
		*act = mediumActs[o.kind]
		body := c.who.Home
		if o.two {
			if body, err = p.homeOf(c, m.Custodian); err != nil {
				return nil, err
			}
		}
		var others []seal.Signer
		if o.two {
			second, err := p.seconder(c)
			if err != nil {
				return nil, err
			}
			others = append(others, second)
		}
		taker := strings.ToUpper(strings.TrimSpace(c.form.Get("taker")))
		if o.kind == seal.MediumHandover && taker != "" {
			if _, err := p.store.Staff(c.ctx, taker); fault.Is(err, fault.NotFound) {
				return nil, fault.New(fault.Invalid, "人员 %s 不在名册里，不能接收。", taker).At("taker", "请核对人员编号。")
			}
		}
		return p.propose(c, &mediumMatter{kind: o.kind, ID: m.ID, Taker: taker, Reason: strings.TrimSpace(c.form.Get("reason"))}, body, "/media/"+m.ID, others...)
	}
	return nil, fault.New(fault.Invalid, "请选择要办理的事项。").At("do", "请选择。")
}

// myMedia are those for which this person answers, and those on their way here.
func (p *Portal) myMedia(c *call) ([]view.MediumRow, error) {
	grant, err := p.may(c, policy.TakeOverMedium, c.who.Home)
	if err != nil {
		return nil, err
	}
	all, err := p.store.Media(c.ctx, grant)
	var rows []view.MediumRow
	for _, m := range all {
		if (m.Custodian == c.who.Staff.ID || m.For == c.who.Staff.ID) && m.State != custody.Scrapped {
			rows = append(rows, p.mediumRow(c, m))
		}
	}
	return rows, err
}
