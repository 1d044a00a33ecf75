package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// The numbers are those of the acceptance cases of the specification.

// quiet runs something that must change no record, and gives the entries that
// it left.
func (w *town) quiet(what string, do func()) []string {
	w.tb.Helper()
	records, size := w.records(), w.size()
	do()
	if w.records() != records {
		w.tb.Errorf("%s: a record changed", what)
	}
	var acts []string
	for _, e := range w.entries(50)[:w.size()-size] {
		acts = append(acts, e.Act+" "+e.Actor+" "+e.Subject+" "+e.Note)
	}
	return acts
}

// oneRefusal asks that exactly one refusal of that person is in the log.
func (w *town) oneRefusal(staff string, acts []string) {
	w.tb.Helper()
	if len(acts) != 1 || !strings.HasPrefix(acts[0], string(policy.Refusal)+" "+staff) {
		w.tb.Errorf("the log got %q, want one refusal of %s", acts, staff)
	}
}

func batch(ids ...string) url.Values { return url.Values{"application": ids, "do": {"sign"}} }

func TestCase10SchoolReviewOf市直EndsWithNovember8(t *testing.T) {
	for _, late := range []bool{false, true} {
		w := newTown(t, "2024-11-08 23:55:00")
		id := w.plant(1, citySchool, inState(registration.InReview))[0]
		h := w.in(cityHandler)
		h.ok(h.review(id, registration.Registered, nil))
		p := h.ok(h.post("/review", url.Values{"application": {id}}))
		w.clock.Set(at("2024-11-08 23:59:59.999"))
		if !late {
			if got := h.handIn(h.signed(p)); got.Status != http.StatusOK || w.application(id).State != registration.Reviewed {
				t.Errorf("in time: %+v", got)
			}
			continue
		}
		w.clock.Set(at("2024-11-09 00:00:00"))
		w.attack(h.Desk, h.signed(p), fault.Closed, "2024-11-09 00:00", true)
		if w.application(id).State != registration.InReview {
			t.Error("the record moved")
		}
	}
}

func TestCase11TheAuditOf市直OpensOnNovember9(t *testing.T) {
	w := newTown(t, "2024-11-08 23:59:59.999")
	id := w.plant(1, citySchool, func(_ int, a *registration.Application) {
		a.State, a.Reviewer, a.Sender, a.SchoolConclusion = registration.AtCounty, cityHandler, cityHead, registration.Registered
	})[0]
	m := w.in(cityAuditor)
	acts := w.quiet("early", func() { m.refusedPlain(m.post("/applications", batch(id)), fault.Closed, "2024-11-09 00:00") })
	w.oneRefusal(cityAuditor, acts)
	w.clock.Set(at("2024-11-09 00:00:00"))
	m.done(m.post("/applications", batch(id)))
	if w.application(id).State != registration.Concluded {
		t.Error(w.application(id).State)
	}
}

func TestCase12ACountyDoesNotMoveItsAuditPastTheOuterLimit(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	form := url.Values{"window": {"2024/341021/audit"}, "opens": {"2024-11-08T00:00"}, "closes": {"2024-12-02T00:00"}, "reason": {"来不及了"}}
	w.oneRefusal(lead, w.quiet("beyond the limit", func() {
		p := l.post("/windows", form)
		l.refusedPlain(p, fault.Invalid, "超出市定时限")
		if !strings.Contains(string(p.Body), "2024-12-02T00:00") || !strings.Contains(string(p.Body), "来不及了") {
			t.Error("what was typed is lost")
		}
	}))
	w.oneRefusal(neighbour, w.quiet("foreign", func() {
		n := w.in(neighbour)
		w.clock.Pass(time.Second)
		n.post("/windows", form)
	})[:1])
	form.Set("closes", "2024-11-29T00:00")
	l.done(l.post("/windows", form))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.SetWindow {
		t.Errorf("the entry is %s", e.Act)
	}
}

func TestCase30NobodyIsRegisteredWhoseCertificateIsNotInTheNationalSystem(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.InNationalSystem = "no"
	})[0]
	twin := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	w.quiet("single", func() {
		p := a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {"registered"}, "reason": {"查过了"}})
		a.refusedPlain(p, fault.Invalid, "须先由两人核验证书真伪")
		if !strings.Contains(string(p.Body), "查过了") {
			t.Error("what was typed is lost")
		}
	})
	w.quiet("batch", func() { a.refusedPlain(a.post("/applications", batch(twin, id)), fault.Invalid, id) })
	a.done(a.post("/applications", batch(twin)))
}

func TestCase38ARecordElsewhereAnswersLikeAnUnknownOne(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, citySchool, func(_ int, a *registration.Application) { a.Form.IDNumber = "342793199212311082" })[0]
	name := w.application(id).Form.PersonName
	a := w.in(otherAuditor)
	lists := a.ok(a.get("/applications?name=" + url.QueryEscape(name))).Text("main")
	w.quiet("the look-up", func() {
		there, nowhere := a.get("/applications/"+id), a.get("/applications/2024-341000-SZ-999999")
		strip := func(p string, header http.Header) string {
			return strings.ReplaceAll(p, header.Get("X-Request-Id"), "")
		}
		if there.Status != nowhere.Status || strip(there.Text("main"), there.Header) != strip(nowhere.Text("main"), nowhere.Header) {
			t.Errorf("%d %q is not %d %q", there.Status, there.Text("main"), nowhere.Status, nowhere.Text("main"))
		}
		a.refused(there, fault.NotFound, "")
	})
	unknown := a.ok(a.get("/applications?name=" + url.QueryEscape("龘龘"))).Text("main")
	if strings.ReplaceAll(lists, name, "") != strings.ReplaceAll(unknown, "龘龘", "") {
		t.Error("the lists differ")
	}
}

func TestCase39ARecordOfAnotherCountyIsNotFoundAndTheEntryHasNoName(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	name := w.application(id).Form.PersonName
	n := w.in(neighbour)
	for _, path := range []string{"/applications/" + id} {
		acts := w.quiet(path, func() {
			p := n.get(path)
			n.refused(p, fault.NotFound, "")
			if strings.Contains(string(p.Body), name) {
				t.Error("the answer names the teacher")
			}
		})
		w.oneRefusal(neighbour, acts)
		if strings.Contains(acts[0], name) {
			t.Error("the entry names the teacher")
		}
	}
	own := w.in(auditor)
	own.ok(own.get("/applications/" + id))
}

func TestCase40WhoReviewedAtSchoolDoesNotAudit(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Reviewer, a.Deeds[0].Staff = auditor, auditor
	})[0]
	a, b := w.in(auditor), w.in(auditor2)
	w.oneRefusal(auditor, w.quiet("batch", func() { a.refusedPlain(a.post("/applications", batch(id)), fault.Invalid, "学校审查") }))
	w.quiet("single", func() {
		p := a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {"registered"}, "reason": {"好"}})
		if p.Status < 400 || !strings.Contains(p.Text("main"), "学校审查") {
			t.Errorf("%d %.200s", p.Status, p.Text("main"))
		}
	})
	b.done(b.post("/applications", batch(id)))
}

func TestCase43AHandlerDoesNotReviewTheirOwnApplication(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(2, school, func(i int, a *registration.Application) {
		a.State = registration.InReview
		if i == 0 {
			a.Form.PersonName = w.people[handler].Name
		}
	})
	h := w.in(handler)
	for _, id := range ids {
		h.ok(h.review(id, registration.Registered, nil))
	}
	w.oneRefusal(handler, w.quiet("own", func() { h.refusedPlain(h.post("/review", batch(ids[0])), fault.Forbidden, "本人") }))
	h.done(h.post("/review", batch(ids[1])))
	if w.application(ids[0]).State != registration.InReview || w.application(ids[1]).State != registration.Reviewed {
		t.Error("states", w.application(ids[0]).State, w.application(ids[1]).State)
	}
}

func TestCase44OneDeferralAmong51RefusesAllAndIsNamed(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(51, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		if i == 50 {
			hours := registration.Tenths(3599)
			a.Form.TrainingHours = &hours
		}
	})
	a := w.in(auditor)
	acts := w.quiet("the batch", func() {
		p := a.post("/applications", batch(ids...))
		a.refusedPlain(p, fault.Invalid, "第 51 行（"+ids[50]+"）")
		if strings.Contains(string(p.Body), `name="statement"`) {
			t.Error("a text to sign was made all the same")
		}
		kept := 0
		for _, box := range inputs(t, p, "application") {
			if box.Checked {
				kept++
			}
		}
		if kept < 49 {
			t.Errorf("%d ticks of the page were kept", kept)
		}
	})
	w.oneRefusal(auditor, acts)
	a.done(a.post("/applications", batch(ids[:50]...)))
	if w.application(ids[49]).State != registration.Concluded || w.application(ids[50]).State != registration.AtCounty {
		t.Error("the twin without row 51 did not conclude its 50")
	}
}

func TestCase45OneOf50ChangedAfterViewingRefusesAllAndIsNamed(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(50, school, atCounty)
	a, b := w.in(auditor), w.in(auditor2)
	p := a.ok(a.post("/applications", batch(ids...)))
	b.done(b.post("/applications/"+ids[22]+"/return", url.Values{"return_reason": {"材料不齐"}}))
	w.attack(a.Desk, a.signed(p), fault.Invalid, "第 23 行（"+ids[22]+"）", true)
	rest := append(append([]string{}, ids[:22]...), ids[23:]...)
	a.done(a.post("/applications", batch(rest...)))
}

func TestCase46AFailureIsSignedAloneAndConfirmedByTheLead(t *testing.T) {
	w := newTown(t, "2024-11-13 10:00:00")
	failing := func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
	}
	ids := w.plant(2, school, failing)
	a, l := w.in(auditor), w.in(lead)
	w.quiet("in a batch", func() { a.refusedPlain(a.post("/applications", batch(ids...)), fault.Invalid, ids[0]) })
	form := url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年考核不合格"}, "confirmer": {lead}}
	w.quiet("without a reason", func() {
		a.refusedPlain(a.post("/applications/"+ids[0]+"/conclude", url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "confirmer": {lead}}), fault.Invalid, "理由")
	})
	w.quiet("without a second", func() {
		p := a.post("/applications/"+ids[0]+"/conclude", url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年"}})
		a.refusedPlain(p, fault.Invalid, "签署人")
	})
	size := w.size()
	a.done(a.post("/applications/"+ids[0]+"/conclude", form))
	if w.size() != size+1 || w.application(ids[0]).State != registration.AtCounty {
		t.Fatal("one seal of two concluded the record")
	}
	other := w.in(lead2)
	open := l.ok(l.get("/confirmations"))
	at := hrefs(t, open, "/confirmations/")
	if len(at) != 1 {
		t.Fatalf("%d wait for the lead", len(at))
	}
	w.quiet("another lead", func() { other.refused(other.get(at[0]), fault.Conflict, "不等您签署") })
	l.done(l.get(at[0]))
	if got := w.application(ids[0]); got.State != registration.Concluded || got.Conclusion != registration.Failed || got.Confirmer != lead {
		t.Errorf("%s %s", got.State, got.Conclusion)
	}
	if w.application(ids[1]).State != registration.AtCounty {
		t.Error("the other record moved too")
	}
	if e := w.entries(1)[0]; e.Signed != 2 || e.Signers != 2 || e.Subject != "application/"+ids[0] {
		t.Errorf("the entry is %d of %d about %s", e.Signed, e.Signers, e.Subject)
	}
}

func TestAChangeBetweenTheTwoSealsVoidsTheAct(t *testing.T) {
	w := newTown(t, "2024-11-13 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
	})[0]
	a, l := w.in(auditor), w.in(lead)
	a.done(a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年考核不合格"}, "confirmer": {lead}}))
	at := hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")
	p := l.ok(l.get(at[0]))
	b := w.in(auditor2)
	if q := b.post("/applications/"+id+"/return", url.Values{"return_reason": {"材料不齐"}}); q.Status < 400 {
		b.done(q)
	} else {
		t.Fatalf("returning meanwhile: %d %.200s", q.Status, q.Text("main"))
	}
	got := l.handIn(l.signed(p))
	if got.Status != statusOf(fault.Conflict) || got.Sentence == "" || w.application(id).State != registration.ReturnedSchool {
		t.Errorf("%+v, state %s", got, w.application(id).State)
	}
}

func TestCase47AListWithTwoWithoutConclusionStaysAndBothAreNamed(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(48, school, func(i int, a *registration.Application) {
		a.State, a.Reviewer, a.SchoolConclusion = registration.Reviewed, handler, registration.Registered
		a.Deeds = registration.Deeds{{Part: registration.PartReviewer, Staff: handler}}
		if i == 17 || i == 40 {
			a.State, a.Reviewer, a.SchoolConclusion, a.Deeds = registration.InReview, "", "", nil
		}
	})
	s := w.in(head)
	acts := w.quiet("sending", func() {
		p := s.post("/send", nil)
		text := p.Text("main")
		if p.Status < 400 || !strings.Contains(text, ids[17]) || !strings.Contains(text, ids[40]) {
			t.Errorf("%d %.300s", p.Status, text)
		}
	})
	w.oneRefusal(head, acts)
	h := w.in(handler)
	for _, id := range []string{ids[17], ids[40]} {
		h.ok(h.review(id, registration.Registered, nil))
	}
	h.done(h.post("/review", batch(ids[17], ids[40])))
	s.done(s.post("/send", nil))
	if w.application(ids[17]).State != registration.AtCounty || w.application(ids[0]).State != registration.AtCounty {
		t.Error("the complete list was not sent")
	}
}

func TestCase48FieldsThatWereNotComparedAreNamed(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	id := w.plant(1, school, inState(registration.InReview))[0]
	h := w.in(handler)
	missing := []string{"person_name", "id_type", "id_number", "gender"}
	h.review(id, registration.Registered, func(step string, form url.Values) {
		for _, f := range missing {
			form.Del("compared-" + f)
		}
	})
	p := h.post("/applications/"+id+"/review", url.Values{"step": {"compare-1"}})
	w.quiet("the step", func() { h.refusedPlain(p, fault.Invalid, "还有 4 处") })
	w.quiet("the review", func() {
		p := h.post("/review", batch(id))
		h.refusedPlain(p, fault.Invalid, "23 项中有 4 项没有比对")
		for _, f := range missing {
			if !strings.Contains(p.Text("main"), registration.HeaderOf(f)) {
				t.Errorf("%s is not named", registration.HeaderOf(f))
			}
		}
	})
	h.ok(h.review(id, registration.Registered, nil))
	h.done(h.post("/review", batch(id)))
}

func TestCase49ACorrectionNeedsItsReasonAndBothValuesAreKept(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	id := w.plant(1, school, inState(registration.InReview))[0]
	old := w.application(id).Form.SubjectTaught
	h := w.in(handler)
	form := url.Values{"field": {"subject_taught"}, "new_value": {"劳动与技术"}, "reason": {""}, "evidence": {"课表第3页"}}
	w.quiet("without a reason", func() {
		p := h.post("/applications/"+id+"/correct", form)
		h.refusedPlain(p, fault.Invalid, "理由")
		if !strings.Contains(string(p.Body), "劳动与技术") || !strings.Contains(string(p.Body), "课表第3页") {
			t.Error("what was typed is lost")
		}
	})
	form.Set("reason", "网上填错")
	h.ok(h.post("/applications/"+id+"/correct", form))
	h.ok(h.review(id, registration.Registered, func(step string, form url.Values) {
		if step == "compare-2" {
			form.Set("compared-subject_taught", "differs")
		}
	}))
	h.done(h.post("/review", batch(id)))
	if got := w.application(id).Form.SubjectTaught; got != "劳动与技术" {
		t.Errorf("the record says %s", got)
	}
	page := h.ok(h.get("/applications/" + id)).Text("main")
	for _, want := range []string{old, "劳动与技术", "网上填错", "课表第3页"} {
		if !strings.Contains(page, want) {
			t.Errorf("the record's page does not show %q", want)
		}
	}
}

func TestCase60SomebodyNotFiledOrNotTrainedDoesNoBusiness(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	for who, word := range map[string]string{untrained: "培训还没有完成", unfiled: "备案"} {
		r := w.in(who)
		w.quiet(who, func() {
			p := r.post("/applications", batch(id))
			r.refusedPlain(p, fault.Forbidden, word)
			if strings.Contains(string(p.Body), `name="statement"`) {
				t.Error("a text to sign was made")
			}
		})
	}
	a := w.in(auditor)
	a.done(a.post("/applications", batch(id)))
}

func TestHostileTextInFiltersAndReasonsStaysText(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
	})[0]
	probe := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	a, l, u := w.in(auditor), w.in(lead), w.in(aud)
	pages := []string{string(a.get("/applications?name=" + url.QueryEscape(probe) + "&school=" + url.QueryEscape(probe) + "&state=" + url.QueryEscape(probe)).Body),
		string(a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {probe}, "reason": {probe}, "rule": {probe}, "confirmer": {probe}}).Body),
		string(a.post("/applications/"+id+"/return", url.Values{"return_reason": {probe + "\n"}}).Body),
		string(a.post("/applications", url.Values{"application": {probe}, "list": {"/applications?name=" + url.QueryEscape(probe)}}).Body),
		string(l.post("/windows", url.Values{"window": {probe}, "reason": {probe}, "opens": {probe}, "paper": {probe}}).Body),
		string(l.post("/licences", url.Values{"school": {probe}, "licence_no": {probe}}).Body),
		string(u.get("/log?who=" + url.QueryEscape(probe) + "&subject=" + url.QueryEscape(probe) + "&organisation=" + url.QueryEscape(probe)).Body),
		string(a.get("/" + url.PathEscape(probe)).Body)}
	p := a.post("/applications/"+id+"/return", url.Values{"return_reason": {probe}})
	pages = append(pages, string(p.Body))
	if p.Status < 400 {
		a.done(p)
		pages = append(pages, string(a.get("/applications/"+id).Body))
	}
	for i, body := range pages {
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
			t.Errorf("page %d runs what was typed", i)
		}
	}
}

func TestNoPersonalNumberIsInAPageALogLineOrAnAddress(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(2, school, inState(registration.Imported))
	var numbers []string
	for _, id := range ids {
		f := w.application(id).Form
		numbers = append(numbers, f.IDNumber, f.CertNumber)
	}
	for _, p := range w.people {
		numbers = append(numbers, p.Phone)
	}
	seen := func(p string, body []byte) {
		for _, n := range numbers {
			if n != "" && (strings.Contains(string(body), n) || strings.Contains(p, n)) {
				t.Errorf("%s shows a personal number", p)
			}
		}
	}
	h, s := w.in(handler), w.in(head)
	h.ok(h.post("/applications", batch(ids...)))
	for _, id := range ids {
		for _, step := range []string{"compare-1", "compare-3", "findings", "conclude"} {
			p := h.ok(h.get("/applications/" + id + "/review?step=" + step))
			seen(p.Path, p.Body)
		}
		h.ok(h.review(id, registration.Registered, nil))
	}
	p := h.ok(h.post("/review", batch(ids...)))
	seen(p.Path, p.Body)
	p = h.done(p)
	seen(p.Path, p.Body)
	p = s.ok(s.post("/send", nil))
	seen(p.Path, p.Body)
	s.done(p)
	w.clock.Set(at("2024-11-20 10:00:00"))
	a := w.in(auditor)
	for _, path := range []string{"/", "/applications", "/applications/" + ids[0], "/windows"} {
		p := a.ok(a.get(path))
		seen(p.Path, p.Body)
	}
	p = a.ok(a.post("/applications", batch(ids...)))
	seen(p.Path, p.Body)
	nonce, _, err := p.Statement()
	must(t, err)
	p = a.done(p)
	seen(p.Path, p.Body)
	n := w.in(neighbour)
	n.get("/applications/" + ids[0])
	n.post("/applications/"+ids[0]+"/return", url.Values{"return_reason": {numbers[0]}})
	u := w.in(aud)
	for i := range w.size() {
		p := u.ok(u.get(fmt.Sprintf("/log/%d", i)))
		seen(p.Path, p.Body)
	}
	log := w.log.Text()
	seen("the log file", []byte(log))
	for _, line := range strings.Split(string(nonce), "\n") {
		if value, ok := strings.CutPrefix(line, "随机数: "); ok && strings.Contains(log, value) {
			t.Error("the log file holds a nonce")
		}
	}
	if !strings.Contains(log, `"refused"`) {
		t.Error("the log file does not tell of the refusals")
	}
}

func TestARevocationIsRefusedWithItsFieldsKept(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	fingerprint := seal.Fingerprint(w.people[auditor].leaf)
	w.quiet("refusals", func() {
		p := s.post("/keys/revoke", url.Values{"fingerprint": {fingerprint}, "kind": {"lost"}, "revoke_reason": {""}})
		s.refusedPlain(p, fault.Invalid, "理由")
		if !strings.Contains(string(p.Body), fingerprint) {
			t.Error("the fingerprint typed is lost")
		}
		s.refusedPlain(s.post("/keys/revoke", url.Values{"fingerprint": {strings.Repeat("0", 64)}, "kind": {"lost"}, "revoke_reason": {"丢了"}}), fault.Invalid, "没有登记过")
		s.refusedPlain(s.post("/keys/revoke", url.Values{"fingerprint": {fingerprint}, "revoke_reason": {"丢了"}}), fault.Invalid, "报失或停用")
	})
	a := w.in(auditor)
	a.refused(a.post("/keys/revoke", url.Values{"fingerprint": {fingerprint}, "kind": {"lost"}, "revoke_reason": {"丢了"}}), fault.Forbidden, "")
}
