package audit

import "math/bits"

// A mark is 128 bits that stand for a subject or a statement, from hashes keyed
// with a seed of this process, so that nobody can prepare a collision.
type mark struct{ a, b uint64 }

// A markTable remembers a number per mark in 16 bytes a slot, at most three
// quarters full: one million subjects take 32 MB where a map of strings takes
// several times that. 88 bits of the mark are kept; among a hundred million
// marks two are alike with a probability of 2e-11.
type markTable struct {
	slots []markSlot
	used  int
}

// numberBits is how large a number a slot can hold: enough for any log that
// could be hashed in a lifetime.
const numberBits = 40

type markSlot struct {
	a uint64
	b uint64 // low bits: one more than the number, 0 marks a free slot; high bits: of mark.b
}

const numberMask = 1<<numberBits - 1

// newMarkTable makes room for about n marks, within reason.
func newMarkTable(n uint64) *markTable {
	n = max(64, min(n, 1<<24))
	return &markTable{slots: make([]markSlot, 1<<bits.Len64(n+n/4))}
}

// swap sets the number of a mark and gives the one it had, if any.
func (t *markTable) swap(m mark, number uint64) (before uint64, had bool) {
	slot := t.find(m)
	if had = slot.b != 0; had {
		before = slot.b&numberMask - 1
	}
	*slot = markSlot{m.a, m.b&^numberMask | (number + 1)}
	if had {
		return before, true
	}
	if t.used++; t.used > len(t.slots)/4*3 {
		t.grow()
	}
	return 0, false
}

func (t *markTable) find(m mark) *markSlot {
	mask := uint64(len(t.slots) - 1)
	for i := m.a & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.b == 0 || s.a == m.a && (s.b^m.b)&^numberMask == 0 {
			return s
		}
	}
}

// peek reads the slot where a search for the mark begins.
func (t *markTable) peek(m mark) uint64 { return t.slots[m.a&uint64(len(t.slots)-1)].b }

func (t *markTable) grow() {
	old := t.slots
	t.slots = make([]markSlot, 2*len(old))
	for _, s := range old {
		if s.b != 0 {
			*t.find(mark(s)) = s
		}
	}
}
