package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

func TestAnActOlderThanAMinuteIsRefusedAndItsSealStaysGood(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		g := w.Grant(t, "U00003", policy.Accept, "HS1")
		work := func(tx *store.Tx) (audit.Entry, error) {
			return audit.Entry{Subject: "application/" + a.ID}, reason(a.ID, "甲")(tx)
		}
		old := store.Received(time.Now().Add(-61 * time.Second))
		before := w.Digest(t)
		if _, err := w.Store.Commit(context.Background(), g, nil, work, old); !fault.Is(err, fault.Unavailable) || w.Digest(t) != before {
			t.Fatalf("61 s: %v", err)
		}
		r, err := w.Store.Commit(context.Background(), g, nil, work, store.Received(time.Now().Add(-55*time.Second)))
		if err != nil {
			t.Fatalf("55 s: %v", err)
		}
		e, err := audit.ParseEntry(r.Entry)
		if err != nil || e.Logged.Sub(e.Received) < 54*time.Second {
			t.Fatalf("%+v %v", e, err)
		}
	})
}

func TestTheTimesOfTheLogNeverRunBackwards(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		var shift atomic.Int64
		w.Store.Close()
		clock := func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
		s, err := store.Open(context.Background(), w.Config, w.Keys, w.Policy, clock)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		w.Store = s
		var last time.Time
		for _, by := range []time.Duration{0, 800 * time.Millisecond, -800 * time.Millisecond, 300 * time.Millisecond, -500 * time.Millisecond} {
			shift.Store(int64(by))
			r, err := accept(t, w, a.ID, reason(a.ID, "甲"))
			if err != nil {
				t.Fatal(err)
			}
			e, err := audit.ParseEntry(r.Entry)
			if err != nil || e.Logged.Before(last) || e.Received.After(e.Logged) {
				t.Fatalf("after %v: received %v, logged %v, before it %v, %v", by, e.Received, e.Logged, last, err)
			}
			last = e.Logged
		}
	})
}

func TestAPortalWhoseClockIsASecondAwayFromTheDatabasesDoesNotServe(t *testing.T) {
	w := storetest.New(t, store.MySQL)
	for _, c := range []struct {
		shift time.Duration
		ok    bool
	}{{0, true}, {800 * time.Millisecond, true}, {-800 * time.Millisecond, true}, {1300 * time.Millisecond, false}, {-1300 * time.Millisecond, false}} {
		w.Store.Close()
		s, err := store.Open(context.Background(), w.Config, w.Keys, w.Policy, func() time.Time { return time.Now().Add(c.shift) })
		if err != nil {
			t.Fatal(err)
		}
		if err := s.KeepClock(context.Background()); (err == nil) != c.ok {
			t.Errorf("%v: %v", c.shift, err)
		}
		s.Close()
	}
}

func TestACallerWhoGaveUpStillHasHisActDone(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		ctx, cancel := context.WithCancel(context.Background())
		began := make(chan struct{})
		var once sync.Once
		go func() { <-began; cancel() }()
		_, err := w.Store.Commit(ctx, w.Grant(t, "U00003", policy.Accept, "HS1"), nil, func(tx *store.Tx) (audit.Entry, error) {
			once.Do(func() { close(began) })
			time.Sleep(50 * time.Millisecond)
			return audit.Entry{Subject: "application/" + a.ID}, reason(a.ID, "甲")(tx)
		})
		if !errors.Is(err, context.Canceled) || !fault.Is(err, fault.Unavailable) {
			t.Fatalf("the caller gave up: %v", err)
		}
		for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			got, err := w.Store.Application(context.Background(), w.Grant(t, "U00003", policy.View, "HS1"), a.ID)
			if err == nil && got.Reason == "甲" {
				return
			}
		}
		t.Fatal("the act was lost with its caller")
	})
}

func TestAClockThatDriftsWhileThePortalServesStopsActsUntilItIsRight(t *testing.T) {
	w := storetest.New(t, store.MySQL)
	a := w.Application(1, "HS1")
	w.Import(t, "U00003", "HS1", a)
	w.Store.Close()
	var shift atomic.Int64
	s, err := store.Open(context.Background(), w.Config, w.Keys, w.Policy, func() time.Time { return time.Now().Add(time.Duration(shift.Load())) })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.Store = s
	if err := s.KeepClock(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		shift time.Duration
		ok    bool
	}{{0, true}, {time.Minute, false}, {900 * time.Millisecond, true}, {-time.Minute, false}, {0, true}} {
		shift.Store(int64(c.shift))
		before := w.Digest(t)
		_, err := accept(t, w, a.ID, reason(a.ID, "甲"))
		if c.ok && err != nil {
			t.Errorf("%v: %v", c.shift, err)
		}
		if !c.ok && (!fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "时钟") || w.Digest(t) != before) {
			t.Errorf("%v: %v; changed %v", c.shift, err, w.Digest(t) != before)
		}
	}
}

// It changes what the whole server promises, so no other test runs beside it.
func TestADatabaseThatDoesNotFlushEachCommitIsNotWrittenTo(t *testing.T) {
	w := storetest.New(t, store.MySQL)
	a := w.Application(1, "HS1")
	w.Import(t, "U00003", "HS1", a)
	server := storetest.Shared(t)
	t.Cleanup(func() { server.Exec(t, "SET GLOBAL innodb_flush_log_at_trx_commit = 1") })
	for _, level := range []string{"2", "0"} {
		server.Exec(t, "SET GLOBAL innodb_flush_log_at_trx_commit = "+level)
		before := w.Digest(t)
		if _, err := accept(t, w, a.ID, reason(a.ID, "甲")); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "innodb_flush_log_at_trx_commit") || w.Digest(t) != before {
			t.Errorf("level %s: %v", level, err)
		}
		if _, err := store.Open(context.Background(), w.Config, w.Keys, w.Policy, w.Clock); !fault.Is(err, fault.Unavailable) {
			t.Errorf("level %s: a portal starts on it: %v", level, err)
		}
	}
	server.Exec(t, "SET GLOBAL innodb_flush_log_at_trx_commit = 1")
	if _, err := accept(t, w, a.ID, reason(a.ID, "乙")); err != nil {
		t.Errorf("it did not go on by itself: %v", err)
	}
}
