package store

import (
	"crypto/rand"
	"encoding/hex"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// entries writes the act's entries: one per seal, or one without. The last one
// will carry the state.
func (g *group) entries(tx *Tx, from audit.Entry) ([]*leaf, error) {
	a := tx.act
	at := g.logged(a.received)
	received := audit.Moment(a.received)
	if at.Sub(received) > audit.MaxDelay {
		return nil, fault.New(fault.Unavailable, "收到之后超过 60 秒仍未入册，没有办理。请重新提交；签章没有作废。")
	}
	n := max(1, len(a.seals))
	leaves := make([]*leaf, n)
	for i := range leaves {
		e := audit.Entry{Number: g.next + uint64(i), Previous: -1, Received: received, Logged: at, Act: string(a.grant.Act()),
			Actor: a.grant.Person(), Key: a.grant.Key(), Body: tx.grant.Body().ID, Subject: from.Subject, Note: from.Note}
		l := &leaf{act: a, entry: e, path: tx.grant.Body().Path, last: i == n-1}
		if len(a.seals) > 0 {
			if err := g.sealEntry(tx, l, a.seals[i], a.purpose.From+i); err != nil {
				return nil, err
			}
		}
		leaves[i] = l
	}
	return leaves, nil
}

// sealEntry adds to an entry what its seal says. The entries of one statement
// carry one salted digest, so that a verifier sees that they belong together.
func (g *group) sealEntry(tx *Tx, l *leaf, m sealed, signed int) error {
	k, err := g.key(tx, m.fingerprint)
	if err != nil {
		return err
	}
	if k == nil {
		return forbid("签章所用的钥匙没有登记，不能入册。")
	}
	statement, err := g.sharedStatement(tx, m)
	if err != nil {
		return err
	}
	e := &l.entry
	e.Actor, e.Key, e.Signed, e.Signers = k.text("staff"), m.fingerprint, signed, tx.act.purpose.Signers
	e.Statement, e.Seal = statement.Digest(), m.signature.Digest()
	l.statement = m.digest[:]
	l.bodies = append(l.bodies, body{"statement", statement.Salt[:], []byte{}, statement.Bytes},
		body{"seal", m.signature.Salt[:], []byte{}, m.signature.Bytes})
	if len(m.annex) > 0 && l.last {
		kept, err := g.store.cipher.seal(logBodies.name, sealedAnnex, decimal(int(e.Number)), string(m.annex))
		if err != nil {
			return err
		}
		l.bodies = append(l.bodies, body{sealedAnnex, make([]byte, 16), []byte{}, kept})
	}
	return nil
}

// sharedStatement takes over the salt that the first signer's entry was given.
func (g *group) sharedStatement(tx *Tx, m sealed) (audit.Salted, error) {
	first := tx.act.seals[0]
	if tx.act.purpose.From == 1 {
		return first.statement, nil
	}
	earlier := g.used[hex.EncodeToString(m.digest[:])]
	if len(earlier) == 0 {
		return audit.Salted{}, fault.New(fault.Conflict, "这件待签事项没有第一位签署人的条目，没有办理。请由提出的人重新提出。")
	}
	for _, l := range g.leaves { // the first signature may stand in this very group
		if int64(l.entry.Number) == earlier[0].number {
			return audit.Salted{Salt: [16]byte(l.bodies[0].salt), Bytes: m.content}, nil
		}
	}
	set, err := g.ask(want{"SELECT salt FROM log_bodies WHERE number = ? AND kind = 'statement'", []any{earlier[0].number}})
	if err != nil {
		return audit.Salted{}, err
	}
	if len(set) == 1 {
		if salt, err := cellOf(blob, set[0][0]); err == nil && len(salt.([]byte)) == 16 {
			return audit.Salted{Salt: [16]byte(salt.([]byte)), Bytes: m.content}, nil
		}
	}
	return audit.Salted{}, fault.New(fault.Unavailable, "第 %d 号条目的原文读不出来，没有办理。请通知安全审计员核查。", earlier[0].number)
}

// describe names each record that the act left with a digest of what it is now.
func (l *leaf) describe(c *cipher) error {
	if len(l.rows) == 0 {
		return nil
	}
	var seed [16]byte
	rand.Read(seed[:])
	s := audit.State{Number: l.entry.Number, Act: l.entry.Act, Rows: make([]audit.StateRow, 0, len(l.rows))}
	for _, r := range l.rows {
		s.Rows = append(s.Rows, audit.StateRow{Subject: r.subject(), Previous: r.entry, Digest: c.stateDigest(seed[:], r)})
	}
	b, err := s.Print()
	if err != nil {
		return err
	}
	salted := audit.Salt(b)
	l.entry.State = salted.Digest()
	l.state = body{"state", salted.Salt[:], seed[:], b}
	return nil
}
