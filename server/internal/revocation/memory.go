package revocation

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"
)

// Memory keeps answers beyond the process, for all portals of an institution:
// without it a restart during an outage would shut everybody out, or begin the
// grace anew. ended is when a certificate was revoked, zero if it holds; at is
// when the answer came, zero if none is known.
type Memory interface {
	RememberAnswer(ctx context.Context, authority, serial string, at, ended time.Time) error
	RecallAnswer(ctx context.Context, authority, serial string) (at, ended time.Time, err error)
	LastAnswer(ctx context.Context, authority string) (time.Time, error)
}

// Keep gives the Checker its memory and takes up from there. It is called
// before the first Check.
func (c *Checker) Keep(ctx context.Context, m Memory, now time.Time) error {
	c.memory = m
	for _, a := range c.anchors {
		last, err := m.LastAnswer(ctx, a.id())
		if err != nil {
			return err
		}
		a.mu.Lock()
		if last.After(a.state.Good) && !last.After(now) {
			a.state.Good = last
		}
		a.mu.Unlock()
	}
	return nil
}

// id names the authority in the memory: SHA-256 of its certificate.
func (a *asked) id() string {
	sum := sha256.Sum256(a.Certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// remember keeps an answer; for who holds the anchor's lock. An answer that is
// known already is not written again.
func (c *Checker) remember(ctx context.Context, a *asked, leaf *x509.Certificate, v answer) {
	serial := leaf.SerialNumber.String()
	before, ok := a.good[serial]
	a.good[serial] = v
	if c.memory == nil || ok && before.at.Equal(v.at) && before.revoked == v.revoked {
		return
	}
	if err := c.memory.RememberAnswer(ctx, a.id(), leaf.SerialNumber.Text(16), v.at, v.since); err != nil {
		c.log.Warn("revocation: an answer is not kept", "authority", a.Name, "cause", err.Error())
	}
}

// recall is the youngest answer about a certificate that this process or
// another got; for who holds the anchor's lock.
func (c *Checker) recall(ctx context.Context, a *asked, leaf *x509.Certificate, now time.Time) (answer, bool) {
	known, ok := a.good[leaf.SerialNumber.String()]
	if c.memory == nil {
		return known, ok
	}
	at, ended, err := c.memory.RecallAnswer(ctx, a.id(), leaf.SerialNumber.Text(16))
	switch {
	case err != nil:
		c.log.Warn("revocation: an answer is not recalled", "authority", a.Name, "cause", err.Error())
	case !at.IsZero() && !at.After(now) && (!ok || at.After(known.at)):
		return answer{verdict{revoked: !ended.IsZero(), since: ended}, at}, true
	}
	return known, ok
}
