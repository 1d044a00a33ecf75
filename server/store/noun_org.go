package store

import (
	"strings"
	"time"

	"sealdesk/server/org"
	"sealdesk/server/registration"
)

// Times lie in the database as Unix milliseconds and come back in Shanghai.

func millis(t time.Time) int64 { return t.UnixMilli() }

func moment(v any) time.Time {
	n, _ := v.(int64)
	t := time.UnixMilli(n)
	if t.IsZero() {
		return time.Time{}
	}
	return t.In(registration.Shanghai)
}

func millisOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMilli()
}

func momentOrNil(v any) *time.Time {
	if v == nil {
		return nil
	}
	t := moment(v)
	return &t
}

// reader walks over a row's cells in the order of the table.
type reader struct {
	cells []any
	next  int
}

func (r *reader) any() any        { r.next++; return r.cells[r.next-1] }
func (r *reader) text() string    { s, _ := r.any().(string); return s }
func (r *reader) int() int        { n, _ := r.any().(int64); return int(n) }
func (r *reader) bytes() []byte   { b, _ := r.any().([]byte); return b }
func (r *reader) time() time.Time { return moment(r.any()) }

func organisationCells(o org.Organisation) []any {
	return []any{o.ID, o.Parent, o.Path, o.Kind, o.Name, o.Ownership, o.Division, strings.Join(o.Stages, " "), o.Licence,
		millis(o.ValidFrom), millisOrNull(o.ValidTo)}
}

func organisationOf(row *row) org.Organisation {
	r := reader{cells: row.plain}
	return org.Organisation{ID: r.text(), Parent: r.text(), Path: r.text(), Kind: r.text(), Name: r.text(), Ownership: r.text(),
		Division: r.text(), Stages: strings.Fields(r.text()), Licence: r.text(), ValidFrom: r.time(), ValidTo: momentOrNil(r.any())}
}

func staffCells(s org.Staff, path string) []any {
	return []any{s.ID, s.Name, s.Org, path, s.Post, s.Phone.Plain(), millisOrNull(s.FiledOn), s.Pledge, millisOrNull(s.Closes), org.PrintTraining(s.Training)}
}

func staffOf(row *row) org.Staff {
	r := reader{cells: row.plain}
	s := org.Staff{ID: r.text(), Name: r.text(), Org: r.text()}
	r.any()
	s.Post, s.Phone, s.FiledOn = r.text(), org.Phone(r.text()), momentOrNil(r.any())
	s.Pledge, s.Closes = r.text(), momentOrNil(r.any())
	s.Training = org.ParseTraining(r.text())
	return s
}

func appointmentCells(a org.Appointment, path string) []any {
	return []any{a.ID, a.Staff, a.Role, a.Org, path, millisOrNull(a.Ended)}
}

func appointmentOf(row *row) org.Appointment {
	r := reader{cells: row.plain}
	a := org.Appointment{ID: r.text(), Staff: r.text(), Role: r.text(), Org: r.text()}
	r.any()
	a.Ended = momentOrNil(r.any())
	return a
}
