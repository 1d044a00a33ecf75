package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

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

// The leaf alone is in the tree; by the columns beside it an auditor filters, and
// a seal is found to be used.
func TestEveryAlteredColumnBesideAnEntryIsFoundAndNoStoreOpensOverIt(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		lived(t, w)
		db := w.Raw(t)
		opens := func() bool {
			s, err := store.Open(context.Background(), w.Config, w.Keys, w.Policy, w.Clock)
			if err == nil {
				s.Close()
			}
			return err == nil
		}
		columns, all := storetest.Columns(t, db, "log_entries"), rowsOf(t, db, "log_entries")
		at := slices.Index(columns, "statement")
		sealed := slices.IndexFunc(all, func(r []any) bool { return r[at] != nil && fmt.Sprint(r[0]) != "0" })
		bare, err := w.Policy.System(policy.Refusal)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Store.Commit(context.Background(), bare, nil, func(*store.Tx) (audit.Entry, error) {
			return audit.Entry{Subject: "application/x", Note: "test"}, nil
		}); err != nil {
			t.Fatal(err)
		}
		all = rowsOf(t, db, "log_entries")
		for _, row := range [][]any{all[sealed], all[len(all)-1]} {
			name := "entry/" + fmt.Sprint(row[0])
			for i, column := range columns {
				if column == "number" || column == "leaf" { // another place in the tree, another tree
					continue
				}
				wrong := []any{altered(row[i])}
				if column == "statement" {
					wrong = []any{make([]byte, 32)}
					if row[i] != nil {
						wrong = append(wrong, nil)
					}
				}
				for _, v := range wrong {
					rawly(t, db, "UPDATE log_entries SET "+column+" = ? WHERE number = ?", v, row[0])
					found(t, w, fmt.Sprintf("%s of %s altered to %v", column, name, v), name)
					seen := column != "path" && (column != "statement" || v == nil || row[i] == nil)
					if opens() == seen {
						t.Errorf("%s of %s altered to %v: a store opens: %v", column, name, v, !seen)
					}
					rawly(t, db, "UPDATE log_entries SET "+column+" = ? WHERE number = ?", row[i], row[0])
				}
			}
		}
		found(t, w, "all put back")
		rawly(t, db, "UPDATE log_bodies SET body = ? WHERE kind = 'statement' AND number = ?", []byte("x"), all[sealed][0])
		found(t, w, "a text that was exchanged", "entry/"+fmt.Sprint(all[sealed][0]))
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

func TestAKeyThatWasChangedInTheRegisterByHandSealsNothing(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		s := stage(t, w, policy.ReturnToSchool, &store.Purpose{Kind: seal.Return, Signers: 1, From: 1, To: 1}, 1)
		g, seals := s.grant(t), s.seals(t)
		setKey(t, w, s.d.person, func(k *custody.Key) { k.State = custody.Lost })
		rawly(t, w.Raw(t), "UPDATE custody_keys SET state = ? WHERE staff = ?", string(custody.Issued), s.d.person)
		refused(t, s, fault.Unavailable, func() error { _, err := s.commit(g, seals, s.text); return err })
	})
}

// What the log says of a key is remembered while nothing moves it: the register
// is not asked again, so writing in it moves nothing either.
func TestWhatIsWrittenIntoAKnownKeyByHandIsNotBelieved(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		s := stage(t, w, policy.ReturnToSchool, &store.Purpose{Kind: seal.Return, Signers: 1, From: 1, To: 1}, 1)
		g := s.grant(t)
		db := w.Raw(t)
		rawly(t, db, "UPDATE custody_keys SET staff = 'U00009' WHERE staff = ?", s.d.person)
		if _, err := s.commit(g, s.seals(t), s.text); err != nil {
			t.Fatalf("the log knows whose key it is: %v", err)
		}
		w.Store.Close()
		var err error
		if w.Store, err = store.Open(context.Background(), w.Config, w.Keys, w.Policy, w.Clock); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { w.Store.Close() })
		again := stage(t, w, policy.ReturnToSchool, &store.Purpose{Kind: seal.Return, Signers: 1, From: 1, To: 1}, 2)
		refused(t, again, fault.Unavailable, func() error { _, err := again.commit(g, again.seals(t), again.text); return err })
	})
}
