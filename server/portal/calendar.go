package portal

import (
	"sort"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/web"
	"sealdesk/web/view"
)

// formTime is how a page writes a moment: server's zone, to the minute.
const formTime = "2006-01-02T15:04"

// GET /windows
func (p *Portal) windows(c *call) (answer, error) {
	v, err := p.windowsPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// stageOrder is the order in which the stages of a year follow one another.
var stageOrder = map[string]int{"application": 1, "school_review": 2, "audit": 3, "recheck": 4}

func (p *Portal) windowsPage(c *call) (view.Windows, error) {
	body, _, err := p.place(c, policy.ViewPlan)
	if err != nil {
		return view.Windows{}, err
	}
	v := view.Windows{Frame: p.frame(c, "计划与时段"), Plan: yearText(p.year), Lead: "时段含开始、不含结束，以服务器时间为准；到期只关门，不改变任何记录。"}
	units, err := p.units(c, body)
	if err != nil {
		return v, err
	}
	var choices view.Choices
	for _, unit := range units {
		windows, err := p.store.UnitWindows(c.ctx, p.year, unit.ID)
		if err != nil {
			return v, err
		}
		sort.SliceStable(windows, func(i, j int) bool { return stageOrder[windows[i].Stage] < stageOrder[windows[j].Stage] })
		group := view.UnitWindows{Unit: unit.Name}
		_, refused := p.may(c, policy.SetWindow, unit)
		for _, w := range windows {
			line := view.Window{ID: w.ID, Stage: registration.StageName(w.Stage), Opens: w.Opens, Closes: w.Closes, State: windowMark(w, v.Now)}
			if w.Reason != "" {
				line.Amended = w.Reason + "　" + w.Paper
			}
			if refused == nil {
				line.Href = "/windows?window=" + escaped(w.ID)
				choices.Items = append(choices.Items, view.Choice{Value: w.ID, Text: unit.Name + "　" + line.Stage, Chosen: c.form.Get("window") == w.ID})
			}
			group.Windows = append(group.Windows, line)
		}
		v.Units = append(v.Units, group)
	}
	if err := p.daysView(c, &v); err != nil {
		return v, err
	}
	if len(choices.Items) > 0 {
		v.Amend = &view.AmendForm{Action: "/windows", Window: choices, Opens: view.Field{Value: c.form.Get("opens")}, Closes: view.Field{Value: c.form.Get("closes")},
			Reason: view.Field{Value: c.form.Get("reason")}, Paper: view.Field{Value: c.form.Get("paper")},
			Outer: "区县在市定时限（9月23日至11月30日零时）以内调整；超出时限，以及市直的时段，由市级负责人凭文号调整。"}
	}
	return v, nil
}

// units are the organs whose windows a body has to do with.
func (p *Portal) units(c *call, body org.Organisation) ([]org.Organisation, error) {
	if body.Kind != "city" {
		unit, err := p.store.Organisation(c.ctx, unitIn(body.Path))
		return []org.Organisation{unit}, err
	}
	all, err := p.store.Organisations(c.ctx, body.Path)
	var list []org.Organisation
	for _, o := range all {
		if o.Kind == "county" || o.Kind == "city_run" {
			list = append(list, o)
		}
	}
	return list, err
}

func windowMark(w registration.Window, now time.Time) view.Mark {
	switch {
	case now.Before(w.Opens):
		return view.Mark{Kind: "wait", Text: "未开始"}
	case now.Before(w.Closes):
		return view.Mark{Kind: "ok", Text: "进行中"}
	}
	return view.Mark{Kind: "stop", Text: "已截止"}
}

// POST /windows
func (p *Portal) proposeWindow(c *call) (answer, error) {
	next, err := p.amend(c)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.SetWindow, subject: "window/" + c.form.Get("window"),
		inputs: map[string]string{"理由": "reason", "文号": "paper"},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.windowsPage(c)
			v.Refusal = r
			return v, err
		}})
}

func (p *Portal) amend(c *call) (answer, error) {
	id := c.form.Get("window")
	windows, err := p.store.Windows(c.ctx, p.year)
	if err != nil {
		return nil, err
	}
	for _, w := range windows {
		if w.ID != id {
			continue
		}
		to := registration.Amendment{Reason: c.form.Get("reason"), Paper: c.form.Get("paper")}
		if to.Opens, err = moment(c, "opens"); err != nil {
			return nil, err
		}
		if to.Closes, err = moment(c, "closes"); err != nil {
			return nil, err
		}
		unit, err := p.store.Organisation(c.ctx, w.Org)
		if err != nil {
			return nil, err
		}
		return p.propose(c, &windowMatter{Window: id, To: to}, unit, "/windows")
	}
	return nil, fault.New(fault.Invalid, "请选择要调整的时段。").At("window", "请选择要调整的时段。")
}

func moment(c *call, field string) (time.Time, error) {
	t, err := time.ParseInLocation(formTime, c.form.Get(field), registration.Shanghai)
	if err != nil {
		return t, fault.New(fault.Invalid, "时间没有写对，请写成 2024-11-30T00:00 的样子。").At(field, "请写成 2024-11-30T00:00 的样子。")
	}
	return t, nil
}

// GET /licences
func (p *Portal) licences(c *call) (answer, error) {
	v, err := p.licencesPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) licencesPage(c *call) (view.Licences, error) {
	v := view.Licences{Frame: p.frame(c, "办学许可"), Action: "/licences", Number: view.Field{Value: c.form.Get("licence_no")},
		Lead: "民办学校登记办学许可证号之后，等待它的申请自动转为待受理，不用重填。"}
	body, grant, err := p.place(c, policy.SetLicence)
	if err != nil {
		return v, err
	}
	all, err := p.store.Organisations(c.ctx, body.Path)
	if err != nil {
		return v, err
	}
	for _, o := range all {
		if !o.School() || o.Ownership != "民办" {
			continue
		}
		row := view.LicenceRow{School: o.Name, Number: o.Licence}
		if o.Licence != "" {
			v.Held = append(v.Held, row)
			continue
		}
		waiting, err := p.reading(c.ctx, grant).ApplicationsOf(o.ID, registration.Waiting)
		if err != nil {
			return v, err
		}
		row.Rows = len(waiting)
		if len(waiting) > 0 {
			row.Since = waiting[0].ImportedAt
		}
		v.Waiting = append(v.Waiting, row)
		v.School.Items = append(v.School.Items, view.Choice{Value: o.ID, Text: o.Name, Chosen: c.form.Get("school") == o.ID})
	}
	return v, nil
}

// POST /licences
func (p *Portal) proposeLicence(c *call) (answer, error) {
	school, err := p.store.Organisation(c.ctx, c.form.Get("school"))
	var next answer
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Invalid, "请选择学校。").At("school", "请选择学校。")
	}
	if err == nil {
		next, err = p.propose(c, &licenceMatter{School: school.ID, Number: c.form.Get("licence_no")}, school, "/licences")
	}
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.SetLicence, subject: "organisation/" + c.form.Get("school"),
		inputs: map[string]string{"办学许可证号": "licence_no"},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.licencesPage(c)
			v.Refusal = r
			return v, err
		}})
}
