package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/disclosure"
	"sealdesk/server/internal/fault"
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

func rowsOf(t *testing.T, db *sql.DB, table string) [][]any {
	t.Helper()
	columns := storetest.Columns(t, db, table)
	rows, err := db.Query("SELECT " + strings.Join(columns, ", ") + " FROM " + table + " ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all [][]any
	for rows.Next() {
		cells, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			places[i] = &cells[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		all = append(all, cells)
	}
	return all
}

// altered is another value of the same type.
func altered(v any) any {
	switch v := v.(type) {
	case int64:
		return v + 1
	case uint64:
		return v + 1
	case string:
		return v + "x"
	case []byte:
		if len(v) == 0 {
			return []byte("x")
		}
		c := append([]byte{}, v...)
		c[len(c)-1] ^= 1
		return c
	}
	return int64(7)
}

// found asserts that exactly these records are named, then that none is when
// all was put back.
func found(t *testing.T, w *storetest.World, what string, want ...string) {
	t.Helper()
	report, err := w.Store.CheckRecords(context.Background())
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	var got []string
	for _, f := range report.Faults {
		got = append(got, f.Subject)
	}
	sort.Strings(want)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("%s: found %q, want %q", what, got, want)
	}
}

func rawly(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	result, err := db.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, _ := result.RowsAffected(); n == 0 {
		t.Fatalf("%s: no row", query)
	}
}

func TestEveryAlterationOfARecordPastTheLogIsFound(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		older := lived(t, w)
		db := w.Raw(t)
		found(t, w, "before anything")
		for table, subject := range store.RecordTables() {
			columns := storetest.Columns(t, db, table)
			all := rowsOf(t, db, table)
			if len(all) < 2 {
				t.Fatalf("%s has %d rows, the test wants two", table, len(all))
			}
			row := all[0]
			for _, r := range all { // one that a later act touched again
				if o := older[table][key(r)]; o != nil && fmt.Sprint(o) != fmt.Sprint(r) {
					row = r
				}
			}
			name := subject + "/" + key(row)
			set := func(column string, value any) {
				rawly(t, db, "UPDATE "+table+" SET "+column+" = ? WHERE "+columns[0]+" = ?", value, row[0])
			}
			for i, column := range columns[1:] {
				set(column, altered(row[i+1]))
				found(t, w, table+"."+column+" altered", name)
				set(column, row[i+1])
			}
			whole := func(cells []any) { // puts a row back, or an older one
				assign := make([]string, len(columns)-1)
				for i := range assign {
					assign[i] = columns[i+1] + " = ?"
				}
				rawly(t, db, "UPDATE "+table+" SET "+strings.Join(assign, ", ")+" WHERE "+columns[0]+" = ?", append(append([]any{}, cells[1:]...), cells[0])...)
			}
			old := older[table][key(row)]
			if old == nil || fmt.Sprint(old) == fmt.Sprint(row) {
				t.Fatalf("%s: no older genuine row of %s", table, name)
			}
			whole(old)
			found(t, w, table+" replaced by an older genuine row", name)
			whole(row)
			insert := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
			rawly(t, db, "DELETE FROM "+table+" WHERE "+columns[0]+" = ?", row[0])
			found(t, w, table+" row deleted", name)
			fresh := append([]any{"x" + key(row)[1:]}, row[1:]...)
			rawly(t, db, insert, fresh...)
			found(t, w, table+" row renamed", name, subject+"/"+key(fresh))
			rawly(t, db, "DELETE FROM "+table+" WHERE "+columns[0]+" = ?", fresh[0])
			rawly(t, db, insert, row...)
			swap(t, w, db, table, subject, columns, all[0], all[1])
			found(t, w, table+" put back")
		}
	})
}

func key(row []any) string { return fmt.Sprintf("%s", row[0]) }

// swap exchanges two rows under each other's key.
func swap(t *testing.T, w *storetest.World, db *sql.DB, table, subject string, columns []string, a, b []any) {
	t.Helper()
	rename := func(from, to any) {
		rawly(t, db, "UPDATE "+table+" SET "+columns[0]+" = ? WHERE "+columns[0]+" = ?", to, from)
	}
	var aside any = "aside"
	turn := func() { rename(a[0], aside); rename(b[0], a[0]); rename(aside, b[0]) }
	turn()
	found(t, w, table+" rows swapped", subject+"/"+key(a), subject+"/"+key(b))
	turn()
}

func TestARowThatGivesPowerAndIsNotAsTheLogHasItGivesNone(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		older := lived(t, w)
		db := w.Raw(t)
		p := w.People["U00010"]
		doubt := func(what string) {
			t.Helper()
			if _, _, err := w.Store.Officer(context.Background(), p.ID, p.Fingerprint()); !fault.Is(err, fault.Unavailable) {
				t.Fatalf("%s: %v", what, err)
			}
		}
		now := rowsOf(t, db, "custody_keys")
		entry := slices.Index(storetest.Columns(t, db, "custody_keys"), "entry")
		for _, cells := range now {
			if key(cells) != p.Fingerprint() {
				continue
			}
			old := older["custody_keys"][key(cells)]
			rawly(t, db, "UPDATE custody_keys SET token_label = ?, entry = ? WHERE fingerprint = ?", old[4], old[entry], cells[0])
			doubt("an older genuine key row")
			rawly(t, db, "UPDATE custody_keys SET token_label = ?, entry = ? WHERE fingerprint = ?", cells[4], cells[entry], cells[0])
		}
		rawly(t, db, "UPDATE appointments SET role = 'SEC' WHERE staff = ?", p.ID)
		doubt("a role written by hand")
		rawly(t, db, "UPDATE appointments SET role = 'CA' WHERE staff = ?", p.ID)
		rawly(t, db, "INSERT INTO appointments (id, staff, role, org, path, entry) VALUES ('x', ?, 'CL', '341024', '/341000/341024/', 1)", p.ID)
		doubt("an appointment put in by hand")
		rawly(t, db, "DELETE FROM appointments WHERE id = 'x'")
		if _, _, err := w.Store.Officer(context.Background(), p.ID, p.Fingerprint()); err != nil {
			t.Fatalf("all is as it was: %v", err)
		}
	})
}

func TestAKeyPutIntoTheRegisterByHandSealsNothing(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		s := stage(t, w, policy.ReturnToSchool, &store.Purpose{Kind: seal.Return, Signers: 1, From: 1, To: 1}, 1)
		g := s.grant(t)
		rawly(t, w.Raw(t), "UPDATE custody_keys SET token_label = 'x' WHERE staff = ?", s.d.person)
		refused(t, s, fault.Unavailable, func() error { _, err := s.commit(g, s.seals(t), s.text); return err })
	})
}
