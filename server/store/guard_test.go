package store_test

import (
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// On MariaDB only: SQLite lets nobody else write while the act runs.
func TestARowThatIsChangedByHandWhileAnActRunsStopsTheActBeforeCommit(t *testing.T) {
	t.Parallel()
	for rows, moved := range map[int]int{1: 0, 40: 0, 600: 490} { // the guard within the head's UPDATE, the one between two, the last of a packet sent ahead
		w := storetest.New(t, store.MySQL)
		raw := w.Raw(t)
		first := w.Application(1+moved, "HS1")
		var list []registration.Application
		for i := range rows + 1 {
			list = append(list, w.Application(i+1, "HS1"))
		}
		w.Import(t, "U00003", "HS1", list...)
		refs := make([]store.Ref, rows)
		for i := range refs {
			refs[i] = store.OfApplication(list[i].ID)
		}
		_, err := w.Store.Commit(t.Context(), w.Grant(t, "U00003", policy.Accept, "HS1"), nil, func(tx *store.Tx) (audit.Entry, error) {
			for i := range rows {
				if err := reason(list[i].ID, "甲")(tx); err != nil {
					return audit.Entry{}, err
				}
			}
			rawly(t, raw, "UPDATE applications SET return_reason = CONCAT(return_reason, '?'), entry = IF(entry = 1, 0, 1) WHERE id = '"+first.ID+"'")
			return audit.Entry{Subject: "application/" + first.ID}, nil
		}, store.Reads(refs...), store.Long(20*time.Second))
		if !fault.Is(err, fault.Unavailable) {
			t.Fatalf("%d rows: %v", rows, err)
		}
		got, err := w.Store.Application(t.Context(), w.Grant(t, "U00003", policy.View, "HS1"), list[rows-1].ID)
		if err != nil || got.Reason != "" {
			t.Fatalf("%d rows: one was written all the same: %v", rows, err)
		}
		deadline := time.Now().Add(5 * time.Second) // and the store goes on by itself
		other := list[rows]
		for _, err = accept(t, w, other.ID, reason(other.ID, "乙")); err != nil && time.Now().Before(deadline); {
			_, err = accept(t, w, other.ID, reason(other.ID, "乙"))
		}
		if err != nil {
			t.Fatalf("%d rows: %v", rows, err)
		}
	}
}
