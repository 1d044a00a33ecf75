package portal

import (
	"fmt"

	"sealdesk/policy"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// progressStates are the columns of the board, each with the states it counts.
var progressStates = []struct {
	name   string
	states []registration.State
}{
	{"待受理", []registration.State{registration.Imported, registration.Waiting}},
	{"学校审查", []registration.State{registration.InReview, registration.ReturnedSchool}},
	{"待上报", []registration.State{registration.Reviewed}},
	{"待审核", []registration.State{registration.AtCounty}},
	{"有结论", []registration.State{registration.Concluded}},
	{"暂停或逾期", []registration.State{registration.Held, registration.Overdue}},
	{"未受理或撤回", []registration.State{registration.NotAccepted, registration.Withdrawn}},
}

// GET /progress: how far each school of this body is (R12). A school that has
// nothing yet stands there too: it is the one to ask.
func (p *Portal) progress(c *call) (answer, error) {
	body, _, err := p.place(c, policy.SetLicence)
	if err != nil {
		return nil, err
	}
	grant, err := p.may(c, policy.List, body)
	if err != nil {
		return nil, err
	}
	counts, err := p.store.Counts(c.ctx, grant, store.Filter{Year: p.year})
	if err != nil {
		return nil, err
	}
	names, err := p.schoolNames(c, grant)
	if err != nil {
		return nil, err
	}
	for id := range counts {
		if names[id] == "" {
			names[id] = id // it has moved since; its records stay here
		}
	}
	table := &view.Register{Caption: "各学校的申请走到哪一步", Columns: []string{"学校", "合计"}}
	for _, s := range progressStates {
		table.Columns = append(table.Columns, s.name)
	}
	total, silent := make([]int, len(progressStates)+1), 0
	for _, school := range sortedByName(names) {
		figures := progressOf(counts[school.id])
		if figures[0] == 0 {
			silent++
		}
		row := []view.Cell{{Text: school.name, Sub: school.id, Href: "/applications?school=" + escaped(school.id)}}
		for i, n := range figures {
			total[i] += n
			row = append(row, view.Cell{Text: number(n)})
		}
		table.Rows = append(table.Rows, view.RegisterRow{Cells: row})
	}
	sum := []view.Cell{{Text: "合计"}}
	for _, n := range total {
		sum = append(sum, view.Cell{Text: number(n)})
	}
	table.Rows = append(table.Rows, view.RegisterRow{Cells: sum})
	v := view.Office{Frame: p.frame(c, "各校进度"), Heading: "各校进度",
		Lead: fmt.Sprintf("%s %d 年共 %d 所学校、%d 份申请；还没有申请的学校 %d 所。", body.Name, p.year, len(names), total[0], silent),
		Sections: []view.Section{{ID: "schools", Title: "各学校", Small: number(len(names)) + " 所", Empty: "这里没有学校。", Register: table,
			Go: view.Link{Text: "打印给学校的报名说明", Href: "/leaflet"}}}}
	return page{view: v}, nil
}

// progressOf is a school's total and its figures by column.
func progressOf(states map[registration.State]int) []int {
	figures := make([]int, len(progressStates)+1)
	for i, column := range progressStates {
		for _, s := range column.states {
			figures[i+1] += states[s]
		}
		figures[0] += figures[i+1]
	}
	return figures
}

// GET /leaflet: what a teacher does on the national site, for printing (R13).
func (p *Portal) leaflet(c *call) (answer, error) {
	body, _, err := p.place(c, policy.List)
	if err != nil {
		return nil, err
	}
	unit := unitIn(body.Path)
	windows, err := p.store.UnitWindows(c.ctx, p.year, unit)
	if err != nil {
		return nil, err
	}
	span := "报名时间由主管机构另行通知。"
	if w, ok := (registration.Calendar{Windows: windows}).Window(p.year, unit, registration.StageApplication); ok {
		span = "报名时间：" + org.Day(w.Opens) + " 起，" + w.Closes.In(registration.Shanghai).Format("2006-01-02 15:04") + " 截止，过时不能报名。"
	}
	steps := []view.Fact{
		{Label: "第一步", Value: "打开中国教师资格网（www.jszg.edu.cn）"},
		{Label: "第二步", Value: "选择“网上办事”-“中小学教师资格定期注册”-“在线办理”"},
		{Label: "第三步", Value: "进行账号注册、网上报名，如实填写，核对后提交"},
		{Label: "第四步", Value: "把证书和证明材料交本校具体负责定期注册工作的人员"},
		{Label: "时间", Value: span},
	}
	frame := p.frame(c, "报名说明")
	frame.Trace = "" // it goes to teachers: who of the office printed it is none of its content
	v := view.Office{Frame: frame, Heading: fmt.Sprintf("%d 年中小学教师资格定期注册网上报名说明", p.year),
		Lead:     "给教师本人。列入注册对象范围的人员，均须按时申请定期注册。",
		Sections: []view.Section{{ID: "steps", Title: "本人申请", Facts: steps, Go: view.Link{Text: "回到今日办理", Href: "/"}}}}
	return page{view: v}, nil
}
