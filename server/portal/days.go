package portal

import (
	"strconv"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// daysMatter sets the plan year's holidays and worked weekends.
type daysMatter struct {
	bare
	Org   string                 `json:"org"`
	Asked registration.DaysAsked `json:"asked"`
}

func (m *daysMatter) act() policy.Act { return policy.SetDays }

func (m *daysMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, _ time.Time) (draft, error) {
	d := draft{subject: store.OfWorkingDays(strconv.Itoa(k.year)).Subject()}
	before, err := r.WorkingDays(k.year)
	if err != nil {
		return d, err
	}
	before.Org = m.Org
	after, err := before.Set(k.role, m.Asked)
	if err != nil {
		return d, err
	}
	d.puts = []any{after}
	d.statement, err = registration.WorkingDaysStatement(h, before, after)
	return d, err
}

// daysView shows the year's days, and to the city lead the form.
func (p *Portal) daysView(c *call, v *view.Windows) error {
	days, err := p.store.WorkingDays(c.ctx, p.year)
	if err != nil {
		return err
	}
	v.Days = []view.Fact{{Label: "放假", Value: registration.ListDays(days.Off)}, {Label: "调休上班", Value: registration.ListDays(days.On)},
		{Label: "依据", Value: days.Paper + "　" + days.Reason}}
	if days.Paper == "" {
		v.Days = nil
	}
	if _, _, err := p.place(c, policy.SetDays); err != nil {
		return nil // reads only
	}
	typedOr := func(name, kept string) view.Field {
		if _, posted := c.form[name]; posted {
			kept = c.form.Get(name)
		}
		return view.Field{Value: kept}
	}
	v.SetDays = &view.DaysForm{Action: "/windows/days", Off: typedOr("off", registration.ListDays(days.Off)), On: typedOr("on", registration.ListDays(days.On)),
		Paper: typedOr("days_paper", ""), Reason: typedOr("days_reason", "")}
	return nil
}

// POST /windows/days
func (p *Portal) proposeDays(c *call) (answer, error) {
	city, _, err := p.place(c, policy.SetDays)
	if err != nil {
		return nil, err
	}
	m := &daysMatter{Org: city.ID, Asked: registration.DaysAsked{Off: c.form.Get("off"), On: c.form.Get("on"), Paper: c.form.Get("days_paper"), Reason: c.form.Get("days_reason")}}
	next, err := p.propose(c, m, city, "/windows")
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.SetDays, subject: store.OfWorkingDays(strconv.Itoa(p.year)).Subject(),
		inputs: map[string]string{"放假通知文号": "days_paper", "设定的理由": "days_reason"},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.windowsPage(c)
			v.Refusal = r
			for _, f := range r.Faults {
				v.SetDays.Mark(f.Field, f.Text)
			}
			return v, err
		}})
}
