package portal

import (
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// windowMatter amends one stage of one unit's year.
type windowMatter struct {
	bare
	Window string                 `json:"window"`
	To     registration.Amendment `json:"to"`
}

func (m *windowMatter) act() policy.Act   { return policy.SetWindow }
func (m *windowMatter) refs() []store.Ref { return []store.Ref{store.OfWindow(m.Window)} }

func (m *windowMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfWindow(m.Window).Subject()}
	before, err := r.Window(m.Window)
	if err != nil {
		return d, err
	}
	unit, err := r.Organisation(before.Org)
	if err != nil {
		return d, err
	}
	body, err := bodyOf(r, unit)
	if err != nil {
		return d, err
	}
	after, err := registration.NoticePlan(k.year).Amend(before, body, k.role, m.To, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{after}
	d.statement, err = registration.WindowStatement(h, before, after, unit.Name)
	return d, err
}

// bodyOf is an organ as the policy sees it.
func bodyOf(r rows, o org.Organisation) (policy.Body, error) {
	b := policy.Body{ID: o.ID, Path: o.Path, Kind: o.Kind, Unit: unitIn(o.Path)}
	if b.Unit == o.ID {
		b.CityRun = o.Kind == "city_run"
		return b, nil
	}
	unit, err := r.Organisation(b.Unit)
	b.CityRun = unit.Kind == "city_run"
	return b, err
}

// unitIn is the organ in a path: the county, 市直, or the city itself.
func unitIn(path string) string { return org.Unit(path) }

// licenceMatter registers a private school's licence; the rows that waited for
// it move on, nothing is typed again (R02).
type licenceMatter struct {
	bare
	School string `json:"school"`
	Number string `json:"number"`
}

func (m *licenceMatter) act() policy.Act   { return policy.SetLicence }
func (m *licenceMatter) refs() []store.Ref { return []store.Ref{store.OfOrganisation(m.School)} }

func (m *licenceMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfOrganisation(m.School).Subject()}
	school, err := r.Organisation(m.School)
	if err != nil {
		return d, err
	}
	number, err := registration.OneLine("办学许可证号", m.Number)
	switch {
	case err != nil:
		return d, err
	case !school.School() || school.Ownership != "民办":
		return d, fault.New(fault.Invalid, "%s 不是民办学校，不需要登记办学许可。", school.Name).At("school", "请选择民办学校。")
	case strings.TrimSpace(school.Licence) != "":
		return d, fault.New(fault.Conflict, "%s 已经登记过办学许可证号，没有改动。", school.Name).At("school", "已经登记过。")
	}
	school.Licence = number
	d.puts = []any{school}
	waiting, err := r.ApplicationsOf(m.School, registration.Waiting)
	if err != nil {
		return d, err
	}
	for _, a := range waiting {
		judge, err := judgeAt(k, school, a)
		if err != nil {
			return d, err
		}
		next, err := a.Licensed(judge, now)
		if err != nil {
			return d, err
		}
		d.puts = append(d.puts, next)
	}
	d.statement, err = registration.LicenceStatement(h, school.ID, school.Name, number)
	return d, err
}
