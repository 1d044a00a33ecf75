package portal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"sealdesk/hsm/presence"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/revocation"
	"sealdesk/server/org"
	"sealdesk/server/store"
)

// cookieName carries the __Host- prefix: the browser keeps it for this host,
// over TLS, for the whole path, whatever a neighbour on another port sets.
const cookieName = "__Host-sealdesk"

// How long a session lives without a request, and at all (design section 8).
const (
	idle     = 10 * time.Minute
	absolute = 12 * time.Hour
)

// Session is who asks, as the records say at this very request.
type Session struct {
	Staff   org.Staff
	Home    org.Organisation
	Officer policy.Officer
	law     *policy.Policy // in force at this very request
	row     store.Session
	cityRun *org.Organisation // 市直, or none, once a page of the city's people has asked
}

// Roles are the person's roles in the words of the pages.
func (s *Session) Roles() []policy.Role {
	var roles []policy.Role
	for _, a := range s.Officer.Appointments {
		roles = append(roles, a.Role)
	}
	return roles
}

// Holds reports whether the person has one of the roles anywhere.
func (s *Session) Holds(any ...policy.Role) bool {
	for _, a := range s.Officer.Appointments {
		for _, r := range any {
			if a.Role == r {
				return true
			}
		}
	}
	return false
}

// newToken is a random 256-bit value for a cookie.
func newToken() string {
	raw := make([]byte, 32)
	rand.Read(raw)
	return hex.EncodeToString(raw)
}

// hashed is how a cookie lies in the database: a copy of the table opens no
// session.
func hashed(token string) string {
	sum := sha256.Sum256([]byte("sealdesk cookie " + token))
	return hex.EncodeToString(sum[:])
}

// browser is the hash of this browser's cookie; empty if it sent none.
func browser(r *http.Request) string {
	c, err := r.Cookie(cookieName)
	if err != nil || len(c.Value) != 64 {
		return ""
	}
	return hashed(c.Value)
}

// setCookie gives the browser a new token and returns its hash.
func setCookie(w http.ResponseWriter) string {
	token := newToken()
	giveCookie(w, token)
	return hashed(token)
}

func giveCookie(w http.ResponseWriter, token string) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode})
}

// session finds who asks. The key's custody, the appointments and the person's
// filing are read from the database at each request: a loss, a leaver or a
// changed role takes effect at the next one, on every portal.
func (p *Portal) session(c *call) (*Session, error) {
	row, err := p.sessionRow(c)
	if err != nil {
		return nil, err
	}
	if why := p.lockOf(c, row); why != store.Unlocked {
		if err := errors.Join(p.lock(c, row, why), p.keep(c, row)); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.Locked, "%s请用本人的钥匙登录解锁，草稿都在。", lockWords[why])
	}
	s, err := p.known(c.ctx, row)
	if err != nil {
		return nil, p.ended(c, row, err)
	}
	// Once a minute is enough to keep a session alive and spares a write.
	if c.received.Sub(row.Seen) > time.Minute {
		var ended *revocation.Ended
		if err := p.stillHeld(c, row); errors.As(err, &ended) {
			return nil, p.ended(c, row, err)
		} else if err != nil { // nothing is shown meanwhile; the session waits, no longer than any that rests
			return nil, err
		}
		if err := p.store.Scratch().TouchSession(c.ctx, row.TokenHash, c.received); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// sealer finds who hands a seal in. The session may be locked: the seal, once
// it is verified, opens it (c.lock says so until then).
func (p *Portal) sealer(c *call) (*Session, error) {
	row, err := p.sessionRow(c)
	if err != nil {
		return nil, err
	}
	s, err := p.known(c.ctx, row)
	if err != nil {
		return nil, p.ended(c, row, err)
	}
	if c.lock = p.lockOf(c, row); c.lock != store.Unlocked {
		return s, p.lock(c, row, c.lock)
	}
	return s, nil
}

// sessionRow finds the session of this browser, locked or not.
func (p *Portal) sessionRow(c *call) (store.Session, error) {
	hash := browser(c.req)
	if hash == "" {
		return store.Session{}, fault.New(fault.Locked, "还没有登录。请插入钥匙登录。")
	}
	row, err := p.store.Scratch().Session(c.ctx, hash)
	if fault.Is(err, fault.NotFound) {
		return row, fault.New(fault.Locked, "登录已经结束。请插入钥匙重新登录，草稿都在。")
	}
	if err != nil {
		return row, err
	}
	if c.received.After(row.Expires) {
		if err := p.end(c, row); err != nil {
			return row, err
		}
		return row, fault.New(fault.Locked, "登录满 %d 小时，已经结束。请插入钥匙重新登录，草稿都在。", int(absolute.Hours()))
	}
	return row, onRoad(c, row)
}

// end forgets a session and lets its agent go.
func (p *Portal) end(c *call, row store.Session) error {
	p.keeper.drop(row.TokenHash, presence.Ended)
	return p.store.Scratch().DeleteSession(c.ctx, row.TokenHash)
}

// finishSession ends a session for somebody who asks for it. It is over at once,
// whatever has become of the log: a door that cannot be shut while the log is
// away would be worse than an entry that comes later (see settleEnded).
func (p *Portal) finishSession(c *call, row store.Session, grant policy.Grant, note string) error {
	p.keeper.drop(row.TokenHash, presence.Ended)
	scratch := p.store.Scratch()
	if err := scratch.EndSession(c.ctx, row.TokenHash, store.Ending{By: c.who.Staff.ID, Key: c.who.Officer.Key, Note: note, At: c.received}); err != nil {
		return err
	}
	_, err := p.store.Commit(c.ctx, grant, nil, func(*store.Tx) (audit.Entry, error) {
		return audit.Entry{Subject: store.OfStaff(row.Staff).Subject(), Note: note}, nil
	})
	if err != nil {
		p.log.Warn("a session ended and its entry is owed", "request", c.number, "cause", err.Error())
		return nil
	}
	return scratch.ForgetEnded(c.ctx, row.TokenHash)
}

// system gives the grant of an act that the system does by itself, or on behalf
// of a person who is known, under the policy in force.
func (p *Portal) system(ctx context.Context, who policy.Officer, act policy.Act) (policy.Grant, error) {
	law, err := p.store.Policy(ctx)
	if err != nil {
		return policy.Grant{}, err
	}
	return law.SystemFor(who, act)
}

// settleEnded makes the entries of sessions that ended while the log was away:
// under whoever ended them, with the time when that was.
func (p *Portal) settleEnded(ctx context.Context) error {
	owed, err := p.store.Scratch().Owed(ctx)
	if err != nil || len(owed) == 0 {
		return err
	}
	for _, e := range owed {
		grant, err := p.system(ctx, policy.Officer{Staff: e.By, Key: e.Key}, policy.Logout)
		if err != nil {
			return err
		}
		_, err = p.store.Commit(again(ctx), grant, nil, func(*store.Tx) (audit.Entry, error) {
			return audit.Entry{Subject: store.OfStaff(e.Staff).Subject(), Note: strings.TrimSpace(e.Note + " 登录已于 " + audit.SpellTime(e.At) + " 结束，补记")}, nil
		})
		if err != nil {
			return err
		}
		if err := p.store.Scratch().ForgetEnded(ctx, e.TokenHash); err != nil {
			return err
		}
	}
	return nil
}

// ended takes the session of somebody whom the records no longer let in: a key
// reported lost, a leaver. The refusal is an entry under that person's number.
func (p *Portal) ended(c *call, row store.Session, err error) error {
	switch {
	case fault.Is(err, fault.Locked):
	case fault.Is(err, fault.Forbidden), fault.Is(err, fault.NotFound):
		err = fault.Wrap(err, fault.Locked, "这把钥匙现在不能使用，登录已经结束。请与安全保密管理员联系。")
	default:
		return err
	}
	if err := p.end(c, row); err != nil {
		return err
	}
	holder := policy.Officer{Staff: row.Staff, Key: row.Fingerprint}
	if err := p.noteRefusal(c, holder, "session", "", fault.Locked); err != nil {
		p.log.Error("a refusal found no entry", "request", c.number, "cause", err.Error())
	}
	return err
}

// known reads the person behind a session row as the records stand now.
func (p *Portal) known(ctx context.Context, row store.Session) (*Session, error) {
	officer, person, home, err := p.store.OfficerAt(ctx, row.Staff, row.Fingerprint)
	if err != nil {
		return nil, err
	}
	officer.Session = row.TokenHash[:16]
	law, err := p.store.PolicyOf(ctx, officer)
	if err != nil {
		return nil, err
	}
	return &Session{Staff: person, Home: home, Officer: officer, law: law, row: row}, nil
}

// onBehalf are acts that no role gives: whether somebody is a custodian, or one
// of the officers who are told, is asked of the list in the log. The grant
// names the person and lends no role.
var onBehalf = map[policy.Act]bool{policy.SealEmergency: true, policy.AcknowledgeEmergency: true}

// may asks the policy for an act on a body.
func (p *Portal) may(c *call, act policy.Act, body org.Organisation) (policy.Grant, error) {
	if onBehalf[act] {
		return c.who.law.SystemFor(c.who.Officer, act)
	}
	return c.who.law.May(c.who.Officer, act, p.store.Body(body))
}

// fits asks of the records what an act needs besides a role: business a person
// on file and trained, and the responsibility sheets of the plan year signed for
// the person's own body and for those that the grant is used for (R54, R43,
// R55), every other act a person on file. What is urgent waits for nothing, and
// the pledge is what completes the file. It is asked inside the transaction, so
// that no road leads past it, and before a text is shown.
func fits(r rows, g policy.Grant, act policy.Act, year int, now time.Time) error {
	if urgent[act] || act == policy.SignPledge {
		return nil
	}
	s, err := r.Staff(g.Person())
	if err != nil {
		return err
	}
	if !act.Business() {
		return s.MayServe(now)
	}
	if err := s.MayAct(year, now); err != nil {
		return err
	}
	for _, id := range answerable(s.Org, g) {
		h, err := r.Headship(year, id)
		if err != nil {
			return err
		}
		if err := h.MayAct(); err != nil {
			return err
		}
	}
	return nil
}

// answerable are the bodies whose heads answer for what is done under a grant:
// the person's own, the one that the appointment or delegation is of, and 市直
// when the city acts for it. Whoever works elsewhere brings no sheet along.
func answerable(own string, g policy.Grant) []string {
	ids := []string{own}
	if at := g.Home().ID; at != "" && at != own {
		ids = append(ids, at)
	}
	if g.Reach() == policy.CityRun {
		ids = append(ids, g.Body().Unit)
	}
	return ids
}

// fit is fits for a page: whoever asks, as the records are at this request.
func (p *Portal) fit(c *call, g policy.Grant, act policy.Act) error {
	return fits(p.reading(c.ctx, g), g, act, p.year, c.received)
}
