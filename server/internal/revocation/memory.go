package revocation

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"
)

// Memory keeps answers beyond the process, for all portals of an institution:
// without it a restart during an outage would shut everybody out, begin the
// grace anew, or forget a revocation. RememberAnswer weighs an answer against
// the one that stands (Stands), keeps what counts and returns it, all in one
// transaction; RecallAnswer gives what stands, zero if none is known; LastAnswer
// is when an authority last answered at all.
type Memory interface {
	RememberAnswer(ctx context.Context, authority, serial string, said Answer) (stands Answer, err error)
	RecallAnswer(ctx context.Context, authority, serial string) (Answer, error)
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

// stands weighs an answer of now, if there is one, against what this process and
// the memory know of the certificate; for who holds the anchor's lock. With an
// error it is what this process knows. A revocation that could not be kept goes
// on to count here, and is kept with the next question.
func (c *Checker) stands(ctx context.Context, a *asked, leaf *x509.Certificate, fresh Answer) (Answer, error) {
	serial := leaf.SerialNumber.String()
	own := Stands(a.known[serial], fresh)
	if !own.IsZero() {
		a.known[serial] = own
	}
	if c.memory == nil {
		return own, nil
	}
	id, number := a.id(), leaf.SerialNumber.Text(16)
	kept, err := c.memory.RecallAnswer(ctx, id, number)
	stands := Stands(kept, own)
	if err == nil && !stands.same(kept) {
		kept, err = c.memory.RememberAnswer(context.WithoutCancel(ctx), id, number, stands) // whoever hangs up undoes nothing
		stands = Stands(kept, own)
	}
	if err != nil {
		c.log.Error("revocation: an answer is not kept", "authority", a.Name, "revoked", own.Revoked(), "cause", err.Error())
		return own, err
	}
	if !stands.IsZero() {
		a.known[serial] = stands
	}
	return stands, nil
}
