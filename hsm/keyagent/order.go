package keyagent

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
)

// POST /enrol and POST /install: a portal's page brings an order. Nothing is
// done at a token here; the browser is sent on to a page of our own.
func (a *Agent) receiveOrder(kind seal.Kind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		origin, err := a.checkPortalPost(r)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		body, err := readBody(w, r, maxPost)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		q, err := a.readOrder(origin, kind, body)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		a.hold(w, r, q)
	}
}

// readOrder turns the posted form into a request: the order must be canonical,
// of the kind that its address is for, and of the portal whose page posted it.
func (a *Agent) readOrder(origin string, kind seal.Kind, body []byte) (*request, error) {
	form, err := fields(body, "order")
	if err != nil {
		return nil, err
	}
	if form["order"] == nil {
		return nil, &brokenForm
	}
	text, err := decode64(form["order"])
	if err != nil {
		return nil, err
	}
	order, err := seal.ParseOrder(text)
	if err != nil {
		return nil, unreadable(err)
	}
	header, err := order.Header()
	if err != nil {
		return nil, unreadable(err)
	}
	if order.Kind() != kind {
		return nil, &wrongOrder
	}
	portal, err := a.posted(header.Portal, origin)
	if err != nil {
		return nil, err
	}
	if again, err := order.Bytes(); err != nil || !bytes.Equal(again, text) {
		return nil, unreadable(err)
	}
	if kind == seal.InstallRequest {
		if _, err := packageOf(order); err != nil {
			return nil, badPackage.because(err)
		}
	}
	return newOrderRequest(portal, order, header, text), nil
}

// POST /request/{token}/carry-out: the person has read the order and typed the
// PIN of the token that it names. Every way out but success leads back to the
// text, and a token that was half way is put back as it was.
func (a *Agent) carryOut(w http.ResponseWriter, r *http.Request) {
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
	form, err := fields(body, "once", "pin")
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	ctx, stop := context.WithTimeout(r.Context(), signTime)
	defer stop()
	q, err := a.begin(r.PathValue("token"), string(form["once"]), "", true, stop)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	done, err := a.work(ctx, q, form["pin"])
	clear(body)
	if gone := a.finish(q, err); gone != nil {
		done.undo()
		a.refuse(w, r, gone)
		return
	}
	if err != nil {
		a.log.Warn("not carried out", append([]any{"order", string(q.kind)}, faultAttrs(err)...)...)
		http.Redirect(w, r, "/request/"+q.token, http.StatusSeeOther)
		return
	}
	done.keep()
	a.log.Info("carried out", "kind", string(q.kind), "portal", q.portal.Origin)
	http.Redirect(w, r, q.portal.Origin+"/sealed#"+done.answer, http.StatusSeeOther)
}

// deed is work at a token that can still be taken back.
type deed struct {
	answer string // the fragment that goes to the portal
	token  *hsm.Token
	back   func(context.Context) error // nil when nothing was done
}

// backTime is how long a token may take to be put back as it was; its own, for
// whoever asked may be gone.
const backTime = 20 * time.Second

// undo puts the token back and lets go of it.
func (d deed) undo() error {
	var err error
	if d.back != nil {
		ctx, stop := context.WithTimeout(context.Background(), backTime)
		defer stop()
		err = d.back(ctx)
	}
	d.keep()
	return err
}

// keep lets go of the token.
func (d deed) keep() {
	if d.token != nil {
		_ = d.token.Close() // wipes its copy of the PIN; the work is done already
	}
}

// work carries an order out in the token that it names. When it fails, the
// token is as it was, or the sentence says what is left.
func (a *Agent) work(ctx context.Context, q *request, pin []byte) (deed, error) {
	found, err := a.modules.named(ctx, *q.order)
	if err != nil {
		return deed{}, err
	}
	if err := fit(*q.order, found); err != nil {
		return deed{}, err
	}
	if found.info.ProtectedPath {
		pin = nil
	} else if len(pin) == 0 {
		return deed{}, &untried{"还没有输入 PIN，什么都没有办，次数没有减少。", true}
	}
	defer a.use(found.driver)()
	mod, err := found.driver.module()
	if err != nil {
		return deed{}, err
	}
	slot := found.info.Slot
	token, err := mod.Login(ctx, hsm.TokenQuery{Label: found.info.Label, Serial: found.info.Serial, Slot: &slot}, pin, hsm.Options{Sessions: 1})
	clear(pin)
	if err != nil {
		return deed{}, err
	}
	d := deed{token: token}
	digest := hex.EncodeToString(q.digest[:])
	if q.kind == seal.EnrolRequest {
		var request []byte
		request, d.back, err = makePair(ctx, token, *q.order, digest, found.certs)
		d.answer = "request=" + base64.RawURLEncoding.EncodeToString(request)
	} else {
		d.back, err = install(ctx, token, *q.order, found.certs)
		d.answer = "installed=" + digest
	}
	if err == nil {
		return d, nil
	}
	if left := d.undo(); left != nil {
		err = &unfinished{err}
	}
	return deed{}, err
}

// unfinished is a failure after which the token could not be put back.
type unfinished struct{ cause error }

func (e *unfinished) Error() string { return e.cause.Error() + "; not put back" }
func (e *unfinished) Unwrap() error { return e.cause }
func (e *unfinished) Sentence() string {
	return sentenceOf(e.cause) + "钥匙里可能留有没有办完的内容，它没有证书，谁也不能用它签署；用同一把钥匙再办一次，会先把它清除。"
}
