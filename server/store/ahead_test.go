package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
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
