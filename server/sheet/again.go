package sheet

import (
	"time"

	"sealdesk/server/registration"
)

// Again judges rows once more that a dry run has judged: by what stands outside
// the sheet, and may have changed since. That is the school, its name, licence
// and end, the window, and who was let in early (R02, R05, R12, R14). What the
// cells are, and what other rows of the sheet say, does not change.
type Again struct{ judge *judge }

// NewAgain begins with what the rows of one organ share; each row brings its
// school and who was let in there.
func NewAgain(organ, name string, window Span, year int, now time.Time) (*Again, error) {
	ref := &Reference{Organs: map[string]string{organ: name}, Windows: map[string]Span{organ: window}, Schools: map[string]School{}, Year: year}
	j, err := newJudge(ref, organ, now)
	return &Again{j}, err
}

// Row says what becomes of a form, and why if it is not accepted: the first
// thing that stands against it. The line holds no value of the row.
func (a *Again) Row(number int, f registration.Form, s School, early registration.Released) (LineKind, Line) {
	clear(a.judge.ref.Schools)
	a.judge.ref.Schools[s.ID], a.judge.ref.Early = s, early
	c := &rowCheck{j: a.judge, form: f, raw: make([]cell, len(columns())), faults: make([]string, len(columns())), warns: make([]string, len(columns()))}
	c.schoolAndTime()
	c.due()
	c.class()
	for i, code := range c.faults {
		if code != "" {
			return Refuse, c.line(number, Refuse, i, code)
		}
	}
	switch {
	case c.late:
		return Overdue, c.line(number, Overdue, fieldIndex()["applied_at"], "late")
	case c.waits:
		return Wait, c.line(number, Wait, fieldIndex()["school_code"], "school-licence")
	}
	return Accept, Line{Row: number, Kind: Accept}
}
