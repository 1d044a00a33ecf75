package store

import (
	"context"
	"errors"
)

// flight is a group whose last packet was sent and not answered. Where the
// database takes a second connection, the next group begins meanwhile and waits
// at the lock of the head. The server lets go of it when the COMMIT stands in
// memory and before it is flushed, so the next one reads while the disk writes.
// It judges nothing before this one has landed.
type flight struct {
	group    *group
	acts     []*act
	refusals map[*act]error
	steps    []step
	head     head
	landed   chan error // one place: what the database answered
}

// landing gives the answer when it comes; never, if nothing is on its way.
func (f *flight) landing() <-chan error {
	if f == nil {
		return nil
	}
	return f.landed
}

// launch sends the last packet of a group. Only if acts wait already: a group of
// one that hurried ahead would cost the others a flush of its own.
func (c *committer) launch(f *flight) error {
	c.flight = f
	send := func() { f.landed <- f.group.door.finish(f.group.ctx, f.steps, c.store.between("flushed")) }
	if c.store.dialect.overlaps() && len(c.queue) > 0 {
		go send()
		return nil
	}
	send()
	return c.settle(<-f.landed)
}

// await brings what is on its way to its end.
func (c *committer) await() {
	if c.flight != nil {
		c.land(<-c.flight.landed)
	}
}

// landed waits for the flight before a group that has begun goes on. If it does
// not stand, that group is given up: it may have read what is gone, and holds
// the head.
func (c *committer) landed(g *group) bool {
	if c.flight == nil {
		return true
	}
	answer := <-c.flight.landed
	if answer != nil {
		c.leave(g)
	}
	c.land(answer)
	return answer == nil
}

// land brings the flight to its end, given the database's answer: its acts are
// with the signer, or are run again.
func (c *committer) land(answer error) {
	acts := c.flight.acts
	if err := c.settle(answer); err != nil {
		c.again(acts, err)
	}
}

// settle finds out whether the flight stands and hands it to the signer. An
// error means that nothing of it was written. Nobody of this portal may hold the
// head meanwhile.
func (c *committer) settle(answer error) error {
	s, f := c.store, c.flight
	c.flight = nil
	if answer == nil {
		c.keep(f.group)
	} else {
		c.leave(f.group)
		if s.dialect.definite(answer) || errors.Is(answer, errCount) {
			return answer
		}
		if stands, known := c.look(f.group); !known {
			c.unknown(f)
			return nil
		} else if !stands {
			return answer
		}
	}
	s.halt("committed")
	c.edge = f.group.scribe.edge
	s.power.follow(f.group)
	s.signer.take(f.group, f.head)
	tell(f.refusals)
	return nil
}

// keep lets the connection of a group that has ended rest.
func (c *committer) keep(g *group) {
	c.doors = append(c.doors, g.door)
	g.end()
}

// leave throws the connection of a group away, with whatever is open on it, and
// those that rest: they may have died of the same.
func (c *committer) leave(g *group) {
	g.scribe.dismiss() // whatever it says, nothing of it will stand
	g.door.close()
	g.end()
	c.drop()
}

// rest takes a connection that rests, or makes one.
func (c *committer) rest(ctx context.Context) (door, error) {
	if n := len(c.doors); n > 0 {
		d := c.doors[n-1]
		c.doors = c.doors[:n-1]
		return d, nil
	}
	return c.store.dialect.open(ctx, c.store.commitDB)
}

// drop closes the connections that rest.
func (c *committer) drop() {
	for _, d := range c.doors {
		d.close()
	}
	c.doors, c.edge = nil, nil
}
