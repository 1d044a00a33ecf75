package revocation

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
)

func TestOfTwoAnswersTheLaterStandsAndAFinalRevocationForEver(t *testing.T) {
	at := func(hour int) time.Time { return noon.Add(time.Duration(hour) * time.Hour) }
	good := func(hour int) Answer { return Answer{Said: at(hour), Heard: at(hour)} }
	held := func(hour int) Answer { return Answer{Said: at(hour), Heard: at(hour), Ended: at(hour), Held: true} }
	final := func(hour int) Answer { return Answer{Said: at(hour), Heard: at(hour), Ended: at(hour)} }
	for name, c := range map[string]struct{ one, other, stands Answer }{
		"nothing yet":                       {Answer{}, good(1), good(1)},
		"a newer good one":                  {good(1), good(2), good(2)},
		"a revocation after a good one":     {good(1), final(2), final(2)},
		"an older good one":                 {final(2), good(1), final(2)},
		"a good one of the same moment":     {held(1), good(1), held(1)},
		"a newer good one ends a hold":      {held(1), good(2), good(2)},
		"an older good one ends no hold":    {held(2), good(1), held(2)},
		"a newer good one undoes nothing":   {final(1), good(2), final(1)},
		"an older revocation is found late": {good(2), final(1), final(1)},
		"an older hold was ended since":     {good(2), held(1), good(2)},
		"a hold becomes final":              {held(1), final(2), final(2)},
		"a final one is not held again":     {final(1), held(2), final(1)},
	} {
		if got := Stands(c.one, c.other); !got.same(c.stands) {
			t.Errorf("%s: %+v", name, got)
		}
		if got := Stands(c.other, c.one); !got.same(c.stands) {
			t.Errorf("%s, the other way round: %+v", name, got)
		}
	}
	again := good(1)
	again.Heard = at(3)
	if got := Stands(good(1), again); !got.same(again) {
		t.Errorf("the same answer heard again: %+v", got)
	}
}

// notes is a memory in a map; it keeps nothing while full.
type notes struct {
	kept map[string]Answer
	full bool
	dead bool
}

func (n *notes) RememberAnswer(_ context.Context, authority, serial string, said Answer) (Answer, error) {
	if n.full {
		return Answer{}, errors.New("the disk is full")
	}
	n.kept[authority+serial] = Stands(n.kept[authority+serial], said)
	return n.kept[authority+serial], nil
}

func (n *notes) RecallAnswer(_ context.Context, authority, serial string) (Answer, error) {
	if n.dead {
		return Answer{}, errors.New("nobody is there")
	}
	return n.kept[authority+serial], nil
}

func (n *notes) LastAnswer(context.Context, string) (time.Time, error) { return time.Time{}, nil }

func (a *authority) keeping(n *notes, grace time.Duration, road string) *Checker {
	a.t.Helper()
	c, _ := a.checker(grace, road)
	if err := c.Keep(a.t.Context(), n, noon); err != nil {
		a.t.Fatal(err)
	}
	return c
}

func (a *authority) silent() {
	a.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
}

func (a *authority) ends(c *x509.Certificate, reason int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended, a.number = nil, a.number+1
	if reason >= 0 {
		a.ended = []x509.RevocationListEntry{{SerialNumber: c.SerialNumber, RevocationTime: noon.Add(-time.Hour), ReasonCode: reason}}
	}
}

func revokedBy(err error) bool {
	var ended *Ended
	return fault.Is(err, fault.Forbidden) && errors.As(err, &ended)
}

func TestAnOlderGoodAnswerAfterANewerRevocationIsRefusedByEveryPortal(t *testing.T) {
	for _, road := range []string{"crl", "ocsp"} {
		for reason, name := range map[int]string{1: "revoked", 6: "held"} {
			t.Run(road+" "+name, func(t *testing.T) {
				a, n := newAuthority(t), &notes{kept: map[string]Answer{}}
				leaf := a.person(nil)
				a.ends(leaf, reason)
				if err := a.keeping(n, time.Hour, road).Check(t.Context(), leaf, noon); !revokedBy(err) {
					t.Fatalf("%v", err)
				}
				a.ends(leaf, -1)
				a.answers(func(w http.ResponseWriter, r *http.Request) { // genuine, still of now, and older
					if road == "crl" {
						w.Write(a.crl(noon.Add(-2*time.Hour), noon.Add(24*time.Hour), a.key, a.cert))
						return
					}
					w.Write(a.ocsp(r, noon.Add(-2*time.Hour), noon.Add(24*time.Hour)))
				})
				other := a.keeping(n, time.Hour, road)
				if err := other.Check(t.Context(), leaf, noon.Add(time.Minute)); !revokedBy(err) {
					t.Errorf("the older answer counts: %v", err)
				}
				a.silent()
				if err := other.Check(t.Context(), leaf, noon.Add(2*time.Hour)); !revokedBy(err) {
					t.Errorf("silence undoes it: %v", err)
				}
			})
		}
	}
}

func TestAHoldEndsByALaterAnswerAloneAndAFinalRevocationNever(t *testing.T) {
	for _, c := range []struct {
		reason int
		ends   bool
	}{{6, true}, {1, false}} {
		a, n := newAuthority(t), &notes{kept: map[string]Answer{}}
		leaf := a.person(nil)
		checker := a.keeping(n, time.Hour, "crl")
		a.ends(leaf, c.reason)
		err := checker.Check(t.Context(), leaf, noon)
		if !revokedBy(err) || strings.Contains(err.Error(), "冻结") != c.ends {
			t.Fatalf("reason %d: %v", c.reason, err)
		}
		a.ends(leaf, -1)
		a.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Write(a.crl(noon, noon.Add(24*time.Hour), a.key, a.cert))
		})
		if err := checker.Check(t.Context(), leaf, noon.Add(2*time.Hour)); c.ends != (err == nil) || !c.ends && !revokedBy(err) {
			t.Errorf("reason %d, a later list without it: %v", c.reason, err)
		}
	}
}

func TestARevocationThatCannotBeKeptIsRefusedNowAndLater(t *testing.T) {
	a, n := newAuthority(t), &notes{kept: map[string]Answer{}}
	leaf := a.person(nil)
	checker := a.keeping(n, 24*time.Hour, "crl")
	if err := checker.Check(t.Context(), leaf, noon); err != nil {
		t.Fatal(err)
	}
	a.ends(leaf, 1)
	n.full = true
	if err := checker.Check(t.Context(), leaf, noon.Add(2*time.Hour)); !revokedBy(err) {
		t.Errorf("the request that saw it: %v", err)
	}
	a.silent()
	if err := checker.Check(t.Context(), leaf, noon.Add(4*time.Hour)); !revokedBy(err) {
		t.Errorf("the next, while the authority is silent: %v", err)
	}
	n.full = false
	if err := checker.Check(t.Context(), leaf, noon.Add(5*time.Hour)); !revokedBy(err) {
		t.Errorf("the one after that: %v", err)
	}
	if err := a.keeping(n, 24*time.Hour, "crl").Check(t.Context(), leaf, noon.Add(6*time.Hour)); !revokedBy(err) {
		t.Errorf("it was never kept: %v", err)
	}
}

func TestAMemoryThatDoesNotAnswerLetsNobodyIn(t *testing.T) {
	a, n := newAuthority(t), &notes{kept: map[string]Answer{}}
	leaf := a.person(nil)
	checker := a.keeping(n, time.Hour, "crl")
	n.dead = true
	if err := checker.Check(t.Context(), leaf, noon); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
}

func TestAConfirmationIsOfThisVeryMoment(t *testing.T) {
	a := newAuthority(t)
	c, _ := a.checker(time.Hour, "crl")
	leaf := a.person(nil)
	if err := c.Check(t.Context(), leaf, noon); err != nil {
		t.Fatal(err)
	}
	before := a.asked.Load()
	if err := c.Confirm(t.Context(), leaf, noon.Add(time.Second)); err != nil || a.asked.Load() != before+1 {
		t.Errorf("an earlier answer is used: %v", err)
	}
	a.silent()
	if err := c.Confirm(t.Context(), leaf, noon.Add(time.Minute)); !fault.Is(err, fault.Forbidden) || revokedBy(err) {
		t.Errorf("within the grace: %v", err)
	}
	if err := c.Check(t.Context(), leaf, noon.Add(time.Minute)); err != nil {
		t.Errorf("the grace itself: %v", err)
	}
}

func TestWhoeverHangsUpWhileItIsAskedDoesNotMakeTheAuthorityLookSilent(t *testing.T) {
	for _, road := range []string{"crl", "ocsp"} {
		a, n := newAuthority(t), &notes{kept: map[string]Answer{}}
		leaf, colleague := a.person(nil), a.person(nil)
		c := a.keeping(n, 4*time.Hour, road)
		if err := c.Check(t.Context(), leaf, noon); err != nil {
			t.Fatal(err)
		}
		a.ends(leaf, 1)
		later := noon.Add(2 * time.Hour)
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		if err := c.Check(gone, leaf, later); !revokedBy(err) {
			t.Errorf("%s: %v", road, err)
		}
		if err := c.Check(t.Context(), leaf, later.Add(3*time.Second)); !revokedBy(err) {
			t.Errorf("%s: the grace of a silence that was none: %v", road, err)
		}
		if err := c.Check(t.Context(), colleague, later.Add(3*time.Second)); err != nil {
			t.Errorf("%s: a colleague is shut out: %v", road, err)
		}
	}
}
