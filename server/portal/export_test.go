package portal

import (
	"time"

	"sealdesk/server/internal/fault"
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

// Hashed is how a cookie lies in the database.
func Hashed(token string) string { return hashed(token) }

// Allowances of signing in.
const (
	SignInsOfKey   = signInsOfKey
	FailuresOfSite = failuresOfSite
)

// Names that the tests of cookies need.
const CookieName = cookieName

// SourceOf is what throttles tell apart.
var SourceOf = source
