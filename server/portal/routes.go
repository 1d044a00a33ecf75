package portal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"sealdesk/hsm/presence"
	"sealdesk/server/internal/fault"
)

// Who may ask a route.
type access int

const (
	anyone   access = iota // nobody is known yet
	signedIn               // a session whose key is in custody at this request
)

// A route is one line of the table that Handler serves.
type route struct {
	method, path string
	access       access
	handle       func(*Portal, *call) (answer, error)
}

// routes is everything that the staff listener answers, top to bottom.
var routes = []route{
	{"GET", "/sign-in", anyone, (*Portal).signIn},
	{"POST", "/sign-in", anyone, (*Portal).signInByKey},
	{"GET", "/sign-in/help", anyone, (*Portal).signInHelp},
	{"GET", "/sealed", anyone, (*Portal).sealedPage},
	{"POST", "/sealed", anyone, (*Portal).sealed},
	{"GET", "/takeover/:digest", anyone, (*Portal).showTakeover},
	{"GET", "/taken/:id", anyone, (*Portal).showTaken},
	{"POST", "/taken/:id", anyone, (*Portal).showFirstCode},
	{"GET", "/ca.crl", anyone, (*Portal).revocationList},
	{"GET", presence.StatementPath + ":digest", anyone, (*Portal).statementForAgent},
	{"POST", presence.SealPath, anyone, (*Portal).sealOfAgent},
	{"POST", "/sign-out", signedIn, (*Portal).signOut},
	{"GET", sessionState, anyone, (*Portal).sessionNow},
	{"GET", "/sessions", signedIn, (*Portal).listSessions},
	{"POST", "/sessions/end", signedIn, (*Portal).endSession},
	{"GET", "/resume", signedIn, (*Portal).showResume},
	{"POST", "/resume", signedIn, (*Portal).resume},

	{"GET", "/", signedIn, (*Portal).home},
	{"GET", "/statements/:digest", signedIn, (*Portal).showStatement},
	{"POST", "/statements/:digest/second", signedIn, (*Portal).secondRoad},
	{"POST", "/statements/:digest/withdraw", signedIn, (*Portal).withdrawStatement},
	{"GET", "/receipts/:number", signedIn, (*Portal).showReceipt},
	{"GET", "/receipts/:number/proof", signedIn, (*Portal).downloadProof},

	{"GET", "/imports", signedIn, (*Portal).listImports},
	{"GET", "/imports/template", signedIn, (*Portal).importTemplate},
	{"POST", "/imports", signedIn, (*Portal).uploadSheet},
	{"GET", "/imports/:job", signedIn, (*Portal).showImport},
	{"GET", "/imports/:job/progress", signedIn, (*Portal).importProgress},
	{"GET", "/imports/:job/report", signedIn, (*Portal).importReport},
	{"POST", "/imports/:job", signedIn, (*Portal).chooseImport},
	{"GET", "/imports/:job/rejected", signedIn, (*Portal).rejectedRows},
	{"POST", "/imports/:job/rows/:row", signedIn, (*Portal).mendRow},

	{"GET", "/early-renewals", signedIn, (*Portal).earlyRenewals},
	{"POST", "/early-renewals", signedIn, (*Portal).proposeEarlyRenewal},

	{"GET", "/applications", signedIn, (*Portal).listApplications},
	{"POST", "/applications", signedIn, (*Portal).batchApplications},
	{"GET", "/applications/:id", signedIn, (*Portal).showApplication},
	{"POST", "/applications/:id/reveal", signedIn, (*Portal).reveal},
	{"GET", "/applications/:id/review", signedIn, (*Portal).showReview},
	{"POST", "/applications/:id/review", signedIn, (*Portal).saveReview},
	{"GET", "/applications/:id/correct", signedIn, (*Portal).showCorrection},
	{"POST", "/applications/:id/correct", signedIn, (*Portal).saveCorrection},
	{"POST", "/applications/:id/not-accept", signedIn, (*Portal).proposeNotAccept},
	{"POST", "/applications/:id/return", signedIn, (*Portal).proposeReturn},
	{"POST", "/applications/:id/conclude", signedIn, (*Portal).proposeConclusion},
	{"POST", "/applications/:id/withdraw", signedIn, (*Portal).proposeWithdrawal},
	{"POST", "/applications/:id/hold", signedIn, (*Portal).proposeHold},
	{"POST", "/applications/:id/release", signedIn, (*Portal).proposeRelease},

	{"GET", "/review", signedIn, (*Portal).reviewBoard},
	{"POST", "/review", signedIn, (*Portal).proposeReview},
	{"GET", "/send", signedIn, (*Portal).sendBoard},
	{"POST", "/send", signedIn, (*Portal).proposeSend},
	{"GET", "/senders", signedIn, (*Portal).senders},
	{"POST", "/senders", signedIn, (*Portal).proposeSender},
	{"POST", "/senders/end", signedIn, (*Portal).proposeSenderEnd},
	{"GET", "/relatives", signedIn, (*Portal).relatives},
	{"POST", "/relatives", signedIn, (*Portal).proposeRelative},
	{"POST", "/relatives/remove", signedIn, (*Portal).proposeRelativeEnd},
	{"GET", "/confirmations", signedIn, (*Portal).confirmations},
	{"GET", "/confirmations/:id", signedIn, (*Portal).confirmation},

	{"GET", "/windows", signedIn, (*Portal).windows},
	{"POST", "/windows", signedIn, (*Portal).proposeWindow},
	{"POST", "/windows/days", signedIn, (*Portal).proposeDays},
	{"GET", "/progress", signedIn, (*Portal).progress},
	{"GET", "/leaflet", signedIn, (*Portal).leaflet},
	{"GET", "/licences", signedIn, (*Portal).licences},
	{"POST", "/licences", signedIn, (*Portal).proposeLicence},

	{"GET", "/me", signedIn, (*Portal).ownFile},
	{"POST", "/me/pledge", signedIn, (*Portal).proposePledge},
	{"POST", "/me/training", signedIn, (*Portal).proposeLearning},
	{"POST", "/staff/:id/training", signedIn, (*Portal).proposeTrainingConfirmation},
	{"GET", "/staff", signedIn, (*Portal).listStaff},
	{"GET", "/staff/new", signedIn, (*Portal).newFiling},
	{"POST", "/staff", signedIn, (*Portal).proposeFiling},
	{"POST", "/staff/checks", signedIn, (*Portal).proposeChecks},
	{"GET", "/musters", signedIn, (*Portal).musters},
	{"GET", "/musters/template", signedIn, (*Portal).musterTemplate},
	{"POST", "/musters", signedIn, (*Portal).uploadMuster},
	{"GET", "/musters/:id", signedIn, (*Portal).showMuster},
	{"GET", "/musters/:id/report", signedIn, (*Portal).musterReport},
	{"POST", "/musters/:id", signedIn, (*Portal).chooseMuster},
	{"GET", "/staff/:id", signedIn, (*Portal).showPerson},
	{"GET", "/staff/:id/file", signedIn, (*Portal).changeFiling},
	{"POST", "/staff/:id/reveal", signedIn, (*Portal).revealPhone},
	{"POST", "/staff/:id/check", signedIn, (*Portal).proposeCheck},
	{"POST", "/staff/:id/leave", signedIn, (*Portal).proposeLeave},
	{"POST", "/staff/:id/role", signedIn, (*Portal).proposeRole},
	{"POST", "/staff/:id/remove", signedIn, (*Portal).proposeRemoval},
	{"GET", "/roles", signedIn, (*Portal).listRoles},
	{"POST", "/roles/review", signedIn, (*Portal).proposeRoleReview},
	{"POST", "/staff/:id/exit", signedIn, (*Portal).proposeExit},

	{"GET", "/duties", signedIn, (*Portal).showDuties},
	{"GET", "/duties/:org", signedIn, (*Portal).showSheet},
	{"POST", "/duties/:org/sheet", signedIn, (*Portal).proposeSheet},
	{"GET", "/rules", signedIn, (*Portal).listRules},
	{"GET", "/rules/:org", signedIn, (*Portal).showRules},
	{"POST", "/rules/:org", signedIn, (*Portal).proposeRules},
	{"POST", "/rules/:org/review", signedIn, (*Portal).proposeRulesReview},
	{"GET", "/security", signedIn, (*Portal).showSecurity},
	{"GET", "/security/incidents/new", signedIn, (*Portal).newIncident},
	{"POST", "/security/incidents", signedIn, (*Portal).proposeIncident},
	{"GET", "/security/incidents/:id", signedIn, (*Portal).showIncident},
	{"POST", "/security/incidents/:id", signedIn, (*Portal).proposeNote},
	{"GET", "/security/lessons/new", signedIn, (*Portal).newLesson},
	{"POST", "/security/lessons", signedIn, (*Portal).proposeLesson},
	{"GET", "/security/drills/new", signedIn, (*Portal).newDrill},
	{"POST", "/security/drills", signedIn, (*Portal).proposeDrill},

	{"GET", "/log", signedIn, (*Portal).readLog},
	{"GET", "/log/:number", signedIn, (*Portal).readEntry},
	{"GET", "/keys", signedIn, (*Portal).listKeys},
	{"GET", "/policy", signedIn, (*Portal).showPolicy},
	{"GET", "/policy/file", signedIn, (*Portal).policyFile},
	{"GET", "/policy/new", signedIn, (*Portal).newPolicy},
	{"POST", "/policy/new", signedIn, (*Portal).uploadPolicy},
	{"GET", "/policy/draft", signedIn, (*Portal).policyDraft},
	{"POST", "/policy/draft", signedIn, (*Portal).proposePolicy},
	{"GET", "/policy/changes/:id", signedIn, (*Portal).policyProposal},
	{"GET", "/policy/changes/:id/sign", signedIn, (*Portal).signPolicy},
	{"GET", "/enrolments", signedIn, (*Portal).listEnrolments},
	{"GET", "/enrolments/:serial", signedIn, (*Portal).showEnrolment},
	{"POST", "/enrolments/:serial/certificate", signedIn, (*Portal).enrolForeign},
	{"GET", "/renewal", signedIn, (*Portal).renewal},
	{"POST", "/renewal/drop", signedIn, (*Portal).dropRenewal},

	{"GET", "/emergency/use", anyone, (*Portal).showEmergencyUse},
	{"GET", "/emergency", signedIn, (*Portal).showEmergencies},
	{"POST", "/emergency", signedIn, (*Portal).callEmergency},
	{"POST", "/emergency/:id/seal", signedIn, (*Portal).sealEmergency},
	{"POST", "/emergency/:id/acknowledge", signedIn, (*Portal).acknowledgeEmergency},
	{"POST", "/custodians", signedIn, (*Portal).proposeCustodians},
	{"GET", "/custodians/:id", signedIn, (*Portal).signCustodians},
	{"GET", "/keys/:serial", signedIn, (*Portal).showToken},
	{"POST", "/keys/:serial", signedIn, (*Portal).proposeToken},
	{"GET", "/keys/:serial/sheet", signedIn, (*Portal).handoverSheet},
	{"GET", "/deliveries", signedIn, (*Portal).deliveries},
	{"GET", "/deliveries/template", signedIn, (*Portal).deliveryTemplate},
	{"POST", "/deliveries", signedIn, (*Portal).uploadDelivery},
	{"GET", "/deliveries/:id", signedIn, (*Portal).showDelivery},
	{"POST", "/deliveries/:id", signedIn, (*Portal).takeDelivery},
	{"GET", "/requests", signedIn, (*Portal).listRequests},
	{"POST", "/requests", signedIn, (*Portal).proposeRequest},
	{"POST", "/requests/decline", signedIn, (*Portal).proposeDecline},
	{"GET", "/spares", signedIn, (*Portal).showSpares},
	{"POST", "/spares", signedIn, (*Portal).proposeSpares},
	{"GET", "/stocktakes", signedIn, (*Portal).stocktakes},
	{"POST", "/stocktakes", signedIn, (*Portal).beginStocktake},
	{"POST", "/stocktakes/:year/count", signedIn, (*Portal).countTokens},
	{"POST", "/stocktakes/:year/close", signedIn, (*Portal).closeStocktake},
	{"GET", "/media", signedIn, (*Portal).listMedia},
	{"POST", "/media", signedIn, (*Portal).proposeMedium},
	{"GET", "/media/:id", signedIn, (*Portal).showMedium},
	{"POST", "/media/:id", signedIn, (*Portal).actOnMedium},

	{"GET", "/key", signedIn, (*Portal).myKey},
	{"POST", "/key/handover", signedIn, (*Portal).proposeHandover},
	{"POST", "/key/prove", signedIn, (*Portal).proposeProof},
	{"POST", "/key/loss-code", signedIn, (*Portal).issueLossCode},
	{"GET", "/lost", anyone, (*Portal).lostPage},
	{"POST", "/lost", anyone, (*Portal).reportOwnLoss},
	{"GET", "/handed-over", anyone, (*Portal).handedOver},
}

// Limits of one request.
const (
	maxForm   = 1 << 20  // bytes of a form
	maxUpload = 21 << 20 // bytes of a form with a file in it (the file: 20 MiB)
	patience  = 60 * time.Second
)

// uploads are the routes whose form carries a file.
var uploads = map[string]bool{"/imports": true, "/applications/:id/withdraw": true, "/deliveries": true, "/musters": true}

// Handler is the staff listener: every route gets host check, headers, the
// standard library's cross-origin protection, a body limit, a deadline, a
// request number, recovery and the session check by construction.
func (p *Portal) Handler() http.Handler { return p.handler(p.host) }

func (p *Portal) handler(host string) http.Handler {
	engine := newEngine()
	for _, r := range routes {
		engine.Handle(r.method, r.path, p.edge(r))
	}
	missing := p.edge(route{access: anyone, handle: func(*Portal, *call) (answer, error) {
		return nil, fault.New(fault.NotFound, "没有这个页面。请从目录进入，或回到今日办理。")
	}})
	engine.NoRoute(missing)
	engine.NoMethod(missing)
	engine.GET("/static/*path", func(g *gin.Context) {
		g.Header("Cache-Control", "public, max-age=31536000, immutable")
		http.StripPrefix("/static", p.static).ServeHTTP(g.Writer, g.Request)
	})
	engine.POST(presence.Path, func(g *gin.Context) { p.presenceStream(g.Writer, g.Request) })
	engine.GET("/healthz", func(g *gin.Context) { g.String(http.StatusOK, "ok\n") })
	engine.GET("/readyz", p.readyz)
	return onlyHost(host, guard(p.agent, p.sameOrigin(engine)))
}

func newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.SetTrustedProxies(nil)
	return engine
}

// edge runs one route and turns what comes back into an answer.
func (p *Portal) edge(r route) gin.HandlerFunc {
	return func(g *gin.Context) {
		ctx, cancel := context.WithTimeout(g.Request.Context(), patience)
		defer cancel()
		c := newCall(ctx, g, r)
		a, err := p.serve(r, c)
		p.answer(g, c, a, err)
	}
}

func newCall(ctx context.Context, g *gin.Context, r route) *call {
	c := &call{ctx: ctx, req: g.Request, writer: g.Writer, param: g.Param, number: requestNumber(), route: r}
	g.Header("X-Request-Id", c.number)
	return c
}

// answer writes what came back, an error as the page of its refusal.
func (p *Portal) answer(g *gin.Context, c *call, a answer, err error) {
	if err != nil {
		f := sentenced(err)
		p.log.Info("refused", "request", c.number, "method", c.route.method, "route", c.route.path, "kind", string(f.Kind), "cause", causeOf(f))
		c.concerns(refusedAct(c, err), "")
		p.recordRefusal(c, f)
		if f.Kind == fault.Locked && c.who == nil {
			a = redirect{"/sign-in?back=" + url.QueryEscape(returnPath(c))}
		} else {
			a = p.refused(c, f)
		}
	}
	a.write(p, g, c)
}

// returnPath is where to go on after signing in: the page that was asked for,
// or home when something was posted.
func returnPath(c *call) string {
	if c.req.Method != http.MethodGet {
		return "/"
	}
	return backTo(c.req.URL.RequestURI())
}

// serve reads the request, finds the session and runs the handler; a panic
// becomes an error.
func (p *Portal) serve(r route, c *call) (a answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			p.log.Error("panic", "request", c.number, "route", r.path, "stack", string(debug.Stack()))
			a, err = nil, errors.New("the handler panicked")
		}
	}()
	if err := readBody(r, c); err != nil {
		return nil, err
	}
	c.received = p.clock()
	if r.access == signedIn {
		if c.who, err = p.session(c); err != nil {
			return nil, err
		}
	}
	return r.handle(p, c)
}

// readBody reads the whole request before the clock is asked: a window is
// judged by when the last byte had arrived.
func readBody(r route, c *call) error {
	if c.req.Method != http.MethodPost {
		c.form = c.req.URL.Query()
		return nil
	}
	limit := int64(maxForm)
	if uploads[r.path] {
		limit = maxUpload
	}
	c.req.Body = http.MaxBytesReader(c.writer, c.req.Body, limit)
	// ParseMultipartForm alone would swallow what ParseForm says of a body that
	// is not multipart, and a form cut short would pass for an empty one.
	err := c.req.ParseForm()
	if err == nil {
		if err = c.req.ParseMultipartForm(limit); errors.Is(err, http.ErrNotMultipart) {
			err = nil
		}
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fault.New(fault.Invalid, "提交的内容超过 %d MiB，没有收下。请分成几份再提交。", limit>>20)
	case err != nil && !errors.Is(err, multipart.ErrMessageTooLarge):
		return fault.Wrap(err, fault.Invalid, "没有收全提交的内容，什么都没有改变。请再提交一次。")
	}
	c.form = url.Values{}
	for k, v := range c.req.PostForm {
		c.form[k] = v
	}
	return nil
}

func requestNumber() string {
	raw := make([]byte, 6)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}

func causeOf(f *fault.Error) string {
	if cause := f.Unwrap(); cause != nil {
		return cause.Error()
	}
	return ""
}

// readyz says whether the database answers and the log is signed.
func (p *Portal) readyz(g *gin.Context) {
	ctx, cancel := context.WithTimeout(g.Request.Context(), 5*time.Second)
	defer cancel()
	if err := p.store.Ready(ctx); err != nil {
		p.log.Warn("not ready", "cause", err.Error())
		g.String(http.StatusServiceUnavailable, "not ready\n")
		return
	}
	g.String(http.StatusOK, "ready\n")
}
