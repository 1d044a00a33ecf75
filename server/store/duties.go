package store

import (
	"context"
	"time"

	"sealdesk/policy"
	"sealdesk/server/org"
)

func sheetCells(s org.Sheet, path string) []any {
	return []any{s.ID(), int64(s.Year), s.Org, path, s.Head, s.Paper, millis(s.At)}
}

func sheetOf(row *row) org.Sheet {
	r := reader{cells: row.plain}
	r.any()
	s := org.Sheet{Year: r.int(), Org: r.text()}
	r.any()
	s.Head, s.Paper, s.At = r.text(), r.text(), r.time()
	s.Entry = row.entry
	return s
}

// Headship reads who heads a body now and what was signed for it in a year,
// each row believed only as the log has it: it decides who may act (R55). A row
// of an appointment is written when it begins, when a filing opens its holder's closed
// account again, and when it ends, so that the entry which left it held is the one
// that began it.
func (tx *Tx) Headship(year int, id string) (org.Headship, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return headshipFrom(txRows{tx}, year, id, tx.act.received)
}

// Headship is that of the transaction, for pages.
func (s *Store) Headship(ctx context.Context, year int, id string) (h org.Headship, err error) {
	err = s.believed(ctx, func(r snapshot) error {
		h, err = headshipFrom(r, year, id, s.clock())
		return err
	})
	return h, err
}

func headshipFrom(from rowSource, year int, id string, now time.Time) (org.Headship, error) {
	h := org.Headship{Year: year}
	o, err := from.row(organisations, id)
	if err != nil {
		return h, err
	}
	if o == nil {
		return h, notFound(organisations)
	}
	h.Body = organisationOf(o)
	held, err := from.rowsOf(appointments, is("org", h.Body.HeadAt()))
	if err != nil {
		return h, err
	}
	for _, a := range held {
		if a.get("ended") != nil || a.text("role") != string(org.HeadRole(h.Body.Kind)) {
			continue
		}
		s, err := from.row(staff, a.text("staff"))
		if err != nil {
			return h, err
		}
		if s != nil && staffOf(s).Closed(now) == nil {
			h.Heads = append(h.Heads, org.Head{Staff: staffOf(s), Since: a.entry})
		}
	}
	signed, err := from.rowsOf(sheets, is("org", id))
	if err != nil {
		return h, err
	}
	for _, r := range signed {
		if s := sheetOf(r); s.Year == year {
			h.Sheets = append(h.Sheets, s)
		}
	}
	return h, nil
}

// Headships are those of every open body within the reach of the grant, by id.
func (s *Store) Headships(ctx context.Context, g policy.Grant, year int) (list []org.Headship, err error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	from, to := g.Range()
	within := "path >= ? AND path < ?"
	err = s.believed(ctx, func(r snapshot) error {
		select_ := func(t *table, where string, args ...any) ([]*row, error) {
			return r.rows(t, want{"SELECT " + t.selection() + " FROM " + t.name + " WHERE " + where + " ORDER BY " + t.key(), args})
		}
		bodies, err := select_(organisations, within, from, to)
		if err != nil {
			return err
		}
		// The city lead heads 市直 from above it, so roles are asked for whole.
		heads := "role IN (?, ?, ?) AND ended IS NULL"
		roles := []any{string(policy.SH), string(policy.CL), string(policy.ML)}
		held, err := select_(appointments, heads, roles...)
		if err != nil {
			return err
		}
		people, err := select_(staff, "id IN (SELECT staff FROM appointments WHERE "+heads+")", roles...)
		if err != nil {
			return err
		}
		signed, err := select_(sheets, within+" AND year = ?", from, to, int64(year))
		if err != nil {
			return err
		}
		list = headships(year, bodies, held, people, signed, s.clock())
		return nil
	})
	return list, err
}

func headships(year int, bodies, held, people, signed []*row, now time.Time) (list []org.Headship) {
	persons := map[string]org.Staff{}
	for _, r := range people {
		if s := staffOf(r); s.Closed(now) == nil {
			persons[s.ID] = s
		}
	}
	heads := map[string][]org.Head{} // role@body
	for _, r := range held {
		if s, ok := persons[r.text("staff")]; ok {
			at := r.text("role") + "@" + r.text("org")
			heads[at] = append(heads[at], org.Head{Staff: s, Since: r.entry})
		}
	}
	bySheet := map[string][]org.Sheet{}
	for _, r := range signed {
		s := sheetOf(r)
		bySheet[s.Org] = append(bySheet[s.Org], s)
	}
	for _, r := range bodies {
		o := organisationOf(r)
		if o.OpenOn(now) {
			list = append(list, org.Headship{Year: year, Body: o, Heads: heads[string(org.HeadRole(o.Kind))+"@"+o.HeadAt()], Sheets: bySheet[o.ID]})
		}
	}
	return list
}
