package store

import (
	"context"

	"gorm.io/gorm"

	"sealdesk/policy"
)

// snapshot reads several rows as of one moment. It is a rowSource.
type snapshot struct {
	store *Store
	ctx   context.Context
	db    *gorm.DB
}

// within runs read in one read-only snapshot.
func (s *Store) within(ctx context.Context, read func(snapshot) error) error {
	return s.read.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		return read(snapshot{s, ctx, db})
	})
}

func (r snapshot) ask(w want) ([][]any, error) {
	rows, err := r.db.Raw(w.query, w.args...).Rows()
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
	list := make([]*row, 0, len(set))
	for _, cells := range set {
		found, err := r.store.cipher.openRow(t, cells)
		if err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	return list, nil
}

func (r snapshot) row(t *table, id string) (*row, error) {
	list, err := r.rows(t, t.byKey([]string{id}))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

func (r snapshot) rowsOf(t *table, c cond) ([]*row, error) {
	return r.rows(t, want{"SELECT " + t.selection() + " FROM " + t.name + " WHERE " + c.column + " IN (" + marks(len(c.values)) +
		") ORDER BY " + t.key(), c.values})
}

// Officer builds who a person is at this request: key in custody, appointments
// with their bodies, and the epoch of authority they were read under.
func (s *Store) Officer(ctx context.Context, person, session, key string) (policy.Officer, error) {
	var who policy.Officer
	err := s.within(ctx, func(r snapshot) error {
		set, err := r.ask(headWant)
		if err != nil {
			return err
		}
		h, err := s.readHead(set)
		if err != nil {
			return err
		}
		who, err = officerFrom(r, person, session, key, h.epoch)
		return err
	})
	return who, readable(err)
}

// Body sees one organisation as the policy does.
func (s *Store) Body(ctx context.Context, id string) (policy.Body, error) {
	var b policy.Body
	err := s.within(ctx, func(r snapshot) (err error) {
		b, err = bodyFrom(r, id)
		return err
	})
	return b, readable(err)
}
