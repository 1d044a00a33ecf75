package portal_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/presence"
	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// agent is what holds a session's stream and goes the second road.
type agent struct {
	t      *town
	ticket presence.Ticket
	asked  chan string
}

// withAgent signs somebody in with an agent of the test's own.
func (t *town) withAgent(staff string) (reader, *agent) {
	t.tb.Helper()
	d := t.desk(staff)
	first := presence.NewTicket()
	p, err := d.Get(context.Background(), "/sign-in")
	must(t.tb, err)
	_, err = d.Post(context.Background(), "/sealed", url.Values{"seal": {base64url(reader{d, t}.signed(p))}, "presence": {first.Hash()}})
	must(t.tb, err)
	a := &agent{t: t, asked: make(chan string, 1)}
	opened := make(chan presence.Ticket, 8)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan presence.End, 1)
	go func() {
		ended <- presence.Holder{Client: &http.Client{Transport: t.server.Client().Transport}, Origin: t.origin(), Opened: func(k presence.Ticket) { opened <- k },
			Asked: func(digest string) { a.asked <- digest }, Look: func(context.Context) presence.Sight { return presence.There }}.Hold(ctx, first)
	}()
	t.tb.Cleanup(func() { stop(); <-ended })
	a.ticket = <-opened
	return reader{d, t}, a
}

// over sends a request under a ticket and reads the answer.
func (a *agent) over(method, path string, ticket presence.Ticket, form url.Values) (status int, told map[string]string) {
	a.t.tb.Helper()
	req, err := http.NewRequest(method, a.t.origin()+path, strings.NewReader(form.Encode()))
	must(a.t.tb, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set(presence.TicketHeader, string(ticket))
	resp, err := a.t.server.Client().Do(req)
	must(a.t.tb, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(a.t.tb, err)
	must(a.t.tb, json.Unmarshal(b, &told))
	return resp.StatusCode, told
}

func TestTheSecondRoadBringsTheSameTextToTheAgentAndItsSealBack(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	r, a := w.withAgent(auditor)
	page := r.ok(r.post("/applications", batch(id)))
	text, annex, err := page.Statement()
	must(t, err)
	after := r.ok(r.post(page.Path+"/second", nil))
	if !strings.Contains(after.Text("main"), "已请签名助手来取") {
		t.Errorf("%.300s", after.Text("main"))
	}
	var digest string
	select {
	case digest = <-a.asked:
	case <-time.After(5 * time.Second):
		t.Fatal("the agent is not asked")
	}
	if "/statements/"+digest != page.Path {
		t.Fatalf("asked for %s", digest)
	}
	status, told := a.over("GET", presence.StatementPath+digest, a.ticket, nil)
	if status != http.StatusOK || told["statement"] != base64.StdEncoding.EncodeToString(text) || told["annex"] != base64.StdEncoding.EncodeToString(annex) {
		t.Fatalf("%d: not the text of the page", status)
	}
	der, err := seal.Sign(text, r.Leaf, nil, r.Key, w.clock.Now())
	must(t, err)
	status, told = a.over("POST", presence.SealPath, a.ticket, url.Values{"seal": {base64url(der)}})
	if status != http.StatusOK || !strings.HasPrefix(told["location"], "/receipts/") {
		t.Fatalf("%d %v", status, told)
	}
	r.ok(r.get(told["location"]))
	if status, told = a.over("POST", presence.SealPath, a.ticket, url.Values{"seal": {base64url(der)}}); status != statusOf(fault.NotFound) {
		t.Errorf("again: %d %v", status, told)
	}
}

func TestTheSecondRoadReachesOnlyWhatWaitsInItsOwnOpenSession(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	_, mine := w.withAgent(auditor2)
	r, a := w.withAgent(auditor)
	page := r.ok(r.post("/applications", batch(id)))
	digest := strings.TrimPrefix(page.Path, "/statements/")
	der := r.signed(page)
	records := w.records()
	try := func(what string, ticket presence.Ticket, kind fault.Kind) {
		t.Helper()
		if status, told := a.over("GET", presence.StatementPath+digest, ticket, nil); status != statusOf(kind) || told["statement"] != "" || told["sentence"] == "" {
			t.Errorf("%s reads: %d %v", what, status, told)
		}
		if status, told := a.over("POST", presence.SealPath, ticket, url.Values{"seal": {base64url(der)}}); status != statusOf(kind) || told["location"] != "" {
			t.Errorf("%s seals: %d %v", what, status, told)
		}
	}
	try("a ticket that nobody knows", presence.NewTicket(), fault.Locked)
	try("no ticket", "", fault.Locked)
	try("another person's stream", mine.ticket, fault.NotFound)
	must(t, w.store.Scratch().LockSession(context.Background(), cookieHash(t, r), "pulled"))
	try("the stream of a locked session", a.ticket, fault.Locked)
	if w.records() != records {
		t.Error("a record changed")
	}
}
