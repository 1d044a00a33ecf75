//go:build bench

package portal

import (
	"context"
	"net/http"

	"sealdesk/policy"
	"sealdesk/server/org"
)

// CheckRequest is what every request of a signed-in person begins with: the
// session, custody and appointments as the records stand, and the grant.
func (p *Portal) CheckRequest(r *http.Request, act policy.Act, body org.Organisation) error {
	c := &call{ctx: context.Background(), req: r, received: p.clock(), number: "bench"}
	var err error
	if c.who, err = p.session(c); err != nil {
		return err
	}
	_, err = p.may(c, act, body)
	return err
}
