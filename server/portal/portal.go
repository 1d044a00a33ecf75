// Package portal is the web of Sealdesk: routes, pages, sessions, and the one
// place where a kind of error becomes a status. A handler asks for the grant,
// reads the form, calls the noun, commits, answers; it holds no rule of the
// business and writes no record except through store.Commit.
//
// It promises that no page is sent half-made, that every route but the listed
// few wants a session whose key custody is asked at that very request, that
// no script but our own runs and no form goes anywhere but to ourselves and to
// the agent on the workstation's loopback.
package portal

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/policy"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/internal/revocation"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web"
)

// Config is what a portal is made of. All fields but External are needed.
type Config struct {
	Store    *store.Store
	Policy   *policy.Policy // that the program carries; the sealed one serves
	Packs    registration.Packs
	Roots    *x509.CertPool // issuers of staff certificates
	CA       []byte         // the same, PEM, for the proof files' readers
	Log      *slog.Logger
	Clock    func() time.Time
	Name     string        // the portal's name in statements
	Year     int           // plan year
	Origin   string        // of the staff listener, https://host[:port]
	Agent    string        // origin of the agent, http://127.0.0.1:port
	Verifier note.Verifier // of the log's checkpoints

	// Authority issues staff certificates and signs the revocation list; its
	// key lies in the HSM. External are further authorities among Roots, or nil.
	Authority *issuing.Authority
	External  *revocation.Checker
}

// Portal serves the staff pages.
type Portal struct {
	store    *store.Store
	carried  *policy.Policy
	packs    registration.Packs
	roots    *x509.CertPool
	ca       []byte
	log      *slog.Logger
	clock    func() time.Time
	name     string
	year     int
	origin   string
	host     string
	agent    string
	verifier note.Verifier
	pages    *web.Pages
	jobs     *jobs
	keeper   *keeper
	static   http.Handler
	unknown  atomic.Int64 // refusals of people nobody knows, since their last entry

	authority *issuing.Authority
	external  *revocation.Checker    // nil if no external authority is trusted
	list      atomic.Pointer[[]byte] // the current revocation list, DER
}

// New makes a portal; Close ends what it runs in the background.
func New(c Config) (*Portal, error) {
	if c.Store == nil || c.Policy == nil || c.Roots == nil || c.Log == nil || c.Clock == nil || c.Verifier == nil || c.Authority == nil || len(c.Packs) == 0 {
		return nil, errors.New("portal: a part of the configuration is missing")
	}
	u, err := url.Parse(c.Origin)
	if err != nil {
		return nil, err
	}
	pages, err := web.Load()
	if err != nil {
		return nil, err
	}
	p := &Portal{store: c.Store, carried: c.Policy, packs: c.Packs, roots: c.Roots, ca: c.CA, log: c.Log, clock: c.Clock, name: c.Name,
		year: c.Year, origin: c.Origin, host: u.Host, agent: c.Agent, verifier: c.Verifier, pages: pages, jobs: newJobs(),
		keeper: newKeeper(), static: pages.Static(), authority: c.Authority, external: c.External}
	if p.external != nil {
		if err := p.external.Keep(context.Background(), p.store.Scratch(), p.clock()); err != nil {
			return nil, err
		}
	}
	p.jobs.repeat(sweepEvery, p.sweep)
	p.jobs.repeat(pulseEvery, p.keeper.beat)
	p.jobs.repeat(renewEvery, p.renewLeases)
	p.jobs.repeat(issuing.CRLEvery, p.publish)
	p.jobs.repeat(voidEvery, p.voidEnded)
	return p, nil
}

// sweepEvery is how often expired statements and sessions are forgotten. Each
// request asks for their expiry itself; this only keeps the tables small.
const sweepEvery = time.Minute

func (p *Portal) sweep(ctx context.Context) {
	if err := errors.Join(p.countRefusals(ctx), p.settleEnded(ctx), p.store.Scratch().Sweep(ctx)); err != nil && ctx.Err() == nil {
		p.log.Warn("sweep", "cause", err.Error())
	}
}

// Close ends the work in the background and waits for it.
func (p *Portal) Close() {
	p.keeper.close()
	p.jobs.close()
}
