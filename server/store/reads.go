package store

import (
	"context"
	"encoding/hex"
	"errors"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/org"
	"sealdesk/server/registration"
)

// Reviews lists an application's reviews, oldest round first.
func (s *Store) Reviews(ctx context.Context, g policy.Grant, application string) ([]registration.Review, error) {
	rows, err := s.rowsCovered(ctx, g, reviews, is("application", application))
	if err != nil {
		return nil, err
	}
	return listOf(rows, reviewOf)
}

// Corrections lists an application's corrections, numbers by their last four.
func (s *Store) Corrections(ctx context.Context, g policy.Grant, application string) ([]registration.Correction, error) {
	rows, err := s.rowsCovered(ctx, g, corrections, is("application", application))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(func(r *row) registration.Correction { return correctionOf(r).Hidden() }))
}

// Import reads one import.
func (s *Store) Import(ctx context.Context, g policy.Grant, id string) (registration.Import, error) {
	r, err := s.covered(ctx, g, imports, id)
	if err != nil {
		return registration.Import{}, err
	}
	return importOf(r), nil
}

// Imports lists a year's imports.
func (s *Store) Imports(ctx context.Context, g policy.Grant, year int) ([]registration.Import, error) {
	rows, err := s.rowsCovered(ctx, g, imports, is("year", int64(year)))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(importOf))
}

// SheetChanges lists what later sheets said otherwise of an application.
func (s *Store) SheetChanges(ctx context.Context, g policy.Grant, application string) ([]registration.SheetChange, error) {
	rows, err := s.rowsCovered(ctx, g, sheetChanges, is("application", application))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sheetChangeOf)
}

// Compared is a record with all that a later sheet is held against.
type Compared struct {
	registration.Application
	Corrections []registration.Correction
	Changes     []registration.SheetChange
}

// CompareWith reads, of the given ids, the records within the reach of the
// grant with all that a later sheet is held against.
func (s *Store) CompareWith(ctx context.Context, g policy.Grant, ids []string) (map[string]Compared, error) {
	found := map[string]Compared{}
	for len(ids) > 0 {
		some := make([]any, min(len(ids), 500))
		for i := range some {
			some[i] = ids[i]
		}
		ids = ids[len(some):]
		apps, err1 := s.rowsCovered(ctx, g, applications, is("id", some...))
		made, err2 := s.rowsCovered(ctx, g, corrections, is("application", some...))
		said, err3 := s.rowsCovered(ctx, g, sheetChanges, is("application", some...))
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		list, err1 := listOf(apps, applicationOf)
		changes, err2 := listOf(said, sheetChangeOf)
		if err := errors.Join(err1, err2); err != nil {
			return nil, unreadable(err)
		}
		for _, a := range list {
			found[a.ID] = Compared{Application: a}
		}
		for _, r := range made {
			c := correctionOf(r)
			one := found[c.Application]
			one.Corrections = append(one.Corrections, c)
			found[c.Application] = one
		}
		for _, c := range changes {
			one := found[c.Application]
			one.Changes = append(one.Changes, c)
			found[c.Application] = one
		}
	}
	return found, nil
}

// EarlyRenewals lists who may be taken in before it is due, within the reach of
// the grant, as the log has it; of one school, if it is named.
func (s *Store) EarlyRenewals(ctx context.Context, g policy.Grant, school string) (released registration.Released, err error) {
	from, to := g.Range()
	err = s.believed(ctx, func(r snapshot) error {
		rows, err := r.rows(earlyRenewals, want{"SELECT " + earlyRenewals.selection() + " FROM early_renewals WHERE path >= ? AND path < ? AND (? = '' OR school = ?) ORDER BY id",
			[]any{from, to, school, school}})
		if err != nil {
			return err
		}
		released, err = s.released(rows)
		return err
	})
	return released, err
}

func (s *Store) released(rows []*row) (registration.Released, error) {
	list, err := listOf(rows, earlyRenewalOf)
	return registration.Released{Acts: list, Index: s.PersonIndex}, err
}

// RowIndex is the keyed digest of what a sheet says of somebody, lower-case hex.
func (s *Store) RowIndex(text string) string {
	h := s.keyed("sealdesk/v1 row of a sheet")
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// AskedIndex is the keyed digest of something that somebody asked for and that
// is no number of ours, lower-case hex.
func (s *Store) AskedIndex(text string) string {
	h := s.keyed("sealdesk/v1 asked for")
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// PersonIndex is the keyed index of an ID number, lower-case hex: it tells whether
// two numbers are one, and nothing of the number to whoever lacks the key.
func (s *Store) PersonIndex(n registration.Number) string {
	if n == "" {
		return ""
	}
	return hex.EncodeToString(s.cipher.index("id_number", n.Plain()))
}

// What follows is what every signed-in page and the sign-in itself need: names
// of bodies and people, windows, whose key a certificate is. It takes no grant
// and gives no business data.

// one reads a row of reference data.
func (s *Store) one(ctx context.Context, t *table, id string) (*row, error) {
	var found *row
	err := s.within(ctx, func(r snapshot) (err error) {
		found, err = r.row(t, id)
		return err
	})
	if err != nil {
		return nil, unreadable(err)
	}
	if found == nil {
		return nil, notFound(t)
	}
	return found, nil
}

func (s *Store) many(ctx context.Context, t *table, where string, args ...any) ([]*row, error) {
	var list []*row
	err := s.within(ctx, func(r snapshot) (err error) {
		list, err = r.rows(t, want{"SELECT " + t.selection() + " FROM " + t.name + " WHERE " + where + " ORDER BY " + t.key(), args})
		return err
	})
	return list, readable(err)
}

// Organisation reads one body.
func (s *Store) Organisation(ctx context.Context, id string) (org.Organisation, error) {
	r, err := s.one(ctx, organisations, id)
	if err != nil {
		return org.Organisation{}, err
	}
	return organisationOf(r), nil
}

// Organisations lists the bodies at or beneath a path, by id.
func (s *Store) Organisations(ctx context.Context, path string) ([]org.Organisation, error) {
	rows, err := s.many(ctx, organisations, "path >= ? AND path < ?", path, path[:max(len(path)-1, 0)]+"0")
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(organisationOf))
}

// Units lists the bodies of a kind right beneath one, by id.
func (s *Store) Units(ctx context.Context, parent, kind string) ([]org.Organisation, error) {
	rows, err := s.many(ctx, organisations, "parent = ? AND kind = ?", parent, kind)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(organisationOf))
}

// Staff reads one person on file.
func (s *Store) Staff(ctx context.Context, id string) (org.Staff, error) {
	r, err := s.one(ctx, staff, id)
	if err != nil {
		return org.Staff{}, err
	}
	return staffOf(r), nil
}

// StaffOf lists who has a role in a body.
func (s *Store) StaffOf(ctx context.Context, role policy.Role, body string) ([]org.Staff, error) {
	rows, err := s.many(ctx, staff, "id IN (SELECT a.staff FROM appointments a WHERE a.role = ? AND a.org = ? AND a.ended IS NULL)", string(role), body)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(staffOf))
}

// UnitWindows lists the stages of one organ's year.
func (s *Store) UnitWindows(ctx context.Context, year int, unit string) ([]registration.Window, error) {
	rows, err := s.many(ctx, windows, "year = ? AND org = ?", int64(year), unit)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(windowOf))
}

// Windows lists a whole year's stages.
func (s *Store) Windows(ctx context.Context, year int) ([]registration.Window, error) {
	rows, err := s.many(ctx, windows, "year = ?", int64(year))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(windowOf))
}

// Delegation reads one delegation by its id.
func (s *Store) Delegation(ctx context.Context, id string) (registration.Delegation, error) {
	r, err := s.one(ctx, delegations, id)
	if err != nil {
		return registration.Delegation{}, err
	}
	return delegationOf(r), nil
}

// Delegations lists who sends for the schools within the reach of the grant,
// by school, those that ended too.
func (s *Store) Delegations(ctx context.Context, g policy.Grant) ([]registration.Delegation, error) {
	from, to := g.Range()
	rows, err := s.many(ctx, delegations, "path >= ? AND path < ?", from, to)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(delegationOf))
}

// Colleagues lists who serves in a body and holds a key, whatever the role.
func (s *Store) Colleagues(ctx context.Context, body string) ([]org.Staff, error) {
	rows, err := s.many(ctx, staff, "org = ? AND id IN (SELECT k.staff FROM custody_keys k WHERE k.state = ?)", body, string(custody.Issued))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(staffOf))
}

// RelativesOf lists what a person ever declared, by id.
func (s *Store) RelativesOf(ctx context.Context, person string) ([]registration.Relative, error) {
	rows, err := s.many(ctx, relatives, "staff = ?", person)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(relativeOf))
}

// WorkingDays reads a year's holidays and worked weekends; a year of which
// nothing was set has none.
func (s *Store) WorkingDays(ctx context.Context, year int) (registration.WorkingDays, error) {
	rows, err := s.many(ctx, workingDays, "year = ?", int64(year))
	if err != nil || len(rows) == 0 {
		return registration.WorkingDays{Year: year}, err
	}
	w, err := workingDaysOf(rows[0])
	return w, readable(err)
}
