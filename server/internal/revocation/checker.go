package revocation

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"

	"sealdesk/server/internal/fault"
)

// How long a good answer is used again before the next question.
const (
	reuseOCSP = 5 * time.Minute
	reuseCRL  = time.Hour
	backoff   = 10 * time.Second // after a try that failed
)

// Checker asks the anchors. It may be used by many goroutines.
type Checker struct {
	grace   time.Duration
	log     *slog.Logger
	client  *http.Client
	anchors []*asked
	memory  Memory // nil: answers are forgotten with the process
}

// asked is one anchor with what it has answered.
type asked struct {
	Anchor
	mu    sync.Mutex
	state State
	list  *x509.RevocationList
	at    time.Time           // when list was fetched
	ocsp  map[string]reusable // by certificate
	known map[string]Answer   // what stands of each certificate
}

// reusable is an answer of a responder, which may be used again until a moment.
type reusable struct {
	Answer
	until time.Time
}

// Ended is the cause of the refusal of a certificate that its issuer ended.
type Ended struct {
	Authority string
	Answer
}

func (e *Ended) Error() string {
	return "the authority " + e.Authority + " ended the certificate at " + e.Answer.Ended.UTC().Format(time.RFC3339)
}

// New makes a Checker. grace is how long a certificate that was good is still
// taken while its authority does not answer; 0 is none, MaxGrace the most.
func New(anchors []Anchor, grace time.Duration, log *slog.Logger, now time.Time) (*Checker, error) {
	if grace < 0 || grace > MaxGrace {
		return nil, errors.New("吊销查询的宽限须在 0 至 72 小时之间")
	}
	c := &Checker{grace: grace, log: log, client: newClient()}
	var faults []error
	for _, a := range anchors {
		faults = append(faults, a.Check(now))
		c.anchors = append(c.anchors, &asked{Anchor: a, state: State{Name: a.Name}, ocsp: map[string]reusable{}, known: map[string]Answer{}})
	}
	return c, errors.Join(faults...)
}

// Anchors are the authorities' certificates.
func (c *Checker) Anchors() []*x509.Certificate {
	var list []*x509.Certificate
	for _, a := range c.anchors {
		list = append(list, a.Certificate)
	}
	return list
}

// States tells how each anchor's answers stand.
func (c *Checker) States() []State {
	var list []State
	for _, a := range c.anchors {
		a.mu.Lock()
		list = append(list, a.state)
		a.mu.Unlock()
	}
	return list
}

// Probe asks every anchor's list or responder, so that `portal check` can say
// whether it answers.
func (c *Checker) Probe(ctx context.Context, now time.Time) []State {
	for _, a := range c.anchors {
		a.mu.Lock()
		var err error
		if a.CRL != "" {
			_, err = c.fromList(ctx, a, a.Certificate, now)
		} else if _, err = c.fetch(ctx, a.OCSP, nil, maxOCSP); isStatus(err) {
			err = nil // it answers, and has nothing to say to an empty question
		}
		c.note(a, now, err, now)
		a.mu.Unlock()
	}
	return c.States()
}

// Check says whether a certificate of an anchor still holds at now. The cause of
// a refusal is an *Ended if its issuer ended it.
func (c *Checker) Check(ctx context.Context, leaf *x509.Certificate, now time.Time) error {
	a, err := c.anchorOf(leaf)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return c.ask(whole(ctx), a, leaf, now, c.grace)
}

// whole lets a question end in its own time (patience): whoever hangs up while
// it is asked must not make the authority look silent, to himself or to others.
func whole(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// Confirm is Check by an answer of this very moment: no grace, and nothing that
// was asked before is used again.
func (c *Checker) Confirm(ctx context.Context, leaf *x509.Certificate, now time.Time) error {
	a, err := c.anchorOf(leaf)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.ocsp, leaf.SerialNumber.String())
	a.at = time.Time{}
	return c.ask(whole(ctx), a, leaf, now, 0)
}

func (c *Checker) anchorOf(leaf *x509.Certificate) (*asked, error) {
	for _, a := range c.anchors {
		if bytes.Equal(a.Certificate.RawSubject, leaf.RawIssuer) && leaf.CheckSignatureFrom(a.Certificate) == nil {
			return a, nil
		}
	}
	return nil, fault.New(fault.Forbidden, "颁发这张证书的机构不在签台信任的名单上，不能使用。请改用信任机构颁发的证书，或由系统管理员核对配置。")
}

// ask is for who holds the anchor's lock. What comes now and what stands of
// before are weighed together: a revocation that any portal ever heard of is not
// undone by an older answer, nor by silence.
func (c *Checker) ask(ctx context.Context, a *asked, leaf *x509.Certificate, now time.Time, grace time.Duration) error {
	fresh, err := c.fresh(ctx, a, leaf, now)
	c.note(a, fresh.Heard, err, now)
	stands, forgetful := c.stands(ctx, a, leaf, fresh)
	switch {
	case stands.Revoked():
		return refuse(a.Name, stands)
	case forgetful != nil:
		return fault.Wrap(forgetful, fault.Unavailable, "这张证书的吊销记录现在读写不了，不能据以放行。请稍后再试；仍然不行请告诉系统管理员。")
	case err == nil:
		return nil
	case stands.IsZero() || grace == 0 || stands.Heard.After(now) || now.Sub(stands.Heard) > grace:
		return fault.Wrap(err, fault.Forbidden, "查不到颁发机构“%s”的吊销信息，这张证书现在不能使用。签台会继续查询；请过一会儿再试，仍然不行请告诉系统管理员。", a.Name)
	}
	return nil
}

// refuse is the sentence about a certificate that its issuer ended.
func refuse(authority string, stands Answer) error {
	at := stands.Ended.In(time.FixedZone("", 8*60*60)).Format("2006-01-02 15:04")
	cause := &Ended{authority, stands}
	if stands.Held {
		return fault.Wrap(cause, fault.Forbidden, "这张证书已被颁发机构“%s”于 %s 冻结，不能使用。请向颁发机构问明原因，它解冻之后再试；钥匙已在签台暂停的，由安全保密管理员与第二人恢复。", authority, at)
	}
	return fault.Wrap(cause, fault.Forbidden, "这张证书已被颁发机构“%s”于 %s 吊销，不能使用。请向安全保密管理员申领新钥匙。", authority, at)
}

// note keeps the anchor's state; for who holds its lock. at is when the answer
// that counted came. Each change is logged.
func (c *Checker) note(a *asked, at time.Time, err error, now time.Time) {
	before := a.state.Failing()
	if err == nil || err.Error() != a.state.Fault || now.Sub(a.state.Asked) >= backoff {
		a.state.Asked = now
	}
	if err == nil {
		a.state.Good, a.state.Fault, a.state.Until = at, "", time.Time{}
		if before {
			c.log.Info("revocation: the authority answers again", "authority", a.Name)
		}
		return
	}
	a.state.Fault = err.Error()
	if !a.state.Good.IsZero() {
		a.state.Until = a.state.Good.Add(c.grace)
	}
	if !before {
		c.log.Error("revocation: the authority gives no answer that counts", "authority", a.Name, "cause", err.Error(), "grace_until", a.state.Until)
	}
}

// fresh is an answer of now: OCSP first, the list if that fails.
func (c *Checker) fresh(ctx context.Context, a *asked, leaf *x509.Certificate, now time.Time) (Answer, error) {
	if since := now.Sub(a.state.Asked); a.state.Failing() && since >= 0 && since < backoff {
		return Answer{}, errors.New(a.state.Fault)
	}
	if a.OCSP == "" {
		return c.fromList(ctx, a, leaf, now)
	}
	serial := leaf.SerialNumber.String()
	if r, ok := a.ocsp[serial]; ok && now.Sub(r.Heard) < reuseOCSP && now.Before(r.until) && a.state.Fault == "" {
		return r.Answer, nil
	}
	r, err := c.fromOCSP(ctx, a, leaf, now)
	if err == nil {
		a.ocsp[serial] = r
	}
	if err == nil || a.CRL == "" {
		return r.Answer, err
	}
	fromList, listErr := c.fromList(ctx, a, leaf, now)
	if listErr != nil {
		return Answer{}, errors.Join(listErr, err)
	}
	return fromList, nil
}

func (c *Checker) fromOCSP(ctx context.Context, a *asked, leaf *x509.Certificate, now time.Time) (reusable, error) {
	question, err := ocsp.CreateRequest(leaf, a.Certificate, nil)
	if err != nil {
		return reusable{}, err
	}
	raw, err := c.fetch(ctx, a.OCSP, question, maxOCSP)
	if err != nil {
		return reusable{}, err
	}
	return readOCSP(raw, leaf, a.Certificate, now)
}

func (c *Checker) fromList(ctx context.Context, a *asked, leaf *x509.Certificate, now time.Time) (Answer, error) {
	if a.list != nil && now.Sub(a.at) < reuseCRL && now.Before(a.list.NextUpdate) {
		return listed(a.list, leaf, a.at), nil
	}
	raw, err := c.fetch(ctx, a.CRL, nil, maxCRL)
	if err != nil {
		return Answer{}, err
	}
	list, err := readCRL(raw, a.Certificate, a.list, now)
	if err != nil {
		return Answer{}, err
	}
	a.list, a.at = list, now
	return listed(list, leaf, now), nil
}
