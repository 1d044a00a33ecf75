package store

import (
	"context"
	"encoding/hex"
	"time"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// group is one transaction with the acts that share it. Its maps are what the
// acts see and leave; nothing is written before all of them had their say.
type group struct {
	store    *Store
	ctx      context.Context
	door     door
	end      func() // gives back what the transaction held of this process
	answer   answered
	head     head
	epoch    uint64 // as it will be, with the acts before
	next     uint64 // number of the next entry
	loaded   map[slot]*row
	staged   map[slot]*row
	order    []slot        // staged and not sent yet
	sent     map[slot]*row // as they are on their way to the database
	leaves   []*leaf
	written  int                // how many of the leaves are on their way to the database
	previous map[string]int64   // subject -> latest entry of this group
	used     map[string][]usage // statement digest -> entries that carry it
	believed map[*row]bool      // rows that were held against the log
	failed   error              // a database error: nothing of the group stands
}

// usage is one entry that already stands on a statement.
type usage struct {
	actor  string
	number int64
}

// leaf is one entry on its way into the log.
type leaf struct {
	act       *act
	entry     audit.Entry
	path      string
	statement []byte
	bodies    []body
	text      []byte
	last      bool // of its act: its number is the receipt's
}

// body is what a digest of an entry covers, with its salt.
type body struct {
	kind       string
	salt, seed []byte
	bytes      []byte
}

// answered is what the database said when the transaction began.
type answered struct {
	wants         []want
	of            []*table
	sets          [][][]any // the head's first
	before, after time.Time
}

func (s *Store) newGroup(ctx context.Context, d door, end func()) *group {
	return &group{store: s, ctx: ctx, door: d, end: end, loaded: map[slot]*row{}, staged: map[slot]*row{}, sent: map[slot]*row{},
		previous: map[string]int64{}, used: map[string][]usage{}, believed: map[*row]bool{}}
}

// begin opens the transaction, locks the head and reads what the acts declared.
func (g *group) begin(acts []*act) (err error) {
	a := &g.answer
	a.wants, a.of = g.wants(acts)
	a.before = g.store.clock()
	a.sets, err = g.door.begin(g.ctx, a.wants)
	a.after = g.store.clock()
	return err
}

// receive holds what was read against the clock and the log, and keeps it for
// the acts.
func (g *group) receive() (err error) {
	a := g.answer
	if err := g.store.inTime(g.door.clock(), a.before, a.after); err != nil {
		return err
	}
	if g.head, err = g.store.readHead(a.sets[0]); err != nil {
		return err
	}
	g.epoch, g.next = g.head.epoch, g.head.size
	if err := g.store.power.reach(g.ctx, g.head, func(_ context.Context, w want) ([][]any, error) { return g.ask(w) }); err != nil {
		return err
	}
	for i, set := range a.sets[1:] {
		switch t := a.of[i]; t {
		case nil:
			g.rememberUses(set)
		default:
			for _, id := range a.wants[i].args {
				g.loaded[slot{t, id.(string)}] = nil
			}
			if _, err := g.load(t, set); err != nil {
				return err
			}
		}
	}
	return nil
}

// wants gathers what the group will read, one SELECT per table. The table nil
// stands for the uses of statements.
func (g *group) wants(acts []*act) ([]want, []*table) {
	ids := map[*table][]string{}
	seen := map[slot]bool{}
	ask := func(t *table, id string) {
		if at := (slot{t, id}); id != "" && !seen[at] {
			seen[at] = true
			ids[t] = append(ids[t], id)
		}
	}
	var digests []any
	for _, a := range acts {
		for _, r := range a.reads {
			ask(r.table, r.id)
		}
		for i, m := range a.seals {
			ask(custodyKeys, m.fingerprint)
			if i == 0 {
				digests = append(digests, m.digest[:])
				if a.purpose.signers > 1 {
					ask(proposals, m.proposalID())
				}
			}
		}
	}
	var wants []want
	var of []*table
	for _, t := range records() {
		if len(ids[t]) > 0 {
			wants, of = append(wants, t.byKey(ids[t])), append(of, t)
		}
	}
	if len(digests) > 0 {
		wants, of = append(wants, want{"SELECT statement, actor, number FROM log_entries WHERE statement IN (" + marks(len(digests)) + ")", digests}), append(of, nil)
	}
	return wants, of
}

// marks are the places of a list. The space in front is not for looks: GORM
// spreads a slice that stands right behind a parenthesis over several places,
// a []byte too, and the first number of each list was never found.
func marks(n int) string {
	b := make([]byte, 0, 2*n+1)
	b = append(b, ' ')
	for range n {
		b = append(b, '?', ',')
	}
	return string(b[:len(b)-1])
}

func (g *group) rememberUses(set [][]any) {
	for _, cells := range set {
		digest, _ := cellOf(blob, cells[0])
		actor, _ := cellOf(text, cells[1])
		at, _ := cellOf(number, cells[2])
		key := hex.EncodeToString(digest.([]byte))
		g.used[key] = append(g.used[key], usage{actor.(string), at.(int64)})
	}
}

// load takes rows of a record table into what the group has read.
func (g *group) load(t *table, set [][]any) ([]*row, error) {
	list := make([]*row, 0, len(set))
	for _, cells := range set {
		r, err := g.store.cipher.openRow(t, cells)
		if err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "数据库里有一条%s读不出来，可能被改动过；没有办理。请通知安全审计员用 portal check --records 核查。", recordNames[t])
		}
		at := slot{t, r.id}
		if before := g.loaded[at]; before != nil {
			r = before
		}
		g.loaded[at] = r
		list = append(list, r)
	}
	return list, nil
}

// read runs a query on a record table. A database error poisons the group.
func (g *group) read(t *table, w want) ([]*row, error) {
	set, err := g.ask(w)
	if err != nil {
		return nil, err
	}
	return g.load(t, set)
}

func (g *group) ask(w want) ([][]any, error) {
	if g.failed != nil {
		return nil, g.failed
	}
	set, err := g.door.query(g.ctx, w)
	if err != nil {
		g.failed = err
	}
	return set, err
}

// see finds a record as the acts before left it; nil if there is none.
func (g *group) see(t *table, id string) (*row, error) {
	at := slot{t, id}
	if r, ok := g.staged[at]; ok {
		return r, nil
	}
	if r, ok := g.loaded[at]; ok {
		return r, nil
	}
	rows, err := g.read(t, t.byKey([]string{id}))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		g.loaded[at] = nil
		return nil, nil
	}
	return rows[0], nil
}

// known is see without asking the database.
func (g *group) known(t *table, id string) *row {
	if r, ok := g.staged[slot{t, id}]; ok {
		return r
	}
	return g.loaded[slot{t, id}]
}

// stage lets the rows of an act stand: its overlay joins the group's. From here
// on it is not refused any more.
func (g *group) stage(tx *Tx, last int64) {
	power := false
	for _, at := range tx.order {
		r := *tx.own[at] // the closure's copy keeps the version that it read
		r.entry = last
		if before := g.staged[at]; before == nil || before == g.sent[at] {
			g.order = append(g.order, at)
		}
		g.staged[at] = &r
		power = power || at.table.power
	}
	if power {
		g.epoch++
	}
}

// enter lets the entries of an act join the log's.
func (g *group) enter(leaves []*leaf) {
	for _, l := range leaves {
		g.leaves = append(g.leaves, l)
		if l.statement != nil {
			key := hex.EncodeToString(l.statement)
			g.used[key] = append(g.used[key], usage{l.entry.Actor, int64(l.entry.Number)})
		}
	}
	g.next += uint64(len(leaves))
}

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

// logged is the moment of the group's next entry.
func (g *group) logged(received time.Time) time.Time {
	previous := g.head.logged
	if n := len(g.leaves); n > 0 {
		previous = millis(g.leaves[n-1].entry.Logged)
	}
	return loggedAt(g.store.clock(), received, previous)
}
