package audit

import (
	"bytes"
	"strings"
	"testing"
)

func sampleState() State {
	return State{Number: 9, Act: "conclude", Rows: []StateRow{
		{Subject: "application/A2024-000002", Previous: 4, Digest: digestOf("b")},
		{Subject: "application/A2024-000001", Previous: -1, Digest: digestOf("a")},
		{Subject: "draft/7", Previous: 8},
	}}
}

func TestAStateIsPrintedInTheOrderOfItsSubjects(t *testing.T) {
	b, err := sampleState().Print()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "state.txt", b)
	s, err := ParseState(b)
	if err != nil || len(s.Rows) != 3 || s.Rows[0].Previous != -1 || !s.Rows[2].Digest.IsZero() {
		t.Errorf("the state reads as %+v (%v)", s, err)
	}
	empty, err := State{Number: 1, Act: "read"}.Print()
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ParseState(empty); err != nil || len(s.Rows) != 0 {
		t.Errorf("the state without rows reads as %+v (%v)", s, err)
	}
}

func TestAStateThatContradictsItselfIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*State){
		"a subject twice":         func(s *State) { s.Rows[1].Subject = s.Rows[0].Subject },
		"a previous in future":    func(s *State) { s.Rows[0].Previous = 9 },
		"a subject that is name":  func(s *State) { s.Rows[0].Subject = "方小虎" },
		"an act without an id":    func(s *State) { s.Act = "" },
		"a number out of bounds":  func(s *State) { s.Number = maxNumber + 1 },
		"a negative previous":     func(s *State) { s.Rows[0].Previous = -2 },
		"a subject with a tab":    func(s *State) { s.Rows[0].Subject = "a\tb" },
		"a subject without bytes": func(s *State) { s.Rows[0].Subject = "" },
	} {
		s := sampleState()
		spoil(&s)
		if b, err := s.Print(); err == nil {
			t.Errorf("%s: printed %q", name, b)
		}
	}
	b, _ := sampleState().Print()
	for name, altered := range map[string]string{
		"rows out of order":  swapLines(string(b), 5, 6),
		"another count":      strings.Replace(string(b), "记录数: 3", "记录数: 4", 1),
		"another kind":       strings.Replace(string(b), " state\n", " entry\n", 1),
		"a digest in upper":  strings.Replace(string(b), "ca97", "CA97", 1),
		"a number with zero": strings.Replace(string(b), "序号: 9", "序号: 09", 1),
	} {
		if altered == string(b) {
			t.Errorf("%s: nothing was altered", name)
		}
		if s, err := ParseState([]byte(altered)); err == nil {
			t.Errorf("%s: reads as %+v", name, s)
		}
	}
}

func swapLines(s string, i, j int) string {
	lines := strings.Split(s, "\n")
	lines[i], lines[j] = lines[j], lines[i]
	return strings.Join(lines, "\n")
}

func FuzzParseState(f *testing.F) {
	b, err := sampleState().Print()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseState(b)
		if err != nil {
			return
		}
		if again, err := s.Print(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q prints as %q (%v)", b, again, err)
		}
	})
}

func TestSubjectsFollowEachRecordThroughActsOnMany(t *testing.T) {
	subjects := NewSubjects()
	follow := func(number uint64, act string, rows ...StateRow) error {
		b, err := State{Number: number, Act: act, Rows: rows}.Print()
		if err != nil {
			t.Fatal(err)
		}
		s := Salt(b)
		return subjects.Follow(Entry{Number: number, Act: act, State: s.Digest()}, &s)
	}
	a, b, c := digestOf("a"), digestOf("b"), digestOf("c")
	if err := follow(0, "import", StateRow{"x/1", -1, a}, StateRow{"x/2", -1, b}); err != nil {
		t.Fatal(err)
	}
	if err := subjects.Follow(Entry{Number: 1, Act: "read"}, nil); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"a row that skips":  follow(2, "conclude", StateRow{"x/2", -1, c}),
		"a row that jumps":  follow(2, "conclude", StateRow{"x/2", 1, c}),
		"a gap":             follow(3, "conclude", StateRow{"x/2", 0, c}),
		"a missing state":   subjects.Follow(Entry{Number: 2, State: a}, nil),
		"a foreign state":   subjects.Follow(Entry{Number: 2, State: a}, &Salted{Bytes: []byte("a")}),
		"an unnamed state":  subjects.Follow(Entry{Number: 2}, &Salted{}),
		"an unknown before": follow(2, "conclude", StateRow{"x/3", 0, c}),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if err := follow(2, "conclude", StateRow{"x/2", 0, c}); err != nil {
		t.Fatal(err)
	}
	if last, ok := subjects.Last("x/2"); !ok || last != (LastState{2, c}) {
		t.Errorf("x/2 is %+v, %v", last, ok)
	}
	count := 0
	for range subjects.All() {
		count++
	}
	if subjects.Len() != 2 || count != 2 || subjects.Next() != 3 {
		t.Errorf("%d subjects, next %d", subjects.Len(), subjects.Next())
	}
}
