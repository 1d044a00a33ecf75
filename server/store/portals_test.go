package store_test

import (
	"testing"

	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// Two portals, each an OS process of its own, their clocks 1.6 s apart and each
// within 1 s of the database's, write into one log at the same time.
func TestTwoPortalsWithClocksApartKeepOneLog(t *testing.T) {
	k := newCrash(t, storetest.Config(t, store.MySQL), 600)
	a, b := k.start("STORE_TEST_SHIFT=-800"), k.start("STORE_TEST_SHIFT=800")
	a.tell("write 0 300")
	b.tell("write 300 600")
	for _, p := range []*process{a, b} {
		if !k.hear(p, "done") {
			t.Fatal("a portal died")
		}
	}
	// Each goes on after the other: heads, frontier and power are followed.
	for _, p := range []*process{a, b, a} {
		p.tell("write 0 600") // all used: each answers with the first receipt
		if !k.hear(p, "done") {
			t.Fatal("a portal died")
		}
	}
	for _, p := range []*process{a, b} {
		p.tell("quit")
		p.cmd.Wait()
	}
	k.judge()
}

// Many tries of one act by two portals at once: it happens once.
func TestTwoPortalsThatTryTheSameActsDoEachOnce(t *testing.T) {
	k := newCrash(t, storetest.Config(t, store.MySQL), 150)
	a, b := k.start(), k.start()
	a.tell("write 0 150")
	b.tell("write 0 150")
	for _, p := range []*process{a, b} {
		if !k.hear(p, "done") {
			t.Fatal("a portal died")
		}
		p.tell("quit")
		p.cmd.Wait()
	}
	k.judge()
}
