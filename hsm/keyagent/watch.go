package keyagent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/presence"
	"sealdesk/hsm/seal"
)

// watch is one session that this agent keeps open at a portal for as long as
// the token that signed it in stays plugged in.
type watch struct {
	portal      Portal
	token       token
	fingerprint string
	certificate []byte          // its id on the token
	held        atomic.Bool     // the portal took the stream
	asked       string          // digest of the statement that waits for the second road; guarded by Agent.mu
	ticket      presence.Ticket // that opened the stream; guarded by Agent.mu
	faults      int             // looks in a row that failed; of the stream alone
}

// lookTime bounds one look at a token; a driver that takes longer has not seen
// it.
const lookTime = time.Second

// attend begins to watch over the session that a seal of this key opens or
// unlocks, and gives the hash of the ticket that goes with the seal; "" when
// such a session is watched already.
func (a *Agent) attend(q *request, k key) string {
	w := &watch{portal: q.portal, token: k.token, fingerprint: seal.Fingerprint(k.cert.Leaf), certificate: k.cert.ID}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended.Err() != nil {
		return ""
	}
	if q.kind != seal.Login {
		for other := range a.watches {
			if other.held.Load() && other.portal == w.portal && other.fingerprint == w.fingerprint {
				return ""
			}
		}
	}
	a.watches[w] = true
	ticket := presence.NewTicket()
	a.streams.Go(func() {
		client := &http.Client{Transport: a.roads[w.portal.Name], CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		end := presence.Holder{Client: client, Origin: w.portal.Origin, Opened: func(t presence.Ticket) { a.opened(w, t) }, Asked: func(digest string) { a.ask(w, digest) },
			Look: func(ctx context.Context) presence.Sight { return a.look(ctx, w) }}.Hold(a.ended, ticket)
		a.log.Info("presence ended", "portal", w.portal.Origin, "why", string(end))
		a.mu.Lock()
		delete(a.watches, w)
		a.mu.Unlock()
	})
	return ticket.Hash()
}

// look says whether a token is plugged in, without a PIN. While its driver works
// for us it counts as there, at most for signTime: the driver may answer nothing
// else meanwhile.
func (a *Agent) look(ctx context.Context, w *watch) presence.Sight {
	a.mu.Lock()
	working := a.using[w.token.driver] > 0
	a.mu.Unlock()
	if working {
		return presence.There
	}
	ctx, stop := context.WithTimeout(ctx, lookTime)
	defer stop()
	mod, err := w.token.driver.module()
	if err != nil {
		return presence.Unknown
	}
	there, err := mod.Sees(ctx, w.token.info, w.certificate)
	switch {
	case there:
		w.faults = 0
		return presence.There
	case err == nil:
		return presence.Away
	}
	// One fault may pass. A driver that twice cannot read a token has lost it;
	// one that does not answer is silence, and the portal locks when it lasts.
	if kind := hsm.KindOf(err); kind == hsm.Timeout || kind == hsm.Cancelled {
		return presence.Unknown
	}
	if w.faults++; w.faults < 2 {
		return presence.Unknown
	}
	return presence.Away
}

// roadsTo makes, for each portal of the list, the one way out of this agent:
// to that origin, under the CA of the list, without a proxy.
func roadsTo(portals []Portal) (map[string]*http.Transport, error) {
	roads := map[string]*http.Transport{}
	for _, p := range portals {
		trust := &tls.Config{MinVersion: tls.VersionTLS12}
		if p.CA != "" {
			pem, err := os.ReadFile(p.CA)
			if err != nil {
				return nil, misconfiguredBy(err, "读不到门户 %s 的证书文件 ca；请核对路径和权限", p.Name)
			}
			trust.RootCAs = x509.NewCertPool()
			if !trust.RootCAs.AppendCertsFromPEM(pem) {
				return nil, misconfigured("门户 %s 的 ca 里没有可用的证书；请换成 PEM 格式的签发机构证书", p.Name)
			}
		}
		roads[p.Name] = &http.Transport{TLSClientConfig: trust, DialContext: (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
			TLSHandshakeTimeout: 3 * time.Second, MaxIdleConnsPerHost: 1, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	}
	return roads, nil
}
