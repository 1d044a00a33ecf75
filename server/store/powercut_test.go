package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// cut is the database as a power cut leaves it when nothing has been flushed
// since: the files as they were at a write that lasts.
func cut(t *testing.T, w *storetest.World) store.Config {
	t.Helper()
	time.Sleep(300 * time.Millisecond) // the newest checkpoint is stored when the store rests
	to := filepath.Join(t.TempDir(), "after.db")
	for _, part := range []string{"", "-wal"} {
		b, err := os.ReadFile(w.Config.DSN + part)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+part, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return store.Config{Driver: store.SQLite, DSN: to}
}

func TestScratchThatAPowerCutTakesBackLetsNothingThrough(t *testing.T) {
	ctx := context.Background()
	w := storetest.New(t, store.SQLite)
	scratch, now := w.Store.Scratch(), time.Now()
	w.Import(t, "U00003", "HS1", w.Application(1, "HS1"))
	p, id := w.People["U00005"], w.Application(1, "HS1").ID
	text := w.Statement(t, seal.Return, "341021", []storetest.Person{p}, nil, seal.Annex{})
	seals := w.Seal(t, text, p)
	back := func(s *store.Store) (audit.Receipt, error) {
		return s.Commit(ctx, w.Grant(t, "U00005", policy.ReturnToSchool, "341021"), seals, func(tx *store.Tx) (audit.Entry, error) {
			a, err := tx.Application(id)
			if err != nil {
				return audit.Entry{}, err
			}
			if err := tx.Derive(text); err != nil {
				return audit.Entry{}, err
			}
			a.State = registration.ReturnedSchool
			return audit.Entry{Subject: "application/" + id}, tx.Put(a)
		})
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(scratch.PutPending(ctx, store.Pending{ID: "statement", Staff: p.ID, Kind: string(seal.Return), Statement: []byte("正文"), Created: now, Expires: now.Add(time.Hour)}))
	locked := store.Session{TokenHash: "locked", Staff: p.ID, Fingerprint: p.Fingerprint(), Started: now, Seen: now, Expires: now.Add(time.Hour), Ticket: "first"}
	ended := locked
	ended.TokenHash, ended.Ticket = "ended", "second"
	check(scratch.PutSession(ctx, locked, "", time.Minute))
	check(scratch.PutSession(ctx, ended, "", time.Minute))
	check(scratch.LockSession(ctx, "locked", store.LockedPulled))
	check(scratch.DeleteSession(ctx, "ended"))
	first, err := scratch.Once(ctx, "seal/of a statement")
	if err != nil || !first {
		t.Fatalf("a seal does not open for the first time: %v", err)
	}
	receipt, err := back(w.Store)
	check(err)
	config := cut(t, w)

	check(scratch.DeletePending(ctx, "statement"))
	check(scratch.UnlockSession(ctx, "locked", "third", now, time.Minute))
	late := locked
	late.TokenHash, late.Ticket = "late", "fourth"
	check(scratch.PutSession(ctx, late, "", time.Minute))
	check(w.Store.Close())

	after, err := store.Open(ctx, config, w.Keys, w.Policy, w.Clock)
	check(err)
	defer after.Close()
	w.Store, scratch = after, after.Scratch()
	if _, err := scratch.Pending(ctx, "statement"); err != nil {
		t.Errorf("the statement should be back: %v", err)
	}
	if again, err := back(after); !fault.Is(err, fault.Conflict) || again.Number != receipt.Number {
		t.Errorf("the seal of a statement that is back: %v, entry %d, not %d", err, again.Number, receipt.Number)
	}
	if s, err := scratch.Session(ctx, "locked"); err != nil || s.Lock != store.LockedPulled {
		t.Errorf("the session whose token was pulled: %q, %v", s.Lock, err)
	}
	for _, gone := range []string{"ended", "late"} {
		if _, err := scratch.Session(ctx, gone); !fault.Is(err, fault.NotFound) {
			t.Errorf("session %s: %v", gone, err)
		}
	}
	if first, err := scratch.Once(ctx, "seal/of a statement"); err != nil || first {
		t.Errorf("a seal that opened once opens again (%v)", err)
	}
}

func TestWhatTakesAwayOrWasTypedIsFlushedAtOnce(t *testing.T) {
	ctx := context.Background()
	w := storetest.New(t, store.SQLite)
	scratch, now := w.Store.Scratch(), time.Now()
	lasting, jotting := store.Flushes(w.Store)
	if lasting != "2" || jotting != "1" {
		t.Fatalf("PRAGMA synchronous is %s for what must last and %s for the rest", lasting, jotting)
	}
	store.StopJotting(w.Store) // whatever still works goes the lasting way
	for what, write := range map[string]func() error{
		"a lock":            func() error { return scratch.LockSession(ctx, "s", store.LockedPulled) },
		"a stream's lock":   func() error { return scratch.LockStream(ctx, "s", store.LockedPulled) },
		"a session's end":   func() error { return scratch.DeleteSession(ctx, "s") },
		"an end with entry": func() error { return scratch.EndSession(ctx, "s", store.Ending{}) },
		"a seal used up":    func() error { _, err := scratch.Once(ctx, "s"); return err },
		"a draft":           func() error { return scratch.PutDraft(ctx, "U1", "n", []byte("文")) },
		"a draft's end":     func() error { return scratch.DeleteDraft(ctx, "U1", "n") },
		"an uploaded sheet": func() error { return scratch.PutImportJob(ctx, store.ImportJob{ID: "j", Created: now}) },
		"a sheet's rows":    func() error { return scratch.PutImportRows(ctx, "j", []store.ImportRow{{Line: 1}}) },
	} {
		if err := write(); err != nil {
			t.Errorf("%s may be lost in a power cut: %v", what, err)
		}
	}
	if err := scratch.PutPending(ctx, store.Pending{ID: "p", Created: now, Expires: now}); err == nil {
		t.Error("a statement that waits costs a flush of its own")
	}
}
