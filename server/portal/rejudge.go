package portal

import (
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/sheet"
)

// rejudging gives what a kept row of a sheet is asked inside the transaction:
// whether it would still come in where the dry run said. Between report and seal
// a county enters a licence, a window moves, a school closes; a record in a state
// of before would stand there for good. It answers with the row's school and with
// who was let in there before it is due.
func rejudging(r rows, year int, organ string, now time.Time) (func(importedRow) (org.Organisation, registration.Released, error), error) {
	body, err := r.Organisation(organ)
	if err != nil {
		return nil, err
	}
	unit, err := r.Organisation(unitIn(body.Path))
	if err != nil {
		return nil, err
	}
	windows, err := r.WindowsOf(year, unit.ID)
	if err != nil {
		return nil, err
	}
	w, _ := registration.Calendar{Windows: windows}.Window(year, unit.ID, registration.StageApplication)
	again, err := sheet.NewAgain(unit.ID, unit.Name, sheet.Span{Opens: w.Opens, Closes: w.Closes}, year, now)
	if err != nil {
		return nil, err
	}
	early := earlyOnce(r, year)
	return func(row importedRow) (org.Organisation, registration.Released, error) {
		school, err := r.Organisation(row.form.SchoolCode)
		if err != nil {
			return school, registration.Released{}, err
		}
		let, err := early(row.form)
		if err != nil {
			return school, let, err
		}
		kind, line := again.Row(row.line, row.form, schoolInSheet(school), let)
		if kind == row.kind {
			return school, let, nil
		}
		f := fault.New(fault.Conflict, "第 %d 行在试读之后有变化：试读时列为“%s”，现在是“%s”。%s整份没有办理。请重新上传这份文件，看过新的试读报告再签署。",
			row.line, lineMarks[row.kind].Text, lineMarks[kind].Text, line.Sentence)
		return school, let, f
	}, nil
}

// schoolInSheet is a school as the checks of a sheet ask for it.
func schoolInSheet(o org.Organisation) sheet.School {
	s := sheet.School{ID: o.ID, Parent: o.Parent, Name: o.Name, Kind: o.Kind, Ownership: o.Ownership, Licence: o.Licence, Stages: o.Stages}
	if o.ValidTo != nil {
		last := registration.DateOf(*o.ValidTo)
		s.ValidTo = &last
	}
	return s
}
