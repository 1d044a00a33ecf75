package store_test

import (
	"context"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// waiting puts a token with a pending key into the register, by a real act of
// the officer, and gives the person with that key.
func waitingKey(t *testing.T, w *storetest.World, person string) storetest.Person {
	t.Helper()
	officer, p := w.People["U00001"], w.Double(t, person)
	text := w.Statement(t, seal.KeyEnrol, "HS1", []storetest.Person{officer}, nil, seal.Annex{})
	_, err := w.Store.Commit(context.Background(), w.Grant(t, "U00001", policy.EnrolKey, "HS1"), w.Seal(t, text, officer),
		func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.Derive(text); err != nil {
				return audit.Entry{}, err
			}
			token := custody.Token{Serial: "T-NEW-" + p.Fingerprint()[:8], State: custody.HandoverPending, Custodian: person, For: person, Since: tx.Received()}
			k := custody.Certified(p.Certificate, person, token, custody.OwnCA)
			k.State, k.Since = custody.Pending, tx.Received()
			if err := tx.Put(token); err != nil {
				return audit.Entry{}, err
			}
			return audit.Entry{Subject: store.OfToken(token.Serial).Subject()}, tx.Put(k)
		})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A key that has no power yet makes one act, its own take-over, and only if
// that act gives it the power.
func TestAPendingKeySealsItsOwnTakeoverAndNothingElse(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		p := waitingKey(t, w, "U00003")
		token := "T-NEW-" + p.Fingerprint()[:8]
		take := func(tx *store.Tx) error {
			keys, err := tx.KeysIn(token)
			if err != nil {
				return err
			}
			tok, err := tx.Token(token)
			if err != nil {
				return err
			}
			h, err := custody.HoldingOf(tok, keys).TakeOver(p.ID, nil, tx.Received())
			if err != nil {
				return err
			}
			for _, n := range h.Records() {
				if err := tx.Put(n); err != nil {
					return err
				}
			}
			return nil
		}
		try := func(holder string, signer storetest.Person, kind seal.Kind, change func(*store.Tx) error) error {
			text := w.Statement(t, kind, "HS1", []storetest.Person{signer}, nil, seal.Annex{})
			grant, err := w.Policy.SystemFor(policy.Officer{Staff: holder, Key: signer.Fingerprint()}, policy.TakeOverKey)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Store.Commit(context.Background(), grant, w.Seal(t, text, signer), func(tx *store.Tx) (audit.Entry, error) {
				if err := tx.Derive(text); err != nil {
					return audit.Entry{}, err
				}
				return audit.Entry{Subject: "token/" + token}, change(tx)
			})
			return err
		}
		before := w.Digest(t)
		for name, err := range map[string]error{
			"an act that leaves it pending":   try(p.ID, p, seal.KeyTakeover, func(*store.Tx) error { return nil }),
			"another purpose":                 try(p.ID, p, seal.Login, take),
			"for somebody else":               try("U00004", p, seal.KeyTakeover, take),
			"the seal of somebody else's key": try(p.ID, w.People["U00004"], seal.KeyTakeover, take),
			"a key that no register knows":    try(p.ID, w.Double(t, p.ID), seal.KeyTakeover, take),
		} {
			if !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		text := w.Statement(t, seal.Login, "HS1", []storetest.Person{p}, nil, seal.Annex{})
		if _, err := w.Store.Commit(context.Background(), w.Grant(t, "U00003", policy.Login, "HS1"), w.Seal(t, text, p),
			func(tx *store.Tx) (audit.Entry, error) { return audit.Entry{Subject: "staff/U00003"}, tx.Derive(text) }); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a pending key signs in: %v", err)
		}
		if w.Digest(t) != before {
			t.Error("a refused act changed rows")
		}
		if err := try(p.ID, p, seal.KeyTakeover, take); err != nil {
			t.Error(err)
		}
		k, err := w.Store.KeyInCustody(context.Background(), p.Fingerprint())
		if err != nil || k.State != custody.Issued {
			t.Errorf("after the take-over: %s %v", k.State, err)
		}
	})
}
