package store_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// officersAct is an act of the security officer with this closure.
func officersAct(t *testing.T, w *storetest.World, touch func(*store.Tx) error) error {
	t.Helper()
	p := w.People["U00001"]
	text := w.Statement(t, seal.KeyRevoke, "341000", []storetest.Person{p}, nil, seal.Annex{})
	_, err := w.Store.Commit(context.Background(), w.Grant(t, "U00001", policy.RevokeKey, "341000"), w.Seal(t, text, p), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		return audit.Entry{Subject: "key/x"}, touch(tx)
	})
	return err
}

// takings are the ways to take an office from its holder, each in one act.
func takings(w *storetest.World, holder storetest.Person, role policy.Role) map[string]func(*store.Tx) error {
	ends := w.Clock()
	key := func(state custody.State) func(tx *store.Tx) error {
		return func(tx *store.Tx) error {
			k, err := tx.Key(holder.Fingerprint())
			if err != nil {
				return err
			}
			k.State = state
			return tx.Put(k)
		}
	}
	appointment := func(change func(*org.Appointment)) func(tx *store.Tx) error {
		return func(tx *store.Tx) error {
			a, err := tx.Appointment(holder.ID + "/" + string(role) + "/341000")
			if err != nil {
				return err
			}
			change(&a)
			return tx.Put(a)
		}
	}
	return map[string]func(*store.Tx) error{
		"dismissed":      appointment(func(a *org.Appointment) { a.Ended = &ends }),
		"made another":   appointment(func(a *org.Appointment) { a.Role = "SYS" }),
		"key taken away": key(custody.Revoked),
		"key suspended":  key(custody.Suspended),
		"post ended": func(tx *store.Tx) error {
			s, err := tx.Staff(holder.ID)
			if err != nil {
				return err
			}
			s.Closes = &ends
			return tx.Put(s)
		},
	}
}

func TestTheLastWhoCanActInAKeptRoleIsNotTakenAway(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		before := w.Digest(t)
		for _, last := range []struct {
			id   string
			role policy.Role
		}{{"U00002", policy.AUD}, {"U00007", policy.ML}, {"U00001", policy.SEC}} {
			holder := w.People[last.id]
			for name, touch := range takings(w, holder, last.role) {
				err := officersAct(t, w, touch)
				if !fault.Is(err, fault.Forbidden) || w.Digest(t) != before {
					t.Errorf("%s, %s: %v", last.role, name, err)
				}
				says(t, err, "没有一位持有在用钥匙的"+last.role.Name())
			}
			// A loss takes effect whatever follows.
			if err := officersAct(t, w, func(tx *store.Tx) error {
				k, err := tx.Key(holder.Fingerprint())
				if err != nil {
					return err
				}
				k.State = custody.Lost
				return tx.Put(k)
			}); err != nil {
				t.Errorf("%s, a lost key: %v", last.role, err)
			}
			if _, _, err := w.Store.Officer(context.Background(), last.id, holder.Fingerprint()); !fault.Is(err, fault.Locked) {
				t.Errorf("%s: the lost key still serves: %v", last.role, err)
			}
			before = w.Digest(t)
		}
	})
}

func TestSomebodyElsesEndAndAnOfficeThatNobodyCouldActInAreNotHeldUp(t *testing.T) {
	w := storetest.New(t, store.SQLite)
	for name, touch := range takings(w, w.People["U00010"], policy.CA) {
		if strings.Contains(name, "dismissed") || strings.Contains(name, "another") {
			continue // his appointment is of another body
		}
		if err := officersAct(t, w, touch); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	lead := takings(w, w.People["U00007"], policy.ML)
	if err := officersAct(t, w, func(tx *store.Tx) error {
		k, err := tx.Key(w.People["U00007"].Fingerprint())
		if err != nil {
			return err
		}
		k.State = custody.Lost
		return tx.Put(k)
	}); err != nil {
		t.Fatal(err)
	}
	if err := officersAct(t, w, lead["dismissed"]); err != nil {
		t.Errorf("a lead whose key is lost cannot be dismissed: %v", err)
	}
}

// joined puts a second person into a kept role, with a certificate that ends
// then.
func joined(t *testing.T, w *storetest.World, id string, role policy.Role, until time.Time) {
	t.Helper()
	ended := w.Clock()
	leaf := ending(t, id, until)
	p := w.People[id]
	if err := officersAct(t, w, func(tx *store.Tx) error { // the database wants one role ended before another is given
		for _, r := range p.Roles {
			if err := tx.Put(org.Appointment{ID: id + "/" + string(r) + "/" + p.Org, Staff: id, Role: string(r), Org: p.Org, Ended: &ended}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := officersAct(t, w, func(tx *store.Tx) error {
		old, err := tx.Key(p.Fingerprint())
		if err != nil {
			return err
		}
		old.State = custody.Revoked
		if err := tx.Put(old); err != nil {
			return err
		}
		k := custody.Certified(leaf, id, custody.Token{Serial: p.Token(), Label: id}, custody.OwnCA)
		k.State, k.Since = custody.Issued, ended
		if err := tx.Put(k); err != nil {
			return err
		}
		return tx.Put(org.Appointment{ID: id + "/" + string(role) + "/341000", Staff: id, Role: string(role), Org: "341000"})
	}); err != nil {
		t.Fatal(err)
	}
}

// ending is a certificate that is over then.
func ending(t *testing.T, id string, until time.Time) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: id}, NotBefore: until.AddDate(-1, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func TestASecondHolderWhoseCertificateIsOverIsNoneAndOneWithAGoodOneLetsTheFirstGo(t *testing.T) {
	for _, last := range []struct {
		id   string
		role policy.Role
	}{{"U00002", policy.AUD}, {"U00007", policy.ML}, {"U00001", policy.SEC}} {
		for good, until := range map[bool]time.Time{true: time.Now().AddDate(1, 0, 0), false: time.Now().AddDate(0, 0, -1)} {
			w := storetest.New(t, store.SQLite)
			joined(t, w, "U00003", last.role, until)
			for _, how := range []string{"dismissed", "key suspended"} {
				err := officersAct(t, w, takings(w, w.People[last.id], last.role)[how])
				switch {
				case good && how == "dismissed" && err != nil:
					t.Errorf("%s: another is there, and still: %v", last.role, err)
				case !good && !fault.Is(err, fault.Forbidden):
					t.Errorf("%s, %s: the only certificate that is not over went: %v", last.role, how, err)
				}
				if good {
					break
				}
			}
			if able, err := w.Store.Keepers(t.Context(), last.role); err != nil || len(able) != 1 || (able[0] == "U00003") != good {
				t.Errorf("%s: %v %v", last.role, able, err)
			}
		}
	}
}

func TestARevocationByTheIssuerSuspendsTheLastSecurityOfficersKey(t *testing.T) {
	w := storetest.New(t, store.SQLite)
	grant, err := w.Policy.System(policy.SuspendRevoked)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Store.Commit(t.Context(), grant, nil, func(tx *store.Tx) (audit.Entry, error) {
		return audit.Entry{Subject: "token/x"}, takings(w, w.People["U00001"], policy.SEC)["key suspended"](tx)
	}); err != nil {
		t.Fatal(err)
	}
	if able, err := w.Store.Keepers(t.Context(), policy.SEC); err != nil || len(able) != 0 {
		t.Errorf("%v %v", able, err)
	}
}

func TestAnAccountWhoseLastAppointmentEndedKeepsItsOwnFileAndNothingElse(t *testing.T) {
	w := storetest.New(t, store.SQLite)
	who := w.People["U00008"]
	ended := w.Clock()
	of := func() string {
		all, err := w.Store.Everyone(context.Background(), w.Grant(t, "U00001", policy.ViewPolicy, "341000"))
		if err != nil {
			t.Fatal(err)
		}
		var held []string
		for _, p := range all {
			for _, a := range p.Appointments {
				if p.Staff == who.ID {
					held = append(held, string(a.Role)+"@"+a.Body.ID)
				}
			}
		}
		return strings.Join(held, " ")
	}
	role := string(who.Roles[0])
	if got := of(); got != role+"@"+who.Org {
		t.Fatalf("before: %q", got)
	}
	if err := officersAct(t, w, func(tx *store.Tx) error {
		return tx.Put(org.Appointment{ID: who.ID + "/" + role + "/" + who.Org, Staff: who.ID, Role: role, Org: who.Org, Ended: &ended})
	}); err != nil {
		t.Fatal(err)
	}
	if got := of(); got != "ST@"+who.Org {
		t.Errorf("the simulation has %q", got)
	}
	officer, _, err := w.Store.Officer(context.Background(), who.ID, who.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	for act, want := range map[policy.Act]bool{policy.Login: true, policy.EnterTraining: true, policy.ProveKey: true, policy.List: false, policy.Conclude: false, policy.ViewReceipt: false} {
		if _, err := w.Policy.May(officer, act, officer.Appointments[0].Body); (err == nil) != want {
			t.Errorf("%s: %v", act, err)
		}
	}
}

func TestAnAppointmentTakenOutOfTheDatabaseLiftsNoBar(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		raise := func(role policy.Role) error {
			return officersAct(t, w, func(tx *store.Tx) error {
				return tx.Put(org.Appointment{ID: "U00005/" + string(role) + "/341000", Staff: "U00005", Role: string(role), Org: "341000"})
			})
		}
		says(t, raise(policy.AUD), "不能由一人兼任")
		db := w.Raw(t)
		id := "U00005/CA/341021"
		columns := storetest.Columns(t, db, "appointments")
		var row []any
		for _, r := range rowsOf(t, db, "appointments") {
			if key(r) == id {
				row = r
			}
		}
		rawly(t, db, "DELETE FROM appointments WHERE id = ?", id)
		for _, role := range []policy.Role{policy.AUD, policy.ML} {
			if err := raise(role); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s beside a role that was taken out: %v", role, err)
			} else {
				says(t, err, "数据库里少了一条任职")
			}
		}
		// Nobody else is held up by it.
		if err := officersAct(t, w, func(tx *store.Tx) error {
			return tx.Put(org.Appointment{ID: "U00010/CL/341024", Staff: "U00010", Role: "CL", Org: "341024"})
		}); err != nil {
			t.Errorf("somebody else: %v", err)
		}
		rawly(t, db, "INSERT INTO appointments ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")", row...)
		if err := raise(policy.ML); err != nil { // an auditor of a county who becomes lead of the city
			t.Errorf("put back: %v", err)
		}
	})
}
