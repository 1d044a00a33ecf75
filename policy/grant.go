package policy

import "strings"

// Grant is the policy's yes: who, in which session and with which key, may do
// which act, by which role, on what lies at or under which body, as authority
// stood at an epoch. Its fields are closed, so only May and System make one
// that is not zero. It carries no proof that it is still true: the store asks
// again when the epoch has moved.
type Grant struct {
	person, session, key string
	act                  Act
	resource             Resource
	role                 Role
	reach                Reach
	body                 Body
	home                 Body // of the appointment that carried the act
	epoch                uint64
	law                  string // digest of the policy that gave it
}

// Person is the staff number; empty for an act of the system alone.
func (g Grant) Person() string { return g.person }

// Session is the session the person asked in.
func (g Grant) Session() string { return g.session }

// Key is the fingerprint of the person's certificate.
func (g Grant) Key() string { return g.key }

// Act is the one act that is granted.
func (g Grant) Act() Act { return g.act }

// Resource is what the act touches.
func (g Grant) Resource() Resource { return g.resource }

// Role is the role that carried the act.
func (g Grant) Role() Role { return g.role }

// Reach is the reach of the line that carried it.
func (g Grant) Reach() Reach { return g.reach }

// Body is the body that was asked about.
func (g Grant) Body() Body { return g.body }

// Home is the body of the appointment that carried the act, or of the
// delegation that lent it; zero for an act of the system.
func (g Grant) Home() Body { return g.home }

// Epoch is the state of authority that the grant was given under.
func (g Grant) Epoch() uint64 { return g.epoch }

// Policy is the digest of the policy that gave the grant.
func (g Grant) Policy() string { return g.law }

// IsZero reports a grant that no policy gave.
func (g Grant) IsZero() bool { return g.act == "" }

// Covers reports whether a record with this path lies at or under the body.
func (g Grant) Covers(path string) bool {
	return !g.IsZero() && g.body.Path != "" && wellFormed(path) && strings.HasPrefix(path, g.body.Path)
}

// Range gives the half-open range of paths, in byte order, that Covers
// accepts. A zero grant gives an empty range.
func (g Grant) Range() (from, to string) {
	if g.IsZero() || g.body.Path == "" {
		return "", ""
	}
	// Every path ends in '/', and '0' is the next byte.
	return g.body.Path, g.body.Path[:len(g.body.Path)-1] + "0"
}
