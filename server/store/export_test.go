package store

import (
	"context"

	"sealdesk/server/audit"
)

// What tests of this package see besides: the tables that they are generated
// from, and the points around COMMIT.

// Rules gives, per act, the purposes with their number of signers and the place
// of the act's own seal; an act without a purpose is unsealed.
func Rules() map[string][]Purpose {
	all := map[string][]Purpose{}
	for act, r := range rules {
		all[string(act)] = r.purposes
	}
	return all
}

type Purpose = audit.Purpose

// Classes gives every table with its columns, and the record tables' subject.
func Classes() map[string][]string {
	all := map[string][]string{}
	for _, t := range tables {
		all[t.name] = t.names()
	}
	return all
}

// RecordTables names the record tables with their kind of subject.
func RecordTables() map[string]string {
	all := map[string]string{}
	for _, t := range records() {
		all[t.name] = t.subject
	}
	return all
}

// WithHalt sets what is called at the points around COMMIT and signature.
func (c Config) WithHalt(halt func(string)) Config {
	c.halt = halt
	return c
}

// Flushes reads back how the two roads of scratch are flushed.
func Flushes(s *Store) (lasting, jotting string) {
	s.write.Raw("PRAGMA synchronous").Scan(&lasting)
	s.jotting.Raw("PRAGMA synchronous").Scan(&jotting)
	return lasting, jotting
}

// StopJotting closes the road of what need not last.
func StopJotting(s *Store) {
	if pool, err := s.jotting.DB(); err == nil {
		pool.Close()
	}
}

// LoseTransaction runs a group's transaction that writes the head as it is, and
// rolls it back on its own connection before the last packet: meanwhile is
// called then. ahead sends a packet before. It gives what finish said.
func LoseTransaction(ctx context.Context, s *Store, ahead bool, meanwhile func()) error {
	d, err := s.dialect.open(ctx, s.commitDB)
	if err != nil {
		return err
	}
	defer d.close()
	sets, err := d.begin(ctx, nil)
	if err != nil {
		return err
	}
	g := s.newGroup(d, func() {})
	if g.head, err = s.readHead(sets[0]); err != nil {
		return err
	}
	if ahead {
		if err := d.ahead(ctx, []step{{"UPDATE log_head SET size = size WHERE id = 1", nil, 1, false}}); err != nil {
			return err
		}
	}
	if err := d.rollback(ctx); err != nil {
		return err
	}
	meanwhile()
	return d.finish(ctx, []step{g.headStep(g.head)}, nil)
}
