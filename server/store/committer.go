package store

import (
	"context"
	"errors"
	"time"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// Bounds of one transaction, measured in design.md section 14.
const (
	maxGroup      = 256
	maxGroupBytes = 4 << 20
	maxQueue      = 1024
	idleSave      = 100 * time.Millisecond
	lookAgain     = 250 * time.Millisecond
)

// committer is the one goroutine that writes records. It owns its connections.
type committer struct {
	store *Store
	queue chan *act
	stop  chan struct{}
	done  chan struct{}

	doors  []door      // those that rest
	flight *flight     // the group whose COMMIT is not answered; nil if none
	edge   *audit.Edge // of the newest group that stands; nil to read anew
}

// serve takes what waits into one transaction after the other until stopped;
// what still waits then is told so.
func (c *committer) serve() {
	defer close(c.done)
	idle := time.NewTimer(idleSave)
	defer idle.Stop()
	for {
		select {
		case a := <-c.queue:
			c.commit(c.gather(a))
		case answer := <-c.flight.landing():
			c.land(answer)
		case <-idle.C:
			c.saveCheckpoint()
		case <-c.stop:
			c.await()
			for {
				select {
				case a := <-c.queue:
					a.answer(audit.Receipt{}, closing())
				default:
					c.saveCheckpoint()
					c.drop()
					return
				}
			}
		}
		idle.Reset(idleSave)
	}
}

func closing() error {
	return fault.New(fault.Unavailable, "系统正在停机，没有办理。已填的内容仍在，请稍后再试。")
}

// gather takes what waits. It waits for nobody: an act that comes a moment too
// late goes with the next group, which gathers while this one is written.
func (c *committer) gather(first *act) []*act {
	acts, size := []*act{first}, first.size()
	for len(acts) < c.store.config.MaxGroup && size < maxGroupBytes {
		select {
		case a := <-c.queue:
			acts, size = append(acts, a), size+a.size()
			continue
		default:
		}
		break
	}
	return acts
}

// commit brings a group to its end: each act gets its answer, here or from the
// signer.
func (c *committer) commit(acts []*act) {
	if err := c.store.signer.ready(); err != nil {
		for _, a := range acts {
			a.answer(audit.Receipt{}, err)
		}
		return
	}
	c.store.halt("gathered")
	if err := c.attempt(acts); err != nil {
		c.again(acts, err)
	}
}

// again runs a group that failed once more, then each of its acts alone.
func (c *committer) again(acts []*act, cause error) {
	c.await()
	c.store.log.Warn("a group is run again", "acts", len(acts), "cause", cause.Error())
	for _, a := range acts {
		a.again = true
	}
	err := c.whole(acts)
	if err != nil && len(acts) > 1 {
		for _, a := range acts {
			c.alone(a)
		}
	} else if err != nil {
		acts[0].answer(audit.Receipt{}, c.failure(err))
	}
}

// alone runs an act that failed in company by itself.
func (c *committer) alone(a *act) {
	if err := c.store.signer.ready(); err != nil {
		a.answer(audit.Receipt{}, err)
		return
	}
	err := c.whole([]*act{a})
	if err != nil && c.store.dialect.transient(err) {
		err = c.whole([]*act{a})
	}
	if err != nil {
		a.answer(audit.Receipt{}, c.failure(err))
	}
}

// whole is an attempt that waits for its own end.
func (c *committer) whole(acts []*act) error {
	if err := c.attempt(acts); err != nil || c.flight == nil {
		return err
	}
	return c.settle(<-c.flight.landed)
}

// failure turns what the database said into a sentence.
func (c *committer) failure(err error) error {
	var known *fault.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, errCount):
		return fault.Wrap(err, fault.Unavailable, "记录在办理的同时被别处改动，没有办理。请刷新后再试；反复出现请通知安全审计员。")
	case c.store.dialect.duplicate(err):
		return fault.Wrap(err, fault.Conflict, "已经有一条相同编号或同一人同一年度的记录，没有办理。请刷新后核对。")
	}
	return fault.Wrap(err, fault.Unavailable, "数据库暂时写不进去，没有办理；已填的内容仍在。请稍后再试，并通知系统管理员。")
}

// attempt is one transaction. A nil error means that every act has its answer,
// is with the signer or on its way; any other that nothing was written and the
// connection is gone.
func (c *committer) attempt(acts []*act) error {
	g, err := c.open(acts)
	if err != nil {
		return err
	}
	c.store.halt("begun")
	if !c.landed(g) {
		return c.attempt(acts)
	}
	f, err := c.judge(g, acts)
	if err != nil {
		c.leave(g)
		return err
	}
	if len(g.leaves) == 0 {
		if err := g.door.rollback(g.ctx); err != nil {
			c.leave(g) // nothing was written; the connection is not worth keeping
		} else {
			c.keep(g)
			c.edge = g.scribe.edge
		}
		tell(f.refusals)
		return nil
	}
	return c.launch(f)
}

// open begins a group's transaction and asks for what its acts declared.
func (c *committer) open(acts []*act) (*group, error) {
	s := c.store
	ctx, cancel := context.WithTimeout(s.ctx, answerTime)
	defer cancel()
	s.writing.Lock()
	d, err := c.rest(ctx)
	if err != nil {
		s.writing.Unlock()
		return nil, err
	}
	g := s.newGroup(d, s.writing.Unlock)
	if err := g.begin(acts); err != nil {
		c.leave(g)
		return nil, err
	}
	return g, nil
}

// judge lets the acts have their say, one after the other, and makes the last
// packet of what they leave.
func (c *committer) judge(g *group, acts []*act) (*flight, error) {
	if err := g.receive(); err != nil {
		return nil, err
	}
	edge, err := c.edgeOf(g)
	if err != nil {
		return nil, err
	}
	g.scribe = newScribe(g, edge)
	f := &flight{group: g, acts: acts, refusals: map[*act]error{}, landed: make(chan error, 1)}
	for rest := acts; len(rest) > 0 && g.failed == nil; {
		rest = g.hear(rest, f.refusals)
	}
	if g.failed != nil {
		return nil, g.failed
	}
	c.store.halt("judged")
	if len(g.leaves) > 0 {
		f.steps, f.head, err = g.flush()
	}
	return f, err
}

func tell(refusals map[*act]error) {
	for a, err := range refusals {
		var again *replayed
		if errors.As(err, &again) {
			a.done <- answer{err: err, earlier: again.number}
			continue
		}
		a.answer(audit.Receipt{}, err)
	}
}

// saveCheckpoint writes the newest signed head when nothing else carries it.
func (c *committer) saveCheckpoint() {
	s := c.store
	if c.flight != nil {
		return // it rests as soon as that has landed
	}
	var h head
	steps := s.signer.unsaved(&h, true)
	if len(steps) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(s.ctx, 10*time.Second)
	defer cancel()
	s.writing.Lock()
	defer s.writing.Unlock()
	err := func() error {
		d, err := c.rest(ctx)
		if err != nil {
			return err
		}
		if _, err = d.begin(ctx, nil); err == nil {
			steps = append(steps, step{"UPDATE log_head SET signed_size = " + s.dialect.greatest("signed_size") + " WHERE id = 1", []any{int64(h.signed)}, 1, false})
			err = d.finish(ctx, steps, nil)
		}
		if err != nil {
			d.close()
			return err
		}
		c.doors = append(c.doors, d)
		return nil
	}()
	if err != nil {
		s.signer.notSaved()
		s.log.Warn("the newest checkpoint waits to be stored", "cause", err.Error())
		c.drop()
	}
}
