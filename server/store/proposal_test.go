package store_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
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

func adverse(t *testing.T, w *storetest.World, n int) (first, second scene) {
	t.Helper()
	first = stage(t, w, policy.Conclude, &store.Purpose{Kind: seal.ConcludeAdverse, Signers: 2, From: 1, To: 1}, n)
	second = first
	second.act, second.d = policy.Confirm, deeds[policy.Confirm]
	second.purpose = &store.Purpose{Kind: seal.ConcludeAdverse, Signers: 2, From: 2, To: 2}
	return first, second
}

func TestAnActOfTwoPeopleIsTwoEntriesAndOneProofThatVerifies(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		ctx := context.Background()
		first, second := adverse(t, w, 1)
		one, err := first.commit(first.grant(t), first.seals(t), first.text)
		if err != nil {
			t.Fatal(err)
		}
		g := w.Grant(t, "U00006", policy.View, "341021")
		if a, err := w.Store.Application(ctx, g, first.id); err != nil || a.Reason != "" {
			t.Fatalf("the first signature changed the record: %v %v", a.Reason, err)
		}
		open, err := w.Store.OpenProposals(ctx, g)
		if err != nil || len(open) != 1 || len(open[0].Signers) != 2 || len(open[0].Signed) != 1 || open[0].Subject != "application/"+first.id {
			t.Fatalf("open: %+v %v", open, err)
		}
		two, err := second.commit(second.grant(t), second.seals(t), second.text)
		if err != nil {
			t.Fatal(err)
		}
		e1, err1 := audit.ParseEntry(one.Entry)
		e2, err2 := audit.ParseEntry(two.Entry)
		if err1 != nil || err2 != nil || e1.Signed != 1 || e2.Signed != 2 || e1.Signers != 2 || e1.Statement != e2.Statement ||
			e1.Subject != e2.Subject || e2.Previous != int64(e1.Number) || e1.Actor != "U00005" || e2.Actor != "U00006" {
			t.Fatalf("%+v\n%+v", e1, e2)
		}
		if a, err := w.Store.Application(ctx, g, first.id); err != nil || a.Reason == "" {
			t.Fatalf("the second signature made no act: %v", err)
		}
		p, err := w.Store.Proof(ctx, w.Grant(t, "U00006", policy.ViewProof, "341021"), two.Number, first.id)
		if err != nil {
			t.Fatal(err)
		}
		var file bytes.Buffer
		if err := audit.WriteProof(&file, p); err != nil {
			t.Fatal(err)
		}
		root, err := x509.ParseCertificate(w.CA())
		if err != nil {
			t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AddCert(root)
		if report := audit.VerifyProof(p, w.Keys.LogVerifier, pool, audit.Policy{}); !report.Findings.OK() {
			t.Fatalf("the proof does not verify: %v", report.Findings)
		}
		verifyExport(t, w.Store, w.Keys.LogVerifier, w.CA())
	})
}

func TestTheFirstSignatureOfTwoMayChangeNothing(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		first, _ := adverse(t, w, 1)
		refused(t, first, fault.Forbidden, func() error {
			_, err := w.Store.Commit(context.Background(), first.grant(t), first.seals(t), func(tx *store.Tx) (audit.Entry, error) {
				if err := tx.Derive(first.text); err != nil {
					return audit.Entry{}, err
				}
				if err := touchApplication(tx, first.id); err != nil {
					return audit.Entry{}, err
				}
				return audit.Entry{Subject: "application/" + first.id}, tx.Propose(registration.Proposal{Subject: "application/" + first.id})
			})
			return err
		})
	})
}

func TestTheFirstSignatureOfTwoSaysWhatItProposesAndOnlyItDoes(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		first, second := adverse(t, w, 1)
		before := w.Digest(t)
		about := registration.Proposal{Subject: "application/" + first.id}
		derived := func(then func(tx *store.Tx) error) func(tx *store.Tx) (audit.Entry, error) {
			return func(tx *store.Tx) (audit.Entry, error) {
				if err := tx.Derive(first.text); err != nil {
					return audit.Entry{}, err
				}
				return audit.Entry{Subject: about.Subject}, then(tx)
			}
		}
		if _, err := w.Store.Commit(t.Context(), first.grant(t), first.seals(t), derived(func(*store.Tx) error { return nil })); err == nil {
			t.Error("a first signature proposes nothing")
		}
		sys, err := w.Policy.System(policy.VoidProposal)
		if err != nil {
			t.Fatal(err)
		}
		for what, does := range map[string]func(tx *store.Tx) error{
			"derives a text":  func(tx *store.Tx) error { return tx.Derive(first.text) },
			"proposes an act": func(tx *store.Tx) error { return tx.Propose(about) },
		} {
			if _, err := w.Store.Commit(t.Context(), sys, nil, func(tx *store.Tx) (audit.Entry, error) {
				return audit.Entry{Subject: about.Subject}, does(tx)
			}); err == nil {
				t.Errorf("an act without a seal %s", what)
			}
		}
		if w.Digest(t) != before {
			t.Error("a refused act changed something")
		}
		if _, err := w.Store.Commit(t.Context(), first.grant(t), first.seals(t), derived(func(tx *store.Tx) error { return tx.Propose(about) })); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Store.Commit(t.Context(), second.grant(t), second.seals(t), derived(func(tx *store.Tx) error { return tx.Propose(about) })); err == nil {
			t.Error("the second signature proposes")
		}
	})
}

func TestAProposalThatIsVoidDoneOrLateTakesNoSignature(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		void := func(id string) {
			t.Helper()
			g, err := w.Policy.System(policy.VoidProposal)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
				open, err := tx.OpenProposalsAbout("application/" + id)
				if err != nil || len(open) != 1 {
					t.Errorf("%d open proposals: %v", len(open), err)
					return audit.Entry{}, err
				}
				open[0].State, open[0].Note = "void", "记录已变"
				return audit.Entry{Subject: "proposal/" + open[0].ID}, tx.Put(open[0])
			}); err != nil {
				t.Fatal(err)
			}
		}
		first, second := adverse(t, w, 1)
		second.open(t)
		void(first.id)
		refused(t, second, fault.Conflict, func() error { _, err := second.commit(second.grant(t), second.seals(t), second.text); return err })

		first, second = adverse(t, w, 2)
		second.open(t)
		if _, err := second.commit(second.grant(t), second.seals(t), second.text); err != nil {
			t.Fatal(err)
		}
		refused(t, second, fault.Conflict, func() error { _, err := first.commit(first.grant(t), first.seals(t), first.text); return err })

		_, second = adverse(t, w, 3) // nobody signed first
		refused(t, second, fault.NotFound, func() error { _, err := second.commit(second.grant(t), second.seals(t), second.text); return err })

		first, second = adverse(t, w, 4)
		soon := first
		if _, err := w.Store.Commit(context.Background(), soon.grant(t), soon.seals(t), func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.Derive(soon.text); err != nil {
				return audit.Entry{}, err
			}
			return audit.Entry{Subject: "application/" + soon.id}, tx.Propose(registration.Proposal{Subject: "application/" + soon.id, Expires: w.Clock().Add(200 * time.Millisecond)})
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(250 * time.Millisecond)
		refused(t, second, fault.Closed, func() error { _, err := second.commit(second.grant(t), second.seals(t), second.text); return err })
	})
}

// What the closure derives does not name the record's version here: the store
// alone knows that it is another one.
func TestAProposalWhoseRecordWasChangedTakesNoSignatureAndOnlyOthersAreOpen(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		ctx := context.Background()
		_, second := adverse(t, w, 1)
		second.open(t)
		_, other := adverse(t, w, 2)
		other.open(t)
		change := stage(t, w, policy.Conclude, &store.Purpose{Kind: seal.Conclude, Signers: 1, From: 1, To: 1}, 3)
		if _, err := w.Store.Commit(ctx, change.grant(t), change.seals(t), func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.Derive(change.text); err != nil {
				return audit.Entry{}, err
			}
			return audit.Entry{Subject: "application/" + second.id}, touchApplication(tx, second.id)
		}); err != nil {
			t.Fatal(err)
		}
		refused(t, second, fault.Conflict, func() error {
			_, err := second.commit(second.grant(t), second.seals(t), second.text)
			return says(t, err, "这份文本作废")
		})
		open, err1 := w.Store.OpenProposals(ctx, w.Grant(t, "U00006", policy.View, "341021"))
		g, err2 := w.Policy.System(policy.VoidProposal)
		ended, err3 := w.Store.EndedProposals(ctx, g)
		if err := errors.Join(err1, err2, err3); err != nil || len(open) != 1 || open[0].Subject != "application/"+other.id || len(ended) != 1 || ended[0].Subject != "application/"+second.id {
			t.Errorf("open %v, ended %v, %v", open, ended, err)
		}
		if _, err := other.commit(other.grant(t), other.seals(t), other.text); err != nil {
			t.Errorf("the other one: %v", err)
		}
	})
}

func TestASealOfTheFirstSignerDoesNotServeAsTheSecond(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		first, second := adverse(t, w, 1)
		second.open(t)
		g := second.grant(t)
		refused(t, second, fault.Conflict, func() error { _, err := second.commit(g, first.seals(t), second.text); return err })
	})
}

func TestTwoWhoMayBothProposeDoNotProposeOneTextTwice(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		first, _ := adverse(t, w, 1)
		a, b := w.People["U00005"], w.People["U00011"]
		text := first.statement(t, seal.ConcludeAdverse, a, b)
		if _, err := first.commit(first.grant(t), w.Seal(t, text, a), text); err != nil {
			t.Fatal(err)
		}
		g := w.Grant(t, "U00011", policy.Conclude, "341021")
		refused(t, first, fault.Conflict, func() error { _, err := first.commit(g, w.Seal(t, text, b), text); return err })
	})
}

func TestASecondSignerWhoseReachEndsElsewhereFindsNoProposal(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		first, second := adverse(t, w, 1)
		a, b := w.People["U00005"], w.People["U00007"]
		text := first.statement(t, seal.ConcludeAdverse, a, b)
		if _, err := first.commit(first.grant(t), w.Seal(t, text, a), text); err != nil {
			t.Fatal(err)
		}
		g := w.Grant(t, "U00007", policy.Confirm, "341000-SZ")
		refused(t, second, fault.NotFound, func() error {
			_, err := second.commit(g, w.Seal(t, text, b), text)
			return says(t, err, "待签事项")
		})
	})
}

func TestAClosureCanVoidAProposalAndDoNothingElseToIt(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		first, second := adverse(t, w, 1)
		second.open(t)
		g, err := w.Policy.System(policy.VoidProposal)
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range []string{"done", "open", ""} {
			refused(t, first, fault.Conflict, func() error {
				_, err := w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (audit.Entry, error) {
					open, err := tx.OpenProposalsAbout("application/" + first.id)
					if err != nil || len(open) != 1 {
						t.Errorf("%d open proposals: %v", len(open), err)
						return audit.Entry{}, err
					}
					open[0].State, open[0].Signed = state, open[0].Signers
					return audit.Entry{}, tx.Put(open[0])
				})
				return err
			})
		}
	})
}
