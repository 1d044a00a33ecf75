package store

import (
	"context"
	"crypto/hmac"
	"encoding/hex"
	"fmt"
	"time"

	"gorm.io/gorm"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// markSession binds what makes a session somebody's: whose cookie opens it, who
// that is, with which key, on which road, from when to when and from where. All
// of it is set once, at the sign-in, so the mark costs no write. What moves
// afterwards (seen, the lock, the lease, the tickets) makes nobody another
// person and prolongs nothing past expires; SPEC.md tells what altering it gives.
func (c Scratch) markSession(r sessionRow) []byte {
	h := c.store.keyed("sealdesk/v1 session")
	for _, field := range []string{r.TokenHash, r.Staff, r.Fingerprint, r.Road, r.Address} {
		fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	fmt.Fprintf(h, "%d %d", r.Started, r.Expires)
	return h.Sum(nil)
}

func (c Scratch) ours(r sessionRow) bool { return hmac.Equal(r.Mark, c.markSession(r)) }

// forged takes away sessions that no portal began and tells of them, once: who
// finds them is answered as if they had not been there. One entry of the system
// says how many, under the person in whose name they were put in.
func (c Scratch) forged(ctx context.Context, rows ...sessionRow) error {
	gone := map[string]int{}
	err := c.write(ctx, func(db *gorm.DB) error {
		for _, r := range rows {
			result := db.Where("token_hash = ? AND mark = ?", r.TokenHash, solid(r.Mark)).Delete(&sessionRow{})
			if result.Error != nil {
				return result.Error
			}
			if result.RowsAffected == 1 { // of several who find it at once, one tells
				gone[r.Staff]++
				c.store.log.Error("ALARM: a session was not begun by a portal, or was altered; it opened nothing and is removed",
					"staff", r.Staff, "started", r.Started, "address", r.Address)
			}
		}
		return nil
	})
	if err != nil || len(gone) == 0 {
		return err
	}
	if err := c.store.noteForged(ctx, gone); err != nil {
		c.store.log.Error("forged sessions found no entry", "cause", err.Error())
	}
	return nil
}

// ForgedSession begins the note of the entry about sessions that no portal began.
const ForgedSession = "forged-session"

func (s *Store) noteForged(ctx context.Context, gone map[string]int) error {
	var e audit.Entry
	n := 0
	for person, of := range gone {
		n += of
		_, err := s.Staff(ctx, person)
		switch {
		case err == nil && len(gone) == 1:
			e.Subject = staff.subjectOf(person)
		case err != nil && !fault.Is(err, fault.NotFound):
			return err
		}
	}
	e.Note = ForgedSession + " " + decimal(n)
	law, err := s.Policy(ctx)
	if err != nil {
		return err
	}
	grant, err := law.System(policy.Refusal)
	if err != nil {
		return err
	}
	_, err = s.Commit(ctx, grant, nil, func(*Tx) (audit.Entry, error) { return e, nil })
	return err
}

// LoginNonce is the nonce of the login statement that a browser, by the hash of
// its cookie, is shown in a minute: the same at every portal, and nobody else's
// to foretell. 16 bytes.
func (s *Store) LoginNonce(cookie string, minute time.Time) []byte {
	h := s.keyed("sealdesk/v1 login statement")
	fmt.Fprintf(h, "%d:%s%d", len(cookie), cookie, millis(minute))
	return h.Sum(nil)[:16]
}

// FileMark says that a portal read a file of this digest for a record in the
// session whose cookie has that hash. A form may carry the digest on when the
// rest of it was refused; it is believed with this mark alone.
func (s *Store) FileMark(cookie, record, digest string) string {
	h := s.keyed("sealdesk/v1 file that was read")
	for _, field := range []string{cookie, record, digest} {
		fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil))
}
