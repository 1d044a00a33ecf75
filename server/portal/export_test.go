package portal

import (
	"context"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
)

// RouteLine is a line of the route table, for tests that are generated from it.
type RouteLine struct {
	Method, Path string
	SignedIn     bool
	Upload       bool // its form may carry a file
}

// RouteTable lists everything that the staff listener answers.
func RouteTable() []RouteLine {
	var list []RouteLine
	for _, r := range routes {
		list = append(list, RouteLine{r.method, r.path, r.access == signedIn, uploads[r.path]})
	}
	return list
}

// StatusOf is the table from kind to status.
func StatusOf(kind fault.Kind) int { return statuses[kind] }

// Lives of a session and of a statement, as the tests step over their edges.
const (
	Idle     time.Duration = idle
	Absolute time.Duration = absolute
	Alone    time.Duration = alone
	Together time.Duration = together
)

// FitsUnder asks what an act needs besides a role, of somebody who is on file
// and trained in a body with that headship.
func FitsUnder(act policy.Act, person org.Staff, h org.Headship, now time.Time) error {
	return fits(standing{person: person, headship: h}, policy.Grant{}, act, h.Year, now)
}

// standing are rows that hold one person and one headship, and nothing else.
type standing struct {
	rows
	person   org.Staff
	headship org.Headship
}

func (s standing) Staff(string) (org.Staff, error)            { return s.person, nil }
func (s standing) Headship(int, string) (org.Headship, error) { return s.headship, nil }

// Hashed is how a cookie lies in the database.
func Hashed(token string) string { return hashed(token) }

// Allowances of signing in and of uploading.
const (
	SignInsOfKey   = signInsOfKey
	FailuresOfSite = failuresOfSite
	UploadsEach    = uploadsEach
)

// Names that the tests of cookies need.
const CookieName = cookieName

// SourceOf is what throttles tell apart.
var SourceOf = source

// VoidEnded runs the chore that voids ended proposals, once.
func (p *Portal) VoidEnded() { p.voidEnded(p.jobs.ctx) }

// Sweep is the chore that runs every minute.
func Sweep(ctx context.Context, p *Portal) { p.sweep(ctx) }

// RefusalsEach is how many refusals of one person are entries in a minute.
const RefusalsEach = refusalsEach
