package store

import (
	"context"
	"database/sql"

	"sealdesk/policy"
	"sealdesk/server/org"
)

// snapshot reads several rows as of one moment. It is a rowSource.
type snapshot struct {
	store *Store
	ctx   context.Context
	tx    *sql.Tx
	head  *head         // if set, rows that give power are held against the log
	found map[slot]*row // by key, and held against the log already: it stays so for the whole snapshot
}

// within runs read in one read-only snapshot, past GORM: every request begins
// with one.
func (s *Store) within(ctx context.Context, read func(snapshot) error) error {
	pool, err := s.read.DB()
	if err != nil {
		return err
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := read(snapshot{s, ctx, tx, nil, map[slot]*row{}}); err != nil {
		return err
	}
	return tx.Commit()
}

func (r snapshot) ask(w want) ([][]any, error) {
	rows, err := r.tx.QueryContext(r.ctx, w.query, w.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return collect(rows)
}

func (r snapshot) rows(t *table, w want) ([]*row, error) {
	set, err := r.ask(w)
	if err != nil {
		return nil, err
	}
	list, err := r.store.cipher.openRows(t, set)
	if err != nil || r.head == nil || !t.power {
		return list, err
	}
	for _, found := range list {
		if err := r.store.power.believes(r.ctx, *r.head, found, func(_ context.Context, w want) ([][]any, error) { return r.ask(w) }); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (r snapshot) row(t *table, id string) (*row, error) {
	if found := r.found[slot{t, id}]; found != nil {
		return found, nil
	}
	list, err := r.rows(t, t.byKey([]string{id}))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if r.head != nil {
		r.found[slot{t, id}] = list[0]
	}
	return list[0], nil
}

func (r snapshot) rowsOf(t *table, c cond) ([]*row, error) {
	return r.rows(t, want{"SELECT " + t.selection() + " FROM " + t.name + " WHERE " + c.column + " IN (" + marks(len(c.values)) +
		") ORDER BY " + t.key(), c.values})
}

// Officer builds who a person is at this request: key in custody, appointments
// with their bodies, and the epoch of authority they were read under. The
// caller names the session.
func (s *Store) Officer(ctx context.Context, person, fingerprint string) (policy.Officer, org.Staff, error) {
	who, filed, _, err := s.OfficerAt(ctx, person, fingerprint)
	return who, filed, err
}

// OfficerAt is Officer with the person's own body, all as of one moment.
func (s *Store) OfficerAt(ctx context.Context, person, fingerprint string) (who policy.Officer, filed org.Staff, home org.Organisation, err error) {
	err = s.within(ctx, func(r snapshot) error {
		set, err := r.ask(headWant)
		if err != nil {
			return err
		}
		h, err := s.readHead(set)
		if err != nil {
			return err
		}
		r.head = &h
		if who, err = officerFrom(r, person, "", fingerprint, h.epoch, s.clock()); err != nil {
			return err
		}
		p, err := r.row(staff, person)
		if err != nil || p == nil {
			return err
		}
		filed = staffOf(p)
		o, err := r.row(organisations, filed.Org)
		if err == nil && o != nil {
			home = organisationOf(o)
		}
		return err
	})
	if err == nil && home.ID == "" {
		err = notFound(organisations)
	}
	return who, filed, home, readable(err)
}

// Body sees an organisation as the policy does. A unit's kind does not change,
// so it is asked once.
func (s *Store) Body(o org.Organisation) policy.Body {
	b := policy.Body{ID: o.ID, Path: o.Path, Kind: o.Kind, Unit: unitOf(o.Path)}
	if b.Unit == "" {
		b.Unit = b.ID
	}
	if b.Unit == b.ID {
		b.CityRun = o.Kind == org.CityRun
		return b
	}
	if kind, ok := s.units.Load(b.Unit); ok {
		b.CityRun = kind == org.CityRun
		return b
	}
	if unit, err := s.Organisation(s.ctx, b.Unit); err == nil {
		s.units.Store(b.Unit, unit.Kind)
		b.CityRun = unit.Kind == org.CityRun
	}
	return b
}
