package keyagent

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sealdesk/hsm/presence"
)

// The second road: the agent fetches a statement over its own way to the
// portal and returns the seal itself. Text, page and checks are the same.

var (
	notAsked  = refusal{http.StatusGone, "not-asked", "门户没有这一份在等，可能已经签完、撤回或过了时间。请回到门户重新开始。", false, "/", false, nil}
	notHanded = refusal{http.StatusBadGateway, "hand-in", "签好了，但没有交到门户，什么都没有改变。请看网络，再从门户重新开始。", false, "", true, nil}
)

func (a *Agent) opened(w *watch, t presence.Ticket) {
	w.held.Store(true)
	a.mu.Lock()
	defer a.mu.Unlock()
	w.ticket = t
}

func (a *Agent) ask(w *watch, digest string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.asked = digest
}

// POST /fetch: our own page asks for a statement that a portal holds ready.
func (a *Agent) fetch(w http.ResponseWriter, r *http.Request) {
	if err := a.checkOwnPost(r); err != nil {
		a.refuse(w, r, err)
		return
	}
	body, err := readBody(w, r, maxAnswer)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	form, err := fields(body, "digest")
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	q, err := a.fetched(r.Context(), string(form["digest"]))
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	a.hold(w, r, q)
}

// fetched gets the statement of that digest from the portal that asked for it.
func (a *Agent) fetched(ctx context.Context, digest string) (*request, error) {
	a.mu.Lock()
	var from *watch
	for w := range a.watches {
		if w.asked == digest && digest != "" {
			from, w.asked = w, ""
		}
	}
	a.mu.Unlock()
	if from == nil {
		return nil, &notAsked
	}
	var got struct{ Statement, Annex, Sentence string }
	if err := a.over(ctx, from, http.MethodGet, presence.StatementPath+digest, nil, &got); err != nil {
		return nil, notAsked.because(err)
	}
	if got.Statement == "" {
		return nil, &notAsked
	}
	// What came is read exactly as what a browser brings.
	q, err := a.read(from.portal.Origin, []byte(url.Values{"statement": {got.Statement}, "annex": {got.Annex}}.Encode()))
	if err != nil {
		return nil, err
	}
	q.road = from
	return q, nil
}

// over sends a request on the way of a watch, under its ticket.
func (a *Agent) over(ctx context.Context, from *watch, method, path string, form url.Values, into any) error {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, method, from.portal.Origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	a.mu.Lock()
	req.Header.Set(presence.TicketHeader, string(from.ticket))
	a.mu.Unlock()
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := &http.Client{Transport: a.roads[from.portal.Name], CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxPost))
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// handIn returns the seal of a fetched statement and sends the browser to where
// the portal says.
func (a *Agent) handIn(w http.ResponseWriter, r *http.Request, q *request, der []byte) {
	var got struct{ Location, Sentence string }
	err := a.over(r.Context(), q.road, http.MethodPost, presence.SealPath, url.Values{"seal": {base64.RawURLEncoding.EncodeToString(der)}}, &got)
	switch {
	case err != nil:
		a.refuse(w, r, notHanded.because(err))
	case got.Location == "":
		why := notHanded
		why.status, why.reason, why.sentence = http.StatusConflict, "hand-in-refused", "门户没有接受："+got.Sentence
		a.refuse(w, r, &why)
	default:
		http.Redirect(w, r, q.portal.Origin+"/sealed#to="+url.QueryEscape(got.Location), http.StatusSeeOther)
	}
}
