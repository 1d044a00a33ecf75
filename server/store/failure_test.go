package store_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// moody is a log key in an HSM that can be lost and slow.
type moody struct {
	crypto.Signer
	gone  atomic.Bool
	delay atomic.Int64
	calls atomic.Int64
}

func (m *moody) Sign(r io.Reader, msg []byte, opts crypto.SignerOpts) ([]byte, error) {
	m.calls.Add(1)
	time.Sleep(time.Duration(m.delay.Load()))
	if m.gone.Load() {
		return nil, errors.New("CKR_DEVICE_REMOVED")
	}
	return m.Signer.Sign(r, msg, opts)
}

// withHSM is a world whose log key lies in a moody HSM.
func withHSM(t *testing.T, driver string) (*storetest.World, *moody) {
	t.Helper()
	base := storetest.New(t, driver)
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m := &moody{Signer: private}
	if base.Keys.LogSigner, err = audit.NewSigner(base.Keys.Origin, pub, m); err != nil {
		t.Fatal(err)
	}
	vkey, err := audit.VerifierKey(base.Keys.Origin, pub)
	if err != nil {
		t.Fatal(err)
	}
	if base.Keys.LogVerifier, err = note.NewVerifier(vkey); err != nil {
		t.Fatal(err)
	}
	return base.Again(t, storetest.Config(t, driver)), m
}

func eachDriver(t *testing.T, test func(t *testing.T, driver string)) {
	for _, driver := range []string{store.SQLite, store.MySQL} {
		t.Run(driver, func(t *testing.T) { t.Parallel(); test(t, driver) })
	}
}

// accept is one unsealed act on an application; do may replace what it does.
func accept(t *testing.T, w *storetest.World, id string, do func(*store.Tx) error) (audit.Receipt, error) {
	g := w.Grant(t, "U00003", policy.Accept, "HS1")
	return w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
		return audit.Entry{Subject: "application/" + id}, do(tx)
	}, store.Reads(store.OfApplication(id)))
}

func reason(id, word string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		a, err := tx.Application(id)
		if err != nil {
			return err
		}
		a.Reason += word
		return tx.Put(a)
	}
}

func TestAnHSMThatFailsAfterCommitLeavesTheActStandingAndLetsNothingElseIn(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		m.gone.Store(true)
		r, err := accept(t, w, a.ID, reason(a.ID, "甲"))
		if err != nil || len(r.Checkpoint) != 0 || len(r.Entry) == 0 {
			t.Fatalf("the act stands without a checkpoint: %v %v", r, err)
		}
		before := w.Digest(t)
		if _, err := accept(t, w, a.ID, reason(a.ID, "乙")); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("admitted without a signature to be had: %v", err)
		}
		if w.Digest(t) != before {
			t.Fatal("rows changed")
		}
		m.gone.Store(false)
		deadline := time.Now().Add(5 * time.Second)
		for {
			if _, err = accept(t, w, a.ID, reason(a.ID, "丙")); err == nil || time.Now().After(deadline) {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			t.Fatalf("it did not recover by itself: %v", err)
		}
		late, err := w.Store.Receipt(context.Background(), w.Grant(t, "U00003", policy.ViewReceipt, "HS1"), r.Number)
		if err != nil || late.Verify(w.Keys.LogVerifier) != nil {
			t.Fatalf("the receipt that was to follow: %v", err)
		}
	})
}

func TestOneSignatureCoversAllThatBecameDurableWhileTheLastWasMade(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		const acts = 40
		for i := range acts {
			w.Import(t, "U00003", "HS1", w.Application(i, "HS1"))
		}
		m.delay.Store(int64(100 * time.Millisecond))
		before := m.calls.Load()
		var wait sync.WaitGroup
		for i := range acts {
			id := w.Application(i, "HS1").ID
			g := w.Grant(t, "U00003", policy.Accept, "HS1")
			wait.Go(func() {
				time.Sleep(time.Duration(i) * 5 * time.Millisecond)
				r, err := w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
					return audit.Entry{Subject: "application/" + id}, reason(id, "甲")(tx)
				})
				if err != nil || r.Verify(w.Keys.LogVerifier) != nil {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		wait.Wait()
		if n := m.calls.Load() - before; n > acts/2 { // on a quiet machine about 5; a signature for each act would be 40
			t.Errorf("%d signatures for %d acts that came within 0.2 s, each signature taking 0.1 s", n, acts)
		}
	})
}

func TestARefusalInAGroupTakesNothingOfTheOthersWithIt(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		const acts = 30
		for i := range acts {
			w.Import(t, "U00003", "HS1", w.Application(i, "HS1"))
		}
		m.delay.Store(int64(30 * time.Millisecond)) // so that acts gather
		var wait sync.WaitGroup
		var stood atomic.Int64
		for i := range acts {
			id := w.Application(i, "HS1").ID
			g := w.Grant(t, "U00003", policy.Accept, "HS1")
			wait.Go(func() {
				r, err := w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
					if err := reason(id, "甲")(tx); err != nil {
						return audit.Entry{}, err
					}
					switch i % 5 {
					case 1:
						return audit.Entry{}, fault.New(fault.Closed, "时段已过。")
					case 2:
						panic("a fault of ours")
					case 3:
						time.Sleep(400 * time.Millisecond)
					}
					return audit.Entry{Subject: "application/" + id}, nil
				})
				if ok := i%5 == 0 || i%5 == 4; ok != (err == nil) {
					t.Errorf("act %d: %v", i, err)
				} else if ok {
					stood.Add(1)
					if err := r.Verify(w.Keys.LogVerifier); err != nil {
						t.Errorf("act %d: %v", i, err)
					}
				} else if strings.Contains(fmt.Sprint(err), "甲") {
					t.Error("a refusal repeats what was entered")
				}
			})
		}
		wait.Wait()
		g := w.Grant(t, "U00003", policy.View, "HS1")
		changed := 0
		for i := range acts {
			a, err := w.Store.Application(context.Background(), g, w.Application(i, "HS1").ID)
			if err != nil {
				t.Fatal(err)
			}
			if a.Reason != "" {
				changed++
				if i%5 != 0 && i%5 != 4 {
					t.Errorf("act %d was refused and changed its record", i)
				}
			}
		}
		if changed != int(stood.Load()) {
			t.Errorf("%d acts stand, %d records changed", stood.Load(), changed)
		}
		if report, err := w.Store.CheckRecords(context.Background()); err != nil || len(report.Faults) > 0 {
			t.Fatalf("%v %v", report.Faults, err)
		}
	})
}

func TestAnActSeesWhatTheActsBeforeItInTheSameGroupDid(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		m.delay.Store(int64(50 * time.Millisecond))
		const acts = 40
		var wait sync.WaitGroup
		for range acts {
			g := w.Grant(t, "U00003", policy.Accept, "HS1")
			wait.Go(func() {
				_, err := w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
					list, err := tx.ApplicationsOf("HS1")
					if err != nil || len(list) != 1 {
						return audit.Entry{}, fmt.Errorf("%d records: %w", len(list), err)
					}
					list[0].Round++
					return audit.Entry{Subject: "application/" + a.ID}, tx.Put(list[0])
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		got, err := w.Store.Application(context.Background(), w.Grant(t, "U00003", policy.View, "HS1"), a.ID)
		if err != nil || got.Round != 1+acts {
			t.Fatalf("the round is %d after %d acts: %v", got.Round, acts, err)
		}
	})
}

func TestAHeadThatThePortalDidNotWriteIsNeverSigned(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		time.Sleep(300 * time.Millisecond) // the idle save of the last checkpoint
		rawly(t, w.Raw(t), "UPDATE log_head SET epoch = epoch + 1 WHERE id = 1")
		before, calls := w.Digest(t), m.calls.Load()
		if _, err := w.TryGrant("U00003", policy.Accept, "HS1"); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("an officer is built under a forged head: %v", err)
		}
		sys, err := w.Policy.System(policy.Refusal)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Store.Commit(context.Background(), sys, nil, func(*store.Tx) (audit.Entry, error) { return audit.Entry{}, nil }); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("an act under a forged head: %v", err)
		}
		if w.Digest(t) != before || m.calls.Load() != calls {
			t.Fatal("something was written or signed")
		}
		w.Store.Close()
		if s, err := store.Open(context.Background(), w.Config, w.Keys, w.Policy, w.Clock); err == nil {
			s.Close()
			t.Fatal("a store opens over a forged head")
		}
	})
}

func TestALogWhoseHeadIsGoneTakesNoAct(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		grant := w.Grant(t, "U00003", policy.Accept, "HS1")
		time.Sleep(300 * time.Millisecond) // the idle save of the last checkpoint
		rawly(t, w.Raw(t), "DELETE FROM log_head")
		before, calls := w.Digest(t), m.calls.Load()
		_, err := w.Store.Commit(t.Context(), grant, nil, func(*store.Tx) (audit.Entry, error) { return audit.Entry{}, nil })
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "没有日志的头") {
			t.Errorf("an act without a head: %v", err)
		}
		if w.Digest(t) != before || m.calls.Load() != calls {
			t.Error("something was written or signed")
		}
	})
}

func TestAnEntryPutInByHandIsNeverSigned(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w, m := withHSM(t, driver)
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		db := w.Raw(t)
		rawly(t, db, "INSERT INTO log_entries SELECT number + 1, leaf, previous, received, logged, act, actor, body, 'forged', path, NULL FROM log_entries WHERE number = (SELECT MAX(number) FROM log_entries)")
		calls := m.calls.Load()
		if _, err := accept(t, w, a.ID, reason(a.ID, "甲")); err == nil {
			t.Fatal("an act took the number of a forged entry")
		}
		if m.calls.Load() != calls {
			t.Fatal("something was signed")
		}
	})
}

func TestAQueueThatIsFullAnswersAtOnce(t *testing.T) {
	base := storetest.New(t, store.SQLite)
	base.Store.Close()
	c := base.Config
	c.Queue = 4
	s, err := store.Open(context.Background(), c, base.Keys, base.Policy, base.Clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	base.Store = s
	a := base.Application(1, "HS1")
	base.Import(t, "U00003", "HS1", a)
	release := make(chan struct{})
	var wait sync.WaitGroup
	var full atomic.Int64
	for range 300 {
		g := base.Grant(t, "U00003", policy.Accept, "HS1")
		wait.Go(func() {
			_, err := s.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
				<-release
				return audit.Entry{Subject: "application/" + a.ID}, nil
			}, store.Long(20*time.Second))
			if fault.Is(err, fault.Unavailable) {
				full.Add(1)
			}
		})
	}
	for deadline := time.Now().Add(5 * time.Second); full.Load() == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if full.Load() == 0 {
		t.Error("no act was turned away")
	}
	close(release)
	wait.Wait()
}

func TestATransactionThatWasLostOnALivingConnectionIsNotCommittedUnderAnotherHead(t *testing.T) {
	w := storetest.New(t, store.MySQL)
	raw := w.Raw(t)
	move := func(by int) {
		if _, err := raw.Exec("UPDATE log_head SET size = size + ? WHERE id = 1", by); err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	if err := store.LoseTransaction(ctx, w.Store, false, func() {}); err != nil {
		t.Errorf("nothing moved and nothing went ahead, so the last packet is a whole transaction: %v", err)
	}
	if err := store.LoseTransaction(ctx, w.Store, false, func() { move(1) }); err == nil {
		t.Error("the head was written over another than the one that was read")
	}
	move(-1)
	if err := store.LoseTransaction(ctx, w.Store, true, func() {}); err == nil {
		t.Error("a last packet was committed whose first was rolled back")
	}
	w.Import(t, "U00003", "HS1", w.Application(0, "HS1"))
}
