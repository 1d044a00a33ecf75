package store_test

import (
	"context"
	"fmt"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

func TestTheGenesisTakesTwoSealsOfTwoPeopleOverOneTextAndHappensOnce(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.Empty(t, driver)
		a, b, c := w.People["U00001"], w.People["U00002"], w.People["U00003"]
		text, other := w.GenesisText(t, a, b), w.GenesisText(t, a, b)
		three := w.GenesisText(t, a, b, c)
		before := w.Digest(t)
		for what, try := range map[string]struct {
			seals []seal.Verified
			text  seal.Statement
			says  string
		}{
			"one seal":                   {w.Seal(t, text, a), text, "需要 2 份签章"},
			"three seals":                {append(w.Seal(t, text, a, b), w.Seal(t, text, a)...), text, "需要 2 份签章"},
			"one key twice":              {append(w.Seal(t, text, a), w.Seal(t, text, a)...), text, "不同的人"},
			"two texts":                  {append(w.Seal(t, text, a), w.Seal(t, other, b)...), text, "不是同一份文本"},
			"a text of three":            {w.Seal(t, three, a, b), three, "应列明 2 名"},
			"a key that is not enrolled": {w.Seal(t, w.GenesisText(t, a, w.Double(t, "U00002")), a), text, "需要 2 份签章"},
		} {
			if err := w.Genesis(t, try.text, try.seals); !fault.Is(err, fault.Forbidden) || w.Digest(t) != before {
				t.Errorf("%s: %v", what, err)
			} else {
				says(t, err, try.says)
			}
		}
		double := w.Double(t, "U00002")
		forged := w.GenesisText(t, a, double)
		err := w.Genesis(t, forged, w.Seal(t, forged, a, double))
		if !fault.Is(err, fault.Forbidden) || w.Digest(t) != before {
			t.Errorf("a key that the genesis does not enrol: %v", err)
		}
		says(t, err, "没有登记，不能办理")
		if err := w.Genesis(t, text, w.Seal(t, text, a, b)); err != nil {
			t.Fatal(err)
		}
		after := w.Digest(t)
		again := w.GenesisText(t, a, b)
		err = w.Genesis(t, again, w.Seal(t, again, a, b))
		if !fault.Is(err, fault.Conflict) || w.Digest(t) != after {
			t.Errorf("a second genesis: %v", err)
		}
		says(t, err, "不能再次启用")
	})
}

func TestATextThatNamesMoreSignersThanTheActTakesIsRefused(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		if s.purpose == nil || s.purpose.Kind == seal.Login || s.purpose.Signers != 1 {
			return
		}
		p := s.w.People[s.d.person]
		other := s.w.People["U00002"]
		if other.ID == p.ID {
			other = s.w.People["U00001"]
		}
		text := s.statement(t, s.purpose.Kind, p, other)
		refused(t, s, fault.Forbidden, func() error {
			_, err := s.commit(s.grant(t), s.w.Seal(t, text, p), text)
			return says(t, err, "应列明 1 名")
		})
	})
}

func TestASealOfAKeyThatWasTakenAwayIsRefused(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		s := stage(t, w, policy.Review, &store.Purpose{Kind: seal.ReviewAdverse, Signers: 1, From: 1, To: 1}, 1)
		g, seals := s.grant(t), s.seals(t)
		setKey(t, w, s.d.person, func(k *custody.Key) { k.State = custody.Lost })
		refused(t, s, fault.Locked, func() error { _, err := s.commit(g, seals, s.text); return err })
		if _, _, err := w.Store.Officer(context.Background(), s.d.person, w.People[s.d.person].Fingerprint()); !fault.Is(err, fault.Locked) {
			t.Errorf("the next request: %v", err)
		}
		// A login is asked by the system on behalf of whoever the key says: there
		// the register alone stands between a lost key and a session.
		login := s.statement(t, seal.Login)
		sys, err := w.Policy.SystemFor(policy.Officer{Staff: s.d.person, Key: w.People[s.d.person].Fingerprint()}, policy.Login)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, s, fault.Forbidden, func() error {
			_, err := w.Store.Commit(context.Background(), sys, w.Seal(t, login, w.People[s.d.person]), func(tx *store.Tx) (audit.Entry, error) {
				return audit.Entry{}, tx.Derive(login)
			})
			return says(t, err, "已报失或停用")
		})
	})
}

// setKey changes a person's key by a real act of the security officer.
func setKey(t *testing.T, w *storetest.World, person string, change func(*custody.Key)) {
	t.Helper()
	p := w.People["U00001"]
	text := w.Statement(t, seal.KeyRevoke, "341000", []storetest.Person{p}, nil, seal.Annex{})
	_, err := w.Store.Commit(context.Background(), w.Grant(t, "U00001", policy.RevokeKey, "341000"), w.Seal(t, text, p), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		k, err := tx.Key(w.People[person].Fingerprint())
		if err != nil {
			return audit.Entry{}, err
		}
		change(&k)
		return audit.Entry{Subject: "key/" + k.Fingerprint}, tx.Put(k)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheSecondSignerMustStillHoldTheKeyThatTheTextNames(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		first, _ := adverse(t, w, 1)
		g := first.grant(t)
		setKey(t, w, "U00006", func(k *custody.Key) { k.State = custody.Revoked })
		refused(t, first, fault.Forbidden, func() error { _, err := first.commit(g, first.seals(t), first.text); return err })
	})
}

func TestASealOfAnotherKeyThanTheSessionsIsRefused(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		second := w.Double(t, "U00003")
		s := stage(t, w, policy.Review, &store.Purpose{Kind: seal.ReviewAdverse, Signers: 1, From: 1, To: 1}, 1)
		setKey(t, w, "U00003", func(k *custody.Key) { // the same person is given another key
			k.Fingerprint, k.Certificate = second.Fingerprint(), second.Certificate.Raw
		})
		text := s.statement(t, seal.ReviewAdverse, second)
		refused(t, s, fault.Forbidden, func() error {
			_, err := s.commit(s.grant(t), w.Seal(t, text, second), text)
			return says(t, err, "不是本次登录的那把钥匙")
		})
	})
}

func TestATextThatNamesSomebodyElsesNumberWithTheKeyIsRefused(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		s := stage(t, w, policy.Review, &store.Purpose{Kind: seal.ReviewAdverse, Signers: 1, From: 1, To: 1}, 1)
		lie := w.People["U00003"]
		lie.ID = "U00004"
		text := s.statement(t, seal.ReviewAdverse, lie)
		refused(t, s, fault.Forbidden, func() error {
			_, err := s.commit(s.grant(t), w.Seal(t, text, w.People["U00003"]), text)
			return says(t, err, "不是同一人")
		})
	})
}

func TestAnActReadsAndMovesNoRecordOfAnotherBody(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		theirs := w.Application(2, "HS2")
		w.Import(t, "U00008", "HS2", theirs)
		s := stage(t, w, policy.Accept, nil, 1)
		var outside, unknown error
		refused(t, s, fault.NotFound, func() error {
			_, err := accept(t, w, theirs.ID, func(tx *store.Tx) error {
				_, outside = tx.Application(theirs.ID)
				_, unknown = tx.Application("2026-341021-999999")
				if list, err := tx.ApplicationsOf("HS2"); err != nil || len(list) != 0 {
					t.Errorf("a school lists %d records of another: %v", len(list), err)
				}
				return outside
			})
			return err
		})
		if fmt.Sprint(outside) != fmt.Sprint(unknown) {
			t.Errorf("outside the reach %v, unknown %v", outside, unknown)
		}
		// A window of another county may be read, and not be drawn over here.
		p := w.People["U00006"]
		text := w.Statement(t, seal.Window, "341021", []storetest.Person{p}, nil, seal.Annex{})
		g := w.Grant(t, "U00006", policy.SetWindow, "341021")
		refused(t, s, fault.Forbidden, func() error {
			_, err := w.Store.Commit(context.Background(), g, w.Seal(t, text, p), func(tx *store.Tx) (audit.Entry, error) {
				if err := tx.Derive(text); err != nil {
					return audit.Entry{}, err
				}
				list, err := tx.WindowsOf(w.Clock().Year(), "341024")
				if err != nil || len(list) == 0 {
					return audit.Entry{}, fmt.Errorf("no window: %w", err)
				}
				list[0].Org = "341021"
				return audit.Entry{}, tx.Put(list[0])
			})
			return err
		})
	})
}
