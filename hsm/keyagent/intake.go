package keyagent

import (
	"bytes"
	"errors"
	"net/http"

	"sealdesk/hsm/seal"
)

// POST /sign: a portal's page brings a statement. Nothing is signed here; the
// browser is sent on to a page of our own.
func (a *Agent) receive(w http.ResponseWriter, r *http.Request) {
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
	q, err := a.read(origin, body)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.hold(w, r, q)
}

// hold takes a request in hand and sends the browser to its page.
func (a *Agent) hold(w http.ResponseWriter, r *http.Request, q *request) {
	held, taken := a.take(q)
	if !taken {
		why := busy
		why.link = "/request/" + held.token
		a.refuse(w, r, &why)
		return
	}
	a.log.Info("received", "kind", string(q.kind), "rows", len(q.statement.Annex.Rows), "portal", q.portal.Origin)
	http.Redirect(w, r, "/request/"+held.token, http.StatusSeeOther)
}

// read turns the posted form into a request: the statement must be canonical,
// its annex must match line by line, and the portal that it names must be the
// one whose page posted it.
func (a *Agent) read(origin string, body []byte) (*request, error) {
	form, err := fields(body, "statement", "annex")
	if err != nil {
		return nil, err
	}
	if form["statement"] == nil || form["annex"] == nil {
		return nil, &brokenForm
	}
	text, err := decode64(form["statement"])
	if err != nil {
		return nil, err
	}
	annex, err := decode64(form["annex"])
	if err != nil {
		return nil, err
	}
	statement, err := seal.ParseStatement(text, annex)
	if err != nil {
		return nil, unreadable(err)
	}
	header, err := statement.Header()
	if err != nil {
		return nil, unreadable(err)
	}
	portal, err := a.posted(header.Portal, origin)
	if err != nil {
		return nil, err
	}
	// Parse and Print are inverse by contract; what is signed must be what is
	// shown, so a slip there ends here.
	if again, err := statement.Bytes(); err != nil || !bytes.Equal(again, text) {
		return nil, unreadable(err)
	}
	return newRequest(portal, statement, header, text, annex), nil
}

// posted is the portal that a text names, if it is the one whose page posted it.
func (a *Agent) posted(name, origin string) (Portal, error) {
	portal, ok := a.config.portal(name)
	if !ok {
		return Portal{}, &unknownPortal
	}
	if portal.Origin != origin {
		return Portal{}, &lyingPortal
	}
	return portal, nil
}

// unreadable carries the sentence of the text's own refusal; it names places,
// never values.
func unreadable(err error) error {
	why := &refusal{status: http.StatusUnprocessableEntity, reason: "statement", sentence: "原文没有通过核对，没有受理。请回到门户重新生成。", cause: err}
	if e := (*seal.Error)(nil); errors.As(err, &e) {
		why.reason, why.sentence = "statement-"+string(e.Reason), "原文没有通过核对，没有受理："+e.Sentence()
	}
	return why
}
