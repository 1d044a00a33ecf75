package store_test

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
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
			w := storetest.NewWith(t, driver, storetest.Peers...)
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
					if !slices.Contains([]policy.Act{policy.Genesis, policy.TakeOverKey, policy.Refusal, policy.VoidProposal, policy.DrillRecovery, policy.RecoverKeyring, policy.RenewShares, policy.UseEmergency, policy.ReportOwnLoss, policy.SuspendRevoked}, act) {
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
		if s.purpose == nil {
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
				second := "U00007"
				if s.d.person == second {
					second = "U00006"
				}
				signers = append(signers, s.w.People[second])
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
			switch {
			case other == policy.ViewHome:
				return says(t, err, "不是可以入册的行为")
			case s.purpose != nil:
				return says(t, err, "不用签章")
			}
			return says(t, err, "要入册的却是另一种行为")
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
		switch {
		case s.d.outside == "" && s.d.within == "":
			t.Fatalf("the deed of %s names nobody who has the right in another body, and no reason", s.act)
		case s.d.outside == "" || s.d.within != "":
			return
		}
		g, outside := s.w.Grant(t, s.d.outside, s.act, s.d.outsideBody), s.w.People[s.d.outside]
		o := s
		var seals []seal.Verified
		switch {
		case s.purpose == nil:
		case s.purpose.From == 2: // whoever signs second, for another body of his
			s.open(t)
			seals = s.w.Seal(t, s.text, outside)
		case s.purpose.Signers == 2:
			o.text = s.statement(t, s.purpose.Kind, outside, s.w.People[s.d.second])
			seals = s.w.Seal(t, o.text, outside)
		default:
			o.text = s.statement(t, s.purpose.Kind, outside)
			seals = s.w.Seal(t, o.text, outside)
		}
		before := s.w.Digest(t)
		_, err := s.w.Store.Commit(context.Background(), g, seals, func(tx *store.Tx) (audit.Entry, error) {
			if _, signers := tx.Progress(); signers == 2 { // the first of two reads and changes as the last does
				if err := tx.Derive(o.text); err != nil {
					return audit.Entry{}, err
				}
				return audit.Entry{Subject: "application/" + s.id}, s.d.touch(tx, s.id)
			}
			return o.work(o.text)(tx)
		})
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
		peer := cmp.Or(s.d.peer, peers[s.d.person])
		switch {
		case peer == "" && s.d.only == "":
			t.Fatalf("the deed of %s names nobody else who has the right, and no reason", s.act)
		case s.d.only != "" || s.purpose == nil:
			return
		}
		s.open(t)
		g := s.w.Grant(t, peer, s.act, s.d.body)
		refused(t, s, fault.Forbidden, func() error {
			_, err := s.commit(g, s.seals(t), s.text)
			return says(t, err, "没有登录的本人的签章")
		})
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
		if g.Role() == policy.System {
			return // on a person's own behalf, whatever he is appointed to: custody and the noun judge it
		}
		if len(s.w.Policy.Matrix()[s.act][policy.ST]) > 0 {
			return // the own file and key: the account carries it without any appointment
		}
		p := s.w.People[s.d.person]
		role := string(p.Roles[0])
		taken := s.w.Clock()
		a := org.Appointment{ID: p.ID + "/" + role + "/" + p.Org, Staff: p.ID, Role: role, Org: p.Org, Ended: &taken}
		appoint(t, s.w, a)
		refused(t, s, fault.Forbidden, func() error { _, err := s.commit(g, seals, s.text); return err })
		a.Ended = nil
		appoint(t, s.w, a)
		if _, err := s.commit(g, seals, s.text); err != nil {
			t.Fatalf("the grant is old and the right is there again: %v", err)
		}
	})
}
