package store

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"sealdesk/server/custody"
	"sealdesk/server/org"
	"sealdesk/server/registration"
)

// fill gives every field of a noun a value of its own, so that a field that the
// store forgets is missed.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(1732000000000 + int64(*n)*1000).In(registration.Shanghai)))
		return
	case registration.Deeds:
		v.Set(reflect.ValueOf(registration.Deeds{{Part: registration.PartReviewer, Staff: "U1"}, {Part: registration.PartAuditor, Staff: "U2"}}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("v%d", *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		s := reflect.MakeSlice(v.Type(), 2, 2)
		for i := range 2 {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				s.Index(i).SetUint(uint64(*n % 256))
			} else {
				fill(s.Index(i), n)
			}
		}
		v.Set(s)
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		m.SetMapIndex(key, value)
		v.Set(m)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	}
}

func filled[T any]() T {
	var v T
	n := 0
	fill(reflect.ValueOf(&v).Elem(), &n)
	return v
}

func back[T any](t *testing.T, table *table, cells []any, err error, noun func(*row) (T, error), want T) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) != len(table.columns) {
		t.Fatalf("%s: %d cells for %d columns", table.name, len(cells), len(table.columns))
	}
	got, err := noun(&row{table: table, plain: cells})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: a noun came back as\n%+v\nand was\n%+v", table.name, got, want)
	}
}

func TestEveryFieldOfEveryNounComesBackFromItsRow(t *testing.T) {
	a := filled[registration.Application]()
	day := registration.Date{Year: 2024, Month: 2, Day: 29}
	a.Form.CertDate, a.Form.LastValidTo, a.Form.HiredOn, a.Form.ProbationEnd = &day, &day, &day, &day
	a.Form.ContractFrom, a.Form.ContractTo, a.Early.ValidTo = &day, &day, day
	cells, err := applicationCells(a, nil)
	back(t, applications, cells, err, func(r *row) (registration.Application, error) {
		got, err := applicationOf(r)
		got.Form.AppliedAt = got.Form.AppliedAt.In(registration.Shanghai)
		return got, err
	}, a)
	v := filled[registration.Review]()
	cells, err = reviewCells(v, "/p/")
	back(t, reviews, cells, err, reviewOf, v)
	c := filled[registration.Correction]()
	back(t, corrections, correctionCells(c, "/p/"), nil, sure(correctionOf), c)
	w := filled[registration.Window]()
	back(t, windows, windowCells(w, "/p/"), nil, sure(windowOf), w)
	i := filled[registration.Import]()
	back(t, imports, importCells(i, "/p/"), nil, sure(importOf), i)
	l := filled[registration.Delegation]()
	back(t, delegations, delegationCells(l, "/p/"), nil, sure(delegationOf), l)
	y := filled[registration.Relative]()
	back(t, relatives, relativeCells(y, "/p/"), nil, sure(relativeOf), y)
	e := filled[registration.EarlyRenewal]()
	e.Entry, e.ValidTo = 0, day // 0: the number comes with the row, not in a column
	back(t, earlyRenewals, earlyRenewalCells(e, "/p/"), nil, earlyRenewalOf, e)
	h := filled[registration.SheetChange]()
	h.Fields = []registration.FieldChange{{Field: "gender", Old: "女", New: "男"}}
	cells, err = sheetChangeCells(h, "/p/")
	back(t, sheetChanges, cells, err, sheetChangeOf, h)
	z := filled[registration.WorkingDays]()
	z.Off, z.On = []registration.Date{{Year: 2024, Month: 10, Day: 1}, {Year: 2024, Month: 10, Day: 2}}, []registration.Date{{Year: 2024, Month: 10, Day: 12}}
	back(t, workingDays, workingDaysCells(z, "/p/"), nil, workingDaysOf, z)
	p := filled[registration.Proposal]()
	back(t, proposals, proposalCells(p), nil, sure(proposalOf), p)
	o := filled[org.Organisation]()
	back(t, organisations, organisationCells(o), nil, sure(organisationOf), o)
	s := filled[org.Staff]()
	s.Training = org.FullTraining(2024, time.Date(2024, 9, 1, 0, 0, 0, 0, registration.Shanghai), "U1")
	back(t, staff, staffCells(s, "/p/"), nil, sure(staffOf), s)
	f := filled[org.Filing]()
	back(t, filings, filingCells(f, "/p/"), nil, sure(filingOf), f)
	g := filled[org.RoleChange]()
	back(t, roleChanges, roleChangeCells(g, "/p/"), nil, sure(roleChangeOf), g)
	m := filled[org.Appointment]()
	back(t, appointments, appointmentCells(m, "/p/"), nil, sure(appointmentOf), m)
	r := filled[org.Sheet]()
	r.Entry = 0 // as above
	back(t, sheets, sheetCells(r, "/p/"), nil, sure(sheetOf), r)
	rules := filled[org.DutyRules]()
	back(t, dutyRules, rulesCells(rules, "/p/"), nil, sure(rulesOf), rules)
	exercise := filled[org.Exercise]()
	back(t, exercises, exerciseCells(exercise, "/p/"), nil, sure(exerciseOf), exercise)
	incident := filled[org.Incident]()
	back(t, incidents, incidentCells(incident, "/p/"), nil, sure(incidentOf), incident)
	note := filled[org.Note]()
	back(t, incidentNotes, noteCells(note, "/p/"), nil, sure(noteOf), note)
	k := filled[custody.Key]()
	back(t, custodyKeys, keyCells(k, "/p/"), nil, sure(keyOf), k)
	d := filled[custody.Token]()
	back(t, custodyTokens, tokenCells(d, "/p/"), nil, sure(tokenOf), d)
	n := filled[custody.Medium]()
	back(t, media, mediumCells(n, "/p/"), nil, sure(mediumOf), n)
	count := filled[custody.Stocktake]()
	back(t, stocktakes, stocktakeCells(count, "/p/"), nil, sure(stocktakeOf), count)
	sight := filled[custody.Sighting]()
	back(t, sightings, sightingCells(sight, "/p/"), nil, sure(sightingOf), sight)
	q := filled[custody.Request]()
	back(t, custodyRequests, requestCells(q, "/p/"), nil, sure(requestOf), q)
}

// A form that nobody changed keeps the bytes of its cell. Each field of it, by value
// or through a pointer into what was read, is a change.
func TestAFormIsSpelledAnewWhenAnyFieldOfItChanged(t *testing.T) {
	a := filled[registration.Application]()
	day, tenths, year := registration.Date{Year: 2024, Month: 2, Day: 29}, registration.Tenths(5), 2020
	a.Early.ValidTo = day
	fields := reflect.ValueOf(&a.Form).Elem()
	for i := range fields.NumField() {
		switch p := fields.Field(i).Addr().Interface().(type) {
		case **registration.Date:
			*p = &day
		case **registration.Tenths:
			*p = &tenths
		case **int:
			*p = &year
		}
	}
	cells, err := applicationCells(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	read := func() (*row, registration.Form) {
		before := &row{table: applications, plain: cells}
		got, err := applicationOf(before)
		if err != nil {
			t.Fatal(err)
		}
		plain, _ := splitForm(got.Form)
		return before, plain
	}
	before, plain := read()
	same, err := packForm(plain, before)
	if cell := before.get("form").([]byte); err != nil || &same[0] != &cell[0] {
		t.Errorf("an unchanged form was spelled anew: %v", err)
	}
	private, _ := splitForm(a.Form)
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		if reflect.ValueOf(private).Field(i).IsZero() && !fields.Field(i).IsZero() {
			continue // it lies in a column of its own
		}
		before, plain := read()
		f := reflect.ValueOf(&plain).Elem().Field(i)
		into := f
		if f.Kind() == reflect.Pointer {
			into = f.Elem()
		}
		switch p := into.Addr().Interface().(type) {
		case *time.Time:
			*p = p.Add(time.Hour)
		case *registration.Date:
			p.Year++
		default:
			if into.Kind() == reflect.String {
				into.SetString(into.String() + "x")
			} else {
				into.SetInt(into.Int() + 1)
			}
		}
		changed, err := packForm(plain, before)
		if err != nil || string(changed) == string(same) {
			t.Errorf("a change of %s is lost: %v", name, err)
		}
		if f.Kind() == reflect.Pointer {
			f.SetZero()
			if gone, err := packForm(plain, before); err != nil || string(gone) == string(same) || string(gone) == string(changed) {
				t.Errorf("%s was taken out, and that is lost: %v", name, err)
			}
			before, plain := read()
			reflect.ValueOf(before.form).Elem().Field(i).SetZero()
			if came, err := packForm(plain, before); err != nil || &came[0] == &before.get("form").([]byte)[0] {
				t.Errorf("%s was put in, and that is lost: %v", name, err)
			}
		}
	}
}

func TestPersonalFieldsLieInNoPlainColumn(t *testing.T) {
	a := filled[registration.Application]()
	a.Form.CertDate, a.Form.LastValidTo, a.Form.HiredOn, a.Form.ProbationEnd, a.Form.ContractFrom, a.Form.ContractTo = nil, nil, nil, nil, nil, nil
	a.Form.IDNumber, a.Form.CertNumber, a.Form.Gender, a.Form.HealthEvidence, a.Form.EthicsDecisionNo = "secret-1", "secret-2", "secret-3", "secret-4", "secret-5"
	a.Form.AppraisalY1, a.Form.EthicsResult = "secret-6", "secret-7"
	cells, err := applicationCells(a, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range applications.columns {
		if c.form != secret && contains(cells[i], "secret-") {
			t.Errorf("the column %s shows a personal field", c.name)
		}
	}
}

func contains(v any, word string) bool {
	s := fmt.Sprintf("%s", v)
	for i := 0; i+len(word) <= len(s); i++ {
		if s[i:i+len(word)] == word {
			return true
		}
	}
	return false
}
