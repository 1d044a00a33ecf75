package portal

import (
	"strconv"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/web/view"
)

// GET /policy: what is in force, what was, what waits.
func (p *Portal) showPolicy(c *call) (answer, error) {
	grant, err := p.may(c, policy.ViewPolicy, c.who.Home)
	if err != nil {
		return nil, err
	}
	all, err := p.store.Policies(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	v := view.Policy{Frame: p.frame(c, "政策"), Lead: "签台按最后签署、已到生效时间的政策办事；换政策须安全保密管理员和市级负责人签署同一份文本。"}
	current, _ := policy.InForce(all, c.received)
	v.Facts = []view.Fact{{Label: "编号", Value: current.ID}, {Label: "生效", Value: audit.SpellTime(current.Effective)}, {Label: "理由", Value: current.Reason},
		{Label: "签署人", Value: p.nameOf(c, current.By) + "、" + p.nameOf(c, current.Second)}, {Label: "摘要", Value: byEights(current.Digest), Mono: true}}
	for _, f := range c.who.law.Inert() {
		v.Facts = append(v.Facts, view.Fact{Label: "不起作用", Value: f.String()})
	}
	if current.Digest != p.carried.Digest() {
		for _, act := range c.who.law.UnknownActs() {
			v.Unknown = append(v.Unknown, act.Name()+"（"+string(act)+"）")
		}
	}
	if _, err := p.may(c, policy.ProposePolicy, c.who.Home); err == nil {
		v.Change = view.Link{Text: "换政策", Href: "/policy/new"}
	}
	if v.Open, err = p.openPolicies(c, grant); err != nil {
		return nil, err
	}
	v.Matrix = matrixOf("现行政策：角色、行为、范围", c.who.law.Matrix(), c.who.law.Matrix(), true)
	for i := len(all) - 1; i >= 0; i-- {
		v.Past = append(v.Past, p.policyLine(c, all[i], current))
	}
	return page{view: v}, nil
}

func (p *Portal) policyLine(c *call, s, current policy.Sealed) view.PolicyLine {
	line := view.PolicyLine{Number: s.ID, Reason: s.Reason, By: p.nameOf(c, s.By) + "、" + p.nameOf(c, s.Second), From: s.Effective, Sealed: s.At,
		State: view.Mark{Kind: "wait", Text: "已换下"}, File: view.Link{Text: "下载", Href: "/policy/file?id=" + s.ID}}
	if s.Of != "" {
		line.Reason += "（恢复第 " + s.Of + " 号）"
	}
	switch {
	case s.ID == current.ID:
		line.State = view.Mark{Kind: "ok", Text: "现行"}
	case s.Effective.After(c.received) && policy.Number(s.ID) > policy.Number(current.ID):
		line.State = view.Mark{Kind: "hold", Text: "到时生效"}
	}
	return line
}

// openPolicies are the changes that wait for their second signature.
func (p *Portal) openPolicies(c *call, grant policy.Grant) ([]view.PolicyOpen, error) {
	open, err := p.store.OpenProposals(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	var list []view.PolicyOpen
	for _, w := range open {
		if seal.Kind(w.Kind) != seal.PolicyChange {
			continue
		}
		o := view.PolicyOpen{What: "第 " + strings.TrimPrefix(w.Subject, "policy/") + " 号政策", First: p.nameOf(c, w.Signers[0]), Second: p.nameOf(c, w.Signers[1]),
			Expires: w.Expires, State: view.Mark{Kind: "wait", Text: "等复签"}}
		if nextSigner(w) == c.who.Staff.ID {
			o.Href = "/policy/changes/" + w.ID
		}
		list = append(list, o)
	}
	return list, nil
}

// GET /policy/file?id=P000001, or id=carried for the program's own.
func (p *Portal) policyFile(c *call) (answer, error) {
	grant, err := p.may(c, policy.ViewPolicy, c.who.Home)
	if err != nil {
		return nil, err
	}
	id := c.form.Get("id")
	if id == carriedFile {
		_, lines := policy.Carried()
		return file{name: "policy.csv", kind: "text/csv; charset=utf-8", body: lines}, nil
	}
	all, err := p.store.Policies(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.ID == id {
			return file{name: s.ID + ".csv", kind: "text/csv; charset=utf-8", body: s.Lines}, nil
		}
	}
	return nil, fault.New(fault.NotFound, "没有这一号政策。请从清单里选择。")
}

// carriedFile names the program's own file where a sealed one could stand.
const carriedFile = "carried"

// GET /policy/changes/:id: the second signer sees what the change means.
func (p *Portal) policyProposal(c *call) (answer, error) {
	w, m, grant, err := p.policyToSign(c)
	if err != nil {
		return nil, err
	}
	s, err := m.step(p.reading(c.ctx, grant), c.received)
	if err != nil {
		return nil, err
	}
	v, err := p.changePage(c, s, m, "/policy/changes/"+w.ID)
	if err != nil {
		return nil, err
	}
	v.Lead = p.nameOf(c, w.Signers[0]) + "已签署；您签署同一份文本以后，政策才变更。"
	v.Sign = view.Link{Text: "看原文并签署", Href: "/policy/changes/" + w.ID + "/sign"}
	v.Back = view.Link{Text: "回到政策", Href: "/policy"}
	return page{view: v}, nil
}

// GET /policy/changes/:id/sign
func (p *Portal) signPolicy(c *call) (answer, error) {
	w, _, _, err := p.policyToSign(c)
	if err != nil {
		return nil, err
	}
	return p.proposeAgain(c, w)
}

func (p *Portal) policyToSign(c *call) (registration.Proposal, *policyMatter, policy.Grant, error) {
	var m policyMatter
	grant, err := p.may(c, policy.CountersignPolicy, c.who.Home)
	if err != nil {
		return registration.Proposal{}, nil, grant, err
	}
	w, err := p.store.Proposal(c.ctx, grant, c.param("id"))
	if err != nil {
		return w, nil, grant, err
	}
	if seal.Kind(w.Kind) != seal.PolicyChange || w.State != "open" || nextSigner(w) != c.who.Staff.ID {
		return w, nil, grant, fault.New(fault.Conflict, "这件政策变更现在不等您签署：可能已办结、已失效，或由另一位市级负责人复签。请刷新政策页。")
	}
	return w, &m, grant, noteOf(w, &m)
}

// effectsPage is how many people one page of a simulation shows.
const effectsPage = 50

// changePage shows difference, simulation and both matrices.
func (p *Portal) changePage(c *call, s policyStep, m *policyMatter, path string) (view.PolicyChange, error) {
	v := view.PolicyChange{Frame: p.frame(c, "政策变更"), Added: policy.Words(s.added), Removed: policy.Words(s.removed)}
	begins := "两人都签署的那一刻"
	if !m.Effective.IsZero() {
		begins = m.Effective.In(registration.Shanghai).Format("2006-01-02 15:04") + " 起（服务器时间）"
	}
	v.Facts = []view.Fact{{Label: "新编号", Value: s.next.ID}, {Label: "现行", Value: s.current.ID}, {Label: "生效", Value: begins}, {Label: "理由", Value: s.next.Reason},
		{Label: "复签", Value: p.nameOf(c, m.Second)}, {Label: "新摘要", Value: byEights(s.next.Digest), Mono: true}}
	if s.next.Of != "" {
		v.Facts = append(v.Facts, view.Fact{Label: "恢复自", Value: "第 " + s.next.Of + " 号"})
	}
	if s.next.Base != s.current.ID {
		v.Facts = append(v.Facts, view.Fact{Label: "注意", Value: "第 " + s.next.Base + " 号还没到生效时间；这一份签署后，它就不再生效。"})
	}
	words, _, _ := strings.Cut(policy.Summary(s.effects), "，名单摘要")
	v.Summary = words + "；其余人员不变。"
	start, err := strconv.Atoi(c.form.Get("from"))
	if err != nil || start < 0 || start >= len(s.effects) {
		start = 0
	}
	end := min(start+effectsPage, len(s.effects))
	v.Paging = view.Paging{Total: len(s.effects), Unit: "人"}
	if len(s.effects) > 0 {
		v.Paging.From, v.Paging.To = start+1, end
	}
	if start > 0 {
		v.Paging.Prev = path + "?from=" + strconv.Itoa(max(0, start-effectsPage))
	}
	if end < len(s.effects) {
		v.Paging.Next = path + "?from=" + strconv.Itoa(end)
	}
	for _, e := range s.effects[start:end] {
		v.People = append(v.People, p.effectLine(c, e))
	}
	everything := c.form.Get("matrix") == "all"
	v.Matrix = matrixOf("权限表：旧与新", s.old.Matrix(), s.fresh.Matrix(), everything)
	if !everything {
		v.Matrix.All = view.Link{Text: "这里只列有变化的行为；列出全部", Href: path + "?matrix=all"}
	}
	return v, nil
}

func (p *Portal) effectLine(c *call, e policy.Effect) view.PolicyPerson {
	line := view.PolicyPerson{Name: e.Staff, Number: e.Staff}
	if s, err := p.store.Staff(c.ctx, e.Staff); err == nil {
		line.Name, line.Roles = s.Name, s.Post
		if o, err := p.store.Organisation(c.ctx, s.Org); err == nil {
			line.Organisation = o.Name
		}
	}
	for _, r := range e.Gains {
		line.Gains = append(line.Gains, r.String())
	}
	for _, r := range e.Loses {
		line.Loses = append(line.Loses, r.String())
	}
	return line
}

// matrixOf draws the golden matrix of role × act, old and new in one.
func matrixOf(caption string, old, fresh policy.Matrix, everything bool) view.PolicyMatrix {
	m := view.PolicyMatrix{Caption: caption}
	roles := append(policy.Roles(), policy.System)
	for _, r := range roles {
		m.Roles, m.Names = append(m.Roles, string(r)), append(m.Names, r.Name())
	}
	for _, act := range policy.Acts() {
		row := view.PolicyRow{Act: act.Name(), Code: string(act)}
		moved := false
		for _, r := range roles {
			cell := view.PolicyCell{Now: reachWords(fresh[act][r]), Was: reachWords(old[act][r])}
			cell.Changed = cell.Now != cell.Was
			moved = moved || cell.Changed
			row.Cells = append(row.Cells, cell)
		}
		if moved || everything {
			m.Rows = append(m.Rows, row)
		}
	}
	return m
}

// reachWords are a cell's reaches, short enough for a table of eleven columns.
func reachWords(reaches []policy.Reach) string {
	short := map[policy.Reach]string{policy.Own: "本机构", policy.Subtree: "所辖", policy.CityRun: "市直", policy.All: "全部", policy.SystemOnly: "系统"}
	if len(reaches) == 0 {
		return "—"
	}
	words := make([]string, len(reaches))
	for i, r := range reaches {
		words[i] = short[r]
	}
	return strings.Join(words, "+")
}

// policyWork leads officers and lead to what waits for them about the policy.
func (p *Portal) policyWork(c *call) []view.Due {
	grant, err := p.may(c, policy.ViewPolicy, c.who.Home)
	if err != nil {
		return nil
	}
	var list []view.Due
	open, err := p.openPolicies(c, grant)
	if err != nil {
		p.log.Warn("open policies", "request", c.number, "cause", err.Error())
	}
	for _, o := range open {
		if o.Href != "" {
			list = append(list, view.Due{What: o.What + "等您复签", Note: "先看差别和对每个人的影响。", Until: o.Expires, Act: view.Link{Text: "去看", Href: o.Href}})
		}
	}
	if n := len(c.who.law.UnknownActs()); n > 0 && c.who.law.Digest() != p.carried.Digest() {
		list = append(list, view.Due{What: "程序比现行政策新", Count: n, Unit: "种行为", Note: "现行政策不认识这些行为，一律不准；须安全保密管理员提出、市级负责人复签新的政策。",
			Act: view.Link{Text: "看政策", Href: "/policy"}})
	}
	return list
}
