package store

import (
	"context"
	"fmt"
	"sort"

	"sealdesk/server/audit"
)

// A RecordFault is one record that is not as the log left it.
type RecordFault struct {
	Subject  string // kind/number
	Entry    int64  // the log's last entry that touched it, -1 when there is none
	Sentence string
}

// A RecordReport says what CheckRecords held against what.
type RecordReport struct {
	Entries  uint64
	Subjects int
	Rows     int
	Faults   []RecordFault
}

// CheckRecords walks the whole log and holds every record row against the last
// state that the log has of it: a column that was altered, a row that was put
// in, taken out, exchanged or replaced by an older genuine one is named; so is a
// column beside an entry that does not say what the entry says. It reads one
// snapshot. An error means that it cannot tell.
func (s *Store) CheckRecords(ctx context.Context) (RecordReport, error) {
	var report RecordReport
	err := s.within(ctx, func(r snapshot) error {
		set, err := r.ask(headWant)
		if err != nil {
			return err
		}
		h, err := s.readHead(set)
		if err != nil {
			return err
		}
		report.Entries = h.size
		ask := func(_ context.Context, w want) ([][]any, error) { return r.ask(w) }
		c := &recordCheck{store: s, subjects: audit.NewSubjects(), seeds: map[uint64][]byte{}, seen: map[string]bool{}, report: &report}
		if err := c.bodies(ctx, ask); err != nil {
			return err
		}
		root, err := c.walk(ctx, h.size, ask)
		if err != nil {
			return err
		}
		if root != h.root {
			return s.forged()
		}
		report.Subjects = c.subjects.Len()
		for _, t := range records() {
			if err := c.table(ctx, t, ask); err != nil {
				return err
			}
		}
		c.missing()
		c.paths()
		return nil
	})
	sort.Slice(report.Faults, func(i, j int) bool { return report.Faults[i].Subject < report.Faults[j].Subject })
	return report, readable(err)
}

// recordCheck is one run.
type recordCheck struct {
	store     *Store
	subjects  *audit.Subjects
	seeds     map[uint64][]byte
	seen      map[string]bool
	bodyPaths map[string]string // body -> path
	elsewhere []audit.Entry     // whose path is another one
	report    *RecordReport
}

// walk follows the log from its first entry and gives its root.
func (c *recordCheck) walk(ctx context.Context, size uint64, ask asker) (audit.Hash, error) {
	var f audit.Frontier
	for from := uint64(0); from < size; from += replayBatch {
		to := min(size, from+replayBatch)
		leaves, err := ask(ctx, want{"SELECT " + indexed + " FROM log_entries WHERE number >= ? AND number < ? ORDER BY number", []any{int64(from), int64(to)}})
		if err != nil {
			return audit.Hash{}, err
		}
		states, err := c.states(ctx, from, to, ask)
		if err != nil {
			return audit.Hash{}, err
		}
		texts, err := c.statements(ctx, from, to, ask)
		if err != nil {
			return audit.Hash{}, err
		}
		for _, cells := range leaves {
			e, err := c.entry(&f, cells, texts)
			if err != nil {
				return audit.Hash{}, err
			}
			if err := c.subjects.Follow(e, states[e.Number]); err != nil {
				return audit.Hash{}, err
			}
		}
	}
	return f.Root(), nil
}

// entry takes one into the tree and holds its row against it.
func (c *recordCheck) entry(f *audit.Frontier, cells []any, texts map[uint64]audit.Salted) (audit.Entry, error) {
	e, leaf, astray, err := indexedEntry(cells)
	if err != nil {
		return e, err
	}
	f.Append(audit.LeafHash(leaf))
	path, err := cellOf(text, cells[10])
	if err != nil {
		return e, err
	}
	if path != c.bodyPaths[e.Body] {
		c.elsewhere = append(c.elsewhere, e)
	}
	if astray != "" {
		c.indexFault(e, astray)
		return e, nil
	}
	return e, c.statement(e, cells[9], texts)
}

func (c *recordCheck) states(ctx context.Context, from, to uint64, ask asker) (map[uint64]*audit.Salted, error) {
	states := map[uint64]*audit.Salted{}
	return states, c.texts(ctx, "state", from, to, ask, func(at uint64, salted audit.Salted, seed []byte) {
		states[at], c.seeds[at] = &salted, seed
	})
}

// texts reads what the digests of a part of the log cover, of one kind.
func (c *recordCheck) texts(ctx context.Context, kind string, from, to uint64, ask asker, each func(at uint64, salted audit.Salted, seed []byte)) error {
	set, err := ask(ctx, want{"SELECT kind, salt, body, number, seed FROM log_bodies WHERE kind = ? AND number >= ? AND number < ?", []any{kind, int64(from), int64(to)}})
	if err != nil {
		return err
	}
	for _, cells := range set {
		_, salted, err := bodyOf(cells)
		if err != nil {
			return err
		}
		at, err1 := cellOf(number, cells[3])
		seed, err2 := cellOf(blob, cells[4])
		if err1 != nil || err2 != nil {
			return fmt.Errorf("a %s that cannot be read", kind)
		}
		each(uint64(at.(int64)), salted, seed.([]byte))
	}
	return nil
}

// table holds every row of a table against the log, page by page.
func (c *recordCheck) table(ctx context.Context, t *table, ask asker) error {
	after := ""
	for {
		set, err := ask(ctx, want{"SELECT " + t.selection() + " FROM " + t.name + " WHERE " + t.key() + " > ? ORDER BY " + t.key() + " LIMIT 1000", []any{after}})
		if err != nil {
			return err
		}
		for _, cells := range set {
			key, err := cellOf(text, cells[0])
			if err != nil {
				return err
			}
			after = key.(string)
			c.row(t, after, cells)
		}
		if len(set) < 1000 {
			return nil
		}
	}
}

func (c *recordCheck) row(t *table, id string, cells []any) {
	c.report.Rows++
	subject := t.subjectOf(id)
	c.seen[subject] = true
	last, known := c.subjects.Last(subject)
	if !known || last.Digest.IsZero() {
		c.fault(subject, -1, "日志里没有任何条目留下过这条%s：它是绕过系统放进数据库的。", recordNames[t])
		return
	}
	at := int64(last.Number)
	r, err := c.store.cipher.openRow(t, cells)
	if err != nil {
		c.fault(subject, at, "这条%s里有一栏读不出来：它在数据库里被改动过。", recordNames[t])
		return
	}
	if r.entry != at {
		c.fault(subject, at, "这条%s写着第 %d 号，日志里最后动它的是第 %d 号：它被改动，或被换成旧的。", recordNames[t], r.entry, at)
		return
	}
	if c.store.cipher.stateDigest(c.seeds[last.Number], r) != last.Digest {
		c.fault(subject, at, "这条%s与第 %d 号条目留下的状态不符：它在数据库里被改动过。", recordNames[t], at)
	}
}

// missing names what the log left and the database has not any more.
func (c *recordCheck) missing() {
	for subject, last := range c.subjects.All() {
		if !c.seen[subject] && !last.Digest.IsZero() {
			c.fault(subject, int64(last.Number), "日志里有这条记录，数据库里没有：它被删除了。")
		}
	}
}

func (c *recordCheck) fault(subject string, entry int64, format string, args ...any) {
	c.report.Faults = append(c.report.Faults, RecordFault{subject, entry, fmt.Sprintf(format, args...)})
}
