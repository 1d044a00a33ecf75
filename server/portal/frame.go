package portal

import (
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// places is the spine: each line is shown to those whom the policy gives the
// act in at least one of their bodies.
var places = []struct {
	act        policy.Act
	icon, text string
	href       string
	only       []policy.Role // nil for all who may
}{
	{policy.ViewHome, "home", "今日办理", "/", nil},
	{policy.ImportSheet, "up", "导入申请", "/imports", nil},
	{policy.AllowEarly, "calendar", "未到期放行", "/early-renewals", nil},
	{policy.Review, "flag", "学校审查", "/review", nil},
	{policy.Send, "stamp", "学校上报", "/send", nil},
	{policy.List, "list", "申请", "/applications", nil},
	{policy.NameSender, "people", "委托上报", "/senders", nil},
	{policy.Confirm, "receipt", "待复签", "/confirmations", nil},
	{policy.CountersignNotAccept, "receipt", "待复签", "/confirmations", nil},
	{policy.DeclareRelative, "people", "亲属回避", "/relatives", nil},
	{policy.ViewPlan, "calendar", "计划与时段", "/windows", nil},
	{policy.SetLicence, "table", "各校进度", "/progress", nil},
	{policy.ImportSheet, "book", "报名说明", "/leaflet", nil},
	{policy.SetLicence, "book", "办学许可", "/licences", nil},
	{policy.ListStaff, "people", "人员", "/staff", nil},
	{policy.ListRoles, "flag", "任职变动", "/roles", nil},
	{policy.GrantRole, "receipt", "待复签", "/confirmations", nil},
	{policy.SignPledge, "flag", "我的备案", "/me", nil},
	{policy.ViewSheet, "stamp", "安全责任", "/duties", nil},
	{policy.ViewRules, "book", "值班与制度", "/rules", nil},
	{policy.ViewSecurity, "flag", "安全记录", "/security", nil},
	{policy.EnrolKey, "key", "签发证书", "/enrolments", nil},
	{policy.EndSession, "token", "登录情况", "/sessions", nil},
	{policy.CountersignCustody, "receipt", "待复签", "/confirmations", nil},
	{policy.ListKeys, "key", "钥匙台账", "/keys", nil},
	{policy.RequestKey, "people", "钥匙申领", "/requests", nil},
	{policy.OpenStocktake, "table", "年度盘点", "/stocktakes", nil},
	{policy.ListMedia, "book", "介质台账", "/media", nil},
	{policy.ReadLog, "log", "日志", "/log", nil},
	{policy.ViewPolicy, "table", "政策", "/policy", nil},
	{policy.ProveKey, "token", "我的钥匙", "/key", nil},
}

// frame is what stands around every page of this person.
func (p *Portal) frame(c *call, title string) view.Frame {
	f := view.Frame{Title: title, Now: p.clock()}
	if c.who == nil {
		return f
	}
	s := c.who
	f.Person = &view.Person{Name: s.Staff.Name, Organisation: s.Home.Name, Roles: roleWords(s.Roles()), Key: grouped(s.Officer.Key[:16]), Present: true}
	if s.row.Road == store.ByAgent { // on the TLS road each request shows the token itself
		f.Person.Number, f.Person.Watch = s.Staff.ID, sessionState
	}
	seen := map[string]bool{}
	for _, place := range places {
		if seen[place.href] || !p.anywhere(c, place.act) {
			continue
		}
		seen[place.href] = true
		f.Nav = append(f.Nav, view.NavItem{Icon: place.icon, Text: place.text, Href: place.href, Current: here(c.req.URL.Path, place.href)})
	}
	f.Sky = p.sky(c)
	f.Trace = s.Staff.Name + "（" + s.Staff.ID + "）　" + f.Now.In(registration.Shanghai).Format("2006-01-02 15:04:05") + "　" + c.number
	return f
}

// here reports whether the path is the line's own page or beneath it.
func here(path, href string) bool {
	if href == "/" {
		return path == "/"
	}
	return path == href || strings.HasPrefix(path, href+"/")
}

// anywhere asks whether the person may do the act in a body they serve in.
func (p *Portal) anywhere(c *call, act policy.Act) bool {
	s := c.who
	for _, a := range s.Officer.Appointments {
		if _, err := s.law.May(s.Officer, act, a.Body); err == nil {
			return true
		}
	}
	// A lead of the city acts for 市直, which lies beneath the city.
	for _, a := range s.Officer.Appointments {
		if unit, ok := p.cityRun(c, a.Body); ok {
			if _, err := p.may(c, act, unit); err == nil {
				return true
			}
		}
	}
	return false
}

// stages are the windows that a role works in.
var stages = map[policy.Role][]string{
	policy.SC: {"application", "school_review"},
	policy.SH: {"school_review"}, policy.DH: {"school_review"},
	policy.CA: {"audit"}, policy.MD: {"audit"},
	policy.CL: {"application", "audit"}, policy.ML: {"application", "audit"},
}

// sky names the plan and the windows that matter to this person; it says
// nothing when they cannot be read.
func (p *Portal) sky(c *call) view.Sky {
	sky := view.Sky{Plan: yearText(p.year)}
	unit, ok := p.unitOf(c)
	if !ok {
		return sky
	}
	windows, err := p.store.UnitWindows(c.ctx, p.year, unit)
	if err != nil {
		p.log.Warn("windows", "request", c.number, "cause", err.Error())
		return sky
	}
	wanted := map[string]bool{}
	for _, role := range c.who.Roles() {
		for _, stage := range stages[role] {
			wanted[stage] = true
		}
	}
	for _, w := range windows {
		if wanted[w.Stage] {
			sky.Stages = append(sky.Stages, view.Stage{Name: registration.StageName(w.Stage), Opens: w.Opens, Closes: w.Closes})
		}
	}
	return sky
}

// grouped sets hex digits in fours, for reading aloud.
func grouped(hex string) string {
	var b strings.Builder
	for i, r := range hex {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func roleWords(roles []policy.Role) string {
	var words []string
	for _, r := range roles {
		words = append(words, r.Name())
	}
	return strings.Join(words, "、")
}

func yearText(year int) string {
	return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + "年度计划"
}
