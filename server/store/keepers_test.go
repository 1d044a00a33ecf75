package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
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

func TestTheLastSecurityOfficerCannotBeRemoved(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		fingerprint := w.People["U00001"].Fingerprint()
		ends := w.Clock()
		before := w.Digest(t)
		for name, touch := range map[string]func(*store.Tx) error{
			"dismissed": func(tx *store.Tx) error {
				a, err := tx.Appointment("U00001/SEC/341000")
				if err != nil {
					return err
				}
				a.Role = "SYS"
				return tx.Put(a)
			},
			"key taken away": func(tx *store.Tx) error {
				k, err := tx.Key(fingerprint)
				if err != nil {
					return err
				}
				k.State = custody.Revoked
				return tx.Put(k)
			},
			"key suspended": func(tx *store.Tx) error {
				k, err := tx.Key(fingerprint)
				if err != nil {
					return err
				}
				k.State = custody.Suspended
				return tx.Put(k)
			},
			"post ended": func(tx *store.Tx) error {
				s, err := tx.Staff("U00001")
				if err != nil {
					return err
				}
				s.Closes = &ends
				return tx.Put(s)
			},
		} {
			err := officersAct(t, w, touch)
			if !fault.Is(err, fault.Forbidden) || w.Digest(t) != before {
				t.Errorf("%s: %v", name, err)
			}
			says(t, err, "没有一位持有在用钥匙的安全保密管理员")
		}
		// Somebody else's end is nobody's last officer.
		if err := officersAct(t, w, func(tx *store.Tx) error {
			s, err := tx.Staff("U00010")
			if err != nil {
				return err
			}
			s.Closes = &ends
			return tx.Put(s)
		}); err != nil {
			t.Errorf("a leaver who is no officer: %v", err)
		}
		// A loss takes effect whatever follows.
		if err := officersAct(t, w, func(tx *store.Tx) error {
			k, err := tx.Key(fingerprint)
			if err != nil {
				return err
			}
			k.State = custody.Lost
			return tx.Put(k)
		}); err != nil {
			t.Errorf("a lost key: %v", err)
		}
		if _, _, err := w.Store.Officer(context.Background(), "U00001", fingerprint); !fault.Is(err, fault.Locked) {
			t.Errorf("the lost key still serves: %v", err)
		}
	})
}

func TestAGrantOfAnotherPolicyThanTheOneInForceIsAskedForAgain(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		modelText, lines := policy.Carried()
		wide, err := policy.LoadFrom(modelText, append(lines, "p, SH, accept, application, own\n"...))
		if err != nil {
			t.Fatal(err)
		}
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		who, _, err := w.Store.Officer(context.Background(), "U00004", w.People["U00004"].Fingerprint())
		if err != nil {
			t.Fatal(err)
		}
		o, err := w.Store.Organisation(context.Background(), "HS1")
		if err != nil {
			t.Fatal(err)
		}
		g, err := wide.May(who, policy.Accept, w.Store.Body(o))
		if err != nil {
			t.Fatal(err)
		}
		before := w.Digest(t)
		_, err = w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
			return audit.Entry{Subject: "application/" + a.ID}, touchApplication(tx, a.ID)
		})
		if !fault.Is(err, fault.Forbidden) || w.Digest(t) != before {
			t.Errorf("a policy that nobody sealed gave a grant: %v", err)
		}
	})
}

func TestTheGenesisWritesDownTheProgramsOwnPolicyOrDoesNotHappen(t *testing.T) {
	w := storetest.Empty(t, store.SQLite)
	a, b := w.People["U00001"], w.People["U00002"]
	modelText, lines := policy.Carried()
	other, err := policy.LoadFrom(modelText, append(lines, "# other\n"...))
	if err != nil {
		t.Fatal(err)
	}
	own := w.Policy
	w.Policy = other
	text := w.GenesisText(t, a, b)
	before := w.Digest(t)
	if err := w.Genesis(t, text, w.Seal(t, text, a, b)); !fault.Is(err, fault.Forbidden) || w.Digest(t) != before {
		t.Errorf("another policy at the genesis: %v", err)
	}
	w.Policy = own
	if p, err := w.Store.Policy(context.Background()); err != nil || p.Digest() != own.Digest() {
		t.Errorf("before the genesis: %v", err)
	}
}

func TestASimulationCountsWhatDelegationsLend(t *testing.T) {
	w := storetest.New(t, store.SQLite)
	now := w.Clock().Truncate(time.Second)
	if err := officersAct(t, w, func(tx *store.Tx) error {
		for n, d := range []registration.Delegation{
			{ID: "HS1/1", School: "HS1", Kind: registration.Deputy, Delegate: "U00003", From: now.Add(-time.Hour), Until: now.Add(time.Hour)},
			{ID: "HS1/2", School: "HS1", Kind: registration.Deputy, Delegate: "U00008", From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour)},
			{ID: "HS2/1", School: "HS2", Kind: "centre", Delegate: "HS1", From: now.Add(-time.Hour), Until: now.Add(time.Hour)},
		} {
			d.By, d.Reason = "U00006", string(rune('a'+n))
			if err := tx.Put(d); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all, err := w.Store.Everyone(context.Background(), w.Grant(t, "U00001", policy.ViewPolicy, "341000"))
	if err != nil {
		t.Fatal(err)
	}
	var lent []string
	for _, p := range all {
		for _, a := range p.Appointments {
			if a.Role == policy.DH {
				lent = append(lent, p.Staff+"@"+a.Body.ID)
			}
		}
	}
	if got := strings.Join(lent, " "); got != "U00003@HS1 U00004@HS2" {
		t.Errorf("lent at the moment: %q", got)
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
