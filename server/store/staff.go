package store

import (
	"context"
	"slices"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/org"
)

// Filing reads one filing form; it is believed only as the log has it, since an
// account springs from it.
func (tx *Tx) Filing(id string) (org.Filing, error) {
	r, err := tx.findPower(filings, id)
	if err != nil {
		return org.Filing{}, err
	}
	return filingOf(r), nil
}

// TokensOf lists the tokens whose custodian a person is.
func (tx *Tx) TokensOf(person string) ([]custody.Token, error) {
	rows, err := tx.where(custodyTokens, is("custodian", person))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := tx.believe(r); err != nil {
			return nil, err
		}
	}
	return listOf(rows, sure(tokenOf))
}

// FilingsOf lists a person's filing forms, by id, wherever they were filed.
func (tx *Tx) FilingsOf(person string) ([]org.Filing, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	rows, err := tx.everywhere(filings, is("staff", person))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(filingOf))
}

// Filing reads one filing form within the reach of the grant.
func (s *Store) Filing(ctx context.Context, g policy.Grant, id string) (org.Filing, error) {
	r, err := s.covered(ctx, g, filings, id)
	if err != nil {
		return org.Filing{}, err
	}
	return filingOf(r), nil
}

// FilingsOf lists a person's filing forms, by id, without their telephones: the
// caller has read the person under a grant.
func (s *Store) FilingsOf(ctx context.Context, person string) ([]org.Filing, error) {
	rows, err := s.many(ctx, filings, "staff = ?", person)
	if err != nil {
		return nil, err
	}
	return listOf(rows, func(r *row) (org.Filing, error) {
		f := filingOf(r)
		f.Phone = ""
		return f, nil
	})
}

// FilingsIn lists the filing forms in a state within the reach of the grant.
func (s *Store) FilingsIn(ctx context.Context, g policy.Grant, states ...org.FilingState) ([]org.Filing, error) {
	c := cond{column: "state"}
	for _, state := range states {
		c.values = append(c.values, string(state))
	}
	rows, err := s.rowsCovered(ctx, g, filings, c)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(filingOf))
}

// StaffIn reads one person within the reach of the grant.
func (s *Store) StaffIn(ctx context.Context, g policy.Grant, id string) (org.Staff, error) {
	r, err := s.covered(ctx, g, staff, id)
	if err != nil {
		return org.Staff{}, err
	}
	return staffOf(r), nil
}

// StaffFilter narrows the register of people; empty fields say nothing.
type StaffFilter struct {
	Number string // whole
	Name   string // its beginning
	Org    string
	After  string // cursor: numbers behind it
}

// Register lists people by number within the reach of the grant, at most limit
// (500), how many there are in all, and the cursor of the page after.
func (s *Store) Register(ctx context.Context, g policy.Grant, f StaffFilter, limit int) (list []org.Staff, total int, next string, err error) {
	if g.IsZero() {
		return nil, 0, "", ungranted()
	}
	limit = min(max(limit, 1), maxPage)
	from, to := g.Range()
	where, args := "path >= ? AND path < ?", []any{from, to}
	and := func(condition string, values ...any) { where += " AND " + condition; args = append(args, values...) }
	if f.Number != "" {
		and("id = ?", f.Number)
	}
	if f.Name != "" {
		and("name >= ? AND name < ?", f.Name, f.Name+"\U0010FFFF")
	}
	if f.Org != "" {
		and("org = ?", f.Org)
	}
	set, err := s.ask(ctx, want{"SELECT COUNT(*) FROM staff WHERE " + where, args})
	if err != nil {
		return nil, 0, "", unreadable(err)
	}
	n, err := cellOf(number, set[0][0])
	if err != nil {
		return nil, 0, "", unreadable(err)
	}
	and("id > ?", f.After)
	var rows []*row
	err = s.within(ctx, func(r snapshot) (err error) {
		rows, err = r.rows(staff, want{"SELECT " + staff.selection() + " FROM staff WHERE " + where + " ORDER BY id LIMIT " + decimal(limit+1), args})
		return err
	})
	if err != nil {
		return nil, 0, "", unreadable(err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].id
	}
	list, err = listOf(rows, sure(staffOf))
	return list, int(n.(int64)), next, err
}

// LastStaffNumber is the greatest number in the register and among the forms,
// to propose the next one by.
func (s *Store) LastStaffNumber(ctx context.Context) (string, error) {
	set, err := s.ask(ctx, want{"SELECT MAX(id) FROM (SELECT id FROM staff UNION SELECT staff FROM filings) AS numbers", nil})
	if err != nil {
		return "", unreadable(err)
	}
	if set[0][0] == nil {
		return "", nil
	}
	last, err := cellOf(text, set[0][0])
	if err != nil {
		return "", unreadable(err)
	}
	return last.(string), nil
}

// RolesOf lists what people are appointed to now, by person.
func (s *Store) RolesOf(ctx context.Context, people ...string) (map[string][]org.Appointment, error) {
	held := map[string][]org.Appointment{}
	for part := range slices.Chunk(people, maxPage) {
		args := make([]any, len(part))
		for i, id := range part {
			args[i] = id
		}
		rows, err := s.many(ctx, appointments, "ended IS NULL AND staff IN ("+marks(len(args))+")", args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			a := appointmentOf(r)
			held[a.Staff] = append(held[a.Staff], a)
		}
	}
	return held, nil
}

// TokensOf lists the tokens whose custodian a person is.
func (s *Store) TokensOf(ctx context.Context, person string) ([]custody.Token, error) {
	rows, err := s.many(ctx, custodyTokens, "custodian = ?", person)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(tokenOf))
}

// KeysOf lists the keys that a person ever had.
func (s *Store) KeysOf(ctx context.Context, person string) ([]custody.Key, error) {
	rows, err := s.many(ctx, custodyKeys, "staff = ?", person)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(keyOf))
}
