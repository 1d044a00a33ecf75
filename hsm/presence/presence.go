// Package presence is how a workstation tells a portal that a person's token is
// still in it. It exists so that an empty chair locks: the agent holds one
// outgoing stream for a session, and says every so often that the token is
// there; the portal keeps the session open only as long as it hears that.
//
// It promises: a stream is opened with a ticket that works once and that only
// its maker ever held (the portal got its hash, together with the seal); the
// agent connects to the portal's origin of its own list and to nothing else; a
// pulled token is told at once, an agent or a line that is gone is silence. No
// PIN and no key is used.
//
// It guards an empty chair, not a hostile workstation: a program of the same
// person can claim a token that is not there. The format is in SPEC.md.
package presence

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"time"
)

// How the two sides keep time. All are durations of the clock on the wall;
// nothing here is a moment.
const (
	Beat  = 400 * time.Millisecond  // between two words of the agent
	Lease = 2500 * time.Millisecond // silence that the portal bears
	Grace = 10 * time.Second        // from a log-in to its stream
)

// Where an agent fetches a statement (its digest follows) and hands its seal in,
// by the second road, under the ticket of the stream that it holds.
const (
	StatementPath = "/agent/statements/"
	SealPath      = "/agent/seal"
)

// Path is where the portal takes the stream, TicketHeader and NextHeader carry
// the ticket that opens it and the hash of the one that may follow.
const (
	Path         = "/agent/stream"
	TicketHeader = "Sealdesk-Ticket"
	NextHeader   = "Sealdesk-Next"
)

// Words of the stream, one a line: the agent's, then the portal's.
const (
	Here = "here" // the token is there
	Gone = "gone" // it was pulled; the last word

	Held   = "held"   // the stream is open
	Still  = "still"  // the portal is there
	Ask    = "ask"    // a statement waits for the second road, its digest follows
	Locked = "locked" // the session locked; the last word
	Ended  = "ended"  // the session ended or has another stream; the last word
)

// Ticket opens one stream: 256 random bits in lower-case hex.
type Ticket string

// NewTicket makes a ticket.
func NewTicket() Ticket {
	raw := make([]byte, 32)
	rand.Read(raw)
	return Ticket(hex.EncodeToString(raw))
}

// Hash is what the portal knows of a ticket before it is used.
func (t Ticket) Hash() string {
	sum := sha256.Sum256([]byte("sealdesk presence " + string(t)))
	return hex.EncodeToString(sum[:])
}

var spelling = regexp.MustCompile(`^[0-9a-f]{64}$`)

// WellFormed says whether a ticket or a hash is spelt as they are.
func WellFormed(s string) bool { return spelling.MatchString(s) }
