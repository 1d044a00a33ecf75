package store

import (
	"sealdesk/server/audit"
)

// scribe writes the entries of a group down while the acts behind them are
// judged: state, predecessor, text, hash, and the rows that they become. An act
// that was staged is never taken out of its group. Many rows go to the database
// at once, few with the group's last packet. Records wait for that, since an act
// still to come may change them again.
type scribe struct {
	group    *group
	edge     *audit.Edge
	previous map[string]int64 // subject -> latest entry of this group
	handed   int              // how many of the group's leaves it has
	in       chan []*leaf     // nil while the judge does it himself
	ended    chan error

	entries, bodies, tiles [][]any // written down and not sent
}

// How many entries are handed over at a time, and how many are sent at once.
const (
	handLeaves  = 4
	aheadLeaves = 16
)

func newScribe(g *group, edge *audit.Edge) *scribe {
	return &scribe{group: g, edge: edge, previous: map[string]int64{}}
}

// ahead hands over what is certain by now, if that is worth it.
func (s *scribe) ahead() {
	if len(s.group.leaves)-s.handed < handLeaves {
		return
	}
	if s.in == nil {
		s.in, s.ended = make(chan []*leaf, maxGroup), make(chan error, 1)
		go s.serve(s.in)
	}
	s.hand()
}

// hand gives a scribe who is at work all that is left.
func (s *scribe) hand() {
	if s.in != nil {
		s.in <- s.group.leaves[s.handed:]
		s.handed = len(s.group.leaves)
	}
}

func (s *scribe) serve(in <-chan []*leaf) {
	var failed error
	for leaves := range in {
		if failed == nil {
			failed = s.write(leaves)
		}
		if failed == nil && len(s.entries) >= aheadLeaves {
			failed = s.group.send(s.steps())
		}
	}
	s.ended <- failed
}

// rest waits until all is written down and gives what was not sent.
func (s *scribe) rest() ([]step, error) {
	if err := s.dismiss(); err != nil {
		return nil, err
	}
	if err := s.write(s.group.leaves[s.handed:]); err != nil {
		return nil, err
	}
	return s.steps(), nil
}

// dismiss waits for the scribe. A packet that is on its way is the door's.
func (s *scribe) dismiss() error {
	if s == nil || s.in == nil {
		return nil
	}
	close(s.in)
	s.in = nil
	return <-s.ended
}

func (s *scribe) write(leaves []*leaf) error {
	for _, l := range leaves {
		if err := s.finish(l); err != nil {
			return err
		}
		e := l.entry
		var statement any
		if l.statement != nil {
			statement = l.statement
		}
		s.entries = append(s.entries, []any{int64(e.Number), l.text, e.Previous, millis(e.Received), millis(e.Logged), e.Act, e.Actor,
			e.Body, e.Subject, l.path, statement})
		for _, b := range append(l.bodies, l.state) {
			if b.kind != "" {
				s.bodies = append(s.bodies, []any{int64(e.Number), b.kind, b.salt, b.seed, b.bytes})
			}
		}
		for _, t := range s.edge.Append(audit.LeafHash(l.text)) {
			s.tiles = append(s.tiles, []any{int64(t.Level), int64(t.Index), t.Data})
		}
	}
	return nil
}

// finish gives an entry its state and its predecessor about the same subject,
// then prints it.
func (s *scribe) finish(l *leaf) (err error) {
	if err := l.describe(s.group.store.cipher); err != nil {
		return err
	}
	l.entry.Previous = -1
	if l.entry.Subject != "" {
		before, here := s.previous[l.entry.Subject]
		if !here {
			before = s.group.store.power.latest(l.entry.Subject)
		}
		l.entry.Previous = before
		s.previous[l.entry.Subject] = int64(l.entry.Number)
	}
	l.text, err = l.entry.Print()
	return err
}

// steps are the INSERTs of what is written down.
func (s *scribe) steps() []step {
	steps := insert("INSERT", logEntries, s.entries, parameters)
	steps = append(steps, insert("INSERT", logBodies, s.bodies, parameters)...)
	steps = append(steps, insert("INSERT", logTiles, s.tiles, parameters)...)
	s.entries, s.bodies, s.tiles = nil, nil, nil
	return steps
}
