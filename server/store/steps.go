package store

import (
	"sealdesk/server/audit"
)

// chain gives each entry its predecessor about the same subject, then prints it.
func (g *group) chain(leaves []*leaf) error {
	for _, l := range leaves {
		l.entry.Previous = -1
		if l.entry.Subject != "" {
			before, here := g.previous[l.entry.Subject]
			if !here {
				before = g.store.power.latest(l.entry.Subject)
			}
			l.entry.Previous = before
			g.previous[l.entry.Subject] = int64(l.entry.Number)
		}
		var err error
		if l.text, err = l.entry.Print(); err != nil {
			return err
		}
	}
	return nil
}

// How many entries, and how many records, are worth a packet of their own.
const (
	aheadLeaves = 16
	aheadRows   = 500
)

// ahead hands the entries that are certain to the database while acts are left
// to be judged: an act that was staged is never taken out of its group. Records
// wait, since an act still to come may change them again.
func (g *group) ahead(edge *audit.Edge, left int) error {
	if left == 0 || len(g.leaves)-g.written < aheadLeaves {
		return nil
	}
	steps, err := g.logSteps(edge)
	if err != nil {
		return err
	}
	return g.door.ahead(g.ctx, steps)
}

// aheadRecords hands records to the database as soon as there are very many,
// which writes them while the act's entry is made. A group that touched what
// gives power waits: such rows are believed as they were read.
func (g *group) aheadRecords() error {
	for g.epoch == g.head.epoch && len(g.order) >= aheadRows {
		some := g.order[:aheadRows]
		g.order = g.order[aheadRows:]
		inserts, updates, err := g.recordSteps(some)
		if err != nil {
			return err
		}
		if err := g.door.ahead(g.ctx, append(inserts, updates...)); err != nil {
			return err
		}
	}
	return nil
}

// logSteps writes the entries that were not written yet, with their bodies and
// the tiles that they fill.
func (g *group) logSteps(edge *audit.Edge) ([]step, error) {
	leaves := g.leaves[g.written:]
	g.written = len(g.leaves)
	if err := g.chain(leaves); err != nil {
		return nil, err
	}
	var entries, bodies, tiles [][]any
	for _, l := range leaves {
		e := l.entry
		var statement any
		if l.statement != nil {
			statement = l.statement
		}
		entries = append(entries, []any{int64(e.Number), l.text, e.Previous, millis(e.Received), millis(e.Logged), e.Act, e.Actor,
			e.Body, e.Subject, l.path, statement})
		for _, b := range l.bodies {
			bodies = append(bodies, []any{int64(e.Number), b.kind, b.salt, b.seed, b.bytes})
		}
		for _, t := range edge.Append(audit.LeafHash(l.text)) {
			tiles = append(tiles, []any{int64(t.Level), int64(t.Index), t.Data})
		}
	}
	steps := insert("INSERT", logEntries, entries, parameters)
	steps = append(steps, insert("INSERT", logBodies, bodies, parameters)...)
	return append(steps, insert("INSERT", logTiles, tiles, parameters)...), nil
}

// flush turns what is left of the group into statements: records, then the log,
// the head last.
func (g *group) flush(edge *audit.Edge) ([]step, head, error) {
	log, err := g.logSteps(edge)
	if err != nil {
		return nil, head{}, err
	}
	fresh, changed, err := g.recordSteps(g.order)
	if err != nil {
		return nil, head{}, err
	}
	frontier := edge.Frontier()
	packed, err := frontier.MarshalBinary()
	if err != nil {
		return nil, head{}, err
	}
	h := head{size: edge.Size(), root: edge.Root(), frontier: packed, epoch: g.epoch,
		logged: millis(g.leaves[len(g.leaves)-1].entry.Logged), signed: g.head.signed}
	h.mac = h.authenticate(g.store.keys.HeadMAC, g.store.keys.Origin)
	steps := append(append(fresh, log...), g.store.signer.unsaved(&h, false)...)
	return append(append(steps, changed...), g.headStep(h)), h, nil
}

// headStep writes the head over the one that was read: over any other it is an
// error, since the size is never null.
func (g *group) headStep(h head) step {
	return step{"UPDATE log_head SET size = CASE size WHEN ? THEN ? END, root = ?, frontier = ?, epoch = ?, logged = ?, hmac = ?, signed_size = " +
		g.store.dialect.greatest("signed_size") + " WHERE id = 1",
		[]any{int64(g.head.size), int64(h.size), h.root[:], h.frontier, int64(h.epoch), h.logged, h.mac, int64(h.signed)}, -1, true} // the row is locked: it is there
}

// recordSteps writes each of the rows once, in the state that the acts so far
// left it in.
func (g *group) recordSteps(rows []slot) (inserts, updates []step, err error) {
	fresh, changed := map[*table][][]any{}, map[*table][]change{}
	touched := map[*table]map[int]bool{}
	for _, at := range rows {
		r, before := g.staged[at], g.sent[at]
		if before == nil {
			before = g.loaded[at]
		}
		if err := g.store.cipher.sealRow(r); err != nil {
			return nil, nil, err
		}
		g.sent[at] = r
		if before == nil {
			fresh[at.table] = append(fresh[at.table], append(append([]any{}, r.stored...), r.entry))
			continue
		}
		if touched[at.table] == nil {
			touched[at.table] = map[int]bool{}
		}
		for i := range r.stored {
			if !sameCell(r.stored[i], before.stored[i]) {
				touched[at.table][i] = true
			}
		}
		changed[at.table] = append(changed[at.table], change{r, before.entry, r.entry})
	}
	for _, t := range records() {
		if len(changed[t]) > 0 {
			var columns []int
			for i := range t.columns {
				if touched[t][i] {
					columns = append(columns, i)
				}
			}
			updates = append(updates, g.store.dialect.update(t, columns, changed[t])...)
		}
		if len(fresh[t]) > 0 {
			inserts = append(inserts, insert("INSERT", t, fresh[t], parameters)...)
		}
	}
	return inserts, updates, nil
}

func sameCell(a, b any) bool {
	if x, ok := a.([]byte); ok {
		y, ok := b.([]byte)
		return ok && string(x) == string(y)
	}
	return a == b
}
