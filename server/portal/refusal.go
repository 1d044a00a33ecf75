package portal

import (
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

// recordRefusal notes in the log that somebody was refused. A known person's
// refusal is an entry of its own, each act and record once a minute; the rest
// are one counted entry a minute, so that nobody can flood the log. Failures of
// ours are no refusals.
func (p *Portal) recordRefusal(c *call, act policy.Act, subject string, f *fault.Error) {
	switch f.Kind {
	case fault.Forbidden, fault.Closed, fault.Conflict, fault.NotFound:
	case fault.Invalid:
		// What a known person was refused is an entry whatever the reason; of
		// somebody unknown only a seal that does not verify is worth one.
		if c.who == nil && act != "seal" {
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
		err = p.noteRefusal(c, c.who.Officer, act, subject, f.Kind)
	}
	if err != nil {
		p.log.Error("a refusal found no entry", "request", c.number, "cause", err.Error())
	}
}

func (p *Portal) noteRefusal(c *call, who policy.Officer, act policy.Act, subject string, kind fault.Kind) error {
	n, err := p.store.Scratch().Throttle(c.ctx, "refusal/"+who.Staff+"/"+string(act)+"/"+subject, refusalWindow)
	if err != nil || n > 1 {
		return err
	}
	law, err := p.store.Policy(c.ctx)
	if err != nil {
		return err
	}
	grant, err := law.SystemFor(who, policy.Refusal)
	if err != nil {
		return err
	}
	return p.refusalEntry(c, grant, subject, string(kind)+" "+string(act))
}

func (p *Portal) countRefusal(c *call) error {
	p.unknown.Add(1)
	n, err := p.store.Scratch().Throttle(c.ctx, "refusal/unknown", refusalWindow)
	if err != nil || n > 1 {
		return err
	}
	law, err := p.store.Policy(c.ctx)
	if err != nil {
		return err
	}
	grant, err := law.System(policy.Refusal)
	if err != nil {
		return err
	}
	return p.refusalEntry(c, grant, "", "unknown "+strconv.FormatInt(p.unknown.Swap(0), 10))
}

func (p *Portal) refusalEntry(c *call, grant policy.Grant, subject, note string) error {
	_, err := p.store.Commit(again(c.ctx), grant, nil, func(*store.Tx) (audit.Entry, error) {
		return audit.Entry{Subject: subject, Note: note}, nil
	}, store.Received(c.received))
	return err
}
