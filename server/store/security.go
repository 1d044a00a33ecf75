package store

import (
	"context"
	"slices"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/org"
)

func rulesCells(r org.DutyRules, path string) []any {
	return []any{r.ID(), r.Org, path, int64(r.N), strings.Join(r.Duty, " "), r.Keeper, r.Rota, r.TwoSign, r.SealRule, r.By, millis(r.At), millis(r.Reviewed), r.Reviewer}
}

func rulesOf(row *row) org.DutyRules {
	r := reader{cells: row.plain}
	r.any()
	v := org.DutyRules{Org: r.text()}
	r.any()
	v.N, v.Duty, v.Keeper, v.Rota, v.TwoSign, v.SealRule = r.int(), strings.Fields(r.text()), r.text(), r.text(), r.text(), r.text()
	v.By, v.At, v.Reviewed, v.Reviewer = r.text(), r.time(), r.time(), r.text()
	return v
}

func exerciseCells(e org.Exercise, path string) []any {
	return []any{e.ID, string(e.Kind), int64(e.Year), e.Org, path, millis(e.On), strings.Join(e.Bodies, " "), e.Topic, e.Giver, e.People, e.Result, e.By, millis(e.At)}
}

func exerciseOf(row *row) org.Exercise {
	r := reader{cells: row.plain}
	e := org.Exercise{ID: r.text(), Kind: org.ExerciseKind(r.text()), Year: r.int(), Org: r.text()}
	r.any()
	e.On, e.Bodies, e.Topic, e.Giver, e.People, e.Result = r.time(), strings.Fields(r.text()), r.text(), r.text(), r.text(), r.text()
	e.By, e.At = r.text(), r.time()
	return e
}

func incidentCells(i org.Incident, path string) []any {
	leak := int64(0)
	if i.Leak {
		leak = 1
	}
	return []any{i.ID, int64(i.Year), i.Org, path, millis(i.Noticed), i.NoticedBy, i.What, i.Whose, int64(i.Count), leak, i.By, millis(i.At)}
}

func incidentOf(row *row) org.Incident {
	r := reader{cells: row.plain}
	i := org.Incident{ID: r.text(), Year: r.int(), Org: r.text()}
	r.any()
	i.Noticed, i.NoticedBy, i.What, i.Whose, i.Count, i.Leak = r.time(), r.text(), r.text(), r.text(), r.int(), r.int() == 1
	i.By, i.At = r.text(), r.time()
	return i
}

func noteCells(n org.Note, path string) []any {
	var leak, people any // nothing in a row that raises nothing, nor in those of before
	if n.Leak {
		leak = int64(1)
	}
	if n.Count > 0 {
		people = int64(n.Count)
	}
	return []any{n.ID(), n.Incident, int64(n.N), string(n.Kind), n.Org, path, string(n.Party), millis(n.When), n.Text, n.By, millis(n.At), leak, people}
}

func noteOf(row *row) org.Note {
	r := reader{cells: row.plain}
	r.any()
	n := org.Note{Incident: r.text(), N: r.int(), Kind: org.NoteKind(r.text()), Org: r.text()}
	r.any()
	n.Party, n.When, n.Text, n.By, n.At = org.Party(r.text()), r.time(), r.text(), r.text(), r.time()
	n.Leak = r.any() != nil
	if people, ok := r.any().(int64); ok {
		n.Count = int(people)
	}
	return n
}

// asNouns reads what a query gave.
func asNouns[T any](noun func(*row) T) func([]*row, error) ([]T, error) {
	return func(rows []*row, err error) ([]T, error) {
		if err != nil {
			return nil, err
		}
		return listOf(rows, sure(noun))
	}
}

// lastRules is the version in force, nil when there is none.
func lastRules(list []org.DutyRules, err error) (*org.DutyRules, error) {
	if err != nil || len(list) == 0 {
		return nil, err
	}
	last := slices.MaxFunc(list, func(a, b org.DutyRules) int { return a.N - b.N })
	return &last, nil
}

// inOrder sorts additions as they were made: their ids are texts.
func inOrder(list []org.Note, err error) ([]org.Note, error) {
	slices.SortFunc(list, func(a, b org.Note) int { return a.N - b.N })
	return list, err
}

// Rules is the version of a body's rules that is in force, nil if none is.
func (tx *Tx) Rules(body string) (*org.DutyRules, error) {
	return lastRules(asNouns(rulesOf)(tx.where(dutyRules, is("org", body))))
}

// Exercises lists a year's lessons or drills, by number.
func (tx *Tx) Exercises(year int, kind org.ExerciseKind) ([]org.Exercise, error) {
	return asNouns(exerciseOf)(tx.where(exercises, is("year", int64(year)), is("kind", string(kind))))
}

// Incidents lists a year's incidents, by number.
func (tx *Tx) Incidents(year int) ([]org.Incident, error) {
	return asNouns(incidentOf)(tx.where(incidents, is("year", int64(year))))
}

// Incident reads one incident within the reach of the grant.
func (tx *Tx) Incident(id string) (org.Incident, error) {
	r, err := tx.find(incidents, id)
	if err != nil {
		return org.Incident{}, err
	}
	return incidentOf(r), nil
}

// Notes lists what was added to an incident, in that order.
func (tx *Tx) Notes(incident string) ([]org.Note, error) {
	return inOrder(asNouns(noteOf)(tx.where(incidentNotes, is("incident", incident))))
}

// Rules is the version of a body's rules that is in force, nil if none is.
func (s *Store) Rules(ctx context.Context, g policy.Grant, body string) (*org.DutyRules, error) {
	return lastRules(asNouns(rulesOf)(s.rowsCovered(ctx, g, dutyRules, is("org", body))))
}

// RulesReviewed are the versions in force of some bodies, by body: who oversees
// them reads when they were reviewed.
func (s *Store) RulesReviewed(ctx context.Context, g policy.Grant, bodies ...string) (map[string]*org.DutyRules, error) {
	ids := make([]any, len(bodies))
	for i, b := range bodies {
		ids[i] = b
	}
	list, err := asNouns(rulesOf)(s.rowsCovered(ctx, g, dutyRules, is("org", ids...)))
	last := map[string]*org.DutyRules{}
	for _, r := range list {
		if last[r.Org] == nil || last[r.Org].N < r.N {
			last[r.Org] = &r
		}
	}
	return last, err
}

// Exercises lists a year's lessons or drills, by number.
func (s *Store) Exercises(ctx context.Context, g policy.Grant, year int, kind org.ExerciseKind) ([]org.Exercise, error) {
	list, err := asNouns(exerciseOf)(s.rowsCovered(ctx, g, exercises, is("year", int64(year))))
	return slices.DeleteFunc(list, func(e org.Exercise) bool { return e.Kind != kind }), err
}

// Incidents lists a year's incidents, by number.
func (s *Store) Incidents(ctx context.Context, g policy.Grant, year int) ([]org.Incident, error) {
	return asNouns(incidentOf)(s.rowsCovered(ctx, g, incidents, is("year", int64(year))))
}

// Incident reads one incident within the reach of the grant.
func (s *Store) Incident(ctx context.Context, g policy.Grant, id string) (org.Incident, error) {
	r, err := s.covered(ctx, g, incidents, id)
	if err != nil {
		return org.Incident{}, err
	}
	return incidentOf(r), nil
}

// Notes lists what was added to an incident, in that order.
func (s *Store) Notes(ctx context.Context, g policy.Grant, incident string) ([]org.Note, error) {
	return inOrder(asNouns(noteOf)(s.rowsCovered(ctx, g, incidentNotes, is("incident", incident))))
}
