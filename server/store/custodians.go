package store

import (
	"context"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

// Custodians lists the lists of custodians as the log has them, oldest first.
// It takes no grant: who may open an emergency is no secret inside.
func (s *Store) Custodians(ctx context.Context) ([]custody.Custodians, error) {
	rows, err := s.whole(ctx, custodians)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(custodiansOf))
}

// Custodians is the same inside a transaction.
func (tx *Tx) Custodians() ([]custody.Custodians, error) {
	rows, err := tx.whole(custodians)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(custodiansOf))
}

// AbleCustodians gives the list in force and how many of its people could seal
// now: an account that is open and a key in use. There may be no list yet.
func (s *Store) AbleCustodians(ctx context.Context) (list custody.Custodians, able int, err error) {
	all, err := s.Custodians(ctx)
	if err != nil {
		return list, 0, err
	}
	list, _ = custody.CurrentCustodians(all)
	for _, staff := range list.Staff {
		keys, err := s.KeysOf(ctx, staff)
		if err != nil {
			return list, able, err
		}
		for _, k := range keys {
			if !usable(k, s.clock()) {
				continue
			}
			_, _, _, err := s.OfficerAt(ctx, staff, k.Fingerprint)
			if err == nil {
				able++
				break
			}
			if fault.Is(err, fault.Unavailable) {
				return list, able, err
			}
		}
	}
	return list, able, nil
}

// Emergencies lists what custodians ever called, oldest first. It takes no
// grant: the pages show it to custodians and officers.
func (s *Store) Emergencies(ctx context.Context) ([]custody.Emergency, error) {
	rows, err := s.whole(ctx, emergencies)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(emergencyOf))
}

// Emergencies is the same inside a transaction.
func (tx *Tx) Emergencies() ([]custody.Emergency, error) {
	rows, err := tx.whole(emergencies)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(emergencyOf))
}

// RolesHeld are the roles that somebody is appointed to.
func (s *Store) RolesHeld(ctx context.Context, person string) (list []policy.Role, err error) {
	err = s.believed(ctx, func(r snapshot) error {
		list, err = rolesFrom(r, person)
		return err
	})
	return list, err
}

// RolesHeld is the same inside a transaction.
func (tx *Tx) RolesHeld(person string) ([]policy.Role, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return rolesFrom(txRows{tx}, person)
}

// Covered tells whether a signed checkpoint covers an entry: this portal's
// newest, or the newest that any portal has stored.
func (tx *Tx) Covered(number uint64) (bool, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.dead {
		return false, errDead
	}
	s := tx.group.store
	s.signer.mu.Lock()
	own := s.signer.current.Size
	s.signer.mu.Unlock()
	if own > number {
		return true, nil
	}
	set, err := tx.group.ask(want{"SELECT note FROM log_checkpoints ORDER BY size DESC LIMIT 1", nil})
	if err != nil || len(set) == 0 {
		return false, err
	}
	note, err := cellOf(text, set[0][0])
	if err != nil {
		return false, err
	}
	c, err := audit.OpenCheckpoint([]byte(note.(string)), s.keys.LogVerifier)
	return err == nil && c.Size > number, nil
}

// believed reads in one snapshot, rows that give power held against the log.
func (s *Store) believed(ctx context.Context, read func(snapshot) error) error {
	return readable(s.within(ctx, func(r snapshot) error {
		set, err := r.ask(headWant)
		if err != nil {
			return err
		}
		h, err := s.readHead(set)
		if err != nil {
			return err
		}
		r.head = &h
		return read(r)
	}))
}

// whole reads a whole table that gives power, and notices when a row is
// missing: with the newest taken out an older one would count.
func (s *Store) whole(ctx context.Context, t *table) (rows []*row, err error) {
	err = s.believed(ctx, func(r snapshot) error {
		if rows, err = r.rows(t, want{"SELECT " + t.selection() + " FROM " + t.name + " ORDER BY " + t.key(), nil}); err != nil {
			return err
		}
		return s.complete(t, *r.head, rows)
	})
	return rows, err
}

func (tx *Tx) whole(t *table) ([]*row, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	rows, err := txRows{tx}.rowsOf(t, cond{})
	if err != nil {
		return nil, err
	}
	return rows, tx.group.store.complete(t, tx.group.head, rows)
}

// complete refuses rows of which the log has more than were read: of the whole
// table, or of those whose id begins with one of these and a slash.
func (s *Store) complete(t *table, h head, rows []*row, of ...string) error {
	gone := s.power.missing(t, h, rows, of...)
	if gone == "" {
		return nil
	}
	s.log.Error("ALARM: a row that gives power is gone", "subject", gone)
	return fault.New(fault.Unavailable, "数据库里少了一条%s，不能据以办理，没有任何改动。请立即通知安全审计员，用 portal check --records 核查。", recordNames[t])
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

func emergencyCells(e custody.Emergency, path string) []any {
	return []any{e.ID, e.Org, path, e.List, e.Staff, e.Fingerprint, e.Certificate, e.Token, e.Role, e.Reason, millis(e.Called), millis(e.Deadline),
		strings.Join(e.Sealed, " "), string(e.State), millis(e.Opened), int64(e.Entry), millis(e.Until), millis(e.UsedAt), strings.Join(e.Told, " ")}
}

func emergencyOf(row *row) custody.Emergency {
	r := reader{cells: row.plain}
	e := custody.Emergency{ID: r.text(), Org: r.text()}
	r.any()
	e.List, e.Staff, e.Fingerprint, e.Certificate, e.Token, e.Role, e.Reason = r.text(), r.text(), r.text(), r.bytes(), r.text(), r.text(), r.text()
	e.Called, e.Deadline, e.Sealed, e.State = r.time(), r.time(), strings.Fields(r.text()), custody.EmergencyState(r.text())
	e.Opened, e.Entry, e.Until, e.UsedAt, e.Told = r.time(), uint64(r.int()), r.time(), r.time(), strings.Fields(r.text())
	return e
}
