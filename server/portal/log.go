package portal

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// logPage is how many entries one page shows.
const logPage = 50

// GET /log: the auditor's reading. Numbers only, never a teacher's name.
func (p *Portal) readLog(c *call) (answer, error) {
	grant, err := p.officerGrant(c, policy.ReadLog)
	if err != nil {
		return nil, err
	}
	v := view.Log{Frame: p.frame(c, "日志"), Action: "/log", Lead: "只有编号，没有教师姓名；被拒绝的请求也在其中。"}
	filter, faults := logFilter(c.form)
	v.Act, v.Who, v.Subject = actChoices(c.form), view.Field{Value: c.form.Get("who")}, view.Field{Value: c.form.Get("subject")}
	v.From, v.To = view.Field{Value: c.form.Get("from")}, view.Field{Value: c.form.Get("to")}
	if v.Organisation, err = p.organChoices(c); err != nil {
		return nil, err
	}
	if len(faults) > 0 {
		v.Refusal = &view.Refusal{Title: "日期没有写对", Request: c.number, Faults: faults}
		return page{status: statuses[fault.Invalid], view: v}, nil
	}
	entries, next, err := p.store.Entries(c.ctx, grant, filter, logPage)
	if err != nil {
		return nil, err
	}
	refusals := 0
	for _, e := range entries {
		if policy.Act(e.Act) == policy.Refusal {
			refusals++
		}
		v.Days = addLine(v.Days, e)
	}
	v.Found = fmt.Sprintf("本页 %d 条，其中被拒绝 %d 条", len(entries), refusals)
	if next > 0 {
		q := without(c.form, "at")
		q.Set("at", strconv.FormatUint(next, 10))
		v.Paging.Next = "/log?" + q.Encode()
	}
	if c.form.Get("at") != "" {
		v.Paging.Prev = "/log?" + without(c.form, "at").Encode()
	}
	v.Paging.Unit = "条"
	v.Trust = p.trustWords(c)
	if v.Looks, err = p.lookLines(c); err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// officerGrant is the grant of one of the three officers, at the city.
func (p *Portal) officerGrant(c *call, act policy.Act) (policy.Grant, error) {
	return p.may(c, act, c.who.Home)
}

func logFilter(form url.Values) (store.LogFilter, []view.Fault) {
	f := store.LogFilter{Act: policy.Act(form.Get("act")), Actor: form.Get("who"), Organisation: form.Get("organisation"), About: form.Get("subject")}
	if f.About != "" && !strings.Contains(f.About, "/") {
		f.About = "application/" + f.About
	}
	if at, err := strconv.ParseUint(form.Get("at"), 10, 63); err == nil {
		f.Before = at
	}
	var faults []view.Fault
	day := func(name string) time.Time {
		text := form.Get(name)
		if text == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation("2006-01-02", text, registration.Shanghai)
		if err != nil {
			faults = append(faults, view.Fault{Field: name, Text: "日期请写成 2024-11-12 的样子。"})
		}
		return t
	}
	f.From = day("from")
	if to := day("to"); !to.IsZero() {
		f.To = to.AddDate(0, 0, 1)
	}
	return f, faults
}

func actChoices(form url.Values) view.Choices {
	list := view.Choices{Items: []view.Choice{{Value: "", Text: "全部"}}}
	for _, a := range policy.Acts() {
		list.Items = append(list.Items, view.Choice{Value: string(a), Text: a.Name(), Chosen: form.Get("act") == string(a)})
	}
	return list
}

func (p *Portal) organChoices(c *call) (view.Choices, error) {
	list := view.Choices{Items: []view.Choice{{Value: "", Text: "全部"}}}
	all, err := p.store.Organisations(c.ctx, c.who.Home.Path)
	if err != nil {
		return list, err
	}
	for _, o := range all {
		if !o.School() {
			list.Items = append(list.Items, view.Choice{Value: o.ID, Text: o.Name, Chosen: c.form.Get("organisation") == o.ID})
		}
	}
	if id := c.form.Get("organisation"); id != "" {
		known := false
		for _, i := range list.Items {
			known = known || i.Chosen
		}
		if !known {
			list.Items = append(list.Items, view.Choice{Value: id, Text: id, Chosen: true})
		}
	}
	return list, nil
}

// addLine puts an entry under its day.
func addLine(days []view.LogDay, e audit.Entry) []view.LogDay {
	at := e.Logged.In(registration.Shanghai)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, registration.Shanghai)
	if len(days) == 0 || !days[len(days)-1].Day.Equal(day) {
		days = append(days, view.LogDay{Day: day})
	}
	line := view.LogLine{Number: int64(e.Number), Href: "/log/" + strconv.FormatUint(e.Number, 10), At: e.Logged,
		Dot: dotOf(e.Act, e.Signers > 0), Act: policy.Act(e.Act).Name()}
	if e.Subject != "staff/"+e.Actor {
		line.What = subjectWords(e.Subject)
	}
	if e.Signers > 1 {
		line.What += fmt.Sprintf("　签署 %d/%d", e.Signed, e.Signers)
	}
	if e.Note != "" {
		line.What += "　" + noteWords(e)
	}
	by := []string{}
	if e.Actor != "" {
		by = append(by, "人员 "+e.Actor)
	}
	if e.Key != "" {
		by = append(by, "钥匙 "+e.Key[:min(8, len(e.Key))])
	}
	if e.Body != "" {
		by = append(by, bodyWords(e.Body))
	}
	line.By = strings.Join(by, "，")
	days[len(days)-1].Entries = append(days[len(days)-1].Entries, line)
	return days
}

// kinds are the words for the first part of a subject.
var kinds = map[string]string{"application": "申请", "staff": "人员", "organisation": "机构", "institution": "机构", "import": "导入批", "window": "时段",
	"proposal": "待签事项", "key": "钥匙", "log": "日志", "policy": "政策", "custodians": "托管人名单", "emergency": "紧急事项",
	"token": "钥匙", "request": "申领", "delivery": "交货", "medium": "介质", "stocktake": "盘点", "muster": "名册",
	"incident": "安全事件", "entry": "日志"}

// subjectWords is what an entry is about, by number.
func subjectWords(subject string) string {
	kind, id, ok := strings.Cut(subject, "/")
	if word := kinds[kind]; ok && word != "" {
		if asked, ok := strings.CutPrefix(id, askedFor); ok {
			return word + "（问的不是编号，暗记 " + asked + "）"
		}
		return word + " " + id
	}
	return subject
}

func bodyWords(body string) string {
	if body == "system" {
		return "系统"
	}
	return "机构 " + body
}

// refusals are the words for the kinds of refusal that entries name.
var refusals = map[string]string{string(fault.Invalid): "填写有误", string(fault.Forbidden): "无此权限", string(fault.NotFound): "没有找到",
	string(fault.Conflict): "记录已有变化", string(fault.Closed): "不在时段内", string(fault.Locked): "没有登录", string(fault.Unavailable): "暂不可用"}

// noteWords says a refusal's note in words; other notes are words already.
func noteWords(e audit.Entry) string {
	if policy.Act(e.Act) != policy.Refusal {
		return e.Note
	}
	kind, rest, _ := strings.Cut(e.Note, " ")
	if kind == "unknown" {
		return "身份未知的请求 " + rest + " 次"
	}
	if kind == store.ForgedSession {
		return "数据库里有 " + rest + " 条登录记录不是门户写的或被改过，没有生效，已删除；请查是谁动了数据库"
	}
	if kind == "more" {
		return "同一分钟内此外还被拒绝 " + rest + " 次"
	}
	if word := refusals[kind]; word != "" {
		if act, ok := strings.CutSuffix(rest, string(withSeal)); ok {
			return word + "　交签章：" + policy.Act(act).Name()
		}
		if path, ok := strings.CutPrefix(rest, crossOrigin); ok {
			return word + "　别的网站发来：" + path
		}
		return word + "　" + policy.Act(rest).Name()
	}
	return e.Note
}

// trustWords say how far the log is signed.
func (p *Portal) trustWords(c *call) []string {
	note, err := p.store.Checkpoint(c.ctx)
	if err != nil {
		return []string{"检查点现在读不到。"}
	}
	checkpoint, err := audit.OpenCheckpoint(note, p.verifier)
	if err != nil {
		return []string{"最新的检查点没有通过核验，请立即告知安全审计员。"}
	}
	return []string{fmt.Sprintf("最新检查点含 %d 条，由日志密钥签名，核验通过。", checkpoint.Size),
		"日志导出后，任何人可用 auditverify 离线核验，不需要信任签台。"}
}

// GET /log/:number: one entry, whole.
func (p *Portal) readEntry(c *call) (answer, error) {
	number, err := entryNumber(c)
	if err != nil {
		return nil, err
	}
	grant, err := p.officerGrant(c, policy.ReadLog)
	if err != nil {
		return nil, err
	}
	e, err := p.store.Entry(c.ctx, grant, number)
	if err != nil {
		return nil, err
	}
	v := view.LogEntry{Frame: p.frame(c, "日志第 "+strconv.FormatUint(number, 10)+" 号"), Back: view.Link{Text: "回到日志", Href: "/log"},
		Number: int64(number), Act: policy.Act(e.Act).Name(), Text: string(e.Leaf)}
	v.Facts = []view.Fact{{Label: "收到", Value: audit.SpellTime(e.Received)}, {Label: "入册", Value: audit.SpellTime(e.Logged)},
		{Label: "人员", Value: orText(e.Actor, "无")}, {Label: "钥匙", Value: orText(grouped(e.Key), "无"), Mono: true}, {Label: "机构", Value: orText(e.Body, "无")},
		{Label: "主体", Value: orText(e.Subject, "无")}}
	if e.Previous >= 0 {
		v.Chain = append(v.Chain, view.Link{Text: "同一主体的前一条：第 " + strconv.FormatInt(e.Previous, 10) + " 号", Href: "/log/" + strconv.FormatInt(e.Previous, 10)})
	}
	if number > 0 {
		v.Older = "/log/" + strconv.FormatUint(number-1, 10)
	}
	if _, err := p.store.Entry(c.ctx, grant, number+1); err == nil {
		v.Newer = "/log/" + strconv.FormatUint(number+1, 10)
	}
	return page{view: v}, nil
}
