package store_test

import (
	"context"
	"database/sql"
	"testing"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
)

// spoil alters the last entry as it is stored.
func spoil(t *testing.T, db *sql.DB) {
	t.Helper()
	var number int64
	var leaf []byte
	if err := db.QueryRow("SELECT number, leaf FROM log_entries ORDER BY number DESC LIMIT 1").Scan(&number, &leaf); err != nil {
		t.Fatal(err)
	}
	leaf[len(leaf)-2] ^= 1
	rawly(t, db, "UPDATE log_entries SET leaf = ? WHERE number = ?", leaf, number)
}

func TestAnEntryOfAnotherPortalThatWasAlteredIsNotSigned(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		other := *w
		var err error
		if other.Store, err = store.Open(context.Background(), w.Config, w.Keys, w.Policy, w.Clock); err != nil {
			t.Fatal(err)
		}
		defer other.Store.Close()
		r, err := accept(t, &other, a.ID, reason(a.ID, "甲"))
		if err != nil {
			t.Fatal(err)
		}
		g := w.Grant(t, "U00003", policy.ViewReceipt, "HS1")
		spoil(t, w.Raw(t))
		calls := m.calls.Load()
		if _, err := w.Store.Receipt(context.Background(), g, r.Number); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("a receipt over an altered entry: %v", err)
		}
		if m.calls.Load() != calls {
			t.Fatal("the HSM was asked to sign")
		}
	})
}

func TestNothingIsAppendedToATreeWhoseStoredBorderIsNotTheHeads(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, _ := withHSM(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		w.Store.Close()
		var err error
		if w.Store, err = store.Open(context.Background(), w.Config, w.Keys, w.Policy, w.Clock); err != nil {
			t.Fatal(err)
		}
		defer w.Store.Close()
		spoil(t, w.Raw(t))
		before := w.Digest(t)
		if _, err := accept(t, w, a.ID, reason(a.ID, "甲")); !fault.Is(err, fault.Unavailable) || w.Digest(t) != before {
			t.Fatalf("an act on an altered tree: %v", err)
		}
	})
}
