package store_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/migrations"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// byOfficer commits an act that the security officer alone seals, whatever its
// closure puts: a handler that forgot every check of its own.
func byOfficer(t *testing.T, w *storetest.World, nouns ...any) error {
	t.Helper()
	p := w.People["U00001"]
	text := w.Statement(t, seal.RoleRemoval, "341000", []storetest.Person{p}, nil, seal.Annex{})
	_, err := w.Store.Commit(context.Background(), w.Grant(t, "U00001", policy.RemoveRole, "341000"), w.Seal(t, text, p), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		for _, n := range nouns {
			switch v := n.(type) { // what exists is read first
			case org.Staff:
				tx.Staff(v.ID)
			case org.Appointment:
				tx.Appointment(v.ID)
			}
			if err := tx.Put(n); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: "staff/x"}, nil
	})
	return err
}

func appointment(person, role, body string) org.Appointment {
	return org.Appointment{ID: person + "/" + role + "/" + body, Staff: person, Role: role, Org: body}
}

func TestAnAppointmentStandsUnderItsOwnPersonsNumber(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		before, astray := w.Digest(t), appointment("U00005", "CA", "341024")
		astray.ID = "U00007/CA/341024"
		if err := byOfficer(t, w, astray); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "人员编号") || w.Digest(t) != before {
			t.Errorf("an appointment under another's number: %v", err)
		}
	})
}

func TestWhoAsksForARoleIsNotGivenItEvenBySomebodyElse(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		first := stage(t, w, policy.AskRole, &store.Purpose{Kind: seal.RoleGrant, Signers: 2, From: 1, To: 1}, 1)
		second := first
		second.act, second.d = policy.GrantRole, deeds[policy.GrantRole]
		second.purpose = &store.Purpose{Kind: seal.RoleGrant, Signers: 2, From: 2, To: 2}
		if _, err := first.commit(first.grant(t), first.seals(t), first.text); err != nil {
			t.Fatal(err)
		}
		give := func(person string) error {
			_, err := w.Store.Commit(t.Context(), second.grant(t), second.seals(t), func(tx *store.Tx) (audit.Entry, error) {
				if err := tx.Derive(second.text); err != nil {
					return audit.Entry{}, err
				}
				return audit.Entry{}, tx.Put(appointment(person, "CL", "341021"))
			})
			return err
		}
		before := w.Digest(t)
		if err := give("U00006"); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "不能为自己授予角色") || w.Digest(t) != before {
			t.Errorf("the role of who asked for it: %v", err)
		}
	})
}

func TestCase42TheStoreCombinesNoOfficerWithAnotherRole(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		before := w.Digest(t)
		for what, try := range map[string]struct {
			nouns []any
			says  string
		}{
			"CA to the auditor of the log":    {[]any{appointment("U00002", "MD", "341000")}, "不能由一人兼任"},
			"SEC to an auditor":               {[]any{appointment("U00005", "SEC", "341000")}, "不能由一人兼任"},
			"SYS to the auditor of the log":   {[]any{appointment("U00002", "SYS", "341000")}, "不能由一人兼任"},
			"both in one act, to somebody":    {[]any{appointment("U00010", "AUD", "341000"), appointment("U00010", "CL", "341024")}, "不能由一人兼任"},
			"a role that nobody knows":        {[]any{appointment("U00005", "XX", "341021")}, "没有“XX”这个角色"},
			"a role for whoever seals it":     {[]any{appointment("U00001", "SYS", "341000")}, "为自己授予"},
			"a role for somebody not filed":   {[]any{org.Staff{ID: "U00099", Name: "甲", Org: "341021"}, appointment("U00099", "CA", "341021")}, "没有完成系统使用人员备案"},
			"a key for somebody not filed":    {[]any{org.Staff{ID: "U00098", Name: "乙", Org: "341021"}, custody.Key{Fingerprint: "ab", Staff: "U00098", Certificate: []byte{1}, State: custody.Issued, Since: time.Now()}}, "没有完成系统使用人员备案"},
			"a role for nobody":               {[]any{appointment("U00097", "CA", "341021")}, "没有完成系统使用人员备案"},
			"the last officer loses the role": {[]any{ended(appointment("U00001", "SEC", "341000"))}, "没有一位持有在用钥匙的安全保密管理员"},
		} {
			err := byOfficer(t, w, try.nouns...)
			if err == nil || !strings.Contains(err.Error(), try.says) {
				t.Errorf("%s: %v", what, err)
			}
			if w.Digest(t) != before {
				t.Fatalf("%s changed rows", what)
			}
		}
		// The twins: a second business role; an officer's role after the business one ended.
		if err := byOfficer(t, w, appointment("U00005", "CL", "341021")); err != nil {
			t.Error(err)
		}
		if err := byOfficer(t, w, ended(appointment("U00011", "CA", "341021"))); err != nil {
			t.Error(err)
		}
		if err := byOfficer(t, w, appointment("U00011", "SEC", "341000")); err != nil {
			t.Error(err)
		}
		// With a second officer who holds a key the first may go, by the second's hand.
		p := w.People["U00011"]
		text := w.Statement(t, seal.RoleRemoval, "341000", []storetest.Person{p}, nil, seal.Annex{})
		_, err := w.Store.Commit(context.Background(), w.Grant(t, "U00011", policy.RemoveRole, "341000"), w.Seal(t, text, p), func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.Derive(text); err != nil {
				return audit.Entry{}, err
			}
			a, err := tx.Appointment("U00001/SEC/341000")
			if err != nil {
				return audit.Entry{}, err
			}
			return audit.Entry{}, tx.Put(ended(a))
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := w.TryGrant("U00001", policy.RemoveRole, "341000"); err == nil {
			t.Error("the removed officer still has the grant")
		}
	})
}

// Many people in one act are looked up together, and each is still judged alone.
func TestCase42OneOfManyPeopleInAnActIsNotOverlooked(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		filed := time.Now().AddDate(0, -1, 0).Truncate(time.Millisecond)
		crowd := func(spoilt int) (nouns []any) {
			for i := range 60 {
				id := fmt.Sprintf("W%05d", i)
				nouns = append(nouns, org.Staff{ID: id, Name: "众", Org: "341021", Post: "审核", FiledOn: &filed}, appointment(id, "CA", "341021"))
				if i == spoilt {
					nouns = append(nouns, appointment(id, "AUD", "341000"))
				}
			}
			return nouns
		}
		before := w.Digest(t)
		for _, spoilt := range []int{0, 31, 59} {
			if err := byOfficer(t, w, crowd(spoilt)...); err == nil || !strings.Contains(err.Error(), "不能由一人兼任") {
				t.Errorf("the %d. of 60 is an auditor of the log too: %v", spoilt+1, err)
			}
		}
		if w.Digest(t) != before {
			t.Error("rows changed")
		}
		if err := byOfficer(t, w, crowd(-1)...); err != nil {
			t.Error(err)
		}
		if err := byOfficer(t, w, append(crowd(-1)[:80], appointment("W00007", "SEC", "341000"))...); err == nil || !strings.Contains(err.Error(), "不能由一人兼任") {
			t.Errorf("what was there before is overlooked: %v", err)
		}
	})
}

func ended(a org.Appointment) org.Appointment {
	at := time.Now().Truncate(time.Millisecond)
	a.Ended = &at
	return a
}

func TestCase42TheLastOfficersAccountDoesNotClose(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		s, err := w.Store.Staff(context.Background(), "U00001")
		if err != nil {
			t.Fatal(err)
		}
		at := time.Now().Truncate(time.Millisecond)
		s.Closes = &at
		if err := byOfficer(t, w, s); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "没有一位持有在用钥匙的安全保密管理员") {
			t.Errorf("the last officer leaves: %v", err)
		}
		other, _ := w.Store.Staff(context.Background(), "U00011")
		other.Closes = &at
		if err := byOfficer(t, w, other); err != nil {
			t.Errorf("somebody else leaves: %v", err)
		}
		if _, _, err := w.Store.Officer(context.Background(), "U00011", w.People["U00011"].Fingerprint()); !fault.Is(err, fault.Locked) {
			t.Errorf("the next request of a leaver: %v", err)
		}
	})
}

// What no program may write, whatever account it uses: the database itself
// refuses, and on MariaDB no variable of the session helps.
func TestCase42TheDatabaseItselfKeepsTheOfficersApart(t *testing.T) {
	for _, driver := range []string{store.SQLite, store.MySQL} {
		t.Run(driver, func(t *testing.T) {
			w := storetest.New(t, driver)
			portal := *w
			if driver == store.MySQL {
				server := storetest.Shared(t)
				name := w.Config.DSN[strings.LastIndex(w.Config.DSN, "/")+1:]
				server.Exec(t, strings.ReplaceAll(migrations.Grants, "{database}", name))
				portal.Config.DSN = server.DSN("sealdesk_portal", name)
			}
			db := portal.Raw(t)
			db.SetMaxOpenConns(1) // one session, with its variables
			if driver == store.MySQL {
				for _, v := range []string{"foreign_key_checks = 0", "check_constraint_checks = 0", "unique_checks = 0", "sql_mode = ''"} {
					if _, err := db.Exec("SET SESSION " + v); err != nil {
						t.Fatal(err)
					}
				}
			}
			row := "INSERT INTO appointments (id, staff, role, org, path, ended, entry) VALUES "
			refused := []string{
				row + "('U00001/CA/341021', 'U00001', 'CA', '341021', '/341000/341021/', NULL, 0)",
				row + "('U00005/SEC/341000', 'U00005', 'SEC', '341000', '/341000/', NULL, 0)",
				row + "('U00001/AUD/341000', 'U00001', 'AUD', '341000', '/341000/', NULL, 0)",
				row + "('x/SC', 'U77777', 'SC', 'HS1', '/341000/341021/HS1/', NULL, 0), ('x/SYS', 'U77777', 'SYS', '341000', '/341000/', NULL, 0)",
				"UPDATE appointments SET staff = 'U00001' WHERE id = 'U00005/CA/341021'",
				"REPLACE INTO appointments (id, staff, role, org, path, ended, entry) VALUES ('U00005/CA/341021', 'U00001', 'CA', '341021', '/341000/341021/', NULL, 0)",
			}
			if driver == store.MySQL {
				refused = append(refused, "INSERT IGNORE INTO appointments (id, staff, role, org, path, ended, entry) VALUES ('U00001/CA/341021', 'U00001', 'CA', '341021', '/341000/341021/', NULL, 0)",
					"DROP TRIGGER appointments_exclusive_insert", "CREATE TRIGGER other BEFORE INSERT ON appointments FOR EACH ROW SET @a = 1",
					"ALTER TABLE appointments DROP COLUMN ended", "TRUNCATE TABLE appointments")
			} else {
				refused = append(refused, "INSERT OR IGNORE INTO appointments (id, staff, role, org, path, ended, entry) VALUES ('U00001/CA/341021', 'U00001', 'CA', '341021', '/341000/341021/', NULL, 0)")
			}
			before := w.Digest(t)
			for _, statement := range refused {
				if _, err := db.Exec(statement); err == nil {
					t.Errorf("was carried out: %s", statement)
				}
			}
			// An ended one may lie beside an officer's; to hold it again is refused.
			if w.Digest(t) != before {
				t.Fatal("rows changed")
			}
			if _, err := db.Exec(row + "('U00001/CA/341021', 'U00001', 'CA', '341021', '/341000/341021/', 5, 0)"); err != nil {
				t.Fatalf("the twin that ended: %v", err)
			}
			if _, err := db.Exec("UPDATE appointments SET ended = NULL WHERE id = 'U00001/CA/341021'"); err == nil {
				t.Error("an ended role was taken up beside an officer's")
			}
			if _, err := db.Exec(row + "('U00005/CL/341021', 'U00005', 'CL', '341021', '/341000/341021/', NULL, 0)"); err != nil {
				t.Errorf("two business roles: %v", err)
			}
		})
	}
}

func TestAnEndedAppointmentGivesNoPower(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		g := w.Grant(t, "U00011", policy.Conclude, "341021")
		if err := byOfficer(t, w, ended(appointment("U00011", "CA", "341021"))); err != nil {
			t.Fatal(err)
		}
		if _, err := w.TryGrant("U00011", policy.Conclude, "341021"); err == nil {
			t.Error("still granted")
		}
		// A grant from before does not carry the act either.
		p := w.People["U00011"]
		w.Import(t, "U00003", "HS1", w.Application(1, "HS1"))
		text := w.Statement(t, seal.Conclude, "341021", []storetest.Person{p}, nil, seal.Annex{Columns: []string{"结论"}, Rows: []seal.AnnexRow{{Record: w.Application(1, "HS1").ID, Cells: []string{"注册合格"}}}})
		_, err := w.Store.Commit(context.Background(), g, w.Seal(t, text, p), func(tx *store.Tx) (audit.Entry, error) {
			a, err := tx.Application(w.Application(1, "HS1").ID)
			if err != nil {
				return audit.Entry{}, err
			}
			a.State = registration.Concluded
			return audit.Entry{}, tx.Put(a)
		})
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("the old grant: %v", err)
		}
	})
}
