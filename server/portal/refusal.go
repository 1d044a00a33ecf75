package portal

import (
	"context"
	"strconv"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
)

// refusalWindow is how often the same refusal of the same person becomes an
// entry, and how often those of unknown people do.
const refusalWindow = time.Minute

// refusalsEach is how many refusals of one person become entries of their own
// in a minute, whatever they name; the rest are counted in one entry, so that
// whoever tries one record after another is named with what he tried and still
// cannot flood the log.
const refusalsEach = 30

// broughtSeal says that the request hands in a seal: until its statement is
// found nothing is known of the act.
func (c *call) broughtSeal() {
	c.bySeal = true
	c.concerns(bareSeal, "")
}

// How a refusal's note says that a seal was handed in: by itself, until its
// statement is found, and behind the act that it was made for.
const (
	bareSeal policy.Act = "seal"
	withSeal policy.Act = " seal"
)

// concernsPending says that the request is about a statement that waits.
func (c *call) concernsPending(pending store.Pending) {
	if pl, err := payloadOf(pending); err == nil {
		c.concerns(pl.Act, pl.Subject)
	}
}

// recordRefusal notes in the log that somebody was refused. A known person's
// refusal is an entry of its own, each act and record once a minute; the rest
// are one counted entry a minute, so that nobody can flood the log. Failures of
// ours are no refusals.
func (p *Portal) recordRefusal(c *call, f *fault.Error) {
	switch f.Kind {
	case fault.Forbidden, fault.Closed, fault.Conflict, fault.NotFound:
	case fault.Invalid:
		// What a known person was refused is an entry whatever the reason; of
		// somebody unknown only a seal that does not verify is worth one.
		if c.who == nil && !c.bySeal {
			return
		}
	default:
		return
	}
	if c.req.Method != "POST" && f.Kind != fault.NotFound && f.Kind != fault.Forbidden {
		return
	}
	var err error
	if c.who == nil {
		err = p.countRefusal(c)
	} else {
		act, subject := c.act, c.subject
		if act == "" {
			act = policy.Act(c.route.method + " " + c.route.path)
		}
		if c.bySeal && c.act != bareSeal {
			act += withSeal
		}
		if subject == "" {
			subject = c.addressed()
		}
		err = p.noteRefusal(c, c.who.Officer, act, subject, f.Kind)
	}
	if err != nil {
		p.log.Error("a refusal found no entry", "request", c.number, "cause", err.Error())
	}
}

func (p *Portal) noteRefusal(c *call, who policy.Officer, act policy.Act, subject string, kind fault.Kind) error {
	subject = p.nameable(subject)
	n, err := p.store.Scratch().Throttle(c.ctx, "refusal/"+who.Staff+"/"+string(act)+"/"+subject, refusalWindow)
	if err != nil || n > 1 {
		return err
	}
	if n, err = p.store.Scratch().Tally(c.ctx, refusalTally+who.Staff, refusalWindow); err != nil || n > refusalsEach {
		return err
	}
	grant, err := p.system(c.ctx, who, policy.Refusal)
	if err != nil {
		return err
	}
	return p.refusalEntry(c.ctx, grant, subject, string(kind)+" "+string(act), c.received)
}

func (p *Portal) countRefusal(c *call) error {
	p.unknown.Add(1)
	n, err := p.store.Scratch().Throttle(c.ctx, "refusal/unknown", refusalWindow)
	if err != nil || n > 1 {
		return err
	}
	grant, err := p.system(c.ctx, policy.Officer{}, policy.Refusal)
	if err != nil {
		return err
	}
	return p.refusalEntry(c.ctx, grant, "", "unknown "+strconv.FormatInt(p.unknown.Swap(0), 10), c.received)
}

// refusalTally begins the names of the counts of people's refusals in a minute.
const refusalTally = "refusals/"

// countRefusals makes an entry of what was too much for entries of its own in
// the minutes that are over.
func (p *Portal) countRefusals(ctx context.Context) error {
	now := p.clock()
	over, err := p.store.Scratch().TakeTallies(ctx, refusalTally, refusalWindow)
	if err != nil {
		return err
	}
	for staff, n := range over {
		if n <= refusalsEach {
			continue
		}
		grant, err := p.system(ctx, policy.Officer{Staff: staff}, policy.Refusal)
		if err != nil {
			return err
		}
		if err := p.refusalEntry(ctx, grant, store.OfStaff(staff).Subject(), "more "+strconv.Itoa(n-refusalsEach), now); err != nil {
			return err
		}
	}
	return nil
}

func (p *Portal) refusalEntry(ctx context.Context, grant policy.Grant, subject, note string, received time.Time) error {
	_, err := p.store.Commit(again(ctx), grant, nil, func(*store.Tx) (audit.Entry, error) {
		return audit.Entry{Subject: subject, Note: note}, nil
	}, store.Received(received))
	return err
}
