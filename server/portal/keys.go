package portal

import (
	"crypto/x509"
	"strings"
	"time"
	"unicode"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// keyPage is how many tokens one page of the board shows.
const keyPage = 50

// expiring is how long before its end a certificate is worth a warning.
const expiring = 30 * 24 * time.Hour

// keyStates are the states of the board, in the order of its tiles.
var keyStates = []custody.State{custody.Issued, custody.InStore, custody.HandoverPending, custody.Suspended, custody.Lost, custody.Revoked, custody.Destroyed}

// GET /keys: the board of keys. No business data is on it.
func (p *Portal) listKeys(c *call) (answer, error) {
	body, grant, err := p.place(c, policy.ListKeys)
	if err != nil {
		return nil, err
	}
	v := view.Keys{Frame: p.frame(c, "钥匙"), Action: "/keys", Find: view.Field{Value: c.form.Get("name")}}
	counts, err := p.store.TokenCounts(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	ending, err := p.endingKeys(c, grant)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, s := range keyStates {
		total += counts[s]
		v.Tiles = append(v.Tiles, view.Tile{Count: counts[s], Text: s.Word(), Hot: s == custody.Lost && counts[s] > 0, Href: "/keys?state=" + string(s)})
	}
	v.Lead = body.Name + "范围内共 " + number(total) + " 把，每一把都有一名责任人；停用和报失从下一次操作起生效。"
	if v.Todo, err = p.keyWork(c, grant, counts, len(ending)); err != nil {
		return nil, err
	}
	filter, err := p.tokenFilter(c, &v, ending)
	if err != nil {
		return nil, err
	}
	found, err := p.store.TokenPage(c.ctx, grant, filter, c.form.Get("at"), keyPage)
	if err != nil {
		return nil, err
	}
	if v.Rows, err = p.keyRows(c, grant, found.Rows); err != nil {
		return nil, err
	}
	v.Paging = pagingOf(c.form, "/keys", found.Prev, found.Next, found.Total, "把")
	v.Empty = "没有符合条件的钥匙。去掉一些筛选再看。"
	if total == 0 {
		v.Empty = "这里还没有钥匙。新钥匙到货后，先办入库。"
	}
	v.Links = p.keyLinks(c)
	return page{view: v}, nil
}

// keyLinks are the other pages of the register that this person may open.
func (p *Portal) keyLinks(c *call) []view.Link {
	var list []view.Link
	for _, l := range []struct {
		act        policy.Act
		text, href string
	}{{policy.DeliverKeys, "新钥匙入库", "/deliveries"}, {policy.RequestKey, "钥匙申领", "/requests"}, {policy.HandOverStore, "库存交接", "/spares"}, {policy.OpenStocktake, "年度盘点", "/stocktakes"}, {policy.ListMedia, "介质台账", "/media"}} {
		if p.anywhere(c, l.act) {
			list = append(list, view.Link{Text: l.text, Href: l.href})
		}
	}
	return list
}

// endingKeys are the tokens whose certificate in use ends soon, or has ended.
func (p *Portal) endingKeys(c *call, grant policy.Grant) ([]string, error) {
	return p.store.EndingBefore(c.ctx, grant, c.received.Add(expiring))
}

func endOf(k custody.Key) time.Time {
	cert, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return time.Time{}
	}
	return cert.NotAfter
}

func endsSoon(k custody.Key, now time.Time) bool {
	end := endOf(k)
	return !end.IsZero() && end.Sub(now) < expiring
}

// keyWork is what somebody has to do about keys now.
func (p *Portal) keyWork(c *call, grant policy.Grant, counts map[custody.State]int, ending int) ([]view.Due, error) {
	var list []view.Due
	add := func(n int, what, note, text, href string) {
		if n > 0 {
			list = append(list, view.Due{What: what, Count: n, Unit: "件", Note: note, Act: view.Link{Text: text, Href: href}, Quiet: true})
		}
	}
	asked, err := p.store.Requests(c.ctx, grant, custody.Asked)
	if err != nil {
		return nil, err
	}
	add(len(asked), "申领待发放", "由安全保密管理员选一把在库的钥匙发放。", "看申领", "/requests")
	add(counts[custody.HandoverPending], "钥匙在途，待写入证书或接收", "交出的钥匙已经失效，责任人仍是交出人，直到对方接收。", "看在途", "/keys?state="+string(custody.HandoverPending))
	add(counts[custody.Suspended], "已暂停，待核实", "核实之后由两人恢复，或停用。", "看暂停的", "/keys?state="+string(custody.Suspended))
	add(ending, "证书 30 天内到期", "到期之前由保管人换发，过期后不能登录。", "看到期的", "/keys?due=ending")
	waiting, err := p.custodyWaiting(c)
	if err != nil {
		return nil, err
	}
	add(waiting, "等您复签", "两人办理的事项，第一人已经签署。", "去看", "/confirmations")
	return list, nil
}

// tokenFilter reads the filters of the board and shows them again.
func (p *Portal) tokenFilter(c *call, v *view.Keys, ending []string) (store.TokenFilter, error) {
	var f store.TokenFilter
	if find := strings.TrimSpace(c.form.Get("name")); find != "" {
		switch s, err := p.store.Staff(c.ctx, strings.ToUpper(find)); {
		case err == nil:
			f.Custodian = s.ID
		case !fault.Is(err, fault.NotFound):
			return f, err
		case strings.ContainsFunc(find, unicode.IsLetter) && strings.ContainsFunc(find, func(r rune) bool { return r > unicode.MaxASCII }):
			f.Name = find
		default:
			f.Serial = strings.ToUpper(find)
		}
		v.Chips = append(v.Chips, view.Chip{Text: "查找“" + find + "”", Href: "/keys?" + without(c.form, "name", "at").Encode()})
	}
	state := c.form.Get("state")
	v.State.Items = []view.Choice{{Value: "", Text: "全部", Chosen: state == ""}}
	for _, s := range keyStates {
		v.State.Items = append(v.State.Items, view.Choice{Value: string(s), Text: s.Word(), Chosen: state == string(s)})
	}
	if state != "" {
		f.State = custody.State(state)
		v.Chips = append(v.Chips, view.Chip{Text: f.State.Word(), Href: "/keys?" + without(c.form, "state", "at").Encode()})
	}
	if c.form.Get("due") == "ending" {
		f.Serials = append([]string{}, ending...)
		v.Chips = append(v.Chips, view.Chip{Text: "证书 30 天内到期", Href: "/keys?" + without(c.form, "due", "at").Encode()})
	}
	organs, err := p.organChoices(c)
	if err != nil || len(organs.Items) < 3 {
		return f, err
	}
	v.Organ = organs
	if id := c.form.Get("organisation"); id != "" {
		o, err := p.store.Organisation(c.ctx, id)
		switch {
		case err == nil:
			f.Path = o.Path
			v.Chips = append(v.Chips, view.Chip{Text: o.Name, Href: "/keys?" + without(c.form, "organisation", "at").Encode()})
		case fault.Is(err, fault.NotFound):
			f.Serials = []string{} // an unknown organ has no key
		default:
			return f, err
		}
	}
	return f, nil
}

// keyRows shows tokens with their keys and people, in a handful of queries
// however many rows there are.
func (p *Portal) keyRows(c *call, grant policy.Grant, tokens []custody.Token) ([]view.KeyRow, error) {
	var serials, people []string
	for _, t := range tokens {
		serials, people = append(serials, t.Serial), append(people, t.Custodian)
		if t.For != "" {
			people = append(people, t.For)
		}
	}
	keys, err := p.store.KeysInAll(c.ctx, grant, serials...)
	if err != nil {
		return nil, err
	}
	staff, err := p.store.People(c.ctx, people...)
	if err != nil {
		return nil, err
	}
	roles, err := p.store.RolesOf(c.ctx, people...)
	if err != nil {
		return nil, err
	}
	seen, err := p.store.LastSeen(c.ctx, people...)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	rows := make([]view.KeyRow, len(tokens))
	for i, t := range tokens {
		holder := staff[t.Custodian]
		rows[i] = view.KeyRow{Serial: t.Serial, Label: t.Label, Href: "/keys/" + escaped(t.Serial), Holder: orText(holder.Name, t.Custodian), Number: t.Custodian,
			Organisation: p.orgName(c, names, holder), Roles: roleWords(rolesIn(roles[t.Custodian])), State: keyMark(t.State)}
		if t.For != "" {
			rows[i].To = orText(staff[t.For].Name, t.For)
		}
		if k, ok := keys[t.Serial]; ok {
			rows[i].Until, rows[i].Soon = endOf(k), endsSoon(k, c.received)
			if at := seen[k.Staff]; !at.Before(k.Since) {
				rows[i].Seen = at
			}
		}
	}
	return rows, nil
}

func rolesIn(held []org.Appointment) []policy.Role {
	list := make([]policy.Role, len(held))
	for i, a := range held {
		list[i] = policy.Role(a.Role)
	}
	return list
}

// orgName is where a person is at home, each organisation read once.
func (p *Portal) orgName(c *call, known map[string]string, s org.Staff) string {
	if name, ok := known[s.Org]; ok {
		return name
	}
	o, err := p.store.Organisation(c.ctx, s.Org)
	if err != nil {
		return s.Org
	}
	known[s.Org] = o.Name
	return o.Name
}

func keyMark(s custody.State) view.Mark {
	kind := map[custody.State]string{custody.Issued: "ok", custody.Lost: "stop", custody.Suspended: "hold", custody.HandoverPending: "ask"}[s]
	return view.Mark{Kind: orText(kind, "wait"), Text: s.Word()}
}

// minute prints a moment of the register for people.
func minute(t time.Time) string {
	if t.IsZero() {
		return "无"
	}
	return t.In(registration.Shanghai).Format("2006-01-02 15:04")
}
