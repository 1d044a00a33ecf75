package portal

import (
	"slices"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// exerciseMatter enters a security lesson or a drill (R53).
type exerciseMatter struct {
	bare
	Org    string           `json:"org"`
	Kind   org.ExerciseKind `json:"kind"`
	On     time.Time        `json:"on"`
	Bodies []string         `json:"bodies"`
	Topic  string           `json:"topic"`
	Giver  string           `json:"giver"`
	People string           `json:"people"`
	Result string           `json:"result"`
}

func (m *exerciseMatter) act() policy.Act {
	if m.Kind == org.SafetyDrill {
		return policy.RecordDrill
	}
	return policy.RecordLesson
}
func (m *exerciseMatter) size() int { return org.ExerciseRows }

func (m *exerciseMatter) draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	var d draft
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	earlier, err := r.Exercises(k.year, m.Kind)
	if err != nil {
		return d, err
	}
	held, err := org.Exercise{Kind: m.Kind, Year: k.year, Org: m.Org, On: m.On, Bodies: slices.Clone(m.Bodies), Topic: m.Topic, Giver: m.Giver,
		People: m.People, Result: m.Result, By: by}.Hold(earlier, now)
	if err != nil {
		return d, err
	}
	names := make([]string, len(held.Bodies))
	for i, id := range held.Bodies {
		o, err := r.Organisation(id)
		if err != nil {
			return d, err
		}
		names[i] = o.Name
	}
	d.subject, d.puts = store.OfExercise(held.ID).Subject(), []any{held}
	d.statement, err = org.ExerciseStatement(h, held, names, salts)
	return d, err
}

// GET /security: the year's lessons, drills and incidents.
func (p *Portal) showSecurity(c *call) (answer, error) {
	_, grant, err := p.place(c, policy.ViewSecurity)
	if err != nil {
		return nil, err
	}
	v := view.Office{Frame: p.frame(c, "安全记录"), Heading: number(p.year) + " 年度安全记录",
		Lead: "每年至少一次安全教育、一次应急演练；发生安全事件随时登记，可能泄露的须在 1 小时内报告市级负责人。"}
	incidents, all, open, err := p.incidentsSection(c, grant)
	if err != nil {
		return nil, err
	}
	lessons, n, err := p.exercisesSection(c, grant, org.SafetyLesson)
	if err != nil {
		return nil, err
	}
	drills, m, err := p.exercisesSection(c, grant, org.SafetyDrill)
	if err != nil {
		return nil, err
	}
	v.Sections = []view.Section{incidents, lessons, drills}
	v.Tiles = []view.Tile{{Count: open, Text: "可能泄露，还没有报告", Hot: open > 0}, {Count: all, Text: "安全事件"}, {Count: n, Text: "安全教育", Hot: n == 0}, {Count: m, Text: "应急演练", Hot: m == 0}}
	if _, _, err := p.place(c, policy.RecordIncident); err == nil {
		for i, link := range []view.Link{{Text: "登记安全事件", Href: "/security/incidents/new"}, {Text: "登记安全教育", Href: "/security/lessons/new"}, {Text: "登记应急演练", Href: "/security/drills/new"}} {
			v.Sections[i].Go = link
		}
	}
	return page{view: v}, nil
}

func (p *Portal) exercisesSection(c *call, grant policy.Grant, kind org.ExerciseKind) (view.Section, int, error) {
	list, err := p.store.Exercises(c.ctx, grant, p.year, kind)
	s := view.Section{ID: string(kind), Title: kind.Word(), Small: number(len(list)) + " 次", Empty: "本年度还没有登记。每年至少一次。",
		Register: &view.Register{Caption: kind.Word(), Columns: []string{"记录", "主题", "主持", "参加"}}}
	for _, e := range slices.Backward(list) {
		s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: e.ID, Sub: org.Day(e.On)}, {Text: e.Topic, Sub: e.Result}, {Text: e.Giver},
			{Text: number(len(e.Bodies)) + " 个机构", Sub: e.People}}})
	}
	return s, len(list), err
}

// exerciseForms say what is asked about a lesson and about a drill.
var exerciseForms = map[org.ExerciseKind]struct{ title, action, giver, result, hint string }{
	org.SafetyLesson: {"登记安全教育", "/security/lessons", "讲授人", "效果", "例如“随堂测验全部合格”；没有的留空。"},
	org.SafetyDrill:  {"登记应急演练", "/security/drills", "组织人", "结果与发现的问题", "例如“30 分钟内完成报失和停用，联系人名单已过期两处”。"},
}

func (p *Portal) exercisePage(c *call, kind org.ExerciseKind) (view.Office, error) {
	f := exerciseForms[kind]
	v := view.Office{Frame: p.frame(c, "安全记录"), Back: view.Link{Text: "回到安全记录", Href: "/security"}, Heading: f.title,
		Lead: "主题、人员和结果加密保存；日志里只有记录编号。"}
	body, _, err := p.place(c, (&exerciseMatter{Kind: kind}).act())
	if err != nil {
		return v, err
	}
	all, err := p.store.Organisations(c.ctx, body.Path)
	if err != nil {
		return v, err
	}
	var bodies view.Choices
	for _, o := range all {
		if o.Organ() && o.OpenOn(c.received) {
			bodies.Items = append(bodies.Items, view.Choice{Value: o.ID, Text: o.Name, Chosen: slices.Contains(c.form["body"], o.ID)})
		}
	}
	v.Sections = []view.Section{{Form: &view.ActForm{ID: "exercise", Title: "内容", Action: f.action, Inputs: []view.Input{
		{Kind: "day", Name: "on", Label: "日期", Field: typed(c, "on")},
		{Name: "topic", Label: "主题", Field: typed(c, "topic")},
		{Name: "giver", Label: f.giver, Field: typed(c, "giver")},
		{Kind: "ticks", Name: "body", Label: "参加机构", Hint: "区县的学校随区县参加。", Choices: bodies},
		{Kind: "area", Name: "people", Label: "参加人员", Hint: "人数或范围，必要时写姓名。", Field: typed(c, "people")},
		{Kind: "area", Name: "result", Label: f.result, Hint: f.hint, Field: typed(c, "result")}}}}}
	return v, nil
}

// GET /security/lessons/new and /security/drills/new
func (p *Portal) newLesson(c *call) (answer, error) { return p.newExercise(c, org.SafetyLesson) }
func (p *Portal) newDrill(c *call) (answer, error)  { return p.newExercise(c, org.SafetyDrill) }

func (p *Portal) newExercise(c *call, kind org.ExerciseKind) (answer, error) {
	v, err := p.exercisePage(c, kind)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// POST /security/lessons and /security/drills
func (p *Portal) proposeLesson(c *call) (answer, error) {
	return p.proposeExercise(c, org.SafetyLesson)
}
func (p *Portal) proposeDrill(c *call) (answer, error) { return p.proposeExercise(c, org.SafetyDrill) }

func (p *Portal) proposeExercise(c *call, kind org.ExerciseKind) (answer, error) {
	m := &exerciseMatter{Kind: kind, Bodies: c.form["body"], Topic: c.form.Get("topic"), Giver: c.form.Get("giver"), People: c.form.Get("people"), Result: c.form.Get("result")}
	body, _, err := p.place(c, m.act())
	if err != nil {
		return nil, err
	}
	var next answer
	if m.On, err = org.ParseDay("on", "日期", c.form.Get("on")); err == nil {
		m.Org = body.ID
		next, err = p.propose(c, m, body, "/security")
	}
	return p.officeAgain(c, next, err, officeForm{act: m.act(), subject: "exercise/" + string(kind), page: func() (view.Office, error) { return p.exercisePage(c, kind) }})
}
