package store

// aheadRows is how many records are worth a packet of their own.
const aheadRows = 500

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
		if err := g.send(append(inserts, updates...)); err != nil {
			return err
		}
	}
	return nil
}

// send hands steps to the database, which does them while others think.
func (g *group) send(steps []step) error {
	g.asking.Lock()
	defer g.asking.Unlock()
	if g.lost == nil {
		g.lost = g.door.ahead(g.ctx, steps)
	}
	return g.lost
}

// flush turns what is left of the group into statements: records, then the log,
// the head last.
func (g *group) flush() ([]step, head, error) {
	g.scribe.hand()
	fresh, changed, err := g.recordSteps(g.order)
	if err != nil {
		return nil, head{}, err
	}
	log, err := g.scribe.rest()
	if err != nil {
		return nil, head{}, err
	}
	edge := g.scribe.edge
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
