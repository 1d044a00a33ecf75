package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

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
