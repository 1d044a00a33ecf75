package store

import (
	"context"
	"encoding/hex"
	"errors"

	"sealdesk/policy"
	"sealdesk/server/registration"
)

// ApplicationsOf lists a school's applications whole, in the given states (all
// if none is given), by id, within the reach of the grant.
func (s *Store) ApplicationsOf(ctx context.Context, g policy.Grant, school string, states ...registration.State) ([]registration.Application, error) {
	rows, err := s.rowsCovered(ctx, g, applications, is("school", school))
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, state := range states {
		wanted[string(state)] = true
	}
	kept := rows[:0]
	for _, r := range rows {
		if len(states) == 0 || wanted[r.text("state")] {
			kept = append(kept, r)
		}
	}
	return listOf(kept, applicationOf)
}

// Taken tells which ID numbers have an application in the year that bars the
// claim, as Tx.Taken does, within the reach of the grant: whoever can write a
// sheet could ask for any number, and a dry run leaves no entry (domain section
// 4). Beyond it the act alone tells, inside its transaction.
func (s *Store) Taken(ctx context.Context, g policy.Grant, year int, claims ...registration.Claim) (map[registration.Number]string, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	from, to := g.Range()
	taken := map[registration.Number]string{}
	for len(claims) > 0 {
		n := min(len(claims), 500)
		byMAC := map[string]registration.Claim{}
		args := []any{int64(year), from, to}
		some := claims[:n]
		for _, v := range some {
			mac := s.cipher.index("id_number", v.IDNumber.Plain())
			byMAC[string(mac)] = v
			args = append(args, mac)
		}
		claims = claims[n:]
		set, err := s.ask(ctx, want{"SELECT id, id_number_blind, live_year, apply_no FROM applications WHERE year = ? AND path >= ? AND path < ? AND id_number_blind IN (" + marks(n) + ")", args})
		if err != nil {
			return nil, unreadable(err)
		}
		for _, cells := range set {
			id, err1 := cellOf(text, cells[0])
			mac, err2 := cellOf(blob, cells[1])
			live, err3 := cellOf(maybe, cells[2])
			applied, err4 := cellOf(text, cells[3])
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				return nil, unreadable(err)
			}
			if claim := byMAC[string(mac.([]byte))]; live != nil || applied == claim.ApplyNo {
				taken[claim.IDNumber] = id.(string)
			}
		}
		schools, numbers := sameRow(some)
		if set, err = s.ask(ctx, want{"SELECT id, school, live_year, apply_no FROM applications WHERE year = ? AND path >= ? AND path < ? AND school IN (" + marks(len(schools)) + ") AND apply_no IN (" +
			marks(len(numbers)) + ")", append(append([]any{int64(year), from, to}, schools...), numbers...)}); err != nil {
			return nil, unreadable(err)
		}
		var list []applied
		for _, cells := range set {
			id, err1 := cellOf(text, cells[0])
			school, err2 := cellOf(text, cells[1])
			live, err3 := cellOf(maybe, cells[2])
			no, err4 := cellOf(text, cells[3])
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				return nil, unreadable(err)
			}
			list = append(list, applied{id.(string), school.(string), no.(string), live != nil})
		}
		claimRows(taken, some, list)
	}
	return taken, nil
}

// applied is a record as the national site numbers it.
type applied struct {
	id, school, no string
	live           bool
}

// sameRow are the schools and the numbers of claims.
func sameRow(claims []registration.Claim) (schools, numbers []any) {
	seen := map[string]bool{}
	for _, v := range claims {
		numbers = append(numbers, v.ApplyNo)
		if !seen[v.School] {
			seen[v.School] = true
			schools = append(schools, v.School)
		}
	}
	return schools, numbers
}

// claimRows adds the records that a school has under the number of the national
// site, whoever they are about: the same application under another ID number is
// a change of identity, not a second one. One that lives goes before one that ended.
func claimRows(taken map[registration.Number]string, claims []registration.Claim, list []applied) {
	by := map[[2]string]applied{}
	for _, a := range list {
		if at := [2]string{a.school, a.no}; a.live || by[at].id == "" {
			by[at] = a
		}
	}
	for _, v := range claims {
		if a := by[[2]string{v.School, v.ApplyNo}]; a.id != "" && v.ApplyNo != "" && taken[v.IDNumber] == "" {
			taken[v.IDNumber] = a.id
		}
	}
}

// NextNumber is the running number that a unit's next record will have: none
// is ever deleted, so it is one more than there are.
func (s *Store) NextNumber(ctx context.Context, year int, unit string) (int, error) {
	set, err := s.ask(ctx, want{"SELECT COUNT(*) FROM applications WHERE year = ? AND unit = ?", []any{int64(year), unit}})
	if err != nil {
		return 0, unreadable(err)
	}
	n, err := cellOf(number, set[0][0])
	if err != nil {
		return 0, unreadable(err)
	}
	return int(n.(int64)) + 1, nil
}

// SealedAs is the entry under which a person's seal over a statement, named by
// its digest, stands in the log.
func (s *Store) SealedAs(ctx context.Context, digest, person string) (at int64, ok bool, err error) {
	raw, err := hex.DecodeString(digest)
	if err != nil || len(raw) != 32 {
		return 0, false, nil // no statement has such a name
	}
	set, err := s.ask(ctx, want{"SELECT number FROM log_entries WHERE statement = ? AND actor = ?", []any{raw, person}})
	if err != nil {
		return 0, false, unreadable(err)
	}
	if len(set) == 0 {
		return 0, false, nil
	}
	n, err := cellOf(number, set[0][0])
	if err != nil {
		return 0, false, unreadable(err)
	}
	return n.(int64), true, nil
}
