package store_test

import (
	"context"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// both runs a test on either database.
func both(t *testing.T, test func(t *testing.T, w *storetest.World)) {
	for _, driver := range []string{store.SQLite, store.MySQL} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			test(t, storetest.New(t, driver))
		})
	}
}

func TestAConclusionBecomesARecordAnEntryAndAReceiptThatVerifies(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		w.Import(t, "U00003", "HS1", w.Application(1, "HS1"), w.Application(2, "HS1"))
		p := w.People["U00005"]
		id := w.Application(1, "HS1").ID
		text := w.Statement(t, seal.Conclude, "341021", []storetest.Person{p}, nil, seal.Annex{Columns: []string{"结论"},
			Rows: []seal.AnnexRow{{Record: id, Cells: []string{"注册合格"}}}})
		r, err := w.Store.Commit(context.Background(), w.Grant(t, "U00005", policy.Conclude, "341021"), w.Seal(t, text, p),
			func(tx *store.Tx) (audit.Entry, error) {
				a, err := tx.Application(id)
				if err != nil {
					return audit.Entry{}, err
				}
				if err := tx.Derive(text); err != nil {
					return audit.Entry{}, err
				}
				a.State, a.Conclusion, a.Auditor = registration.Concluded, registration.Registered, "U00005"
				return audit.Entry{Subject: "application/" + id}, tx.Put(a)
			}, store.Reads(store.OfApplication(id)))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(w.Keys.LogVerifier); err != nil {
			t.Fatal(err)
		}
		e, err := audit.ParseEntry(r.Entry)
		if err != nil {
			t.Fatal(err)
		}
		if e.Actor != "U00005" || e.Body != "341021" || e.Signed != 1 || e.Key != p.Fingerprint() {
			t.Fatalf("entry %+v", e)
		}
	})
}
