package store_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// While the COMMIT of a group is not answered the next group has begun. Its
// answer is lost then, or its connection is killed before it: it is found out
// what stands, and neither group is lost, done twice or half.
func TestAGroupThatFailsWhileTheNextHasBegunTakesNothingWithIt(t *testing.T) {
	w := storetest.New(t, store.MySQL)
	const people, each = 24, 10
	var ids []string
	for i := range people * each {
		a := w.Application(i, "HS1")
		w.Import(t, "U00003", "HS1", a)
		ids = append(ids, a.ID)
	}
	w.Store.Close()
	name := w.Config.DSN[strings.LastIndex(w.Config.DSN, "/")+1:]
	line, through := throughWire(t, w)
	var flights, flushed, overlapped, killed atomic.Int64
	raw := w.Raw(t)
	s, err := store.Open(context.Background(), through.WithHalt(func(point string) {
		switch point {
		case "begun":
			overlapped.Add(flights.Load())
		case "committed":
			flights.Store(0)
		case "flushed":
			flights.Store(1)
			time.Sleep(3 * time.Millisecond) // the next group knocks
			switch flushed.Add(1) % 5 {
			case 0:
				line.cut.Store(true)
			case 2:
				time.Sleep(120 * time.Millisecond) // the server looks at its transactions ten times a second
				var id int64
				if raw.QueryRow(`SELECT trx_mysql_thread_id FROM information_schema.innodb_trx t JOIN information_schema.processlist p
					ON p.id = t.trx_mysql_thread_id WHERE p.db = ? AND t.trx_state = 'RUNNING' AND t.trx_rows_modified > 0`, name).Scan(&id) == nil {
					if _, err := raw.Exec("KILL CONNECTION ?", id); err == nil {
						killed.Add(1)
					}
				}
				flights.Store(0)
			}
		}
	}), w.Keys, w.Policy, w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.Store = s
	var wait sync.WaitGroup
	var numbers sync.Map
	for list := range slices.Chunk(ids, each) {
		wait.Go(func() {
			for _, id := range list {
				r, err := accept(t, w, id, reason(id, "甲"))
				if err != nil || r.Verify(w.Keys.LogVerifier) != nil {
					t.Errorf("%s: %v", id, err)
					continue
				}
				if other, twice := numbers.LoadOrStore(r.Number, id); twice {
					t.Errorf("number %d was given to %s and %s", r.Number, other, id)
				}
			}
		})
	}
	wait.Wait()
	t.Logf("%d groups began while another was on its way, %d answers lost, %d connections killed", overlapped.Load(), line.lost.Load(), killed.Load())
	if overlapped.Load() < 5 || line.lost.Load() < 3 || killed.Load() < 3 {
		t.Error("too little went wrong to tell")
	}
	var acts, right int
	if err := raw.QueryRow("SELECT COUNT(*), COUNT(DISTINCT subject) FROM log_entries WHERE act = 'accept'").Scan(&acts, &right); err != nil || acts != len(ids) || right != len(ids) {
		t.Errorf("%d acts about %d records in the log, %d were done: %v", acts, right, len(ids), err)
	}
	if report, err := s.CheckRecords(context.Background()); err != nil || len(report.Faults) > 0 {
		t.Errorf("%v %v", report.Faults, err)
	}
	verifyExport(t, s, w.Keys.LogVerifier, w.CA())
}
