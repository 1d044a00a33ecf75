package store

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// powers remembers two things of the log: of each subject its latest entry, so
// that the next one can name it, and of every row that gives power the
// entry that left it so, the digest, and the seed that the digest was made
// with. It is replayed from the log at start, every entry hashed and the tree
// compared with the authenticated head, and followed from there. A row that
// differs gives no power, also an older one with its genuine older digest.
type powers struct {
	store *Store
	mu    sync.Mutex
	size  uint64 // entries replayed
	edge  audit.Frontier
	last  map[string]power
	about map[string]int64 // subject -> latest entry with it
	keys  map[string]*row  // subject -> a custody key that was found as the log has it
}

type power struct {
	number int64
	digest audit.Digest
	seed   []byte
}

func newPowers(s *Store) *powers {
	return &powers{store: s, last: map[string]power{}, about: map[string]int64{}, keys: map[string]*row{}}
}

// powerful tells whether a subject's kind gives power.
var powerful = func() map[string]bool {
	kinds := map[string]bool{}
	for _, t := range records() {
		if t.power {
			kinds[t.subject] = true
		}
	}
	return kinds
}()

// replayBatch is how many entries are read at once.
const replayBatch = 4096

// replay reads the whole log once, at start.
func (p *powers) replay(ctx context.Context) error {
	set, err := p.store.ask(ctx, headWant)
	if err != nil {
		return unreadable(err)
	}
	h, err := p.store.readHead(set)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.catchUp(ctx, h, p.store.ask)
}

// catchUp reads the entries up to a head that was authenticated. What does not
// lead to the head's root is not believed.
func (p *powers) catchUp(ctx context.Context, h head, ask asker) error {
	if h.size == p.size {
		return nil
	}
	if h.size < p.size {
		return fault.New(fault.Unavailable, "数据库里的日志比已读过的短，已停止受理。可能恢复了旧备份，请通知安全审计员。")
	}
	edge, found, about := p.edge.Clone(), map[string]power{}, map[string]int64{}
	for from := p.size; from < h.size; from += replayBatch {
		to := min(h.size, from+replayBatch)
		if err := readStates(ctx, from, to, ask, &edge, found, about); err != nil {
			return err
		}
	}
	if edge.Root() != h.root {
		return p.store.forged()
	}
	for subject, v := range found {
		p.last[subject] = v
	}
	for subject, at := range about {
		p.about[subject] = at
	}
	p.edge, p.size = edge, h.size
	return nil
}

func readStates(ctx context.Context, from, to uint64, ask asker, edge *audit.Frontier, found map[string]power, about map[string]int64) error {
	leaves, err := ask(ctx, want{"SELECT " + indexed + " FROM log_entries WHERE number >= ? AND number < ? ORDER BY number", []any{int64(from), int64(to)}})
	if err != nil {
		return unreadable(err)
	}
	states, err := ask(ctx, want{"SELECT number, salt, seed, body FROM log_bodies WHERE kind = 'state' AND number >= ? AND number < ?", []any{int64(from), int64(to)}})
	if err != nil {
		return unreadable(err)
	}
	digests := map[int64]audit.Digest{}
	for i, cells := range leaves {
		e, leaf, astray, err := indexedEntry(cells)
		if err != nil {
			return readable(err)
		}
		if astray != "" {
			return fault.New(fault.Unavailable, "第 %d 号条目在数据库里的“%s”一栏与条目不符，它被改动过，已停止受理。请通知安全审计员核查，按条目改回。", e.Number, astray)
		}
		edge.Append(audit.LeafHash(leaf))
		digests[int64(from)+int64(i)] = e.State
		about[e.Subject] = int64(from) + int64(i)
	}
	for _, cells := range states {
		at, err1 := cellOf(number, cells[0])
		salt, err2 := cellOf(blob, cells[1])
		seed, err3 := cellOf(blob, cells[2])
		body, err4 := cellOf(blob, cells[3])
		if err1 != nil || err2 != nil || err3 != nil || err4 != nil || len(salt.([]byte)) != 16 {
			return fault.New(fault.Unavailable, "日志里有一份状态读不出来，已停止受理。请通知安全审计员核查。")
		}
		s := audit.Salted{Salt: [16]byte(salt.([]byte)), Bytes: body.([]byte)}
		if s.Digest() != digests[at.(int64)] {
			return fault.New(fault.Unavailable, "第 %d 号条目的状态与条目不符，已停止受理。请通知安全审计员核查。", at.(int64))
		}
		if err := remember(s.Bytes, at.(int64), seed.([]byte), found); err != nil {
			return err
		}
	}
	return nil
}

// remember takes the rows of a state that give power. A state that names none
// is not parsed at all: most of a log is business.
func remember(state []byte, at int64, seed []byte, found map[string]power) error {
	if !namesPower(state) {
		return nil
	}
	parsed, err := audit.ParseState(state)
	if err != nil {
		return err
	}
	for _, r := range parsed.Rows {
		if kind, _, _ := strings.Cut(r.Subject, "/"); powerful[kind] && at >= found[r.Subject].number {
			found[r.Subject] = power{at, r.Digest, seed}
		}
	}
	return nil
}

// namesPower looks at the beginnings of a state's lines.
func namesPower(state []byte) bool {
	for line := range bytes.Lines(state) {
		if kind, _, ok := bytes.Cut(line, []byte("/")); ok && powerful[string(kind)] {
			return true
		}
	}
	return false
}

// follow takes over what this portal's own group wrote.
func (p *powers) follow(g *group) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.size != g.head.size {
		return // another portal wrote in between: the next look catches up from the log
	}
	for _, l := range g.leaves {
		p.edge.Append(audit.LeafHash(l.text))
		p.size++
		p.about[l.entry.Subject] = int64(l.entry.Number)
		if err := remember(l.state.bytes, int64(l.entry.Number), l.state.seed, p.last); err != nil {
			p.store.log.Error("a state that was just written does not parse", "number", l.entry.Number, "cause", err.Error())
		}
	}
}

// reach catches up with a head that was read in the same snapshot.
func (p *powers) reach(ctx context.Context, h head, ask asker) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.catchUp(ctx, h, ask)
}

// latest is the number of the latest entry about a subject, -1 if there is none.
func (p *powers) latest(subject string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, ok := p.about[subject]; ok {
		return at
	}
	return -1
}

// believes tells whether a row is what the log has last, as of a head that was
// read in the same snapshot.
func (p *powers) believes(ctx context.Context, h head, r *row, ask asker) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.size < h.size {
		if err := p.catchUp(ctx, h, ask); err != nil {
			return err
		}
	}
	known, ok := p.last[r.subject()]
	if ok && p.size > h.size && known.number >= int64(h.size) {
		return nil // the snapshot is older than what was followed; the act's own transaction looks again
	}
	if !ok || known.number != r.entry || p.store.cipher.stateDigest(known.seed, r) != known.digest {
		p.store.log.Error("ALARM: a row that gives power is not as the log has it", "subject", r.subject())
		return fault.New(fault.Unavailable, "%s的记录与日志不符，不能据以办理，没有任何改动。请立即通知安全审计员，用 portal check --records 核查。", recordNames[r.table])
	}
	if r.table == custodyKeys {
		p.keys[r.subject()] = r
	}
	return nil
}

// key is a custody key as the log has it now, if it was seen so before; nil if
// the database must be asked.
func (p *powers) key(fingerprint string) *row {
	p.mu.Lock()
	defer p.mu.Unlock()
	subject := custodyKeys.subjectOf(fingerprint)
	if r := p.keys[subject]; r != nil && r.entry == p.last[subject].number {
		return r
	}
	return nil
}

// believe refuses a row that gives power and is not as the log has it. A row
// that an act of this very group left is as the log will have it.
func (g *group) believe(r *row) error {
	if !r.table.power || g.loaded[slot{r.table, r.id}] != r {
		return nil
	}
	if g.believed[r] {
		return nil
	}
	err := g.store.power.believes(g.ctx, g.head, r, func(_ context.Context, w want) ([][]any, error) { return g.ask(w) })
	if err == nil {
		g.believed[r] = true
	}
	return err
}
