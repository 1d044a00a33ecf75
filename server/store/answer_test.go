package store_test

import (
	"sync"
	"testing"
	"time"

	"sealdesk/server/internal/revocation"
	"sealdesk/server/store/storetest"
)

func TestWhatIsRememberedOfACertificateIsTheLaterAnswer(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		s, at := w.Store.Scratch(), time.Now().Truncate(time.Millisecond).In(storetest.Shanghai)
		good := func(minute int) revocation.Answer {
			said := at.Add(time.Duration(minute) * time.Minute)
			return revocation.Answer{Said: said, Heard: said.Add(time.Second)}
		}
		held := func(minute int) revocation.Answer {
			a := good(minute)
			a.Ended, a.Held = at, true
			return a
		}
		final := func(minute int) revocation.Answer {
			a := held(minute)
			a.Held = false
			return a
		}
		for i, c := range []struct{ said, stands revocation.Answer }{
			{good(1), good(1)}, {good(3), good(3)}, {good(2), good(3)}, {held(3), held(3)}, {good(3), held(3)}, {good(4), good(4)}, {held(3), good(4)},
			{final(2), final(2)}, {good(9), final(2)}, {held(9), final(2)},
		} {
			got, err := s.RememberAnswer(t.Context(), "a", "1", c.said)
			if err != nil || got != c.stands {
				t.Errorf("%d: %+v %v", i, got, err)
			}
			if got, err := s.RecallAnswer(t.Context(), "a", "1"); err != nil || got != c.stands {
				t.Errorf("%d recalled: %+v %v", i, got, err)
			}
		}
		if got, err := s.RecallAnswer(t.Context(), "a", "2"); err != nil || !got.IsZero() {
			t.Errorf("of another: %+v %v", got, err)
		}
	})
}

func TestOfTwoPortalsAtOnceTheRevocationStands(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		s, at := w.Store.Scratch(), time.Now().Truncate(time.Millisecond)
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				a := revocation.Answer{Said: at.Add(time.Duration(n) * time.Second), Heard: at}
				if n == 7 {
					a.Ended = at
				}
				if got, err := s.RememberAnswer(t.Context(), "a", "1", a); err != nil || n == 7 && !got.Revoked() {
					t.Errorf("%d: %+v %v", n, got, err)
				}
			})
		}
		all.Wait()
		if got, err := s.RecallAnswer(t.Context(), "a", "1"); err != nil || !got.Revoked() {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func TestARowAboutACertificateThatNoPortalWroteDoesNotCountAndARevocationIsKeptForEver(t *testing.T) {
	eachDriver(t, func(t *testing.T, driver string) {
		w := storetest.New(t, driver)
		s, long := w.Store.Scratch(), time.Now().Add(-1000*time.Hour).Truncate(time.Millisecond).In(storetest.Shanghai)
		ended := revocation.Answer{Said: long, Heard: long, Ended: long}
		for serial, a := range map[string]revocation.Answer{"good": {Said: long, Heard: long}, "ended": ended} {
			if _, err := s.RememberAnswer(t.Context(), "a", serial, a); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := s.RecallAnswer(t.Context(), "a", "good"); err != nil || !got.IsZero() {
			t.Errorf("what is of no use is kept: %+v %v", got, err)
		}
		if got, err := s.RecallAnswer(t.Context(), "a", "ended"); err != nil || got != ended {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := w.Raw(t).Exec("UPDATE revocation_answers SET ended = 0"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.RecallAnswer(t.Context(), "a", "ended"); err != nil || !got.IsZero() {
			t.Errorf("a row put in by hand counts: %+v %v", got, err)
		}
	})
}
