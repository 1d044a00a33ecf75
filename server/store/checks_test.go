package store_test

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// eachAct goes over the act table: each act of people with each purpose.
func eachAct(t *testing.T, test func(t *testing.T, s func(t *testing.T) scene)) {
	for _, driver := range []string{store.SQLite, store.MySQL} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			w := storetest.New(t, driver)
			n := 0
			rules := store.Rules()
			acts := make([]string, 0, len(rules))
			for act := range rules {
				acts = append(acts, act)
			}
			sort.Strings(acts)
			for _, name := range acts {
				act := policy.Act(name)
				if _, ok := deeds[act]; !ok {
					if act != policy.Genesis && act != policy.Refusal && act != policy.VoidProposal {
						t.Errorf("the act %s is in the table and no test performs it", act)
					}
					continue
				}
				purposes := rules[name]
				if len(purposes) == 0 {
					t.Run(name, func(t *testing.T) {
						test(t, func(t *testing.T) scene { n++; return stage(t, w, act, nil, n) })
					})
				}
				for _, p := range purposes {
					t.Run(name+"/"+string(p.Kind), func(t *testing.T) {
						test(t, func(t *testing.T) scene { n++; return stage(t, w, act, &p, n) })
					})
				}
			}
		})
	}
}

// refused asserts a refusal of a kind that changed nothing at all.
func refused(t *testing.T, s scene, kind fault.Kind, do func() error) {
	t.Helper()
	before := s.w.Digest(t)
	err := do()
	if err == nil {
		t.Fatalf("%s was not refused", s.act)
	}
	if !fault.Is(err, kind) {
		t.Fatalf("%s was refused as %v, want kind %s", s.act, err, kind)
	}
	if s.w.Digest(t) != before {
		t.Fatalf("%s was refused (%v) and changed rows", s.act, err)
	}
}

func TestEveryActOfTheTableIsPerformedOnceByWhoMayDoIt(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		s.open(t)
		r, err := s.commit(s.grant(t), s.seals(t), s.text)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Verify(s.w.Keys.LogVerifier); err != nil {
			t.Fatal(err)
		}
		if s.act == policy.RevokeKey {
			restoreKey(t, s.w)
		}
	})
}

func TestAnActWithoutTheSealItNeedsIsRefused(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		s.open(t)
		if s.purpose != nil {
			refused(t, s, fault.Forbidden, func() error { _, err := s.commit(s.grant(t), nil, s.text); return err })
			return
		}
		p := s.w.People[s.d.person]
		text := s.statement(t, seal.Return, p)
		refused(t, s, fault.Forbidden, func() error {
			_, err := s.commit(s.grant(t), s.w.Seal(t, text, p), text)
			return says(t, err, "不用签章")
		})
	})
}

func TestASealOfAnotherPurposeIsRefused(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		if s.purpose == nil {
			return
		}
		s.open(t)
		for _, other := range []seal.Kind{seal.Return, seal.KeyRevoke, seal.Login, seal.Import, seal.ConcludeAdverse} {
			if slices.ContainsFunc(store.Rules()[string(s.act)], func(p store.Purpose) bool { return p.Kind == other }) {
				continue
			}
			text := s.statement(t, other, s.w.People[s.d.person])
			refused(t, s, fault.Forbidden, func() error {
				_, err := s.commit(s.grant(t), s.w.Seal(t, text, s.w.People[s.d.person]), text)
				return err
			})
		}
	})
}

func TestASealThatWasUsedIsRefusedAndGivesTheFirstReceipt(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		if s.purpose == nil || s.act == policy.RevokeKey {
			return
		}
		s.open(t)
		seals := s.seals(t)
		first, err := s.commit(s.grant(t), seals, s.text)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, s, fault.Conflict, func() error {
			again, err := s.commit(s.grant(t), seals, s.text)
			if again.Number != first.Number || again.Verify(s.w.Keys.LogVerifier) != nil {
				t.Errorf("the refusal carries receipt %d, the act was %d", again.Number, first.Number)
			}
			return err
		})
		refused(t, s, fault.Conflict, func() error { // another signature over the same text
			_, err := s.commit(s.grant(t), s.seals(t), s.text)
			return err
		})
	})
}

func TestASealOfSomebodyElseIsRefused(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		if s.purpose == nil {
			return
		}
		s.open(t)
		t.Run("somebody else in custody", func(t *testing.T) {
			other := s.w.People["U00009"]
			signers := []storetest.Person{other}
			if s.purpose.Signers == 2 {
				signers = append(signers, s.w.People["U00007"])
			}
			text := s.statement(t, s.purpose.Kind, signers...)
			kind := fault.Forbidden
			if s.purpose.From == 2 {
				kind = fault.NotFound
			}
			refused(t, s, kind, func() error { _, err := s.commit(s.grant(t), s.w.Seal(t, text, other), text); return err })
		})
		t.Run("a key of the same number that nobody registered", func(t *testing.T) {
			double := s.w.Double(t, s.d.person)
			signers := []storetest.Person{double}
			if s.purpose.Signers == 2 {
				signers = append(signers, s.w.People["U00007"])
			}
			text := s.statement(t, s.purpose.Kind, signers...)
			kind := fault.Forbidden
			if s.purpose.From == 2 {
				kind = fault.NotFound
			}
			refused(t, s, kind, func() error { _, err := s.commit(s.grant(t), s.w.Seal(t, text, double), text); return err })
		})
		t.Run("a seal for another portal", func(t *testing.T) {
			far := *s.w
			far.Keys.Portal = "另一座签台"
			o := s
			o.w = &far
			text := o.statement(t, s.purpose.Kind, s.signers()...)
			refused(t, s, fault.Forbidden, func() error {
				_, err := s.commit(s.grant(t), far.Seal(t, text, s.w.People[s.d.person]), text)
				return err
			})
		})
		t.Run("a seal that nobody verified", func(t *testing.T) {
			refused(t, s, fault.Forbidden, func() error { _, err := s.commit(s.grant(t), make([]seal.Verified, 1), s.text); return err })
		})
	})
}

func TestAnActThatDoesNotDeriveItsTextAgainIsRefused(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		if s.purpose == nil {
			return
		}
		s.open(t)
		refused(t, s, fault.Conflict, func() error {
			_, err := s.w.Store.Commit(context.Background(), s.grant(t), s.seals(t), func(tx *store.Tx) (audit.Entry, error) {
				return audit.Entry{Subject: "application/" + s.id}, s.d.touch(tx, s.id)
			})
			return err
		})
		refused(t, s, fault.Conflict, func() error { // derived, differs, and the closure swallows it
			other := s.statement(t, s.purpose.Kind, s.signers()...)
			_, err := s.w.Store.Commit(context.Background(), s.grant(t), s.seals(t), func(tx *store.Tx) (audit.Entry, error) {
				tx.Derive(other)
				return audit.Entry{Subject: "application/" + s.id}, s.d.touch(tx, s.id)
			})
			return err
		})
	})
}

func TestAZeroGrantIsRefused(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		s.open(t)
		refused(t, s, fault.Forbidden, func() error {
			_, err := s.commit(policy.Grant{}, s.seals(t), s.text)
			return says(t, err, "没有得到授权")
		})
	})
}

// says asserts that the refusal is this check's own and no later one's.
func says(t *testing.T, err error, words string) error {
	t.Helper()
	if err != nil && !strings.Contains(err.Error(), words) {
		t.Errorf("refused as %v, not because %s", err, words)
	}
	return err
}

func TestAGrantForAnotherActIsRefused(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		s.open(t)
		other := policy.Logout
		if s.act == policy.Logout {
			other = policy.ViewHome
		}
		body := s.w.People[s.d.person].Org
		refused(t, s, fault.Forbidden, func() error {
			_, err := s.commit(s.w.Grant(t, s.d.person, other, body), s.seals(t), s.text)
			if other == policy.ViewHome {
				return says(t, err, "不是可以入册的行为")
			}
			return err
		})
	})
}

func TestAnEntryOfAnotherActThanTheGrantsIsRefused(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		s.open(t)
		refused(t, s, fault.Forbidden, func() error {
			_, err := s.w.Store.Commit(context.Background(), s.grant(t), s.seals(t), func(tx *store.Tx) (audit.Entry, error) {
				e, err := s.work(s.text)(tx)
				e.Act = string(policy.Genesis)
				return e, err
			})
			return err
		})
	})
}

func TestAGrantForAnotherBodyChangesNothingOutsideIt(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		if s.d.outside == "" || fmt.Sprintf("%p", s.d.touch) == fmt.Sprintf("%p", touchNothing) {
			return
		}
		g := s.w.Grant(t, s.d.outside, s.act, s.d.outsideBody)
		o := s
		var seals []seal.Verified
		if s.purpose != nil {
			if s.purpose.Signers == 2 {
				return // the first of two touches nothing; see the proposals' tests
			}
			o.text = s.statement(t, s.purpose.Kind, s.w.People[s.d.outside])
			seals = s.w.Seal(t, o.text, s.w.People[s.d.outside])
		}
		before := s.w.Digest(t)
		_, err := o.commit(g, seals, o.text)
		if !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) {
			t.Fatalf("a grant for %s changed a record of %s: %v", s.d.outsideBody, s.d.body, err)
		}
		if s.w.Digest(t) != before {
			t.Fatal("rows changed")
		}
	})
}

func TestAGrantOfAnotherPersonDoesNotTakeTheSeal(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		if s.d.peer == "" || s.purpose == nil {
			return
		}
		g := s.w.Grant(t, s.d.peer, s.act, s.d.body)
		refused(t, s, fault.Forbidden, func() error { _, err := s.commit(g, s.seals(t), s.text); return err })
	})
}

func TestAGrantFromBeforeAuthorityMovedIsAskedForAgain(t *testing.T) {
	eachAct(t, func(t *testing.T, fresh func(*testing.T) scene) {
		s := fresh(t)
		s.open(t)
		if s.d.person == "U00001" {
			return // the officer who changes appointments here cannot take away his own
		}
		g, seals := s.grant(t), s.seals(t)
		p := s.w.People[s.d.person]
		role := string(p.Roles[0])
		a := org.Appointment{ID: p.ID + "/" + role + "/" + p.Org, Staff: p.ID, Role: "gone", Org: p.Org}
		appoint(t, s.w, a)
		refused(t, s, fault.Forbidden, func() error { _, err := s.commit(g, seals, s.text); return err })
		a.Role = role
		appoint(t, s.w, a)
		if _, err := s.commit(g, seals, s.text); err != nil {
			t.Fatalf("the grant is old and the right is there again: %v", err)
		}
	})
}

func restoreKey(t *testing.T, w *storetest.World) {
	t.Helper()
	p := w.People["U00001"]
	text := w.Statement(t, seal.KeyRevoke, "HS2", []storetest.Person{p}, nil, seal.Annex{})
	_, err := w.Store.Commit(context.Background(), w.Grant(t, "U00001", policy.RevokeKey, "HS2"), w.Seal(t, text, p), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		k, err := tx.Key(w.People["U00008"].Fingerprint())
		if err != nil {
			return audit.Entry{}, err
		}
		k.State = "issued"
		return audit.Entry{}, tx.Put(k)
	})
	if err != nil {
		t.Fatal(err)
	}
}

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
		text := s.statement(t, s.purpose.Kind, p, s.w.People["U00002"])
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
