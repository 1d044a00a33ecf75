package audit

import "math/bits"

// A mark is 128 bits that stand for a subject or a statement.
type mark struct{ a, b uint64 }

// A markTable remembers a number per mark in 24 bytes a slot, at most three
// quarters full: one million subjects take 48 MB where a map of strings takes
// several times that. Marks of subjects come from keyed hashes with a seed of
// this process, so nobody can prepare a collision.
type markTable struct {
	slots []markSlot
	used  int
}

type markSlot struct {
	mark
	value uint64 // one more than the number; 0 marks a free slot
}

// newMarkTable makes room for about n marks, within reason.
func newMarkTable(n uint64) *markTable {
	n = max(64, min(n, 1<<24))
	return &markTable{slots: make([]markSlot, 1<<bits.Len64(n+n/3))}
}

// swap sets the number of a mark and gives the one it had, if any.
func (t *markTable) swap(m mark, number uint64) (before uint64, had bool) {
	slot := t.find(m)
	if slot.value != 0 {
		before, had = slot.value-1, true
		slot.value = number + 1
		return before, had
	}
	*slot = markSlot{m, number + 1}
	if t.used++; t.used > len(t.slots)/4*3 {
		t.grow()
	}
	return 0, false
}

func (t *markTable) find(m mark) *markSlot {
	mask := uint64(len(t.slots) - 1)
	for i := m.a & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.value == 0 || s.mark == m {
			return s
		}
	}
}

func (t *markTable) grow() {
	old := t.slots
	t.slots = make([]markSlot, 2*len(old))
	for _, s := range old {
		if s.value != 0 {
			*t.find(s.mark) = s
		}
	}
}
