package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/org"
)

// TokenFilter narrows the register of tokens; zero fields say nothing.
type TokenFilter struct {
	State     custody.State
	Custodian string
	Name      string   // of the custodian, its beginning
	Serial    string   // prefix, in the one spelling
	Path      string   // of the organ
	Serials   []string // these only, if not nil
}

// TokenPage is one page of the register. Next and Prev are cursors, empty when
// there is nothing in that direction.
type TokenPage struct {
	Rows       []custody.Token
	Next, Prev string
	Total      int
}

func (f TokenFilter) where(g policy.Grant) (string, []any) {
	from, to := g.Range()
	b, args := "path >= ? AND path < ?", []any{from, to}
	and := func(clause string, more ...any) { b += " AND " + clause; args = append(args, more...) }
	if f.State != "" {
		and("state = ?", string(f.State))
	}
	if f.Custodian != "" {
		and("custodian = ?", f.Custodian)
	}
	if f.Name != "" {
		and("custodian IN (SELECT id FROM staff WHERE name >= ? AND name < ?)", f.Name, f.Name+"\U0010FFFF")
	}
	if f.Serial != "" {
		and("serial >= ? AND serial < ?", f.Serial, f.Serial+"~") // above every letter of a serial
	}
	if f.Path != "" {
		and("path >= ? AND path < ?", f.Path, strings.TrimSuffix(f.Path, "/")+"0")
	}
	if f.Serials != nil {
		and("serial IN (" + marks(max(len(f.Serials), 1)) + ")")
		for _, s := range f.Serials {
			args = append(args, s)
		}
		if len(f.Serials) == 0 {
			args = append(args, "")
		}
	}
	return b, args
}

// TokenPage lists tokens within the reach of the grant by serial, at most limit
// of them; at is a cursor of another page, empty for the first.
func (s *Store) TokenPage(ctx context.Context, g policy.Grant, f TokenFilter, at string, limit int) (TokenPage, error) {
	var page TokenPage
	if g.IsZero() {
		return page, ungranted()
	}
	limit = min(max(limit, 1), maxPage)
	where, args := f.where(g)
	set, err := s.ask(ctx, want{"SELECT COUNT(*) FROM custody_tokens WHERE " + where, args})
	if err != nil {
		return page, unreadable(err)
	}
	n, err := cellOf(number, set[0][0])
	if err != nil {
		return page, unreadable(err)
	}
	page.Total = int(n.(int64))
	before, back := strings.CutPrefix(at, "<")
	after := strings.TrimPrefix(at, ">")
	query := "SELECT " + custodyTokens.selection() + " FROM custody_tokens WHERE " + where
	if back {
		query, args = query+" AND serial < ? ORDER BY serial DESC", append(args, before)
	} else {
		query, args = query+" AND serial > ? ORDER BY serial", append(args, after)
	}
	var list []*row
	err = s.within(ctx, func(r snapshot) (err error) {
		list, err = r.rows(custodyTokens, want{query + " LIMIT " + decimal(limit+1), args})
		return err
	})
	if err != nil {
		return page, unreadable(err)
	}
	more := len(list) > limit
	for _, r := range list[:min(limit, len(list))] {
		if g.Covers(r.path()) { // once more, on the row that came back
			page.Rows = append(page.Rows, tokenOf(r))
		}
	}
	if back {
		slices.Reverse(page.Rows)
	}
	if n := len(page.Rows); n > 0 {
		if more || back {
			page.Next = ">" + page.Rows[n-1].Serial
		}
		if back && more || !back && after != "" {
			page.Prev = "<" + page.Rows[0].Serial
		}
	}
	return page, nil
}

// TokenCounts tells how many tokens stand at each state within the reach.
func (s *Store) TokenCounts(ctx context.Context, g policy.Grant) (map[custody.State]int, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	from, to := g.Range()
	set, err := s.ask(ctx, want{"SELECT state, COUNT(*) FROM custody_tokens WHERE path >= ? AND path < ? GROUP BY state", []any{from, to}})
	if err != nil {
		return nil, unreadable(err)
	}
	counts := map[custody.State]int{}
	for _, cells := range set {
		state, err1 := cellOf(text, cells[0])
		n, err2 := cellOf(number, cells[1])
		if err1 != nil || err2 != nil {
			return nil, unreadable(err1)
		}
		counts[custody.State(state.(string))] = int(n.(int64))
	}
	return counts, nil
}

// KeysInAll gives the current key of each token that carries one.
func (s *Store) KeysInAll(ctx context.Context, g policy.Grant, tokens ...string) (map[string]custody.Key, error) {
	found := map[string]custody.Key{}
	for len(tokens) > 0 {
		n := min(len(tokens), 500)
		c := cond{column: "token"}
		for _, t := range tokens[:n] {
			c.values = append(c.values, t)
		}
		tokens = tokens[n:]
		rows, err := s.rowsCovered(ctx, g, custodyKeys, c)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if k, ok := custody.Current([]custody.Key{keyOf(r)}); ok {
				found[k.Token] = k
			}
		}
	}
	return found, nil
}

// People reads several people on file at once, by their numbers.
func (s *Store) People(ctx context.Context, ids ...string) (map[string]org.Staff, error) {
	found := map[string]org.Staff{}
	for len(ids) > 0 {
		n := min(len(ids), 500)
		rows, err := s.many(ctx, staff, "id IN ("+marks(n)+")", anys(ids[:n])...)
		if err != nil {
			return nil, err
		}
		ids = ids[n:]
		for _, r := range rows {
			found[r.id] = staffOf(r)
		}
	}
	return found, nil
}

// LastSeen tells when each person last did anything that stands in the log: a
// sign-in, a seal. As a person has one key at a time, that is when the key was
// last seen. Who never did is not in it.
func (s *Store) LastSeen(ctx context.Context, ids ...string) (map[string]time.Time, error) {
	seen := map[string]time.Time{}
	for len(ids) > 0 {
		n := min(len(ids), 500)
		set, err := s.ask(ctx, want{"SELECT actor, logged FROM log_entries WHERE number IN (SELECT MAX(number) FROM log_entries WHERE actor IN (" +
			marks(n) + ") AND act <> '" + string(policy.Refusal) + "' GROUP BY actor)", anys(ids[:n])})
		if err != nil {
			return nil, unreadable(err)
		}
		ids = ids[n:]
		for _, cells := range set {
			actor, err1 := cellOf(text, cells[0])
			logged, err2 := cellOf(number, cells[1])
			if err1 != nil || err2 != nil {
				return nil, unreadable(err1)
			}
			seen[actor.(string)] = moment(logged)
		}
	}
	return seen, nil
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
