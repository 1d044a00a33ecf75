package store

import (
	"context"
	"encoding/hex"
	"sync"
	"time"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// group is one transaction with the acts that share it. Its maps are what the
// acts see and leave; steps.go turns what they left into statements.
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
	scribe   *scribe            // who writes them down
	used     map[string][]usage // statement digest -> entries that carry it
	believed map[*row]bool      // rows that were held against the log
	failed   error              // a database error: nothing of the group stands
	stuck    chan *Tx           // whose closure outlived its budget
	asking   sync.Mutex         // the door is the judge's and the scribe's
	lost     error              // what the door said first: nothing goes through it any more
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
	rows      []*row // as the act left them, each with the entry that it was read with
	state     body   // names them; zero if there are none
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
	wants []want
	of    []*table
	sets  [][][]any // the head's first
}

// newGroup is a group whose context never ends: its door keeps the time (answerTime).
func (s *Store) newGroup(d door, end func()) *group {
	return &group{store: s, ctx: context.Background(), door: d, end: end, stuck: make(chan *Tx, 1), loaded: map[slot]*row{}, staged: map[slot]*row{}, sent: map[slot]*row{},
		used: map[string][]usage{}, believed: map[*row]bool{}}
}

// begin opens the transaction, locks the head and reads what the acts declared.
func (g *group) begin(acts []*act) (err error) {
	a := &g.answer
	a.wants, a.of = g.wants(acts)
	before := g.store.clock()
	if a.sets, err = g.door.begin(g.ctx, a.wants); err != nil {
		return err
	}
	return g.store.inTime(g.door.clock(), before, g.store.clock())
}

// receive holds what was read against the log, and keeps it for the acts.
func (g *group) receive() (err error) {
	a := g.answer
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
			if g.store.power.key(m.fingerprint) == nil {
				ask(custodyKeys, m.fingerprint)
			}
			if i == 0 && !a.indexed() {
				digests = append(digests, m.digest[:])
			}
			if i == 0 && a.purpose.Signers > 1 {
				ask(proposals, m.proposalID())
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
		wants, of = append(wants, usesOf(digests...)), append(of, nil)
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

// usesOf asks for the entries on statements.
func usesOf(digests ...any) want {
	return want{"SELECT statement, actor, number FROM log_entries WHERE statement IN (" + marks(len(digests)) + ")", digests}
}

// askUses reads the earlier uses of one act's statement.
func (g *group) askUses(a *act) error {
	set, err := g.ask(usesOf(a.seals[0].digest[:]))
	if err == nil {
		g.rememberUses(set)
	}
	return err
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
	list, err := g.store.cipher.openRows(t, set)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "数据库里有一条%s读不出来，可能被改动过；没有办理。请通知安全审计员用 portal check --records 核查。", recordNames[t])
	}
	for i, r := range list {
		at := slot{t, r.id}
		if before := g.loaded[at]; before != nil {
			list[i] = before
		}
		g.loaded[at] = list[i]
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
	g.asking.Lock()
	defer g.asking.Unlock()
	if g.lost != nil {
		g.failed = g.lost
		return nil, g.lost
	}
	set, err := g.door.query(g.ctx, w)
	if err != nil {
		g.failed, g.lost = err, err
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

// logged is the moment of the group's next entry.
func (g *group) logged(received time.Time) time.Time {
	previous := g.head.logged
	if n := len(g.leaves); n > 0 {
		previous = millis(g.leaves[n-1].entry.Logged)
	}
	return loggedAt(g.store.clock(), received, previous)
}
