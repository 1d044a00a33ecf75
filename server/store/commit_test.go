package store_test

import (
	"context"
	"sync"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
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

// A seal whose act would go through twice is stopped by the log's own index, in
// whatever company it comes, and its company is done.
func TestASealPostedAgainForAnActThatMovesNothingIsRefusedAndItsCompanyIsDone(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		p := w.People["U00005"]
		g := w.Grant(t, "U00005", policy.ReturnToSchool, "341021")
		post := func(v []seal.Verified, text seal.Statement) (audit.Receipt, error) {
			return w.Store.Commit(context.Background(), g, v, func(tx *store.Tx) (audit.Entry, error) {
				return audit.Entry{Subject: "application/none"}, tx.Derive(text)
			})
		}
		used := w.Statement(t, seal.Return, "甲县教育局", []storetest.Person{p}, nil, seal.Annex{})
		again := w.Seal(t, used, p)
		first, err := post(again, used)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				if i%8 == 0 {
					r, err := post(again, used)
					if !fault.Is(says(t, err, "已经用过"), fault.Conflict) || r.Number != first.Number || r.Verify(w.Keys.LogVerifier) != nil {
						t.Errorf("the seal again: entry %d, %v; the first was %d", r.Number, err, first.Number)
					}
					return
				}
				text := w.Statement(t, seal.Return, "甲县教育局", []storetest.Person{p}, nil, seal.Annex{})
				if _, err := post(w.Seal(t, text, p), text); err != nil {
					t.Errorf("its company: %v", err)
				}
			})
		}
		all.Wait()
	})
}

func TestASealPostedAgainHearsItsReceiptAndNotThatTheRecordHasMoved(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		p := w.People["U00005"]
		g := w.Grant(t, "U00005", policy.ReturnToSchool, "341021")
		text := w.Statement(t, seal.Return, "甲县教育局", []storetest.Person{p}, nil, seal.Annex{})
		post := func(v []seal.Verified, text seal.Statement) (audit.Receipt, error) {
			return w.Store.Commit(context.Background(), g, v, func(tx *store.Tx) (audit.Entry, error) {
				now, err := tx.Application(a.ID)
				if err != nil {
					return audit.Entry{}, err
				}
				if now.State == registration.ReturnedSchool {
					return audit.Entry{}, fault.New(fault.Conflict, "已经退回")
				}
				now.State = registration.ReturnedSchool
				if err := tx.Put(now); err != nil {
					return audit.Entry{}, err
				}
				return audit.Entry{Subject: "application/" + a.ID}, tx.Derive(text)
			})
		}
		seals := w.Seal(t, text, p)
		first, err := post(seals, text)
		if err != nil {
			t.Fatal(err)
		}
		r, err := post(seals, text)
		if !fault.Is(says(t, err, "已经用过"), fault.Conflict) || r.Number != first.Number {
			t.Errorf("the seal again: entry %d, %v; the first was %d", r.Number, err, first.Number)
		}
		other := w.Statement(t, seal.Return, "甲县教育局", []storetest.Person{p}, nil, seal.Annex{})
		if _, err := post(w.Seal(t, other, p), other); !fault.Is(says(t, err, "已经退回"), fault.Conflict) {
			t.Errorf("another seal: %v", err)
		}
	})
}
