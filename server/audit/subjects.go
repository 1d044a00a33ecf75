package audit

import (
	"iter"

	"sealdesk/server/internal/fault"
)

// Subjects knows, for each subject, its last state as the log has it. Feed it
// every entry from number 0 with the state that the entry names; it refuses
// what does not follow. A zero value is not usable; see NewSubjects. It is for
// one goroutine; it keeps one map entry per subject.
type Subjects struct {
	next uint64
	last map[string]LastState
}

// A LastState is where and how the log saw a subject last.
type LastState struct {
	Number uint64 // of the entry
	Digest Digest // of the record; zero when the record was gone
}

// NewSubjects begins at an empty log.
func NewSubjects() *Subjects { return &Subjects{last: map[string]LastState{}} }

// Next is the number of the entry that Follow wants.
func (s *Subjects) Next() uint64 { return s.next }

// Len is how many subjects the log knows.
func (s *Subjects) Len() int { return len(s.last) }

// Last gives a subject's last state.
func (s *Subjects) Last(subject string) (LastState, bool) {
	l, ok := s.last[subject]
	return l, ok
}

// All ranges over every subject, in no order.
func (s *Subjects) All() iter.Seq2[string, LastState] {
	return func(yield func(string, LastState) bool) {
		for subject, last := range s.last {
			if !yield(subject, last) {
				return
			}
		}
	}
}

// Follow takes the next entry and the state it names; nil for an entry without
// one. It checks the state against the entry's digest, number and act, and
// each row's previous number against the log so far. On an error nothing
// changed.
func (s *Subjects) Follow(e Entry, state *Salted) error {
	if e.Number != s.next {
		return fault.New(fault.Invalid, "下一条应为第 %d 号条目，给出的是第 %d 号。", s.next, e.Number)
	}
	if e.State.IsZero() != (state == nil) {
		return fault.New(fault.Invalid, "第 %d 号条目与所给状态不配：一个有状态，一个没有。", e.Number)
	}
	if state == nil {
		s.next++
		return nil
	}
	if state.Digest() != e.State {
		return fault.New(fault.Invalid, "第 %d 号条目的状态与状态摘要不符。", e.Number)
	}
	parsed, err := ParseState(state.Bytes)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "第 %d 号条目的状态读不出：%s", e.Number, sentence(err))
	}
	if parsed.Number != e.Number || parsed.Act != e.Act {
		return fault.New(fault.Invalid, "第 %d 号条目的状态写的是另一条目或另一行为。", e.Number)
	}
	for i, r := range parsed.Rows {
		want := int64(-1)
		if before, ok := s.last[r.Subject]; ok {
			want = int64(before.Number)
		}
		if r.Previous != want {
			return fault.New(fault.Invalid, "第 %d 号条目的状态，第 %d 行的前一条写的是 %s，日志中实为 %s。",
				e.Number, i+1, spellPosition(r.Previous), spellPosition(want))
		}
	}
	for _, r := range parsed.Rows {
		s.last[r.Subject] = LastState{Number: e.Number, Digest: r.Digest}
	}
	s.next++
	return nil
}
