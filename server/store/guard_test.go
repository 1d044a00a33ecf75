package store_test

import (
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// On MariaDB only: SQLite lets nobody else write while the act runs.
func TestARowThatIsChangedByHandWhileAnActRunsStopsTheActBeforeCommit(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{1, 40} { // the guard within the head's UPDATE, and the one that stands alone between two
		w := storetest.New(t, store.MySQL)
		raw := w.Raw(t)
		first := w.Application(1, "HS1")
		var list []registration.Application
		for i := range 41 {
			list = append(list, w.Application(i+1, "HS1"))
		}
		w.Import(t, "U00003", "HS1", list...)
		_, err := accept(t, w, first.ID, func(tx *store.Tx) error {
			for i := range rows {
				if err := reason(w.Application(i+1, "HS1").ID, "甲")(tx); err != nil {
					return err
				}
			}
			rawly(t, raw, "UPDATE applications SET return_reason = CONCAT(return_reason, '?'), entry = IF(entry = 1, 0, 1) WHERE id = '"+first.ID+"'")
			return nil
		})
		if !fault.Is(err, fault.Unavailable) {
			t.Fatalf("%d rows: %v", rows, err)
		}
		got, err := w.Store.Application(t.Context(), w.Grant(t, "U00003", policy.View, "HS1"), w.Application(rows, "HS1").ID)
		if err != nil || got.Reason != "" {
			t.Fatalf("%d rows: one was written all the same: %v", rows, err)
		}
		deadline := time.Now().Add(5 * time.Second) // and the store goes on by itself
		other := w.Application(41, "HS1")
		for _, err = accept(t, w, other.ID, reason(other.ID, "乙")); err != nil && time.Now().Before(deadline); {
			_, err = accept(t, w, other.ID, reason(other.ID, "乙"))
		}
		if err != nil {
			t.Fatalf("%d rows: %v", rows, err)
		}
	}
}
