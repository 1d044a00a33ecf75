package portal_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/policy"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// look fills the form of a page for whole numbers.
func (r reader) look(p desk.Page, reason string, fields ...string) url.Values {
	r.t.tb.Helper()
	once := inputs(r.t.tb, r.ok(p), "once")
	if len(once) != 1 || len(once[0].Value) != 24 {
		r.t.tb.Fatalf("%s has no form for a look: %v", p.Path, once)
	}
	return url.Values{"number": fields, "look_reason": {reason}, "once": {once[0].Value}}
}

func TestR60AWholeNumberIsShownOnceAfterAReasonAndItsOwnEntry(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	id := w.plant(1, school, inState(registration.InReview))[0]
	f := w.application(id).Form
	idNumber, cert := f.IDNumber.Plain(), f.CertNumber.Plain()
	h := w.in(handler)
	at := "/applications/" + id
	page := h.ok(h.get(at))
	if strings.Contains(string(page.Body), idNumber) || !strings.Contains(page.Text("main"), "共 18 位，末四位 "+idNumber[14:]) {
		t.Fatal("the record's page does not mask the number")
	}
	// Without a reason, with three characters, without a choice: a sentence, what was typed, no entry but the refusal's.
	w.oneRefusal(handler, "application/"+id+" invalid reveal", w.quiet("no reason", func() {
		p := h.post(at+"/reveal", h.look(page, "  ", "id_number"))
		h.refusedPlain(p, fault.Invalid, "查看完整号码须写明理由")
		if !strings.Contains(p.Text("main"), "R60") || strings.Contains(string(p.Body), idNumber) {
			t.Errorf("%.300s", p.Text("main"))
		}
	}))
	w.quiet("three characters", func() {
		h.refusedPlain(h.post(at+"/reveal", h.look(h.get(at), "看一看", "id_number")), fault.Invalid, "不少于 4 个字")
	})
	w.quiet("no number chosen", func() {
		p := h.post(at+"/reveal", h.look(h.get(at), "与原件核对"))
		h.refusedPlain(p, fault.Invalid, "没有选要查看的号码")
		if !strings.Contains(string(p.Body), "与原件核对") {
			t.Error("the reason is lost")
		}
	})
	w.quiet("a field that is no number", func() {
		h.refusedPlain(h.post(at+"/reveal", h.look(h.get(at), "与原件核对", "person_name")), fault.Invalid, "没有选要查看的号码")
	})
	w.quiet("no form", func() {
		h.refusedPlain(h.post(at+"/reveal", url.Values{"number": {"id_number"}, "look_reason": {"与原件核对"}}), fault.Invalid, "不是从详情页的表单发出的")
	})
	// The twin: four characters.
	w.clock.Pass(2 * time.Minute)
	size := w.size()
	form := h.look(h.get(at), "核对原件", "id_number")
	p := h.ok(h.post(at+"/reveal", form))
	text := p.Text("main")
	if !strings.Contains(text, idNumber) || strings.Contains(string(p.Body), cert) || !strings.Contains(text, "今天第 1 次") {
		t.Errorf("the answer: %.300s", text)
	}
	if c := p.Header.Get("Cache-Control"); c != "no-store" {
		t.Errorf("the answer may be kept: %q", c)
	}
	if strings.Contains(p.Path, idNumber[14:]) {
		t.Error("the address tells the number")
	}
	if w.size() != size+1 {
		t.Fatalf("%d entries", w.size()-size)
	}
	e := w.entries(1)[0]
	if policy.Act(e.Act) != policy.Reveal || e.Actor != handler || e.Key == "" || e.Subject != "application/"+id || e.Note != "身份证件号码" || e.State.IsZero() || e.Signers != 0 {
		t.Errorf("the entry is %+v", e)
	}
	leaf, err := e.Print()
	must(t, err)
	for _, word := range []string{idNumber, idNumber[14:], f.PersonName, "核对原件"} {
		if strings.Contains(string(leaf), word) {
			t.Errorf("the leaf tells %q", word)
		}
	}
	if !strings.Contains(text, fmt.Sprintf("第 %d 号", e.Number)) {
		t.Error("the page does not name its entry")
	}
	// Reloaded, the very same post looks at nothing: the record comes, masked, and no entry.
	again := h.ok(h.post(at+"/reveal", form))
	if again.Path != at || strings.Contains(string(again.Body), idNumber) || w.size() != size+1 {
		t.Errorf("a reload: %s, %d entries", again.Path, w.size()-size)
	}
	// The record tells who looked and why, to those who work on it.
	if text := h.ok(h.get(at)).Text("main"); !strings.Contains(text, "身份证件号码；理由：核对原件") || strings.Contains(text, idNumber) {
		t.Errorf("the history: %.200s", text)
	}
	both := h.ok(h.post(at+"/reveal", h.look(h.get(at), "两个号码都核对", "cert_number", "id_number"))).Text("main")
	if !strings.Contains(both, idNumber) || !strings.Contains(both, cert) || !strings.Contains(both, "今天第 2 次") {
		t.Errorf("both: %.300s", both)
	}
	if strings.Contains(w.log.Text(), idNumber) || strings.Contains(w.log.Text(), "核对原件") {
		t.Error("the log file tells the number or the reason")
	}
}

func TestR60TheReviewerLooksFromTheStepThatComparesTheNumber(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	id := w.plant(1, school, inState(registration.InReview))[0]
	f := w.application(id).Form
	h := w.in(handler)
	at := "/applications/" + id
	for step, want := range map[string]bool{"compare-1": true, "compare-2": false, "compare-3": true, "compare-4": false, "findings": false, "conclude": false} {
		p := h.ok(h.get(at + "/review?step=" + step))
		if got := len(inputs(t, p, "once")) == 1; got != want {
			t.Errorf("%s offers a look: %v", step, got)
		}
	}
	p := h.get(at + "/review?step=compare-3")
	form := h.look(p, "与证书原件核对", "cert_number")
	form.Set("step", "compare-3")
	bad := url.Values{"number": {"cert_number"}, "look_reason": {""}, "once": form["once"], "step": {"compare-3"}}
	refused := h.post(at+"/reveal", bad)
	h.refusedPlain(refused, fault.Invalid, "查看完整号码须写明理由")
	if len(inputs(t, refused, "compared-cert_number")) == 0 {
		t.Error("the refusal left the step")
	}
	form.Set("once", inputs(t, refused, "once")[0].Value)
	shown := h.ok(h.post(at+"/reveal", form))
	if !strings.Contains(shown.Text("main"), f.CertNumber.Plain()) || !slices.Contains(hrefs(t, shown, at+"/review"), at+"/review?step=compare-3") {
		t.Errorf("%.300s", shown.Text("main"))
	}
	// A step that is none leads to the record and nowhere else.
	form = h.look(h.get(at), "与证书原件核对", "cert_number")
	form.Set("step", "//evil.example")
	if body := string(h.ok(h.post(at+"/reveal", form)).Body); strings.Contains(body, "evil") {
		t.Error("a step of the form became an address")
	}
}

func TestR60Case38And39AForeignRecordAnswersAsAnUnknownNumberAndOfficersNever(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	cityID := w.plant(1, citySchool, atCounty)[0]
	a := w.in(auditor)
	form := a.look(a.get("/applications/"+id), "抽查核对", "id_number")
	post := func(r reader, id string) desk.Page { return r.post("/applications/"+id+"/reveal", form) }
	plain := func(p desk.Page) string { // the request's own number aside
		return strings.Join(strings.FieldsFunc(p.Text("main"), func(r rune) bool { return r >= '0' && r <= '9' || r >= 'a' && r <= 'f' }), "")
	}
	for staff, foreign := range map[string]string{neighbour: id, handler2: id, otherAuditor: cityID, cityAuditor: id, cityHandler: id, cityLead: id} {
		r := w.in(staff)
		var there, unknown desk.Page
		acts := w.quiet(staff, func() { there = post(r, foreign) })
		w.oneRefusal(staff, "application/"+foreign+" notfound reveal", acts)
		unknown = post(r, "2024-341021-999999")
		r.refused(there, fault.NotFound, "没有找到这条申请")
		if there.Status != unknown.Status || plain(there) != plain(unknown) {
			t.Errorf("%s: %d %.200s\nunknown: %d %.200s", staff, there.Status, there.Text("main"), unknown.Status, unknown.Text("main"))
		}
	}
	for _, staff := range []string{sys, sec, aud, head, rechecker} {
		r := w.in(staff)
		w.oneRefusal(staff, "application/"+id+" forbidden reveal", w.quiet(staff, func() { r.refused(post(r, id), fault.Forbidden, "") }))
	}
	// The twins: the county's auditor and lead, the city's auditor of its own school.
	for staff, own := range map[string]string{auditor: id, lead: id, cityAuditor: cityID, cityLead: cityID} {
		r := w.in(staff)
		p := r.ok(r.post("/applications/"+own+"/reveal", r.look(r.get("/applications/"+own), "抽查核对", "id_number")))
		if !strings.Contains(p.Text("main"), w.application(own).Form.IDNumber.Plain()) {
			t.Errorf("%s sees no number", staff)
		}
	}
	// Business waits for the year's training (case 60).
	u := w.in(untrained)
	w.quiet("untrained", func() {
		u.refusedPlain(u.post("/applications/"+id+"/reveal", u.look(u.get("/applications/"+id), "抽查核对", "id_number")), fault.Forbidden, "培训")
	})
}

// brokenSigner is an HSM that can be taken away.
type brokenSigner struct {
	note.Signer
	gone atomic.Bool
}

func (b *brokenSigner) Sign(msg []byte) ([]byte, error) {
	if b.gone.Load() {
		return nil, errors.New("CKR_DEVICE_REMOVED")
	}
	return b.Signer.Sign(msg)
}

func TestR60WithoutTheHSMNoNumberIsShown(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	number := w.application(id).Form.IDNumber.Plain()
	w.store.Close()
	own := *w.foundation // other tests share the town's keys
	broken := &brokenSigner{Signer: own.keys.LogSigner}
	own.keys.LogSigner, w.foundation = broken, &own
	w.serve()
	a := w.in(auditor)
	form := a.look(a.get("/applications/"+id), "抽查核对", "id_number")
	broken.gone.Store(true)
	p := a.post("/applications/"+id+"/reveal", form)
	if p.Status != statusOf(fault.Unavailable) || strings.Contains(string(p.Body), number) || !strings.Contains(p.Text("main"), "号码没有显示") {
		t.Errorf("lost after the commit: %d %.300s", p.Status, p.Text("main"))
	}
	form.Set("once", strings.Repeat("a", 24))
	p = a.post("/applications/"+id+"/reveal", form)
	if p.Status != statusOf(fault.Unavailable) || strings.Contains(string(p.Body), number) {
		t.Errorf("known to be gone: %d %.300s", p.Status, p.Text("main"))
	}
	broken.gone.Store(false)
	for deadline := time.Now().Add(10 * time.Second); ; {
		form.Set("once", strings.Repeat("b", 22)+fmt.Sprint(10+time.Now().Nanosecond()%90))
		if p = a.post("/applications/"+id+"/reveal", form); strings.Contains(string(p.Body), number) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the HSM is back: %d %.300s", p.Status, p.Text("main"))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestR60WhoLooksOftenIsSeenByTheOfficersAndStoppedInTheHour(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a, l := w.in(auditor), w.in(lead)
	at := "/applications/" + id + "/reveal"
	once := func(n int) url.Values {
		return url.Values{"number": {"id_number"}, "look_reason": {"逐份抽查核对"}, "once": {fmt.Sprintf("%024d", n)}}
	}
	l.ok(l.post(at, once(0)))
	for n := range 49 {
		a.ok(a.post(at, once(n)))
	}
	u, s := w.in(aud), w.in(sec)
	quiet := func(r reader) string { return r.ok(r.get("/")).Text("main") }
	if strings.Contains(quiet(u), "查看完整号码过多") || strings.Contains(quiet(s), "查看完整号码过多") {
		t.Error("49 stand out")
	}
	a.ok(a.post(at, once(49)))
	for _, r := range []reader{u, s} {
		if text := quiet(r); !strings.Contains(text, "查看完整号码过多") || !strings.Contains(text, "人员 "+auditor) || strings.Contains(text, lead) {
			t.Errorf("50 do not stand out: %.300s", text)
		}
	}
	log := u.ok(u.get("/log?act=reveal&who=" + auditor)).Text("main")
	for _, want := range []string{"人员 " + auditor + " 50 次", "请核查", "人员 " + lead + " 1 次", "本页 50 条"} {
		if !strings.Contains(strings.Join(strings.Fields(log), " "), want) {
			t.Errorf("the log's page lacks %q", want)
		}
	}
	for n := 50; n < 60; n++ {
		a.ok(a.post(at, once(n)))
	}
	w.quiet("the sixty-first", func() {
		a.refusedPlain(a.post(at, once(60)), fault.Closed, "最近 60 分钟内您已经查看完整号码 60 次")
	})
	l.ok(l.post(at, once(61))) // nobody else is held up
	w.clock.Pass(time.Hour)
	a = w.in(auditor)
	a.ok(a.post(at, once(62)))
}

func TestR60AStaffTelephoneIsShownToTheLeadsOfThePersonAlone(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	phone := w.people[auditor].Phone.Plain()
	l, at := w.in(lead), "/staff/"+auditor
	p := l.ok(l.get(at))
	if strings.Contains(string(p.Body), phone) || !strings.Contains(p.Text("main"), "末四位 "+phone[7:]) {
		t.Fatal("the file does not mask the telephone")
	}
	w.oneRefusal(lead, "staff/"+auditor+" invalid reveal_phone", w.quiet("no reason", func() {
		p := l.post(at+"/reveal", l.look(p, "", "phone"))
		l.refusedPlain(p, fault.Invalid, "查看完整号码须写明理由")
	}))
	form := l.look(l.get(at), "通知参加培训", "phone")
	p = l.ok(l.post(at+"/reveal", form))
	if !strings.Contains(p.Text("main"), phone) {
		t.Errorf("%.300s", p.Text("main"))
	}
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.RevealPhone || e.Subject != "staff/"+auditor || e.Note != "手机号" {
		t.Errorf("the entry is %+v", e)
	}
	if p := l.ok(l.post(at+"/reveal", form)); p.Path != at || strings.Contains(string(p.Body), phone) {
		t.Errorf("a reload: %s", p.Path)
	}
	for staff, kind := range map[string]fault.Kind{leadOf祁门: fault.NotFound, auditor2: fault.Forbidden, sec: fault.Forbidden, aud: fault.Forbidden, sys: fault.Forbidden, head: fault.NotFound} {
		r := w.in(staff)
		note := string(kind) + " POST /staff/:id/reveal"
		if staff == sec { // who sees the register, and is refused the number itself
			note = string(kind) + " " + string(policy.RevealPhone)
		}
		w.oneRefusal(staff, "staff/"+auditor+" "+note, w.quiet(staff, func() {
			p := r.post(at+"/reveal", form)
			r.refused(p, kind, "")
			if strings.Contains(string(p.Body), phone) {
				t.Error("the refusal tells the number")
			}
		}))
	}
}

func TestR60NoSightNoNumber(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	ctx := t.Context()
	g, view := w.grant(auditor, policy.Reveal, county), w.grant(auditor, policy.View, county)
	anyone := func(*store.Tx) error { return nil }
	refused := func(what string, kind fault.Kind, g policy.Grant, s *store.Sight) {
		t.Helper()
		if shown, err := w.store.Reveal(ctx, g, s); !fault.Is(err, kind) || len(shown) != 0 {
			t.Errorf("%s: %v", what, err)
		}
	}
	look := func() *store.Sight {
		t.Helper()
		s, err := w.store.Look(ctx, g, store.Wish{About: store.OfApplication(id), Fields: []string{"id_number"}, Reason: "抽查核对", Received: w.clock.Now()}, anyone)
		must(t, err)
		return s
	}
	refused("none", fault.Forbidden, g, nil)
	refused("one made by hand", fault.Forbidden, g, &store.Sight{})
	s := look()
	refused("another act's grant", fault.Forbidden, view, s)
	refused("another person's grant", fault.Forbidden, w.grant(auditor2, policy.Reveal, county), s)
	refused("no grant", fault.Forbidden, policy.Grant{}, s)
	refused("another portal's sight", fault.Forbidden, w.twin().grant(auditor, policy.Reveal, county), &store.Sight{})
	if shown, err := w.store.Reveal(ctx, g, s); err != nil || len(shown) != 1 || shown["id_number"] != w.application(id).Form.IDNumber.Plain() {
		t.Errorf("%v %v", len(shown), err)
	}
	refused("used", fault.Conflict, g, s)
	s = look()
	w.clock.Pass(61 * time.Second)
	refused("old", fault.Closed, g, s)
	for what, g := range map[string]policy.Grant{"View's grant": view, "no grant": {}, "a telephone's grant": w.grant(lead, policy.RevealPhone, county)} {
		if s, err := w.store.Look(ctx, g, store.Wish{About: store.OfApplication(id), Fields: []string{"id_number"}, Reason: "抽查核对", Received: w.clock.Now()}, anyone); err == nil || s != nil {
			t.Errorf("%s looks", what)
		}
	}
	wish := store.Wish{About: store.OfApplication(id), Fields: []string{"id_number"}, Reason: "抽查核对", Received: w.clock.Now()}
	if s, err := w.store.Look(ctx, g, wish, nil); !fault.Is(err, fault.Forbidden) || s != nil {
		t.Errorf("nobody was asked whether one may: %v", err)
	}
}
