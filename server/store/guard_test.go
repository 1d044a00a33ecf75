package store_test

import (
	"context"
	"sync/atomic"
	"testing"

	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// A row that somebody moves past the store after an act has read it: the guard
// stops the packet before COMMIT, and the group runs again on what is there.
func TestARowThatMovedUnderAnActStopsItsCommitAndTheActRunsAgain(t *testing.T) {
	w := storetest.New(t, store.MySQL)
	a, b := w.Application(1, "HS1"), w.Application(2, "HS1")
	w.Import(t, "U00003", "HS1", a, b)
	w.Store.Close()
	db := w.Raw(t)
	var armed atomic.Bool
	s, err := store.Open(context.Background(), w.Config.WithHalt(func(point string) {
		if point == "judged" && armed.Swap(false) {
			rawly(t, db, "UPDATE applications SET pack = 'moved', entry = entry - 1 WHERE id = ?", a.ID)
		}
	}), w.Keys, w.Policy, w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.Store = s
	for _, also := range []bool{false, true} { // alone in its statement, and with another row
		armed.Store(true)
		runs := 0
		_, err = accept(t, w, a.ID, func(tx *store.Tx) error {
			runs++
			if also {
				if err := reason(b.ID, "乙")(tx); err != nil {
					return err
				}
			}
			return reason(a.ID, "甲")(tx)
		})
		if err != nil || runs != 2 {
			t.Fatalf("the act ran %d times: %v", runs, err)
		}
	}
	rows := rowsOf(t, db, "applications")
	got := 0
	for _, r := range rows {
		if key(r) == a.ID {
			var why string
			if err := db.QueryRow("SELECT reason FROM applications WHERE id = ?", a.ID).Scan(&why); err != nil || why != "甲甲" {
				t.Fatalf("the record says %q: an entry without its record: %v", why, err)
			}
			got++
		}
	}
	if got != 1 {
		t.Fatal("the record is gone")
	}
}
