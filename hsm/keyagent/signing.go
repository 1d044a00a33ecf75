package keyagent

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
)

// POST /request/{token}/sign: the person has read and typed her PIN. Every way
// out but success leads back to the text, by redirect, so that reloading the
// page never sends a PIN again.
func (a *Agent) sign(w http.ResponseWriter, r *http.Request) {
	if err := a.checkOwnPost(r); err != nil {
		a.refuse(w, r, err)
		return
	}
	body, err := readBody(w, r, maxAnswer)
	defer clear(body) // the PIN is a slice of it; see form.go
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	form, err := fields(body, "once", "key", "pin")
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	// A browser that goes away stops the token, too.
	ctx, stop := context.WithTimeout(r.Context(), signTime)
	defer stop()
	id := string(form["key"])
	q, err := a.begin(r.PathValue("token"), string(form["once"]), id, false, stop)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	der, k, err := a.make(ctx, q, id, form["pin"])
	clear(body)
	if err := a.finish(q, err); err != nil {
		a.refuse(w, r, err)
		return
	}
	if err != nil {
		a.log.Warn("not signed", faultAttrs(err)...)
		http.Redirect(w, r, "/request/"+q.token, http.StatusSeeOther)
		return
	}
	a.log.Info("signed", "kind", string(q.kind), "rows", len(q.statement.Annex.Rows), "portal", q.portal.Origin)
	if q.road != nil {
		a.handIn(w, r, q, der)
		return
	}
	fragment := "seal=" + base64.RawURLEncoding.EncodeToString(der)
	if ticket := a.attend(q, k); ticket != "" {
		fragment += "&presence=" + ticket
	}
	http.Redirect(w, r, q.portal.Origin+"/sealed#"+fragment, http.StatusSeeOther)
}

// begin takes the request for one signature, or one piece of work at a token. The once-token is spent whatever
// follows.
func (a *Agent) begin(name, once, id string, order bool, stop context.CancelFunc) (*request, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q, err := a.find(name)
	if err != nil {
		return nil, err
	}
	if (q.order != nil) != order {
		return nil, withLink(otherWork, q)
	}
	if q.stop != nil {
		return nil, withLink(inHand, q)
	}
	if !q.spend(once) {
		return nil, withLink(usedOnce, q)
	}
	if !q.complete() {
		return nil, withLink(unread, q)
	}
	q.stop, q.chosen = stop, id
	return q, nil
}

// spend uses up the token of the last page shown.
func (q *request) spend(once string) bool {
	if !equal(q.once, once) {
		return false
	}
	q.once = rand.Text()
	return true
}

func withLink(why refusal, q *request) *refusal {
	why.link = "/request/" + q.token
	return &why
}

// finish ends the try: a signature ends the request, a failure keeps it. A
// request that was cancelled meanwhile gives no seal away.
func (a *Agent) finish(q *request, failed error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	q.stop = nil
	q.touched = time.Now()
	if a.open != q {
		return &gone
	}
	if failed == nil {
		a.open = nil
		return nil
	}
	q.failure = failureOf(failed)
	return nil
}

// untried is a failure before any token was asked.
type untried struct {
	sentence string
	atPIN    bool
}

func (e *untried) Error() string    { return "keyagent: not tried" }
func (e *untried) Sentence() string { return e.sentence }

// make has the token sign the very bytes that were shown.
func (a *Agent) make(ctx context.Context, q *request, id string, pin []byte) ([]byte, key, error) {
	k, err := a.choose(ctx, q, id)
	if err != nil {
		return nil, k, err
	}
	defer a.use(k.token.driver)()
	der, err := signWith(ctx, q, k, pin)
	return der, k, err
}

// use says that a driver works for us, until the func it gives is called.
func (a *Agent) use(d *driver) (done func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.using[d]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.using[d]--
	}
}

func signWith(ctx context.Context, q *request, k key, pin []byte) ([]byte, error) {
	if k.token.info.ProtectedPath {
		pin = nil
	} else if len(pin) == 0 {
		return nil, &untried{"还没有输入 PIN，没有签署，次数没有减少。", true}
	}
	mod, err := k.token.driver.module()
	if err != nil {
		return nil, err
	}
	slot := k.token.info.Slot
	query := hsm.TokenQuery{Label: k.token.info.Label, Serial: k.token.info.Serial, Slot: &slot}
	token, err := mod.Login(ctx, query, pin, hsm.Options{Sessions: 1})
	clear(pin)
	if err != nil {
		return nil, err
	}
	defer token.Close() // wipes its copy of the PIN; the seal is made or refused already
	signer, err := token.Signer(ctx, hsm.KeyQuery{ID: k.cert.ID, Label: labelWithoutID(k.cert)})
	if err != nil {
		return nil, err
	}
	return seal.Sign(q.text, k.cert.Leaf, k.cert.Chain, within{ctx, signer}, time.Now())
}

// labelWithoutID is how to find the key of a certificate that carries no id.
func labelWithoutID(c hsm.Certificate) string {
	if len(c.ID) > 0 {
		return ""
	}
	return c.Label
}

// choose looks the chosen key up again among what is plugged in now.
func (a *Agent) choose(ctx context.Context, q *request, id string) (key, error) {
	ring := a.modules.keysFor(ctx, q.kind, q.header)
	if id == "" {
		return key{}, &untried{"还没有选定用哪一把钥匙，没有签署。请先选定，再输入 PIN。", false}
	}
	for _, k := range ring.usable {
		if k.id == id {
			return k, nil
		}
	}
	for _, k := range ring.unusable {
		if k.id == id {
			return key{}, &untried{k.problem, false}
		}
	}
	return key{}, &hsm.Error{Kind: hsm.TokenRemoved, Op: "find token"}
}

// within is a signer that gives up when its context ends.
type within struct {
	ctx context.Context
	*hsm.Signer
}

func (s within) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.SignContext(s.ctx, digest, opts)
}

// failureOf turns an error into what the page says. A token's own error says
// more than that of the seal around it.
func failureOf(err error) *failure {
	f := &failure{Kind: hsm.KindOf(err), Sentence: sentenceOf(err)}
	switch f.Kind {
	case hsm.WrongPIN, hsm.PINFormat, hsm.PINLocked, hsm.PINExpired:
		f.AtPIN = true
	}
	if e := (*untried)(nil); errors.As(err, &e) {
		f.Kind, f.AtPIN = "", e.atPIN
	}
	return f
}

// faultAttrs is what the log may know of a fault: no label of a token, which
// may be a person's name.
func faultAttrs(err error) []any {
	attrs := []any{"kind", string(hsm.KindOf(err))}
	if e := (*hsm.Error)(nil); errors.As(err, &e) {
		attrs = append(attrs, "call", e.Op, "ckr", e.Code, "tries", string(e.Tries))
	} else if e := (*seal.Error)(nil); errors.As(err, &e) {
		attrs = append(attrs, "reason", string(e.Reason))
	}
	return attrs
}

func asSentence(err error) (string, bool) {
	if e := (*unfinished)(nil); errors.As(err, &e) {
		return e.Sentence(), true
	}
	if e := (*hsm.Error)(nil); errors.As(err, &e) {
		return e.Sentence(), true
	}
	if e := (interface{ Sentence() string })(nil); errors.As(err, &e) {
		return e.Sentence(), true
	}
	return "", false
}

// POST /request/{token}/cancel: the person does not want to sign.
func (a *Agent) cancel(w http.ResponseWriter, r *http.Request) {
	if err := a.checkOwnPost(r); err != nil {
		a.refuse(w, r, err)
		return
	}
	a.mu.Lock()
	q, err := a.find(r.PathValue("token"))
	tried := err == nil && (q.failure != nil || q.stop != nil)
	if err == nil {
		a.drop(q)
	}
	a.mu.Unlock()
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.log.Info("cancelled by the person", "kind", string(q.kind))
	a.render(w, http.StatusOK, "cancelled.html", cancelledPage{a.frame("没有签署", ""), q.portal, !tried})
}
