package portal

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// securityRows is what the matters of the security records and the rules read.
type securityRows interface {
	Rules(body string) (*org.DutyRules, error)
	Exercises(year int, kind org.ExerciseKind) ([]org.Exercise, error)
	Incidents(year int) ([]org.Incident, error)
	Incident(id string) (org.Incident, error)
	Notes(incident string) ([]org.Note, error)
}

func (r reading) Rules(body string) (*org.DutyRules, error) {
	return r.store.Rules(r.ctx, r.grant, body)
}
func (r reading) Exercises(year int, kind org.ExerciseKind) ([]org.Exercise, error) {
	return r.store.Exercises(r.ctx, r.grant, year, kind)
}
func (r reading) Incidents(year int) ([]org.Incident, error) {
	return r.store.Incidents(r.ctx, r.grant, year)
}
func (r reading) Incident(id string) (org.Incident, error) {
	return r.store.Incident(r.ctx, r.grant, id)
}
func (r reading) Notes(incident string) ([]org.Note, error) {
	return r.store.Notes(r.ctx, r.grant, incident)
}

// incidentMatter records a security incident (R53).
type incidentMatter struct {
	bare
	Org       string    `json:"org"`
	Noticed   time.Time `json:"noticed"`
	NoticedBy string    `json:"noticed_by"`
	What      string    `json:"what"`
	Whose     string    `json:"whose"`
	Count     int       `json:"count"`
	Leak      bool      `json:"leak"`
}

func (m *incidentMatter) act() policy.Act { return policy.RecordIncident }
func (m *incidentMatter) size() int       { return org.IncidentRows }

func (m *incidentMatter) draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	var d draft
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	earlier, err := r.Incidents(k.year)
	if err != nil {
		return d, err
	}
	i, err := org.Incident{Year: k.year, Org: m.Org, Noticed: m.Noticed, NoticedBy: m.NoticedBy, What: m.What, Whose: m.Whose, Count: m.Count, Leak: m.Leak, By: by}.Report(earlier, now)
	if err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfIncident(i.ID).Subject(), []any{i}
	d.statement, err = org.IncidentStatement(h, i, salts)
	return d, err
}

// noteMatter adds to an incident; what stands there stays.
type noteMatter struct {
	bare
	Incident string       `json:"incident"`
	Kind     org.NoteKind `json:"kind"`
	Party    org.Party    `json:"party"`
	When     time.Time    `json:"when"`
	Text     string       `json:"text"`
	Leak     bool         `json:"leak"`
	Count    int          `json:"count"`
}

func (m *noteMatter) act() policy.Act { return policy.AddToIncident }
func (m *noteMatter) size() int       { return org.NoteRows }

func (m *noteMatter) draft(_ knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfIncident(m.Incident).Subject()}
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	i, err := r.Incident(m.Incident)
	if err != nil {
		return d, err
	}
	notes, err := r.Notes(m.Incident)
	if err != nil {
		return d, err
	}
	n, err := i.Add(org.Note{Kind: m.Kind, Party: m.Party, When: m.When, Text: m.Text, Leak: m.Leak, Count: m.Count, By: by}, notes, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{n}
	d.statement, err = org.NoteStatement(h, i, notes, n, salts)
	return d, err
}

// incidentsSection lists the year's incidents, the newest first; all is how many
// there are, open how many possible leaks nobody told the city lead of.
func (p *Portal) incidentsSection(c *call, grant policy.Grant) (s view.Section, all, open int, err error) {
	list, err := p.store.Incidents(c.ctx, grant, p.year)
	if err != nil {
		return s, 0, 0, err
	}
	s = view.Section{ID: "incidents", Title: "安全事件", Small: number(len(list)) + " 件", Empty: "本年度没有登记过安全事件。",
		Register: &view.Register{Caption: "安全事件，最近的在前", Columns: []string{"事件", "发现时间（自述）", "经过", "涉及", "报告"}}}
	for _, i := range slices.Backward(list) {
		notes, err := p.store.Notes(c.ctx, grant, i.ID)
		if err != nil {
			return s, 0, 0, err
		}
		mark, words := view.Mark{Kind: "ok", Text: "无泄露"}, ""
		if r, ok := org.Pressing(i.Reportings(notes), c.received); ok {
			state := r.State(c.received)
			mark, words = view.Mark{Kind: reportingKinds[state], Text: state.Mark()}, r.Word(c.received)
			if r.Open() {
				open++
			}
		}
		people, _ := i.Extent(notes)
		s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: i.ID, Href: "/security/incidents/" + escaped(i.ID)},
			{Text: org.Minute(i.Noticed), Sub: words}, {Text: shortened(i.What, 40)}, {Text: strconv.Itoa(people) + " 人", Sub: i.Whose}, {Mark: mark}}})
	}
	return s, len(list), open, nil
}

// reportingKinds are the marks of the states of a report: only one that was
// entered in time is good.
var reportingKinds = map[org.ReportState]string{org.InTime: "ok", org.Claimed: "hold", org.TooLate: "stop", org.Waiting: "hold", org.Overdue: "stop"}

// shortened is the beginning of a long text.
func shortened(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "……"
	}
	return s
}

// GET /security/incidents/new
func (p *Portal) newIncident(c *call) (answer, error) {
	v, err := p.incidentForm(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) incidentForm(c *call) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "安全记录"), Back: view.Link{Text: "回到安全记录", Href: "/security"}, Heading: "登记安全事件",
		Lead: "只写概况，不写具体教师的姓名和证件号。控制措施、告知、教训以后逐条补记，记下的不改。"}
	if _, _, err := p.place(c, policy.RecordIncident); err != nil {
		return v, err
	}
	var leak view.Choices
	for _, o := range [][2]string{{"yes", "可能泄露：须在发现后 1 小时内报告市级负责人"}, {"no", "没有泄露的可能"}} {
		leak.Items = append(leak.Items, view.Choice{Value: o[0], Text: o[1], Chosen: c.form.Get("leak") == o[0]})
	}
	v.Sections = []view.Section{{Form: &view.ActForm{ID: "incident", Title: "事件", Action: "/security/incidents", Inputs: []view.Input{
		{Kind: "time", Name: "noticed", Label: "发现时间", Hint: "按实际填写；登记时间另由系统记录。", Field: typed(c, "noticed")},
		{Name: "noticed_by", Label: "发现人", Field: typed(c, "noticed_by")},
		{Kind: "area", Name: "what", Label: "事件经过", Field: typed(c, "what")},
		{Name: "whose", Label: "涉及谁的数据", Hint: "概括地写，例如“歙县两所学校的申请人”。", Field: typed(c, "whose")},
		{Name: "count", Label: "涉及人数", Hint: "不清楚的先填估计数，以后补记。", Field: typed(c, "count")},
		{Kind: "radios", Name: "leak", Label: "是否可能泄露", Choices: leak}}}}}
	return v, nil
}

// POST /security/incidents
func (p *Portal) proposeIncident(c *call) (answer, error) {
	body, _, err := p.place(c, policy.RecordIncident)
	if err != nil {
		return nil, err
	}
	next, err := p.reportIncident(c, body)
	return p.officeAgain(c, next, err, officeForm{act: policy.RecordIncident, subject: store.OfOrganisation(body.ID).Subject(),
		page: func() (view.Office, error) { return p.incidentForm(c) }})
}

func (p *Portal) reportIncident(c *call, body org.Organisation) (answer, error) {
	m := &incidentMatter{Org: body.ID, NoticedBy: c.form.Get("noticed_by"), What: c.form.Get("what"), Whose: c.form.Get("whose"), Leak: c.form.Get("leak") == "yes"}
	var err error
	if m.Noticed, err = org.ParseMinute("noticed", "发现时间", c.form.Get("noticed")); err != nil {
		return nil, err
	}
	if m.Count, err = strconv.Atoi(strings.TrimSpace(c.form.Get("count"))); err != nil {
		m.Count = -1 // refused by the noun, after what matters more
	}
	if leak := c.form.Get("leak"); leak != "yes" && leak != "no" && !m.Noticed.IsZero() {
		return nil, fault.New(fault.Invalid, "请选择是否可能泄露；拿不准的，按可能泄露办。").At("leak", "请选择。")
	}
	return p.propose(c, m, body, "/security")
}

// GET /security/incidents/:id
func (p *Portal) showIncident(c *call) (answer, error) {
	v, err := p.incidentPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) incidentPage(c *call) (view.Office, error) {
	id := c.param("id")
	v := view.Office{Frame: p.frame(c, "安全记录"), Back: view.Link{Text: "回到安全记录", Href: "/security"}, Heading: "安全事件 " + id}
	_, grant, err := p.place(c, policy.ViewSecurity)
	if err != nil {
		return v, err
	}
	i, err := p.store.Incident(c.ctx, grant, id)
	if err != nil {
		return v, err
	}
	notes, err := p.store.Notes(c.ctx, grant, id)
	if err != nil {
		return v, err
	}
	v.Lead = org.Minute(i.Noticed) + " 发现（自述），" + p.nameOf(c, i.By) + "登记"
	if r, ok := org.Pressing(i.Reportings(notes), c.received); ok && r.Open() {
		v.Say = "可能泄露：" + r.Word(c.received) + "（通知第三部分“强化网络安全和数据安全防范意识”，缺省为 1 小时内）。"
	}
	later := view.Section{ID: "notes", Title: "补记", Small: number(len(notes)) + " 条", Empty: "还没有补记控制措施、告知和教训。",
		Register: &view.Register{Caption: "补记，按登记先后", Columns: []string{"类别", "发生时间（自述）", "内容", "登记时间（系统）"}}}
	for _, n := range notes {
		later.Register.Rows = append(later.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: n.Kind.Word(), Sub: n.Party.Word()}, {Text: org.Minute(n.When)},
			{Text: n.Text, Sub: raisedWords(n)}, {Text: org.Minute(n.At), Sub: p.nameOf(c, n.By)}}})
	}
	events, err := p.timeline(c, grant, store.OfIncident(id).Subject())
	if err != nil {
		return v, err
	}
	v.Sections = []view.Section{{ID: "incident", Title: "事件", Facts: incidentFacts(i, notes, c.received)}, later, {ID: "log", Title: "日志", Events: events}}
	if _, _, err := p.place(c, policy.AddToIncident); err == nil {
		v.Forms = []view.ActForm{noteForm(c, id)}
	}
	return v, nil
}

// incidentFacts keep apart what the officer says and what this system's clock
// proves.
func incidentFacts(i org.Incident, notes []org.Note, now time.Time) []view.Fact {
	filed := org.Minute(i.At)
	if i.FiledLate() {
		filed += "，补记：发现后超过 1 小时才登记"
	}
	people, leak := i.Extent(notes)
	count, possible := number(people), "否"
	if people > i.Count {
		count += "（登记时 " + number(i.Count) + "，后更正）"
	}
	switch {
	case i.Leak:
		possible = "是"
	case leak:
		possible = "是（登记时为否，后更正）"
	}
	facts := []view.Fact{{Label: "发现时间（自述）", Value: org.Minute(i.Noticed)}, {Label: "登记时间（系统）", Value: filed}, {Label: "发现人", Value: i.NoticedBy}, {Label: "事件经过", Value: i.What},
		{Label: "涉及谁的数据", Value: i.Whose}, {Label: "涉及人数", Value: count}, {Label: "可能泄露", Value: possible}}
	for _, r := range i.Reportings(notes) {
		facts = append(facts, view.Fact{Label: "报告", Value: r.Word(now)})
	}
	return facts
}

// raisedWords say what a correction raised.
func raisedWords(n org.Note) string {
	var words []string
	if n.Leak {
		words = append(words, "改为可能泄露")
	}
	if n.Count > 0 {
		words = append(words, "涉及人数改为 "+number(n.Count))
	}
	return strings.Join(words, "，")
}

func noteForm(c *call, id string) view.ActForm {
	parties := view.Choices{Items: []view.Choice{{Text: "请选择"}}} // nobody is told by a preset
	var kinds view.Choices
	for _, k := range org.NoteKinds {
		kinds.Items = append(kinds.Items, view.Choice{Value: string(k), Text: k.Word(), Chosen: c.form.Get("kind") == string(k)})
	}
	for _, t := range org.Parties {
		parties.Items = append(parties.Items, view.Choice{Value: string(t), Text: t.Word(), Chosen: c.form.Get("party") == string(t)})
	}
	return view.ActForm{ID: "note", Title: "补记", Action: "/security/incidents/" + escaped(id), Say: "补记另签一份，原来的记录不改。", Inputs: []view.Input{
		{Kind: "radios", Name: "kind", Label: "补记什么", Choices: kinds},
		{Kind: "select", Name: "party", Label: "告知了谁", Hint: "补记“告知”时选择。", Choices: parties},
		{Kind: "time", Name: "when", Label: "何时", Hint: "按实际填写；登记时间另由系统记录，是否在时限内以登记时间为准。", Field: typed(c, "when")},
		{Kind: "area", Name: "text", Label: "内容", Hint: "不写号码。", Field: typed(c, "text")},
		{Kind: "ticks", Name: "raise", Label: "更正为可能泄露", Hint: "补记“更正”时勾选；从所填时间起 1 小时内须报告市级负责人。", Choices: view.Choices{Items: []view.Choice{
			{Value: "yes", Text: "原记没有泄露的可能，现改为可能泄露", Chosen: c.form.Get("raise") == "yes"}}}},
		{Name: "count", Label: "涉及人数改为", Hint: "补记“更正”时填写，只能往多改；不改的留空。可能泄露的，改后须再报告。", Field: typed(c, "count")}}}
}

// POST /security/incidents/:id
func (p *Portal) proposeNote(c *call) (answer, error) {
	body, _, err := p.place(c, policy.AddToIncident)
	if err != nil {
		return nil, err
	}
	m := &noteMatter{Incident: c.param("id"), Kind: org.NoteKind(c.form.Get("kind")), Party: org.Party(c.form.Get("party")), Text: c.form.Get("text"), Leak: c.form.Get("raise") == "yes"}
	if typed := strings.TrimSpace(c.form.Get("count")); typed != "" {
		if m.Count, err = strconv.Atoi(typed); err != nil || m.Count == 0 {
			m.Count = -1 // refused by the noun
		}
	}
	var next answer
	if m.When, err = org.ParseMinute("when", "时间", c.form.Get("when")); err == nil {
		next, err = p.propose(c, m, body, "/security/incidents/"+escaped(m.Incident))
	}
	return p.officeAgain(c, next, err, officeForm{act: policy.AddToIncident, subject: store.OfIncident(m.Incident).Subject(),
		page: func() (view.Office, error) { return p.incidentPage(c) }})
}

// incidentWork tells the officer and the city lead of possible leaks that the
// lead was not told of, with the time that remains; and the lead alone of those
// that the officer says the lead was told of, so that who was not can ask.
func (p *Portal) incidentWork(c *call) []view.Due {
	_, grant, err := p.place(c, policy.ViewSecurity)
	if err != nil {
		return nil
	}
	var incidents []org.Incident
	for _, year := range []int{p.year - 1, p.year} { // the year's turn makes nothing told
		some, err := p.store.Incidents(c.ctx, grant, year)
		if err != nil {
			p.log.Warn("incidents", "request", c.number, "cause", err.Error())
			return nil
		}
		incidents = append(incidents, some...)
	}
	var list []view.Due
	for _, i := range incidents {
		notes, err := p.store.Notes(c.ctx, grant, i.ID)
		if err != nil {
			p.log.Warn("incident", "request", c.number, "cause", err.Error())
			continue
		}
		reports, look := i.Reportings(notes), view.Link{Text: "去看", Href: "/security/incidents/" + escaped(i.ID)}
		if r, ok := org.Pressing(reports, c.received); ok && r.Open() {
			list = append(list, view.Due{What: "安全事件 " + i.ID + " 可能泄露", Count: 1, Unit: "件", Note: r.Word(c.received) + "。", Act: look})
		}
		if r, ok := org.Doubtful(reports, c.received); ok && c.who.Holds(policy.ML) {
			list = append(list, view.Due{What: "安全事件 " + i.ID + " 登记为已向您报告", Count: 1, Unit: "件", Note: r.Ask(), Act: look})
		}
	}
	return list
}
