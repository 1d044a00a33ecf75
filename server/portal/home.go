package portal

import (
	"slices"
	"strconv"

	"sealdesk/policy"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// GET /: what waits for this person, by deadline.
func (p *Portal) home(c *call) (answer, error) {
	v := view.Home{Frame: p.frame(c, "今日办理")}
	if c.who.Holds(policy.SEC, policy.AUD, policy.SYS) {
		v.Lead = "您是三员之一：这里不显示任何业务数据。"
		v.Officer = "三员只看钥匙、日志与系统运行；教师的姓名和申请内容对三员不显示。"
		v.Due = p.officerWork(c)
		v.Receipts = p.ownReceipts(c)
		return page{view: v}, nil
	}
	v.Receipts = p.ownReceipts(c)
	v.Due = slices.Concat(p.incidentWork(c), p.quorumWork(c), p.emergencyWork(c), p.policyWork(c), p.dutyWork(c), p.rulesWork(c))
	body, grant, err := p.place(c, policy.List)
	if err != nil {
		v.Lead = workLead(len(v.Due))
		return page{view: v}, nil
	}
	counts, err := p.store.Counts(c.ctx, grant, store.Filter{Year: p.year})
	if err != nil {
		return nil, err
	}
	total := map[registration.State]int{}
	all := 0
	for _, states := range counts {
		for s, n := range states {
			total[s] += n
			all += n
		}
	}
	waiting, err := p.waitingFor(c, grant)
	if err != nil {
		return nil, err
	}
	unit := unitIn(body.Path)
	windows, err := p.store.UnitWindows(c.ctx, p.year, unit)
	if err != nil {
		return nil, err
	}
	figures := registration.Counts{ByState: total, ToSign: waiting,
		Unsettled: total[registration.Imported] + total[registration.InReview] + total[registration.ReturnedSchool]}
	work := len(v.Due)
	for _, role := range c.who.Roles() {
		for _, d := range registration.Queue(role, unit, p.year, figures, registration.Calendar{Windows: windows}, c.received) {
			v.Due = append(v.Due, dueView(d))
			work += d.Count
		}
	}
	delegated, err := p.delegatedWork(c, registration.Calendar{Windows: windows})
	if err != nil {
		return nil, err
	}
	for _, d := range delegated {
		v.Due = append(v.Due, d)
		work += d.Count
	}
	let, err := p.letIn(c)
	if err != nil {
		return nil, err
	}
	for _, d := range let {
		v.Due = append(v.Due, d)
		work += d.Count
	}
	v.Lead = workLead(work)
	v.Funnel = funnel(body, p.year, total, all, c.who.Roles())
	return page{view: v}, nil
}

// workLead says how much waits.
func workLead(work int) string {
	if work == 0 {
		return "目前没有等您办理的事项。"
	}
	return "共有 " + strconv.Itoa(work) + " 件事等您办理，按期限排列。"
}

// hrefs say where each kind of waiting work is done.
var hrefs = map[policy.Act]view.Link{
	policy.Accept:               {Text: "去受理", Href: "/applications?state=imported"},
	policy.Review:               {Text: "去审查", Href: "/review"},
	policy.CountersignNotAccept: {Text: "去看", Href: "/confirmations"},
	policy.Send:                 {Text: "去上报", Href: "/send"},
	policy.Conclude:             {Text: "去审核", Href: "/applications?state=at_county"},
	policy.Confirm:              {Text: "去看", Href: "/confirmations"},
	policy.SetLicence:           {Text: "去登记", Href: "/licences"},
	policy.Release:              {Text: "去看", Href: "/applications?state=held"},
}

// homeReceipts is how many of the person's own receipts stand on the home page.
const homeReceipts = 6

// ownReceipts are the last acts that the person sealed, sign-ins left out; the
// page stands without them when the log cannot be read.
func (p *Portal) ownReceipts(c *call) []view.ReceiptLine {
	grant, err := p.may(c, policy.ViewHome, c.who.Home)
	if err != nil {
		return nil
	}
	entries, _, err := p.store.Entries(c.ctx, grant, store.LogFilter{Actor: c.who.Staff.ID}, 100)
	if err != nil {
		p.log.Warn("own receipts", "request", c.number, "cause", err.Error())
		return nil
	}
	var list []view.ReceiptLine
	for _, e := range entries {
		if e.Signers == 0 || policy.Act(e.Act) == policy.Login || len(list) == homeReceipts {
			continue
		}
		line := view.ReceiptLine{Number: int64(e.Number), Href: "/receipts/" + strconv.FormatUint(e.Number, 10), What: policy.Act(e.Act).Name(), At: e.Logged}
		if e.Signed < e.Signers {
			line.State = "等第二人签署"
		}
		list = append(list, line)
	}
	return list
}

func dueView(d registration.Due) view.Due {
	v := view.Due{What: d.What, Count: d.Count, Until: d.Until, Act: hrefs[d.Act]}
	switch {
	case d.Closed:
		v.Note, v.Quiet = "期限已过，记录保持原状；须先调整时段才能办理。", true
	case d.Early:
		v.Note, v.Quiet = "时段还没有开始。", true
	}
	return v
}

// funnel shows how far this body's applications are.
func funnel(body org.Organisation, year int, total map[registration.State]int, all int, roles []policy.Role) *view.Funnel {
	if all == 0 {
		return nil
	}
	mine := map[registration.State]bool{}
	for _, r := range roles {
		switch r {
		case policy.SC:
			mine[registration.Imported], mine[registration.InReview] = true, true
		case policy.SH:
			mine[registration.Reviewed] = true
		case policy.CA, policy.MD:
			mine[registration.AtCounty] = true
		}
	}
	f := &view.Funnel{Title: body.Name + " " + strconv.Itoa(year) + " 年申请走到哪一步"}
	for _, s := range states {
		if n := total[s]; n > 0 {
			f.Steps = append(f.Steps, view.Step{Name: s.Word(), Count: n, Mine: mine[s]})
		}
	}
	return f
}

// waitingFor counts the acts of two people that wait for this person's seal.
func (p *Portal) waitingFor(c *call, grant policy.Grant) (int, error) {
	open, err := p.store.OpenProposals(c.ctx, grant)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, w := range open {
		if nextSigner(w) == c.who.Staff.ID {
			n++
		}
	}
	return n, nil
}

// nextSigner is whose seal an open proposal waits for.
func nextSigner(w registration.Proposal) string {
	if len(w.Signed) < len(w.Signers) {
		return w.Signers[len(w.Signed)]
	}
	return ""
}

// cityRun finds the 市直 body beneath the city.
func (p *Portal) cityRun(c *call, city policy.Body) (org.Organisation, bool) {
	if city.Kind != "city" {
		return org.Organisation{}, false
	}
	if c.who.cityRun == nil { // asked once a request
		units, err := p.store.Units(c.ctx, city.ID, "city_run")
		if err != nil {
			return org.Organisation{}, false
		}
		c.who.cityRun = &org.Organisation{}
		if len(units) > 0 {
			c.who.cityRun = &units[0]
		}
	}
	return *c.who.cityRun, c.who.cityRun.ID != ""
}

// unitOf is the organ whose windows matter to this person.
func (p *Portal) unitOf(c *call) (string, bool) {
	for _, a := range c.who.Officer.Appointments {
		if a.Body.Kind == "city" {
			if unit, ok := p.cityRun(c, a.Body); ok {
				return unit.ID, true
			}
			continue
		}
		return unitIn(a.Body.Path), true
	}
	return "", false
}

// schoolNames are the bodies beneath a grant, for filters and lists.
func (p *Portal) schoolNames(c *call, grant policy.Grant) (map[string]string, error) {
	all, err := p.store.Organisations(c.ctx, grant.Body().Path)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, o := range all {
		if o.School() {
			names[o.ID] = o.Name
		}
	}
	return names, nil
}
