package store

import (
	"context"
	"strings"

	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

// Custodians lists the lists of custodians as the log has them, every one of
// them, oldest first: with the newest taken out an older one would be in force.
// It takes no grant: who may open an emergency is no secret inside.
func (s *Store) Custodians(ctx context.Context) ([]custody.Custodians, error) {
	var list []custody.Custodians
	err := s.within(ctx, func(r snapshot) error {
		set, err := r.ask(headWant)
		if err != nil {
			return err
		}
		h, err := s.readHead(set)
		if err != nil {
			return err
		}
		r.head = &h
		rows, err := r.rows(custodians, want{"SELECT " + custodians.selection() + " FROM custodians ORDER BY id", nil})
		if err != nil {
			return err
		}
		list, err = s.believedCustodians(h, rows)
		return err
	})
	return list, readable(err)
}

// Custodians is the same inside a transaction.
func (tx *Tx) Custodians() ([]custody.Custodians, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	rows, err := txRows{tx}.rowsOf(custodians, cond{})
	if err != nil {
		return nil, err
	}
	return tx.group.store.believedCustodians(tx.group.head, rows)
}

func (s *Store) believedCustodians(h head, rows []*row) ([]custody.Custodians, error) {
	if gone := s.power.missing(custodians, h, rows); gone != "" {
		s.log.Error("ALARM: a row that gives power is gone", "subject", gone)
		return nil, fault.New(fault.Unavailable, "数据库里少了一条托管人名单，不能据以办理，没有任何改动。请立即通知安全审计员，用 portal check --records 核查。")
	}
	return listOf(rows, sure(custodiansOf))
}

func custodiansCells(c custody.Custodians, path string) []any {
	return []any{c.ID, c.Org, path, strings.Join(c.Staff, " "), int64(c.Quorum), c.Base, c.Reason, c.By, c.Second, millis(c.At)}
}

func custodiansOf(row *row) custody.Custodians {
	r := reader{cells: row.plain}
	c := custody.Custodians{ID: r.text(), Org: r.text()}
	r.any()
	c.Staff, c.Quorum, c.Base, c.Reason, c.By, c.Second, c.At = strings.Fields(r.text()), r.int(), r.text(), r.text(), r.text(), r.text(), r.time()
	return c
}
