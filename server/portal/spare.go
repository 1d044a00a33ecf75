package portal

import (
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// spareMatter moves tokens from one security officer's store to another's.
type spareMatter struct {
	bare
	Serials []string `json:"serials"`
	Reason  string   `json:"reason"`
}

func (m *spareMatter) act() policy.Act   { return policy.HandOverStore }
func (m *spareMatter) refs() []store.Ref { return refsOfTokens(m.Serials) }

func (m *spareMatter) budget() time.Duration { return longBudget(len(m.Serials)) }

func (m *spareMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	giver, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	taker, err := signerAt(h, 1)
	if err != nil {
		return d, err
	}
	officers, err := r.Keepers(policy.SEC)
	if err != nil {
		return d, err
	}
	if !slices.Contains(officers, taker) {
		return d, fault.New(fault.Conflict, "接收人 %s 现在不是安全保密管理员，不能接收库存的钥匙。请选另一位。", taker).At("taker", "请选另一位安全保密管理员。")
	}
	var tokens []custody.Token
	for _, serial := range m.Serials {
		t, err := r.Token(serial)
		if err != nil {
			return d, err
		}
		tokens = append(tokens, t)
	}
	moved, err := custody.PassOn(tokens, giver, taker, m.Reason, now)
	if err != nil {
		return d, err
	}
	for _, t := range moved {
		d.puts = append(d.puts, t)
	}
	people, err := namedAll(r, giver, taker)
	if err != nil {
		return d, err
	}
	d.subject = store.OfStaff(taker).Subject()
	d.statement, err = custody.PassOnStatement(h, tokens, people[0], people[1], m.Reason)
	return d, err
}

// mySpares are the tokens in this officer's own store.
func (p *Portal) mySpares(c *call) ([]custody.Token, error) {
	all, err := p.store.TokensOf(c.ctx, c.who.Staff.ID)
	if err != nil {
		return nil, err
	}
	var list []custody.Token
	for _, t := range all {
		if t.Spare() {
			list = append(list, t)
		}
	}
	return list, nil
}

// GET /spares: what lies in one's own store, and its hand-over to a colleague.
func (p *Portal) showSpares(c *call) (answer, error) {
	v, err := p.sparesPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) sparesPage(c *call) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "库存交接"), Heading: "库存交接", Back: view.Link{Text: "钥匙台账", Href: "/keys"},
		Lead: "您手里在库和待销毁的钥匙，可以成批交给另一位安全保密管理员。两人签署同一份文本；接收人签署之前，仍由您负责。"}
	if _, err := p.may(c, policy.HandOverStore, c.who.Home); err != nil {
		return v, err
	}
	mine, err := p.mySpares(c)
	if err != nil {
		return v, err
	}
	section := view.Section{ID: "spares", Title: "您手里的库存", Small: number(len(mine)) + " 把", Empty: "您手里没有库存的钥匙。"}
	if len(mine) > 0 {
		list := &view.Register{Caption: "您手里的库存", Columns: []string{"钥匙", "标签", "状态自", "状态"}}
		for _, t := range mine[:min(len(mine), shownGaps)] {
			list.Rows = append(list.Rows, view.RegisterRow{Cells: []view.Cell{{Text: t.Serial, Mono: true, Href: "/keys/" + escaped(t.Serial)}, {Text: orText(t.Label, "—")},
				{Text: minute(t.Since)}, {Mark: keyMark(t.State)}}})
		}
		section.Register = list
		if more := len(mine) - len(list.Rows); more > 0 {
			section.Say = "另有 " + number(more) + " 把没有列出；“交给另一位安全保密管理员”里的序列号是全的。"
		}
	}
	v.Sections = []view.Section{section}
	if len(mine) == 0 {
		return v, nil
	}
	takers, err := p.officersBeside(c)
	if err != nil {
		return v, err
	}
	serials := typed(c, "serials")
	if !c.form.Has("serials") {
		var all []string
		for _, t := range mine[:min(len(mine), custody.MaxPassOn)] {
			all = append(all, t.Serial)
		}
		serials.Value = strings.Join(all, "\n")
	}
	v.Forms = []view.ActForm{{ID: "pass-on", Title: "交给另一位安全保密管理员", Action: "/spares", Button: "看将要签的内容", Inputs: []view.Input{
		{Kind: "area", Name: "serials", Label: "序列号", Hint: "一行一把，已填好您手里的全部；不交的删去，或照实物用扫码枪重新扫。", Field: serials},
		{Kind: "select", Name: "taker", Label: "接收人", Choices: takers},
		{Kind: "area", Name: "reason", Label: "理由", Field: typed(c, "reason")}}}}
	return v, nil
}

// officersBeside are the other security officers with a key in use.
func (p *Portal) officersBeside(c *call) (view.Choices, error) {
	list := view.Choices{Items: []view.Choice{{Value: "", Text: "请选择接收人"}}}
	people, err := p.otherOfficers(c)
	for _, s := range people {
		list.Items = append(list.Items, view.Choice{Value: s.ID, Text: s.Name + "（" + s.ID + "）", Chosen: c.form.Get("taker") == s.ID})
	}
	return list, err
}

func (p *Portal) otherOfficers(c *call) ([]org.Staff, error) {
	all, err := p.store.StaffOf(c.ctx, policy.SEC, c.who.Home.ID)
	if err != nil {
		return nil, err
	}
	var list []org.Staff
	for _, s := range all {
		if s.ID != c.who.Staff.ID {
			list = append(list, s)
		}
	}
	return list, nil
}

// POST /spares
func (p *Portal) proposeSpares(c *call) (answer, error) {
	next, err := p.passOn(c)
	return p.officeAgain(c, next, err, officeForm{act: policy.HandOverStore, subject: store.OfStaff(c.who.Staff.ID).Subject(),
		page: func() (view.Office, error) { return p.sparesPage(c) }})
}

func (p *Portal) passOn(c *call) (answer, error) {
	if _, err := p.may(c, policy.HandOverStore, c.who.Home); err != nil {
		return nil, err
	}
	serials, err := serialsIn(c.form.Get("serials"), custody.MaxPassOn)
	if err != nil {
		return nil, err
	}
	officers, err := p.otherOfficers(c)
	if err != nil {
		return nil, err
	}
	for _, s := range officers {
		if s.ID != c.form.Get("taker") {
			continue
		}
		second, err := p.signerOf(c, s, "taker")
		if err != nil {
			return nil, err
		}
		next, err := p.propose(c, &spareMatter{Serials: serials, Reason: strings.TrimSpace(c.form.Get("reason"))}, c.who.Home, "/spares", second)
		if fault.Is(err, fault.NotFound) {
			return nil, fault.New(fault.Invalid, "有的序列号不在台账里，一把也没有交接。请照实物核对。").At("serials", "有的序列号不在台账里。")
		}
		return next, err
	}
	return nil, fault.New(fault.Invalid, "请选择接收人：另一位安全保密管理员。没有第二位的，请先任命一位。").At("taker", "请选择接收人。")
}
