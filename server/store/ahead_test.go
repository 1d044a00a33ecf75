package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// A large group's entries go to the database while its later acts are judged.
// None of that may outlive a group that cannot be written, and an act that asks
// the database in between has its answer.
func TestEntriesThatWentAheadStandOnlyWithTheirGroup(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		w.Import(t, "U00003", "HS1", w.Application(0, "HS1"))
		var before int
		if err := w.Raw(t).QueryRow("SELECT COUNT(*) FROM log_entries").Scan(&before); err != nil {
			t.Fatal(err)
		}
		const acts = 80 // several packets of them
		m.delay.Store(int64(50 * time.Millisecond))
		var wait sync.WaitGroup
		refused := make([]error, acts)
		for i := range acts {
			a := w.Application(i+1, "HS1")
			if i == acts-5 { // the same person's second record of the year: only the database can tell
				a.Form = w.Application(1, "HS1").Form
			}
			g := w.Grant(t, "U00003", policy.Accept, "HS1")
			wait.Go(func() {
				_, refused[i] = w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
					if i%7 == 3 {
						if _, err := tx.ApplicationsOf("HS1"); err != nil {
							return audit.Entry{}, err
						}
					}
					return audit.Entry{Subject: "application/" + a.ID}, tx.Put(a)
				})
			})
		}
		wait.Wait()
		stood := 0
		for i, err := range refused {
			switch {
			case err == nil:
				stood++
			case !fault.Is(err, fault.Conflict):
				t.Errorf("act %d: %v", i, err)
			}
		}
		if stood != acts-1 {
			t.Errorf("%d of %d acts stand; all but one of the two about one person should", stood, acts)
		}
		report, err := w.Store.CheckRecords(context.Background())
		if err != nil || len(report.Faults) > 0 {
			t.Fatalf("%v %v", report.Faults, err)
		}
		var entries, bodies int
		if err := w.Raw(t).QueryRow("SELECT COUNT(*), (SELECT COUNT(DISTINCT number) FROM log_bodies) FROM log_entries").Scan(&entries, &bodies); err != nil {
			t.Fatal(err)
		}
		if entries != before+stood || bodies != entries {
			t.Fatalf("%d entries, %d with bodies, after %d acts that stand", entries, bodies, stood)
		}
	})
}

// The records of an act that touches very many go to the database before its
// entry is made. What comes after it in the same group reads and changes them,
// and they too stand only with their group.
func TestRecordsThatWentAheadAreSeenAndChangedByTheActsAfter(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		for _, twice := range []bool{false, true} {
			w := storetest.New(t, driver)
			w.Import(t, "U00003", "HS1", w.Application(0, "HS1"))
			const rows = 1300
			many := make([]registration.Application, rows)
			for i := range many {
				many[i] = w.Application(i+1, "HS1")
			}
			g := w.Grant(t, "U00003", policy.Accept, "HS1")
			var wait sync.WaitGroup
			commit := func(work store.Work, opts ...store.Option) *error {
				var err error
				wait.Go(func() { _, err = w.Store.Commit(context.Background(), g, nil, work, opts...) })
				time.Sleep(20 * time.Millisecond) // it stands in the queue
				return &err
			}
			change := func(state registration.State, list ...registration.Application) store.Work {
				return func(tx *store.Tx) (audit.Entry, error) {
					for _, a := range list {
						now, err := tx.Application(a.ID)
						if err != nil {
							return audit.Entry{}, err
						}
						now.State = state
						if err := tx.Put(now); err != nil {
							return audit.Entry{}, err
						}
					}
					return audit.Entry{Subject: "application/" + list[0].ID}, nil
				}
			}
			seen := 0
			said := map[string]*error{"the act before": commit(func(tx *store.Tx) (audit.Entry, error) {
				time.Sleep(150 * time.Millisecond) // the others gather
				return audit.Entry{Subject: "import/0"}, nil
			})}
			said["the large act"] = commit(func(tx *store.Tx) (audit.Entry, error) {
				for _, a := range many {
					if err := tx.Put(a); err != nil {
						return audit.Entry{}, err
					}
				}
				return audit.Entry{Subject: "import/1"}, nil
			}, store.Long(20*time.Second))
			said["a change"] = commit(change(registration.InReview, many[:600]...), store.Long(20*time.Second))
			said["a change of the changed"] = commit(change(registration.Reviewed, many[0], many[rows-1]))
			said["a look"] = commit(func(tx *store.Tx) (audit.Entry, error) {
				list, err := tx.ApplicationsOf("HS1")
				seen = 0
				for _, a := range list {
					if a.State == registration.InReview || a.State == registration.Reviewed {
						seen++
					}
				}
				return audit.Entry{Subject: "import/2"}, err
			}, store.Long(20*time.Second))
			if twice {
				a := w.Application(rows+1, "HS1")
				a.Form = many[7].Form
				said["a person's second record"] = commit(func(tx *store.Tx) (audit.Entry, error) {
					return audit.Entry{Subject: "application/" + a.ID}, tx.Put(a)
				})
			}
			wait.Wait()
			for what, err := range said {
				if second := what == "a person's second record"; second != fault.Is(*err, fault.Conflict) || !second && *err != nil {
					t.Errorf("%s: %v", what, *err)
				}
			}
			if seen != 601 {
				t.Errorf("the look saw %d changed records, not 601", seen)
			}
			for i, state := range map[int]registration.State{0: registration.Reviewed, 599: registration.InReview, 600: many[600].State, rows - 1: registration.Reviewed} {
				var is string
				if err := w.Raw(t).QueryRow("SELECT state FROM applications WHERE id = ?", many[i].ID).Scan(&is); err != nil || is != string(state) {
					t.Errorf("record %d is %q, not %q (%v)", i, is, state, err)
				}
			}
			if report, err := w.Store.CheckRecords(context.Background()); err != nil || len(report.Faults) > 0 {
				t.Errorf("%v %v", report.Faults, err)
			}
		}
	})
}
