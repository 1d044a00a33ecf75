package portal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// filed posts a form with a file in it.
func (r reader) filed(path string, form url.Values, name string, raw []byte) desk.Page {
	r.t.tb.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k, values := range form {
		for _, v := range values {
			must(r.t.tb, w.WriteField(k, v))
		}
	}
	if raw != nil {
		part, err := w.CreateFormFile(name, "scan")
		must(r.t.tb, err)
		_, err = part.Write(raw)
		must(r.t.tb, err)
	}
	must(r.t.tb, w.Close())
	p, err := r.PostBody(context.Background(), path, w.FormDataContentType(), &body)
	must(r.t.tb, err)
	return p
}

var scan = []byte("%PDF-1.7\n% an invented request\n")

func TestARecordIsWithdrawnOnTheTeachersPaperByHandlerAndHead(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(2, school, atCounty)
	h, s := w.in(handler), w.in(head)
	at := "/applications/" + ids[0] + "/withdraw"
	form := url.Values{"withdraw_reason": {"本人调往外省任教"}, "withdraw_page": {"第 12 页"}, "withdraw_head": {head}}
	w.oneRefusal(handler, "application/"+ids[0]+" invalid withdraw", w.quiet("without a scan", func() { h.refusedPlain(h.filed(at, form, "scan", nil), fault.Invalid, "扫描件") }))
	w.quiet("a text for a scan", func() { h.refusedPlain(h.filed(at, form, "scan", []byte("just words")), fault.Invalid, "PDF、JPEG") })
	w.quiet("without a page", func() {
		p := h.filed(at, url.Values{"withdraw_reason": form["withdraw_reason"], "withdraw_head": {head}}, "scan", scan)
		h.refusedPlain(p, fault.Invalid, "请填写申请书的页码")
		sum := sha256.Sum256(scan)
		if kept := inputs(t, p, "scan_digest"); len(kept) != 1 || kept[0].Value != hex.EncodeToString(sum[:]) || !strings.Contains(string(p.Body), "本人调往外省任教") {
			t.Errorf("the scan or the reason is lost: %v", kept)
		}
	})
	p := h.ok(h.filed(at, form, "scan", scan))
	if text := p.Text("main"); !strings.Contains(text, "扫描件摘要") || !strings.Contains(text, "第 12 页") {
		t.Errorf("the text names no paper: %.300s", text)
	}
	h.done(p)
	if w.application(ids[0]).State != registration.AtCounty {
		t.Fatal("one seal of two withdrew the record")
	}
	wait := hrefs(t, s.ok(s.get("/confirmations")), "/confirmations/")
	if len(wait) != 1 {
		t.Fatalf("%d wait for the head", len(wait))
	}
	s.done(s.get(wait[0]))
	a := w.application(ids[0])
	if a.State != registration.Withdrawn || a.Withdrawal.Page != "第 12 页" {
		t.Fatalf("%s %+v", a.State, a.Withdrawal)
	}
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.CountersignWithdraw || e.Subject != "application/"+ids[0] || e.Signed != 2 {
		t.Errorf("%s about %s, %d", e.Act, e.Subject, e.Signed)
	}
	// Nothing more is done with it, by whomever; it is found by its state.
	c := w.in(auditor)
	w.quiet("concluding it", func() { c.refusedPlain(c.post("/applications", batch(ids[0])), fault.Invalid, "已撤回") })
	w.quiet("withdrawing it again", func() { h.refusedPlain(h.filed(at, form, "scan", scan), fault.Conflict, "已撤回") })
	if text := c.ok(c.get("/applications?state=withdrawn")).Text("main"); !strings.Contains(text, a.Form.PersonName) || !strings.Contains(text, "共 1 份") {
		t.Errorf("the list of withdrawn ones: %.200s", text)
	}
	if text := c.ok(c.get("/applications/" + ids[0])).Text("main"); !strings.Contains(text, "本人调往外省任教") || !strings.Contains(text, "撤回申请") {
		t.Error("the record does not tell of its withdrawal")
	}
	// The same sheet brings nothing back; another application of the person would be new.
	g := w.grant(lead, policy.ImportSheet, county)
	again, err := w.store.Taken(context.Background(), g, 2024, a.Form.Claim())
	must(t, err)
	other := a.Form.Claim()
	other.ApplyNo += "9"
	free, err := w.store.Taken(context.Background(), g, 2024, other)
	must(t, err)
	if len(again) != 1 || len(free) != 0 {
		t.Errorf("the same application: %d, another one: %d", len(again), len(free))
	}
}

func TestAScanIsBelievedOnlyAsItWasReadInThisSessionForThisRecord(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(2, school, atCounty)
	h, d := w.in(handler), w.in(deputy)
	at := func(id string) string { return "/applications/" + id + "/withdraw" }
	form := func(pairs ...string) url.Values {
		f := url.Values{"withdraw_reason": {"本人调往外省任教"}, "withdraw_page": {"第 12 页"}, "withdraw_head": {head}}
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
	asksAgain := func(what string, r reader, id string, f url.Values) {
		t.Helper()
		w.quiet(what, func() {
			p := r.filed(at(id), f, "scan", nil)
			r.refusedPlain(p, fault.Invalid, "不是这次登录里为这条记录读过的")
			body := string(p.Body)
			if !strings.Contains(body, `id="scan-error"`) || !strings.Contains(body, `href="#scan"`) || !strings.Contains(body, "本人调往外省任教") {
				t.Errorf("%s: the field does not say it, or what was typed is lost", what)
			}
			if kept := inputs(t, p, "scan_digest"); len(kept) != 0 || strings.Contains(p.Text("main"), "刚才选的已读取") {
				t.Errorf("%s: the page says that a scan was read: %v", what, kept)
			}
		})
		w.clock.Pass(2 * time.Minute)
	}
	madeUp := strings.Repeat("5a", 32)
	asksAgain("a digest that was made up", h, ids[0], form("scan_digest", madeUp))
	asksAgain("with a mark that was made up", h, ids[0], form("scan_digest", madeUp, "scan_mark", madeUp))
	if p := h.ok(h.get("/applications/" + ids[0] + "?scan_digest=" + madeUp)); strings.Contains(p.Text("main"), "刚才选的已读取") {
		t.Error("an address says that a scan was read")
	}
	p := h.filed(at(ids[0]), form("withdraw_reason", ""), "scan", scan)
	h.refusedPlain(p, fault.Invalid, "请填写撤回的原因")
	digest, mark := inputs(t, p, "scan_digest"), inputs(t, p, "scan_mark")
	if len(digest) != 1 || len(mark) != 1 {
		t.Fatalf("the page carries %v %v on", digest, mark)
	}
	carried := form("scan_digest", digest[0].Value, "scan_mark", mark[0].Value)
	asksAgain("for another record", h, ids[1], carried)
	asksAgain("in another person's session", d, ids[0], carried)
	asksAgain("in another session of his", w.in(handler), ids[0], carried)
	asksAgain("another digest under the mark", h, ids[0], form("scan_digest", madeUp, "scan_mark", mark[0].Value))
	sum := sha256.Sum256(scan)
	text := h.ok(h.filed(at(ids[0]), carried, "scan", nil))
	says(t, "the text", text.Text("main"), "扫描件摘要", hex.EncodeToString(sum[:]))
	h.done(text)
}

func TestNobodyButTheSchoolWithdrawsAndNobodyButTheLeadHolds(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	at := "/applications/" + id
	paper := url.Values{"withdraw_reason": {"x"}, "withdraw_page": {"1"}, "withdraw_head": {head}}
	hold := url.Values{"hold_case": {"1号"}, "hold_reason": {"核查"}}
	release := url.Values{"release_reason": {"查清"}}
	for _, staff := range []string{head, handler2, auditor, lead, neighbour, leadOf祁门, cityLead, cityAuditor, aud, sec} {
		r := w.in(staff)
		w.quiet(staff+" withdraws", func() {
			if p := r.filed(at+"/withdraw", paper, "scan", scan); p.Status != statusOf(fault.Forbidden) && p.Status != statusOf(fault.NotFound) {
				t.Errorf("%s withdraws: %d", staff, p.Status)
			}
		})
		if staff == lead {
			continue
		}
		for path, form := range map[string]url.Values{"/hold": hold, "/release": release} {
			w.quiet(staff+path, func() {
				if p := r.post(at+path, form); p.Status != statusOf(fault.Forbidden) && p.Status != statusOf(fault.NotFound) {
					t.Errorf("%s %s: %d", staff, path, p.Status)
				}
			})
		}
	}
}

func TestAHeldRecordStandsStillForEverybodyUntilTheLeadReleasesIt(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(2, school, atCounty)
	l, a := w.in(lead), w.in(auditor)
	at := "/applications/" + ids[0]
	w.oneRefusal(lead, "application/"+ids[0]+" invalid hold", w.quiet("without a case", func() {
		l.refusedPlain(l.post(at+"/hold", url.Values{"hold_reason": {"核查"}}), fault.Invalid, "请填写案号")
	}))
	waiting := a.ok(a.post("/applications", batch(ids...))) // its text was written before the hold
	late := a.signed(waiting)
	p := l.ok(l.post(at+"/hold", url.Values{"hold_case": {"歙教查〔2024〕3号"}, "hold_reason": {"核查年度考核表"}}))
	der := l.signed(p)
	if got := l.handIn(der); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	if got := w.application(ids[0]); got.State != registration.Held || got.HeldFrom != registration.AtCounty || w.entries(1)[0].Act != string(policy.Hold) {
		t.Fatalf("%s from %s", got.State, got.HeldFrom)
	}
	w.attack(l.Desk, der, fault.Conflict, "您已经签过", true) // the same seal again
	w.attack(a.Desk, late, fault.Invalid, ids[0], true)
	w.quiet("concluding", func() { a.refusedPlain(a.post("/applications", batch(ids...)), fault.Invalid, "暂停办理") })
	w.quiet("returning", func() {
		a.refusedPlain(a.post(at+"/return", url.Values{"return_reason": {"缺页"}}), fault.Conflict, "暂停办理")
	})
	h := w.in(handler)
	w.quiet("withdrawing", func() {
		h.refusedPlain(h.filed(at+"/withdraw", url.Values{"withdraw_reason": {"调走"}, "withdraw_page": {"1"}, "withdraw_head": {head}}, "scan", scan), fault.Conflict, "暂停办理")
	})
	if text := l.ok(l.get("/")).Text("main"); !strings.Contains(text, "查清后恢复暂停办理的申请") {
		t.Errorf("home does not tell the lead: %.300s", text)
	}
	if text := a.ok(a.get(at)).Text("main"); !strings.Contains(text, "歙教查〔2024〕3号") {
		t.Error("the record does not tell why it stands still")
	}
	l.done(l.post(at+"/release", url.Values{"release_reason": {"查清无误"}}))
	if got := w.application(ids[0]); got.State != registration.AtCounty {
		t.Fatalf("back as %s", got.State)
	}
	w.quiet("releasing again", func() {
		l.refusedPlain(l.post(at+"/release", url.Values{"release_reason": {"查清"}}), fault.Conflict, "没有暂停办理")
	})
	a.done(a.post("/applications", batch(ids...)))
	if _, err := w.store.CheckRecords(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestTheSchoolSendsWithoutItsHeldRecordAndTheSendingPageTellsOfIt(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(2, school, func(i int, a *registration.Application) {
		a.State = registration.InReview
		if i == 0 {
			a.State, a.Reviewer, a.SchoolConclusion = registration.Reviewed, handler, registration.Registered
			a.Deeds = registration.Deeds{{Part: registration.PartReviewer, Staff: handler}}
		}
	})
	l, s := w.in(lead), w.in(head)
	w.quiet("while one is open", func() { s.refusedPlain(s.post("/send", nil), fault.Invalid, ids[1]) })
	l.done(l.post("/applications/"+ids[1]+"/hold", url.Values{"hold_case": {"1号"}, "hold_reason": {"核查"}}))
	if text := s.ok(s.get("/send")).Text("main"); !strings.Contains(text, "不影响其余的上报") {
		t.Errorf("the page: %.300s", text)
	}
	s.done(s.post("/send", nil))
	if w.application(ids[0]).State != registration.AtCounty || w.application(ids[1]).State != registration.Held {
		t.Error(w.application(ids[0]).State, w.application(ids[1]).State)
	}
}
