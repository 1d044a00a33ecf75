package portal

import (
	"slices"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/web/view"
)

// officerWork is what waits for one of the three officers, each line with how
// many, since when and where it is done, and the pages that are theirs. A line
// that cannot be read is left out and logged: the others still help.
func (p *Portal) officerWork(c *call) []view.Due {
	list := slices.Concat(p.incidentWork(c), p.quorumWork(c), p.emergencyWork(c))
	for _, part := range []struct {
		act  policy.Act
		read func(*call, policy.Grant) ([]view.Due, error)
	}{{policy.CheckStaff, p.filingWork}, {policy.GrantRole, p.grantWork}, {policy.AssignKey, p.requestWork}, {policy.EnrolKey, p.ceremonyWork},
		{policy.CountersignCustody, p.secondWork}, {policy.ListKeys, p.keyWatch}, {policy.ListMedia, p.mediaWork}, {policy.ReviewRoles, p.reviewWork},
		{policy.ListRoles, p.lookWork}, {policy.OpenStocktake, p.stocktakeWork}, {policy.RecordLesson, p.exerciseWork}} {
		grant, err := p.may(c, part.act, c.who.Home)
		if err != nil {
			continue
		}
		due, err := part.read(c, grant)
		if err != nil {
			p.log.Warn("the officer's home", "request", c.number, "part", string(part.act), "cause", err.Error())
		}
		list = append(list, due...)
	}
	list = slices.Concat(list, p.externalWork(), p.rulesWork(c), p.policyWork(c))
	if _, err := p.may(c, policy.ListKeys, c.who.Home); err == nil {
		list = append(list, view.Due{What: "钥匙台账", Note: "查看每把钥匙在谁手里；接到遗失、离岗报告后报失或停用。", Act: view.Link{Text: "打开台账", Href: "/keys"}, Quiet: true})
	}
	if _, err := p.may(c, policy.ReadLog, c.who.Home); err == nil {
		list = append(list, view.Due{What: "查阅日志", Note: "谁在何时办了什么、哪些请求被拒绝；只有编号。", Act: view.Link{Text: "打开日志", Href: "/log"}, Quiet: true})
	}
	return list
}

// waiting is one line about things that began to wait at these moments; none if
// there are none.
func waiting(what, unit, note, text, href string, since []time.Time) []view.Due {
	if len(since) == 0 {
		return nil
	}
	oldest := since[0]
	for _, at := range since {
		if at.Before(oldest) {
			oldest = at
		}
	}
	return []view.Due{{What: what, Count: len(since), Unit: unit, Note: note, Since: oldest, Act: view.Link{Text: text, Href: href}}}
}

// filingWork are filings to check and exits to close (R54).
func (p *Portal) filingWork(c *call, grant policy.Grant) ([]view.Due, error) {
	all, err := p.store.FilingsIn(c.ctx, grant, org.Filed, org.Leaving)
	var filed, leaving []time.Time
	for _, f := range all {
		if f.State == org.Filed {
			filed = append(filed, f.At)
		} else {
			leaving = append(leaving, f.At)
		}
	}
	return append(waiting("人员备案待审核", "份", "审核签署之后账户才开通或变更。", "去审核", "/staff", filed),
		waiting("离岗待办结", "份", "钥匙和介质收回或停用之后办结。", "去办结", "/staff", leaving)...), err
}

// grantWork are roles that somebody asked for and this officer is to grant.
func (p *Portal) grantWork(c *call, grant policy.Grant) ([]view.Due, error) {
	since, err := p.mineToSign(c, grant, func(kind string) bool { return kind == string(seal.RoleGrant) })
	return waiting("角色申请待授予", "件", "机构负责人已经签署，等您签署同一份文本。", "去看", "/confirmations", since), err
}

// secondWork are matters of keys and media that wait for this officer's seal.
func (p *Portal) secondWork(c *call, grant policy.Grant) ([]view.Due, error) {
	since, err := p.mineToSign(c, grant, ofCustody)
	return waiting("钥匙与介质事项等您复签", "件", "两人办理的事项，第一人已经签署。", "去看", "/confirmations", since), err
}

// mineToSign tells when the first signed each open act of these kinds that
// waits for this person.
func (p *Portal) mineToSign(c *call, grant policy.Grant, of func(kind string) bool) ([]time.Time, error) {
	open, err := p.store.OpenProposals(c.ctx, grant)
	var since []time.Time
	for _, w := range open {
		if of(w.Kind) && nextSigner(w) == c.who.Staff.ID {
			since = append(since, issuedAt(w))
		}
	}
	return since, err
}

// issuedAt is when the text of an open act was written; its end if it cannot be
// read.
func issuedAt(w registration.Proposal) time.Time {
	if s, err := seal.ParseStatement(w.Text, nil); err == nil {
		if h, err := s.Header(); err == nil {
			return h.Issued
		}
	}
	return w.Expires
}

func (p *Portal) requestWork(c *call, grant policy.Grant) ([]view.Due, error) {
	open, err := p.store.Requests(c.ctx, grant, custody.Asked)
	var since []time.Time
	for _, q := range open {
		since = append(since, q.At)
	}
	return waiting("钥匙申领待答复", "件", "选一把在库的钥匙发放，或写明理由不予发放。", "去办", "/requests", since), err
}

func (p *Portal) ceremonyWork(c *call, grant policy.Grant) ([]view.Due, error) {
	tokens, err := p.store.TokensIn(c.ctx, grant, custody.HandoverPending)
	return waiting("签发证书", "把", "已发放的钥匙等签发证书，或等领用人接管。", "去办", "/enrolments", sinceOf(tokens)), err
}

func sinceOf(tokens []custody.Token) []time.Time {
	var since []time.Time
	for _, t := range tokens {
		since = append(since, t.Since)
	}
	return since
}

// keyWatch are keys near their end, suspended ones and the year's open count.
func (p *Portal) keyWatch(c *call, grant policy.Grant) ([]view.Due, error) {
	var list []view.Due
	ending, err := p.endingKeys(c, grant)
	if err != nil {
		return nil, err
	}
	if n := len(ending); n > 0 {
		list = append(list, view.Due{What: "证书 30 天内到期", Count: n, Unit: "把", Note: "到期之前由保管人换发，过期后不能登录。", Act: view.Link{Text: "看到期的", Href: "/keys?due=ending"}})
	}
	suspended, err := p.store.TokensIn(c.ctx, grant, custody.Suspended)
	if err != nil {
		return list, err
	}
	list = append(list, waiting("已暂停的钥匙待核实", "把", "核实之后由两人恢复，或停用。", "看暂停的", "/keys?state="+string(custody.Suspended), sinceOf(suspended))...)
	all, err := p.store.Stocktakes(c.ctx)
	if err != nil {
		return list, err
	}
	for _, s := range all {
		if !s.Open() {
			continue
		}
		tokens, err := p.store.Tokens(c.ctx, grant)
		if err != nil {
			return list, err
		}
		seen, err := p.store.Sightings(c.ctx, grant, s.Year)
		if err != nil {
			return list, err
		}
		list = append(list, view.Due{What: s.ID() + " 年度盘点进行中，还没有见到", Count: len(s.Tally(tokens, seen, all).Gaps), Unit: "把", Since: s.Opened,
			Note: "在用的由保管人自证，在库的逐把清点。", Act: view.Link{Text: "看盘点", Href: "/stocktakes"}})
	}
	return list, nil
}

// mediaWork are media that nobody has taken over yet, and missing ones (R59).
func (p *Portal) mediaWork(c *call, grant policy.Grant) ([]view.Due, error) {
	all, err := p.store.Media(c.ctx, grant)
	var between, missing []time.Time
	for _, m := range all {
		switch {
		case m.State.OnItsWay():
			between = append(between, m.Since)
		case m.State.Gone():
			missing = append(missing, m.Since)
		}
	}
	return append(waiting("介质待接收", "件", "交出人签署了，接收人还没有签署；仍由交出人负责。", "看介质", "/media", between),
		waiting("介质已报失", "件", "找到的由责任人签署交出，责任人已离岗的由您收回；找不到的由两人核销。", "看介质", "/media", missing)...), err
}

// mostReviews bounds how many changes of roles are counted.
const mostReviews = 500

func (p *Portal) reviewWork(c *call, grant policy.Grant) ([]view.Due, error) {
	open, err := p.store.RoleChanges(c.ctx, grant, true, mostReviews)
	var since []time.Time
	for _, r := range open {
		since = append(since, r.At)
	}
	return waiting("任职变动待审阅", "项", "授予和免去的角色由安全审计员审阅。", "去审阅", "/roles", since), err
}
