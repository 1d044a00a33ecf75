package portal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// The TLS road is the second way to a session, for offices whose browsers see
// the token: a listener of its own, on which every connection begins with a
// handshake signed inside the token. It serves the same routes under the same
// rules. What the agent's lease is for the others, the handshake is here: a
// connection carries one request, so a page comes only while the key is
// plugged in. Statements are sealed through the agent, as everywhere.

// TLSRoad is the handler of that listener. Its server must not keep
// connections alive, and its TLS must be ClientAuth's.
func (p *Portal) TLSRoad(host string) http.Handler { return p.proven(p.handler(host)) }

// admitTime bounds what the handshake may wait for the database.
const admitTime = 5 * time.Second

// ClientAuth makes of a listener's TLS configuration that of the TLS road: a
// person's certificate is demanded, and its path and usage are asked in the
// handshake. Custody and holder are asked once the key has proved itself, see
// proven. No session is resumed: a removed token would go on with a ticket.
// HTTP/1.1 only, as one connection carries one request.
func (p *Portal) ClientAuth(base *tls.Config) *tls.Config {
	c := base.Clone()
	c.MinVersion = tls.VersionTLS12
	c.NextProtos = []string{"http/1.1"}
	c.SessionTicketsDisabled = true
	c.ClientAuth = tls.RequireAnyClientCert // the path is ours to judge: VerifyConnection
	c.ClientCAs = p.roots                   // named to the browser, so that it offers the right certificates
	c.VerifyConnection = func(cs tls.ConnectionState) error { return p.handshake(cs) }
	return c
}

// handshake judges the certificate of a handshake at this moment. The client sees
// an alert, the log a counted refusal: nothing is proved yet, and a copy of
// somebody's certificate must write nothing under that name.
func (p *Portal) handshake(cs tls.ConnectionState) error {
	ctx, cancel := context.WithTimeout(context.Background(), admitTime)
	defer cancel()
	c := &call{ctx: ctx, received: p.clock(), number: requestNumber()}
	err := seal.CheckCertificate(cs.PeerCertificates[0], cs.PeerCertificates, seal.Trust{Roots: p.roots}, c.received)
	if err == nil {
		return nil
	}
	p.log.Info("handshake refused", "request", c.number, "cause", err.Error())
	if failed := p.countRefusal(c); failed != nil {
		p.log.Error("a refusal found no entry", "request", c.number, "cause", failed.Error())
	}
	return err
}

// proven lets a request through whose connection's key is in its holder's
// custody. The handshake is over, so the key was there: a refusal is an entry of
// the holder's, if the register knows one.
func (p *Portal) proven(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{ctx: r.Context(), req: r, received: p.clock(), number: requestNumber()}
		holder, err := p.holderOf(c)
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		f := sentenced(err)
		p.log.Info("key refused", "request", c.number, "kind", string(f.Kind), "cause", err.Error())
		if f.Kind != fault.Unavailable { // a failure of ours is no refusal
			note := p.countRefusal
			if holder.Staff != "" {
				note = func(c *call) error { return p.noteRefusal(c, holder, policy.LoginByTLS, "", fault.Forbidden) }
			}
			if failed := note(c); failed != nil {
				p.log.Error("a refusal found no entry", "request", c.number, "cause", failed.Error())
			}
		}
		w.Header().Set("X-Request-Id", c.number)
		http.Error(w, f.Sentence+" 请求编号 "+c.number, statuses[f.Kind])
	})
}

// holderOf asks custody, issuer and records about the key that the connection
// proved; it names the holder as soon as the register does.
func (p *Portal) holderOf(c *call) (holder policy.Officer, err error) {
	leaf := peerOf(c.req)
	if leaf == nil {
		return holder, fault.New(fault.Forbidden, "没有收到证书，不能进入。请插入钥匙后重新打开浏览器。")
	}
	holder.Key = seal.Fingerprint(leaf)
	key, err := p.store.KeyInCustody(c.ctx, holder.Key)
	if fault.Is(err, fault.NotFound) {
		return holder, fault.Wrap(err, fault.Forbidden, "这把钥匙没有登记，不能登录。请与本机构的安全保密管理员联系。")
	}
	if err != nil {
		return holder, err
	}
	holder.Staff = key.Staff
	if err := p.unrevoked(c, leaf); err != nil {
		return holder, err
	}
	_, _, err = p.store.Officer(c.ctx, key.Staff, key.Fingerprint)
	return holder, err
}

// peerOf is the certificate that the request's connection proved itself with:
// nil everywhere but on the TLS road.
func peerOf(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

// onRoad refuses a session that does not belong to the connection: one begun on
// the TLS road counts only over the key that began it, and no session counts
// over the key of another.
func onRoad(c *call, row store.Session) error {
	peer := peerOf(c.req)
	switch {
	case peer == nil && row.Road == store.ByTLS:
		return fault.New(fault.Locked, "这次登录是凭浏览器里的证书办的，只在那个地址有效。请从证书登录的地址进入，或在这里用签名助手重新登录。")
	case peer != nil && seal.Fingerprint(peer) != row.Fingerprint:
		return fault.New(fault.Locked, "现在插着的钥匙不是登录时的那一把。请换回原来的钥匙，或用这把钥匙重新登录。")
	}
	return nil
}

// lockedOnRoad is a session that the connection's key began on the TLS road and
// that locked; unlocked if there is none. It is looked for by its person, not by
// this browser's cookie: the handshake says that the token is in, the browser
// asked for the PIN once and long ago, and a new window would pass an idle lock
// by. So whatever locked is opened by a seal, as on every road.
func (p *Portal) lockedOnRoad(c *call) (store.Session, store.Lock, error) {
	key, err := p.store.KeyInCustody(c.ctx, seal.Fingerprint(peerOf(c.req)))
	if err != nil {
		return store.Session{}, store.Unlocked, err
	}
	rows, err := p.store.Scratch().SessionsOf(c.ctx, key.Staff)
	for _, row := range rows {
		if row.Road != store.ByTLS || row.Fingerprint != key.Fingerprint || c.received.After(row.Expires) {
			continue
		}
		if why := p.lockOf(c, row); why != store.Unlocked {
			return row, why, err
		}
	}
	return store.Session{}, store.Unlocked, err
}

// keySignIn is the sign-in page of the TLS road: the handshake has told who is
// there, the person says that he wants in.
func (p *Portal) keySignIn(c *call) (answer, error) {
	key, err := p.store.KeyInCustody(c.ctx, seal.Fingerprint(peerOf(c.req)))
	if err != nil {
		return nil, err
	}
	holder, err := p.store.Staff(c.ctx, key.Staff)
	if err != nil {
		return nil, err
	}
	return page{view: view.SignInByKey{Gate: view.Gate{Title: "登录", Now: c.received}, Name: holder.Name, Number: holder.ID, Post: "/sign-in",
		Back: backTo(c.form.Get("back"))}}, nil
}

// POST /sign-in, on the TLS road: a session for the key of this connection.
func (p *Portal) signInByKey(c *call) (answer, error) {
	peer := peerOf(c.req)
	if peer == nil {
		return nil, fault.New(fault.Forbidden, "这个地址用签名助手登录，没有登录，什么都没有改变。请回到登录页，按“用钥匙登录”。")
	}
	if _, why, err := p.lockedOnRoad(c); err != nil {
		return nil, err
	} else if why != store.Unlocked {
		return nil, fault.New(fault.Locked, "%s请用签名助手签署后解锁。", lockWords[why])
	}
	key, err := p.store.KeyInCustody(c.ctx, seal.Fingerprint(peer))
	if err != nil {
		return nil, err
	}
	err = p.begin(c, key, store.ByTLS, func() error {
		grant, err := p.may(c, policy.LoginByTLS, c.who.Home)
		if err != nil {
			return err
		}
		_, err = p.store.Commit(c.ctx, grant, nil, func(*store.Tx) (audit.Entry, error) {
			return audit.Entry{Subject: store.OfStaff(key.Staff).Subject()}, nil
		}, store.Received(c.received))
		return err
	})
	if err != nil {
		return nil, err
	}
	to, err := p.afterSignIn(c, c.form.Get("back"))
	if err != nil {
		return nil, err
	}
	return redirect{to}, nil
}
