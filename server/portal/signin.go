package portal

import (
	"encoding/base64"
	"net"
	"net/http"
	"time"

	"sealdesk/hsm/presence"
	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// GET /sign-in: a login statement for this browser, ready to go to the agent.
// Nobody is known yet: the statement names no signer, and it counts only in
// the browser that holds this cookie.
func (p *Portal) signIn(c *call) (answer, error) {
	row, err := p.sessionRow(c)
	if err != nil && !fault.Is(err, fault.Locked) {
		return nil, err
	}
	why := store.Unlocked
	if err == nil {
		if why = p.lockOf(c, row); why == store.Unlocked {
			return redirect{"/"}, nil // somebody is signed in here already
		}
		if err := p.lock(c, row, why); err != nil {
			return nil, err
		}
	}
	if peerOf(c.req) != nil {
		locked, on, err := p.lockedOnRoad(c)
		if err != nil {
			return nil, err
		}
		if on == store.Unlocked {
			return p.keySignIn(c)
		}
		row, why = locked, on
	}
	cookie := browser(c.req)
	if cookie == "" {
		cookie = setCookie(c.writer)
	}
	keepBack(c.writer, c.req, backTo(c.form.Get("back")))
	pending, err := p.loginStatement(cookie, written(c.received))
	if err != nil {
		return nil, err
	}
	if why != store.Unlocked {
		return p.lockedPage(c, row, why, pending)
	}
	v := view.SignIn{Gate: view.Gate{Title: "登录", Now: c.received}, Agent: p.agentPost(pending), Expires: pending.Expires}
	if c.form.Get("taken") != "" {
		v.Back = "钥匙已由您接管，从现在起只有您能用它。请登录。报失口令没有收好的，登录后在“我的钥匙”里领取新的。"
	}
	if c.form.Get("back") != "" {
		v.Back = "登录已经结束。插入钥匙重新登录后可以继续，草稿都在。"
	}
	return page{view: v}, nil
}

// lockedPage says why the session of this browser is locked, and whose it is.
func (p *Portal) lockedPage(c *call, row store.Session, why store.Lock, pending store.Pending) (answer, error) {
	holder, err := p.store.Staff(c.ctx, row.Staff)
	if err != nil {
		return nil, err
	}
	v := view.Locked{Gate: view.Gate{Title: "已锁定", Now: c.received}, Name: holder.Name, Why: lockWords[why], Agent: p.agentPost(pending), Expires: pending.Expires}
	_, err = p.store.Scratch().Draft(c.ctx, row.Staff, keptDraft)
	v.Kept = err == nil
	return page{view: v}, nil
}

// GET /sign-in/help: what was not harmed, and what to do when no agent answers.
func (p *Portal) signInHelp(c *call) (answer, error) {
	return page{view: view.SignInNoAgent{Gate: view.Gate{Title: "签名助手没有回应", Now: c.received}, Again: "/sign-in", Start: "/sign-in", Code: c.number}}, nil
}

// agentPost is the form that carries a statement to the agent, bytes as they
// will be hashed.
func (p *Portal) agentPost(pending store.Pending) view.AgentPost {
	return view.AgentPost{Action: p.agent + "/sign", Statement: base64.StdEncoding.EncodeToString(pending.Statement),
		Annex: base64.StdEncoding.EncodeToString(pending.Annex)}
}

// GET /sealed: the same for everyone, always 200, never a redirect; its own
// module takes the seal out of the fragment.
func (p *Portal) sealedPage(c *call) (answer, error) {
	c.writer.Header().Set("Referrer-Policy", "no-referrer")
	return page{view: view.Sealed{Gate: view.Gate{Title: "正在交回签章", Now: time.Time{}}, Post: "/sealed", Home: "/"}}, nil
}

// finishSignIn makes a session of a sealed login statement.
func (p *Portal) finishSignIn(c *call, der []byte, pending store.Pending) (string, error) {
	to, err := p.signInBy(c, der, pending)
	if err != nil && (fault.Is(sentenced(err), fault.Invalid) || fault.Is(err, fault.Forbidden)) {
		return "", p.countFailure(c, err)
	}
	return to, err
}

// Allowances of signing in. A seal that holds counts for its own key alone and
// one that does not for the address it came from alone, so that nobody uses up
// what is another's: whoever has the key gets in, however many knock beside.
const (
	signInWindow   = 10 * time.Minute
	signInsOfKey   = 30 // that hold
	failuresOfSite = 20 // that do not
)

// countFailure counts a seal that did not sign anybody in; after too many the
// answer tells no more why, and the log no more of them.
func (p *Portal) countFailure(c *call, why error) error {
	n, err := p.store.Scratch().Throttle(c.ctx, "sign-in/failed/"+source(c.req.RemoteAddr), signInWindow)
	if err != nil {
		return err
	}
	if n > failuresOfSite {
		return fault.Wrap(why, fault.Locked, "从这台电脑交来的无效签章太多，没有登录。用登记过的本人钥匙仍然可以登录；不是您在试，请告诉安全保密管理员。")
	}
	return why
}

// allowKey holds a key to its own allowance.
func (p *Portal) allowKey(c *call, fingerprint string) error {
	n, err := p.store.Scratch().Throttle(c.ctx, "sign-in/key/"+fingerprint, signInWindow)
	if err == nil && n > signInsOfKey {
		err = fault.New(fault.Locked, "这把钥匙 10 分钟内登录了 %d 次，暂停登录。请过 10 分钟再来；不是您在登录，请立即报失。", signInsOfKey)
	}
	return err
}

func (p *Portal) signInBy(c *call, der []byte, pending store.Pending) (string, error) {
	v, err := seal.Verify(der, pending.Statement, pending.Annex, seal.Trust{Roots: p.roots}, seal.Expect{Portal: p.name, Kind: seal.Login}, c.received)
	if err != nil {
		return "", err
	}
	key, err := p.store.KeyInCustody(c.ctx, v.Fingerprint())
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return "", fault.Wrap(err, fault.Forbidden, "这把钥匙没有登记，不能登录。请与本机构的安全保密管理员联系。")
		}
		return "", err
	}
	if err := p.unrevoked(c, v.Certificate()); err != nil {
		c.who = &Session{Officer: policy.Officer{Staff: key.Staff, Key: key.Fingerprint}} // the refusal's entry is the holder's
		return "", err
	}
	if key.State == custody.Pending {
		return p.offerTakeover(c, key, pending.CookieHash, "")
	}
	road := store.ByAgent
	if peer := peerOf(c.req); peer != nil { // a seal for what locked on the TLS road
		if road = store.ByTLS; seal.Fingerprint(peer) != v.Fingerprint() {
			return "", fault.New(fault.Forbidden, "签章用的不是浏览器里插着的那把钥匙，没有登录。请用同一把钥匙。")
		}
	}
	err = p.begin(c, key, road, func() error {
		grant, err := p.may(c, policy.Login, c.who.Home)
		if err != nil {
			return err
		}
		_, err = p.store.Commit(c.ctx, grant, []seal.Verified{v}, func(tx *store.Tx) (audit.Entry, error) {
			return audit.Entry{Subject: store.OfStaff(key.Staff).Subject()}, tx.Derive(v.Statement())
		})
		return err
	})
	if err != nil {
		return "", err
	}
	pl, err := payloadOf(pending)
	if err != nil {
		return "", err
	}
	return p.afterSignIn(c, pl.Back)
}

// begin makes a session for the holder of a key that has just proved itself,
// once the log has taken the log-in. The session id is new: what the browser
// held before opens nothing.
func (p *Portal) begin(c *call, key custody.Key, road store.Road, enter func() error) error {
	token := newToken()
	row := store.Session{TokenHash: hashed(token), Staff: key.Staff, Fingerprint: key.Fingerprint, Started: c.received, Seen: c.received,
		Expires: c.received.Add(absolute), Ticket: ticketIn(c), Address: addressOf(c.req), Road: road}
	var err error
	if c.who, err = p.known(c.ctx, row); err != nil {
		return err
	}
	if err := p.allowKey(c, key.Fingerprint); err != nil {
		return err
	}
	if err := enter(); err != nil {
		return err
	}
	before, err := p.before(c, row)
	if err != nil {
		return err
	}
	if err := p.store.Scratch().PutSession(c.ctx, row, before, presence.Grace); err != nil {
		return err
	}
	giveCookie(c.writer, token)
	return nil
}

// before is the session that this browser held until now, if it was the same
// person's: the new one goes on in its place. Somebody else's stays, locked.
func (p *Portal) before(c *call, now store.Session) (string, error) {
	old, err := p.store.Scratch().Session(c.ctx, browser(c.req))
	switch {
	case fault.Is(err, fault.NotFound):
		return "", nil
	case err != nil:
		return "", err
	case old.Staff != now.Staff:
		return "", p.lock(c, old, store.LockedOther)
	}
	p.keeper.drop(old.TokenHash, presence.Ended)
	return old.TokenHash, nil
}

// afterSignIn is where the person goes: to what was being posted when the
// session locked, else to the page that was asked for.
func (p *Portal) afterSignIn(c *call, back string) (string, error) {
	_, err := p.keptForm(c)
	switch {
	case err == nil:
		return "/resume", nil
	case fault.Is(err, fault.NotFound):
		return backTo(back), nil
	}
	return "", err
}

// addressOf is the computer that a request comes from, as the connection shows
// it: no header is believed. It is shown to people; what counts tries tells
// sources apart.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// POST /sign-out ends the session.
func (p *Portal) signOut(c *call) (answer, error) {
	grant, err := p.may(c, policy.Logout, c.who.Home)
	if err != nil {
		return nil, err
	}
	if err := p.finishSession(c, c.who.row, grant, ""); err != nil {
		return nil, err
	}
	return redirect{"/sign-in"}, nil
}
