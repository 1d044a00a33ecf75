package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/disclosure"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// lived fills every record table with two rows at least, each of which a later
// act touched again, and gives the rows as they were in between.
func lived(t *testing.T, w *storetest.World) (older map[string]map[string][]any) {
	t.Helper()
	list := []registration.Application{w.Application(1, "HS1"), w.Application(2, "HS1")}
	w.Import(t, "U00003", "HS1", list[0])
	w.Import(t, "U00003", "HS1", list[1])
	everything(t, w, "第一次", func(tx *store.Tx) error { return nil })
	for _, a := range list {
		s := scene{w: w, act: policy.Conclude, d: deeds[policy.Conclude], purpose: &store.Purpose{Kind: seal.ConcludeAdverse, Signers: 2, From: 1, To: 1}, id: a.ID}
		s.text = s.statement(t, seal.ConcludeAdverse, s.signers()...)
		if _, err := s.commit(s.grant(t), s.seals(t), s.text); err != nil {
			t.Fatal(err)
		}
	}
	older = map[string]map[string][]any{}
	db := w.Raw(t)
	for table := range store.RecordTables() {
		older[table] = map[string][]any{}
		for _, cells := range rowsOf(t, db, table) {
			older[table][fmt.Sprintf("%s", cells[0])] = cells
		}
	}
	everything(t, w, "第二次", func(tx *store.Tx) error {
		for _, a := range list {
			open, err := tx.OpenProposalsAbout("application/" + a.ID)
			if err != nil || len(open) != 1 {
				return fmt.Errorf("%d proposals: %w", len(open), err)
			}
			open[0].State = "void"
			if err := tx.Put(open[0]); err != nil {
				return err
			}
		}
		return nil
	})
	return older
}

// everything touches two rows of each table in one act of the city's officer.
func everything(t *testing.T, w *storetest.World, word string, more func(*store.Tx) error) {
	t.Helper()
	p := w.People["U00001"]
	text := w.Statement(t, seal.KeyRevoke, "341000", []storetest.Person{p}, nil, seal.Annex{})
	at := time.Now().Truncate(time.Second)
	_, err := w.Store.Commit(context.Background(), w.Grant(t, "U00001", policy.RevokeKey, "341000"), w.Seal(t, text, p), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		var all []any
		for n := range 2 {
			id := w.Application(n+1, "HS1").ID
			a, err := tx.Application(id)
			if err != nil {
				return audit.Entry{}, err
			}
			a.Reason = word
			all = append(all, a)
			r := registration.Review{ID: id + "/1", Application: id, Round: 1, Reason: word, At: at, Compared: map[string]string{"gender": "same"}}
			c := registration.Correction{ID: id + "/gender", Application: id, Field: "gender", Old: "female", New: "male", Reason: word, At: at}
			said := registration.SheetChange{ID: id + "/1", Application: id, Fields: []registration.FieldChange{{Field: "gender", Old: "男", New: word}}, At: at}
			f := org.Filing{ID: id + "/1", Staff: id, Kind: org.FileNew, State: org.Filed, At: at, Note: word, Form: org.Form{Org: "HS1", Starts: at}}
			v := org.RoleChange{ID: id + "/1", Staff: id, Role: "SC", Org: "HS1", Granted: true, At: at, Reason: word}
			if word != "第一次" {
				if _, err := tx.RoleChange(v.ID); err != nil {
					return audit.Entry{}, err
				}
				if _, err := tx.SheetChangesOf(id); err != nil {
					return audit.Entry{}, err
				}
				if _, err := tx.Filing(f.ID); err != nil {
					return audit.Entry{}, err
				}
				if _, err := tx.Review(r.ID); err != nil {
					return audit.Entry{}, err
				}
				if _, err := tx.Correction(c.ID); err != nil {
					return audit.Entry{}, err
				}
			}
			all = append(all, r, c, said, f, v)
		}
		again, err := reread(tx, w, word)
		if err != nil {
			return audit.Entry{}, err
		}
		for _, noun := range append(all, again...) {
			if err := tx.Put(noun); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: "institution/341000", Note: "test"}, more(tx)
	}, store.Long(10*time.Second))
	if err != nil {
		t.Fatal(err)
	}
}

// reread changes two rows of every table that the genesis filled.
func reread(tx *store.Tx, w *storetest.World, word string) ([]any, error) {
	var all []any
	sealed, err := tx.Policies()
	if err != nil {
		return nil, err
	}
	if _, err := tx.Custodians(); err != nil {
		return nil, err
	}
	if _, err := tx.Emergencies(); err != nil {
		return nil, err
	}
	for n := range 2 {
		all = append(all, custody.Custodians{ID: fmt.Sprintf("C%06d", n+1), Org: "341000", Staff: []string{"U00003", fmt.Sprint("U0000", n+4)}, Quorum: 2, Reason: word,
			By: "U00001", Second: "U00007", At: w.Clock().Truncate(time.Second)})
		all = append(all, custody.Emergency{ID: custody.EmergencyID(n), Org: "341000", List: "C000001", Staff: fmt.Sprint("U0000", n+4), Fingerprint: "ab",
			Certificate: []byte{1}, Token: "T1", Role: "SEC", Reason: word, State: custody.Gathering})
		s := sealed[0]
		s.ID, s.Reason = fmt.Sprintf("P%06d", n+2), word
		all = append(all, s)
	}
	for n, person := range []string{"U00010", "U00011"} {
		s, err := tx.Staff(person)
		if err != nil {
			return nil, err
		}
		s.Post = word
		p := w.People[person]
		k, err := tx.Key(p.Fingerprint())
		if err != nil {
			return nil, err
		}
		k.TokenLabel = word
		m, err := tx.Appointment(person + "/CA/" + p.Org)
		if err != nil {
			return nil, err
		}
		o, err := tx.Organisation([]string{"HS1", "HS2"}[n])
		if err != nil {
			return nil, err
		}
		o.Licence = word
		v, err := tx.Window(fmt.Sprintf("%d/%s/audit", w.Clock().Year(), []string{"341021", "341024"}[n]))
		if err != nil {
			return nil, err
		}
		v.Reason = word
		i, err := tx.Import("I" + w.Application(n+1, "HS1").ID)
		if err != nil {
			return nil, err
		}
		i.Overdue++
		d, err := tx.Token(p.Token())
		if err != nil {
			return nil, err
		}
		d.Label = word
		q := custody.Request{ID: fmt.Sprint("Q", n), Staff: person, By: "U00007", Reason: word, At: w.Clock().Truncate(time.Second), State: custody.Asked}
		if word != "第一次" {
			if _, err := tx.Request(q.ID); err != nil {
				return nil, err
			}
		}
		medium := custody.Medium{ID: fmt.Sprint("M-0", n), Custodian: person, Reason: word, State: custody.InUse}
		count := custody.Stocktake{Year: 2000 + n, By: "U00001", Note: word}
		seen := custody.Sighting{Year: 2000 + n, Token: p.Token(), By: person, How: word}
		if word != "第一次" {
			if _, err := tx.Medium(medium.ID); err != nil {
				return nil, err
			}
			if _, err := tx.Stocktakes(); err != nil {
				return nil, err
			}
			if _, err := tx.Sightings(seen.Year); err != nil {
				return nil, err
			}
		}
		l := registration.Delegation{ID: o.ID + "/1", School: o.ID, Kind: registration.Deputy, Delegate: person,
			From: w.Clock().Truncate(time.Second), Until: w.Clock().AddDate(0, 1, 0).Truncate(time.Second), Reason: word, By: "U00007"}
		y := registration.Relative{ID: person + "/1", Staff: person, School: o.ID, ApplyNo: word, Relation: "spouse", At: w.Clock().Truncate(time.Second)}
		if word != "第一次" {
			if _, err := tx.Delegation(l.ID); err != nil {
				return nil, err
			}
			if _, err := tx.RelativesOf(person); err != nil {
				return nil, err
			}
		}
		sheet := org.Sheet{Year: 2000 + n, Org: o.ID, Head: person, Paper: word, At: w.Clock().Truncate(time.Second)}
		if word != "第一次" {
			if _, err := tx.Headship(sheet.Year, o.ID); err != nil {
				return nil, err
			}
		}
		at := w.Clock().Truncate(time.Second)
		rules := org.DutyRules{Org: o.ID, N: 1, Duty: []string{person}, Keeper: person, Rota: word, At: at, Reviewed: at}
		exercise := org.Exercise{ID: fmt.Sprint("L", n), Kind: org.SafetyLesson, Year: 2000 + n, Org: "341000", On: at, Topic: word, At: at}
		incident := org.Incident{ID: fmt.Sprint("I", n), Year: 2000 + n, Org: "341000", Noticed: at, What: word, At: at}
		note := org.Note{Incident: incident.ID, N: 1, Kind: org.Corrected, Org: "341000", When: at, Text: word, Leak: true, Count: n + 1, At: at}
		if word != "第一次" {
			if _, err := tx.Rules(rules.Org); err != nil {
				return nil, err
			}
			if _, err := tx.Exercises(exercise.Year, exercise.Kind); err != nil {
				return nil, err
			}
			if _, err := tx.Incident(incident.ID); err != nil {
				return nil, err
			}
			if _, err := tx.Notes(incident.ID); err != nil {
				return nil, err
			}
		}
		look := disclosure.Look{ID: fmt.Sprint("L", n), Subject: "staff/" + person, Fields: []string{"phone"}, Reason: word, By: person, At: w.Clock().Truncate(time.Hour)}
		if _, err := tx.LooksAround(person, look.At); err != nil {
			return nil, err
		}
		early := registration.EarlyRenewal{ID: "2026/" + o.ID + "/1", Year: 2026, School: o.ID, ApplyNo: "1", ValidTo: registration.Date{Year: 2027, Month: 6, Day: 30}, Reason: word}
		if _, err := tx.EarlyRenewalsOf(o.ID); err != nil {
			return nil, err
		}
		free := registration.WorkingDays{Year: 2000 + n, Org: "341000", Reason: word}
		if word != "第一次" {
			if _, err := tx.WorkingDays(free.Year); err != nil {
				return nil, err
			}
		}
		all = append(all, s, k, m, o, v, i, d, q, medium, count, seen, l, y, early, free, sheet, rules, exercise, incident, note, look)
	}
	return all, nil
}
