package store

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"sealdesk/policy"
	"sealdesk/server/registration"
)

// Filter narrows a list of applications; zero fields say nothing.
type Filter struct {
	Year               int
	Unit, School       string
	State              registration.State
	States             []registration.State
	Outcome            registration.Outcome
	Outcomes           []registration.Outcome
	Conclusion         registration.Conclusion
	Kind               string // first, renewal
	Class              string
	Stage              string
	NamePrefix         string
	ImportID           string
	IDs                []string
	Auditor, Confirmer string
}

// Page is one page of a list. Next and Prev are the cursors of the pages after
// and before, empty when there is none; Total counts all that match.
type Page struct {
	Rows       []registration.Application
	Next, Prev string
	Total      int64
}

// maxPage bounds every list.
const maxPage = 500

// scope puts the reach of the grant and the filter into a query: jurisdiction
// is a half-open byte range of the record's own path.
func (f Filter) scope(g policy.Grant) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		from, to := g.Range()
		db = db.Table(applications.name).Where("path >= ? AND path < ?", from, to)
		equal := func(column, value string) {
			if value != "" {
				db = db.Where(column+" = ?", value)
			}
		}
		if f.Year != 0 {
			db = db.Where("year = ?", f.Year)
		}
		equal("unit", f.Unit)
		equal("school", f.School)
		equal("state", string(f.State))
		equal("outcome", string(f.Outcome))
		equal("conclusion", string(f.Conclusion))
		equal("reg_kind", f.Kind)
		equal("class", f.Class)
		equal("stage", f.Stage)
		equal("import_id", f.ImportID)
		equal("auditor", f.Auditor)
		equal("confirmer", f.Confirmer)
		if len(f.States) > 0 {
			db = db.Where("state IN ?", words(f.States))
		}
		if len(f.Outcomes) > 0 {
			db = db.Where("outcome IN ?", words(f.Outcomes))
		}
		if f.IDs != nil {
			db = db.Where("id IN ?", f.IDs)
		}
		if f.NamePrefix != "" {
			db = db.Where("name >= ? AND name < ?", f.NamePrefix, f.NamePrefix+"\U0010FFFF")
		}
		return db
	}
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// listed are the columns of a list: all but the encrypted ones, which a list
// never opens.
func (t *table) listed() (names []string, at []int) {
	for i, c := range t.columns {
		if c.form != secret && c.form != blind {
			names, at = append(names, c.name), append(at, i)
		}
	}
	return names, at
}

// Applications lists applications within the reach of the grant by id, at most
// limit (500); at is a cursor of another page, empty for the first. What is
// encrypted is not in it: identity and certificate number, gender, appraisals,
// ethics, health are empty.
func (s *Store) Applications(ctx context.Context, g policy.Grant, f Filter, at string, limit int) (Page, error) {
	var page Page
	if g.IsZero() {
		return page, ungranted()
	}
	limit = min(max(limit, 1), maxPage)
	if err := s.read.WithContext(ctx).Scopes(f.scope(g)).Count(&page.Total).Error; err != nil {
		return page, unreadable(err)
	}
	names, places := applications.listed()
	before, back := strings.CutPrefix(at, "<")
	after := strings.TrimPrefix(at, ">")
	db := s.read.WithContext(ctx).Scopes(f.scope(g)).Select(names)
	if back {
		db = db.Where("id < ?", before).Order("id DESC")
	} else {
		db = db.Where("id > ?", after).Order("id")
	}
	rows, err := db.Limit(limit + 1).Rows()
	if err != nil {
		return page, unreadable(err)
	}
	defer rows.Close()
	set, err := collect(rows)
	if err != nil {
		return page, unreadable(err)
	}
	more := len(set) > limit
	for _, cells := range set[:min(limit, len(set))] {
		a, err := listedApplication(cells, places)
		if err != nil {
			return page, unreadable(err)
		}
		if g.Covers(a.Path) { // once more, on the row that came back
			page.Rows = append(page.Rows, a)
		}
	}
	if back {
		slices.Reverse(page.Rows)
	}
	if n := len(page.Rows); n > 0 {
		if more || back {
			page.Next = ">" + page.Rows[n-1].ID
		}
		if back && more || !back && after != "" {
			page.Prev = "<" + page.Rows[0].ID
		}
	}
	return page, nil
}

func listedApplication(cells []any, places []int) (registration.Application, error) {
	r := &row{table: applications, plain: make([]any, len(applications.columns))}
	for i, p := range places {
		value, err := cellOf(applications.columns[p].form, cells[i])
		if err != nil {
			return registration.Application{}, err
		}
		r.plain[p] = value
	}
	return applicationOf(r)
}

// Counts tells how many applications stand at each state, per school.
func (s *Store) Counts(ctx context.Context, g policy.Grant, f Filter) (map[string]map[registration.State]int, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	var rows []struct {
		School, State string
		N             int
	}
	err := s.read.WithContext(ctx).Scopes(f.scope(g)).Select("school, state, COUNT(*) AS n").Group("school, state").Scan(&rows).Error
	counts := map[string]map[registration.State]int{}
	for _, r := range rows {
		if counts[r.School] == nil {
			counts[r.School] = map[registration.State]int{}
		}
		counts[r.School][registration.State(r.State)] += r.N
	}
	return counts, readable(err)
}

func ungranted() error {
	return forbid("没有得到授权，不能查看。请重新登录后再试。")
}

// Application reads one application whole. Outside the reach it answers as for
// a number that does not exist.
func (s *Store) Application(ctx context.Context, g policy.Grant, id string) (registration.Application, error) {
	r, err := s.covered(ctx, g, applications, id)
	if err != nil {
		return registration.Application{}, err
	}
	a, err := applicationOf(r)
	return a, readable(err)
}

// ApplicationByNumber finds the year's live application of an ID number, by
// its blind index.
func (s *Store) ApplicationByNumber(ctx context.Context, g policy.Grant, year int, number registration.Number) (registration.Application, error) {
	if g.IsZero() {
		return registration.Application{}, ungranted()
	}
	var found *row
	err := s.within(ctx, func(r snapshot) error {
		list, err := r.rows(applications, want{"SELECT " + applications.selection() + " FROM applications WHERE live_year = ? AND id_number_blind = ?",
			[]any{int64(year), s.cipher.index("id_number", number.Plain())}})
		if err == nil && len(list) == 1 && g.Covers(list[0].path()) {
			found = list[0]
		}
		return err
	})
	if err != nil {
		return registration.Application{}, unreadable(err)
	}
	if found == nil {
		return registration.Application{}, notFound(applications)
	}
	a, err := applicationOf(found)
	return a, readable(err)
}

// covered reads one record row within the reach of the grant.
func (s *Store) covered(ctx context.Context, g policy.Grant, t *table, id string) (*row, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	var found *row
	err := s.within(ctx, func(r snapshot) (err error) {
		found, err = r.row(t, id)
		return err
	})
	if err != nil {
		return nil, unreadable(err)
	}
	if found == nil || !g.Covers(found.path()) {
		return nil, notFound(t)
	}
	return found, nil
}

// rowsCovered reads rows by one column within the reach of the grant.
func (s *Store) rowsCovered(ctx context.Context, g policy.Grant, t *table, c cond) ([]*row, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	from, to := g.Range()
	var list []*row
	err := s.within(ctx, func(r snapshot) (err error) {
		list, err = r.rows(t, want{"SELECT " + t.selection() + " FROM " + t.name + " WHERE " + c.column + " IN (" + marks(len(c.values)) +
			") AND path >= ? AND path < ? ORDER BY " + t.key(), append(append([]any{}, c.values...), from, to)})
		return err
	})
	if err != nil {
		return nil, unreadable(err)
	}
	kept := list[:0]
	for _, r := range list {
		if g.Covers(r.path()) {
			kept = append(kept, r)
		}
	}
	return kept, nil
}
