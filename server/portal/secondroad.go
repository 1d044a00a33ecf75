package portal

import (
	"encoding/base64"
	"encoding/hex"

	"sealdesk/hsm/presence"
	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
)

// The second road (design section 2): for browsers that do not let a page lead
// to the loopback, the agent fetches the statement over its own way and returns
// the seal itself. Its authority is the ticket of the stream that it holds, and
// reaches no further than what waits in that stream's session.

// POST /statements/:digest/second tells the session's agent that a statement
// waits.
func (p *Portal) secondRoad(c *call) (answer, error) {
	pending, err := p.pendingOf(c)
	if err != nil {
		return nil, err
	}
	if !p.keeper.tell(c.who.row.TokenHash, presence.Ask+" "+pending.ID) {
		return nil, fault.New(fault.Unavailable, "这台电脑的签名助手没有连在这里，没有通知到。请稍等几秒再试；仍然不行，请按“去签名助手签署”。")
	}
	return redirect{"/statements/" + pending.ID + "?second=1"}, nil
}

// agentsSession is the open session whose agent's stream the request names.
func (p *Portal) agentsSession(c *call) error {
	gone := fault.New(fault.Locked, "这次登录已经锁定或结束，没有受理。请回到门户，用钥匙登录后重新开始。")
	ticket := c.req.Header.Get(presence.TicketHeader)
	if !presence.WellFormed(ticket) {
		return gone
	}
	row, err := p.store.Scratch().SessionOfStream(c.ctx, presence.Ticket(ticket).Hash())
	if fault.Is(err, fault.NotFound) {
		return gone
	}
	if err != nil {
		return err
	}
	if c.received.After(row.Expires) || p.lockOf(c, row) != store.Unlocked {
		return gone
	}
	if c.who, err = p.known(c.ctx, row); err != nil {
		return p.ended(c, row, err)
	}
	return nil
}

// agentsPending is a statement that waits in the agent's session.
func (p *Portal) agentsPending(c *call, digest string) (store.Pending, error) {
	pending, err := p.store.Scratch().Pending(c.ctx, digest)
	if err == nil && (pending.CookieHash != c.who.row.TokenHash || pending.Staff != c.who.Staff.ID || c.received.After(pending.Expires)) {
		err = fault.New(fault.NotFound, "")
	}
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "这份陈述不在等待签署之列：可能已经办成、已经撤回或过了有效期。请回到门户核对，需要时重新出具。")
	}
	return pending, err
}

// GET /agent/statements/:digest: the bytes to read and sign.
func (p *Portal) statementForAgent(c *call) (answer, error) {
	if err := p.agentsSession(c); err != nil {
		return p.toldAgent(c, err), nil
	}
	pending, err := p.agentsPending(c, c.param("digest"))
	if err != nil {
		return p.toldAgent(c, err), nil
	}
	return data{value: map[string]string{"statement": base64.StdEncoding.EncodeToString(pending.Statement), "annex": base64.StdEncoding.EncodeToString(pending.Annex)}}, nil
}

// POST /agent/seal: the seal over one of them.
func (p *Portal) sealOfAgent(c *call) (answer, error) {
	to, err := p.takeAgentsSeal(c)
	if err != nil {
		return p.toldAgent(c, err), nil
	}
	return data{value: map[string]string{"location": to}}, nil
}

func (p *Portal) takeAgentsSeal(c *call) (string, error) {
	c.broughtSeal()
	if err := p.agentsSession(c); err != nil {
		return "", err
	}
	der, err := base64.RawURLEncoding.DecodeString(c.form.Get("seal"))
	if err != nil || len(der) == 0 {
		return "", fault.New(fault.Invalid, "没有收到完整的签章。请回到门户重新开始。")
	}
	digest, err := seal.MessageDigest(der)
	if err != nil {
		return "", err
	}
	c.concerns("", ofStatement(hex.EncodeToString(digest[:])))
	pending, err := p.agentsPending(c, hex.EncodeToString(digest[:]))
	if err != nil {
		return "", err
	}
	c.concernsPending(pending)
	return p.finish(c, der, pending)
}

// toldAgent is a refusal for the agent to show, and an entry like any other.
func (p *Portal) toldAgent(c *call, err error) answer {
	f := sentenced(err)
	p.log.Info("agent refused", "request", c.number, "kind", string(f.Kind), "cause", causeOf(f))
	p.recordRefusal(c, f)
	return data{status: statuses[f.Kind], value: map[string]string{"sentence": f.Sentence, "request": c.number}}
}
