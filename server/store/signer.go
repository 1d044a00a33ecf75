package store

import (
	"context"
	"crypto/hmac"
	"sync"
	"time"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// retrySign is how often a signer that failed tries again.
const retrySign = 250 * time.Millisecond

// signer signs durable heads in the HSM. One signature covers everything that
// became durable while the one before was made; the committer goes on writing
// meanwhile. It signs only a head whose MAC holds and whose tree begins with
// the tree that it signed last, recomputed from the entries themselves.
type signer struct {
	store *Store
	wake  chan struct{}
	stop  chan struct{}
	done  chan struct{}

	marker marker // used by the signer's goroutine and before it runs

	mu       sync.Mutex
	waiting  []*leaf      // durable, not yet covered by a signature; last of its act only
	leaves   []audit.Hash // of this portal's entries since frontier, while contiguous
	expect   uint64       // size that leaves lead to
	written  head         // the newest of this portal's that is durable
	frontier audit.Frontier
	current  audit.Checkpoint
	note     []byte
	saved    uint64 // size of the newest checkpoint that is stored
	savedAt  time.Time
	broken   error
	changed  chan struct{} // closed and replaced when current or broken changes
}

func newSigner(s *Store) *signer {
	return &signer{store: s, marker: marker{path: s.config.Marker}, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}), changed: make(chan struct{})}
}

// ready refuses while no signature can be had: nothing is admitted then.
func (g *signer) ready() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.broken == nil {
		return nil
	}
	if fault.Is(g.broken, fault.Unavailable) {
		return g.broken
	}
	return fault.Wrap(g.broken, fault.Unavailable, "密码机暂时签不出日志的检查点，已停止受理，没有任何改动；恢复后自动继续。请稍后再试，并通知系统管理员。")
}

// take hands over a group that is durable.
func (g *signer) take(from *group, h head) {
	g.mu.Lock()
	if g.expect == from.head.size {
		for _, l := range from.leaves {
			g.leaves = append(g.leaves, audit.LeafHash(l.text))
		}
		g.expect, g.written = h.size, h
	}
	for _, l := range from.leaves {
		if l.last {
			g.waiting = append(g.waiting, l)
		}
	}
	g.mu.Unlock()
	g.poke()
}

// poke makes the signer look at the durable head.
func (g *signer) poke() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// saveEvery is how often a busy store writes a checkpoint down. It is a
// signature over what is durable: one that is lost is made again at start.
const saveEvery = 50 * time.Millisecond

// unsaved gives the step that stores the newest checkpoint, once, if it is time
// or the store rests.
func (g *signer) unsaved(h *head, rest bool) []step {
	g.mu.Lock()
	defer g.mu.Unlock()
	h.signed = max(h.signed, g.current.Size)
	now := time.Now()
	if g.note == nil || g.current.Size <= g.saved || !rest && now.Sub(g.savedAt) < saveEvery {
		return nil
	}
	g.saved, g.savedAt = g.current.Size, now
	return insert(g.store.dialect.insertIgnore(), logCheckpoints,
		[][]any{{int64(g.current.Size), string(g.note), millis(g.store.clock())}}, parameters)
}

// notSaved lets the newest checkpoint be stored once more.
func (g *signer) notSaved() {
	g.mu.Lock()
	g.saved = 0
	g.mu.Unlock()
}

// serve signs until stopped. After stop it still signs what is durable, if the
// HSM lets it.
func (g *signer) serve() {
	defer close(g.done)
	var again <-chan time.Time
	for {
		stopping := false
		select {
		case <-g.wake:
		case <-again:
		case <-g.stop:
			stopping = true
		}
		again = nil
		if err := g.sign(); err != nil {
			g.fail(err)
			again = time.After(retrySign)
		}
		if stopping {
			if err := g.marker.keep(g.newest(), g.store.clock(), true); err != nil {
				g.store.log.Error("the host's checkpoint file is not written", "cause", err.Error())
			}
			g.fail(closing())
			return
		}
	}
}

// sign covers what is durable now with one signature.
func (g *signer) sign() error {
	s := g.store
	ctx, cancel := context.WithTimeout(s.ctx, 30*time.Second)
	defer cancel()
	h, told, err := g.newestHead(ctx)
	if err != nil {
		return err
	}
	s.halt("head-read")
	g.mu.Lock()
	frontier, had, broken := g.frontier.Clone(), g.leaves, g.broken != nil
	known := g.expect
	g.mu.Unlock()
	size := frontier.Size()
	if h.size < size {
		return fault.New(fault.Unavailable, "数据库里的日志比已签发的短（%d 小于 %d），已停止受理和签发。可能恢复了旧备份，请通知安全审计员。", h.size, size)
	}
	if h.size == size && !broken {
		g.catchUp(ctx)
		return nil
	}
	if !told { // it is seen, and may not be on disk yet
		if err := s.flush(ctx); err != nil {
			return fault.Wrap(err, fault.Unavailable, "数据库暂时没有确认日志已经落盘，已停止受理；恢复后自动继续。请通知系统管理员。")
		}
	}
	leaves := had[:min(uint64(len(had)), h.size-size)]
	if known < h.size { // another portal wrote: its entries are read, not believed
		if leaves, err = readLeaves(ctx, size, h.size, s.ask); err != nil {
			return fault.Wrap(err, fault.Unavailable, "日志的条目读不全，已停止受理和签发。请通知安全审计员。")
		}
	}
	piece, err := newSpan(frontier, leaves)
	if err != nil {
		return err
	}
	root, err := piece.root()
	if err != nil {
		return err
	}
	if root != h.root {
		return s.forged()
	}
	c := audit.Checkpoint{Origin: s.keys.Origin, Size: h.size, Root: h.root}
	signed, err := audit.SignCheckpoint(c, s.keys.LogSigner)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "密码机暂时签不出日志的检查点，已停止受理，没有任何改动；恢复后自动继续。请稍后再试，并通知系统管理员。")
	}
	s.halt("signed")
	g.publish(ctx, c, signed, piece)
	if err := g.marker.keep(signed, s.clock(), g.stopping()); err != nil {
		s.log.Error("the host's checkpoint file is not written", "cause", err.Error())
	}
	s.halt("answered")
	return nil
}

// newestHead is the head to sign. One that this portal's committer was told is on
// disk, and that follows what was signed last, need not be read again; any
// other is read, and may not be on disk. Either way its MAC is checked.
func (g *signer) newestHead(ctx context.Context) (h head, told bool, err error) {
	s := g.store
	g.mu.Lock()
	h, told = g.written, g.written.size > g.frontier.Size() && g.written.size == g.expect && g.broken == nil
	g.mu.Unlock()
	if told {
		if !hmac.Equal(h.mac, h.authenticate(s.keys.HeadMAC, s.keys.Origin)) {
			return head{}, false, s.forged()
		}
		return h, true, nil
	}
	set, err := s.ask(ctx, headWant)
	if err != nil {
		return head{}, false, fault.Wrap(err, fault.Unavailable, "数据库暂时读不出日志的头，已停止受理；恢复后自动继续。请通知系统管理员。")
	}
	h, err = s.readHead(set)
	return h, false, err
}

// publish makes the signed head current and answers the acts that it covers.
func (g *signer) publish(ctx context.Context, c audit.Checkpoint, signed []byte, piece *span) {
	g.mu.Lock()
	for _, leaf := range piece.leaves {
		g.frontier.Append(leaf)
	}
	if g.expect <= c.Size {
		g.leaves, g.expect = nil, c.Size
	} else {
		g.leaves = g.leaves[len(piece.leaves):]
	}
	g.current, g.note, g.broken = c, signed, nil
	covered := g.covered()
	g.signal()
	g.mu.Unlock()
	for _, l := range covered {
		if l.entry.Number < piece.from {
			g.answer(l, signed, g.stored(ctx, c))
		} else {
			g.answer(l, signed, piece.prove)
		}
	}
}

// catchUp answers acts whose entries were read and signed before this portal's
// committer was told that they stand.
func (g *signer) catchUp(ctx context.Context) {
	g.mu.Lock()
	covered, c, signed := g.covered(), g.current, g.note
	g.mu.Unlock()
	for _, l := range covered {
		g.answer(l, signed, g.stored(ctx, c))
	}
}

// covered takes out of those who wait the ones whose entry is in the current
// tree. The caller holds the lock.
func (g *signer) covered() []*leaf {
	var covered, rest []*leaf
	for _, l := range g.waiting {
		if l.entry.Number < g.current.Size {
			covered = append(covered, l)
		} else {
			rest = append(rest, l)
		}
	}
	g.waiting = rest
	return covered
}

// answer gives an act its receipt. The act stands: if there is no proof now, the
// receipt can be had later.
func (g *signer) answer(l *leaf, signed []byte, prove func(number uint64) (audit.InclusionProof, error)) {
	r := audit.Receipt{Number: l.entry.Number, Entry: l.text, Checkpoint: signed}
	var err error
	if r.Proof, err = prove(l.entry.Number); err != nil {
		g.store.log.Error("no proof for a receipt", "number", l.entry.Number, "cause", err.Error())
		r.Checkpoint = nil
	}
	l.act.answer(r, nil)
}

// stored proves from the stored log that an entry is in the tree of a checkpoint.
func (g *signer) stored(ctx context.Context, c audit.Checkpoint) func(number uint64) (audit.InclusionProof, error) {
	return func(number uint64) (audit.InclusionProof, error) { return g.store.prove(ctx, c, number) }
}

// fail lets nothing more in and tells those who wait that their act stands and
// the receipt follows.
func (g *signer) fail(err error) {
	g.mu.Lock()
	if g.broken == nil && !g.stopping() {
		g.store.log.Error("the log is not being signed", "cause", err.Error())
	}
	g.broken = err
	waiting := g.waiting
	g.waiting = nil
	g.signal()
	g.mu.Unlock()
	for _, l := range waiting {
		l.act.answer(audit.Receipt{Number: l.entry.Number, Entry: l.text}, nil)
	}
}

// newest is the newest signed checkpoint.
func (g *signer) newest() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.note
}

// stopping says that the store is being closed: no failure, and no news.
func (g *signer) stopping() bool {
	select {
	case <-g.stop:
		return true
	default:
		return false
	}
}

func (g *signer) signal() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// covering waits until a signed checkpoint covers the entry.
func (g *signer) covering(ctx context.Context, number uint64) (audit.Checkpoint, []byte, error) {
	for {
		g.mu.Lock()
		c, signed, broken, changed := g.current, g.note, g.broken, g.changed
		g.mu.Unlock()
		if signed != nil && c.Size > number {
			return c, signed, nil
		}
		if broken != nil {
			return c, nil, broken
		}
		g.poke() // another portal may have written it: its head is signed here too
		select {
		case <-changed:
		case <-time.After(retrySign):
		case <-ctx.Done():
			return c, nil, ctx.Err()
		}
	}
}

// prime takes up where the newest stored checkpoint left off, after checking
// that the log in the database still begins with what it signed, and signs what
// is durable beyond it. It shows at start whether the HSM signs.
func (g *signer) prime(ctx context.Context) error {
	s := g.store
	if err := g.marker.agrees(ctx, s); err != nil {
		return err
	}
	set, err := s.ask(ctx, want{"SELECT size, note FROM log_checkpoints ORDER BY size DESC LIMIT 1", nil})
	if err != nil {
		return err
	}
	if len(set) == 1 {
		signed, err := cellOf(text, set[0][1])
		if err != nil {
			return err
		}
		c, err := audit.OpenCheckpoint([]byte(signed.(string)), s.keys.LogVerifier)
		if err != nil {
			return err
		}
		edge, err := readEdge(ctx, c.Size, s.ask)
		if err != nil {
			return err
		}
		if edge.Root() != c.Root {
			return fault.New(fault.Unavailable, "数据库里的日志与已签发的检查点（大小 %d）不符，不能启动。可能被改动或恢复了旧备份，请通知安全审计员。", c.Size)
		}
		g.frontier, g.current, g.note, g.saved = edge.Frontier(), c, []byte(signed.(string)), c.Size
	}
	g.expect = g.frontier.Size()
	g.broken = errNotYet // so that a signature is made even if nothing is new
	return g.sign()
}

var errNotYet = fault.New(fault.Unavailable, "日志还没有签发过检查点。")
