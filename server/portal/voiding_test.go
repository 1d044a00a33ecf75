package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
	"sealdesk/server/registration"
)

// failing is a record at the county whose conclusion takes two people.
func failing(i int, a *registration.Application) {
	atCounty(i, a)
	a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
}

// fails is the auditor's form for it.
func fails(confirmer string) url.Values {
	return url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年考核不合格"}, "confirmer": {confirmer}}
}

// proposals are how many acts of several people are in a state.
func (t *town) proposals(state string) (n int) {
	t.tb.Helper()
	db := t.raw()
	defer db.Close()
	must(t.tb, db.QueryRow("SELECT COUNT(*) FROM proposals WHERE state = ?", state).Scan(&n))
	return n
}

// voided asserts that exactly one proposal is void, by the system, with an entry
// about the record that says why.
func (t *town) voided(id, why string) {
	t.tb.Helper()
	if open, void := t.proposals("open"), t.proposals("void"); open != 0 || void != 1 {
		t.tb.Errorf("%d proposals are open, %d void", open, void)
	}
	var found []audit.Entry
	for _, e := range t.entries(20) {
		if e.Act == string(policy.VoidProposal) {
			found = append(found, e)
		}
	}
	if len(found) != 1 || found[0].Actor != "" || found[0].Signers != 0 || found[0].Subject != "application/"+id || !strings.Contains(found[0].Note, why) {
		t.tb.Errorf("the entries of the end: %+v", found)
	}
	report, err := t.store.CheckRecords(t.tb.Context())
	must(t.tb, err)
	if len(report.Faults) != 0 {
		t.tb.Error(report.Faults)
	}
}

// offered tells whether the record's page has the auditor's form.
func (r reader) offered(id string) bool {
	text := string(r.ok(r.get("/applications/" + id)).Body)
	if waits := strings.Contains(text, "有一件待签事项"); waits == strings.Contains(text, "/applications/"+id+"/conclude") {
		r.t.tb.Errorf("the page of %s has both or neither", id)
		return false
	} else {
		return !waits
	}
}

func TestAProposalThatNobodyCompletesIn72HoursIsVoidedAndTheFormsAreBack(t *testing.T) {
	w := newTown(t, "2024-11-09 10:00:00")
	id := w.plant(1, school, failing)[0]
	a := w.in(auditor)
	a.done(a.post("/applications/"+id+"/conclude", fails(lead)))
	if a.offered(id) {
		t.Fatal("a second proposal is offered at once")
	}
	size := w.size()
	w.clock.Pass(portal.Together)
	a, l := w.in(auditor), w.in(lead)
	w.portal.VoidEnded()
	if a.offered(id) || w.proposals("open") != 1 {
		t.Fatal("it ended in its last millisecond")
	}
	waiting := hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")
	if len(waiting) != 1 {
		t.Fatalf("%d wait for the lead", len(waiting))
	}
	w.clock.Pass(time.Millisecond)
	if !a.offered(id) {
		t.Error("the page waits for the chore")
	}
	if text := l.ok(l.get("/confirmations")).Text("main"); !strings.Contains(text, "共 0 件") {
		t.Errorf("the lead is still asked: %.200s", text)
	}
	l.refused(l.get(waiting[0]), fault.NotFound, "已失效")
	w.portal.VoidEnded()
	w.portal.VoidEnded() // once is enough
	w.voided(id, "到 2024-11-12 10:00:00 仍未签齐")
	if e := w.entries(1)[0]; w.size() <= size || e.Act != string(policy.VoidProposal) {
		t.Errorf("the newest entry is %s", e.Act)
	}
	if text := a.ok(a.get("/applications/" + id)).Text("main"); !strings.Contains(text, "待签事项失效") {
		t.Error("the record's history does not tell of it")
	}
	a.done(a.post("/applications/"+id+"/conclude", fails(lead2)))
	l = w.in(lead2)
	l.done(l.get(hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")[0]))
	if got := w.application(id); got.State != registration.Concluded || got.Conclusion != registration.Failed {
		t.Errorf("%s %s", got.State, got.Conclusion)
	}
}

func TestAReturnWhileTheLeadIsAskedGivesTheFormsBackAfterTheSchoolSendsAgain(t *testing.T) {
	w := newTown(t, "2024-11-09 10:00:00")
	id := w.plant(1, school, failing)[0]
	a, b := w.in(auditor), w.in(auditor2)
	a.done(a.post("/applications/"+id+"/conclude", fails(lead)))
	b.done(b.post("/applications/"+id+"/return", url.Values{"return_reason": {"材料不齐"}}))
	h, s := w.in(handler), w.in(head)
	h.ok(h.review(id, registration.Failed, nil))
	h.done(h.post("/review", url.Values{"application": {id}}))
	s.done(s.post("/send", nil))
	if w.application(id).State != registration.AtCounty {
		t.Fatal(w.application(id).State)
	}
	if !a.offered(id) {
		t.Error("nothing can be done with the record")
	}
	w.portal.VoidEnded()
	w.voided(id, "签署之后记录有改动")
}

// What was found out while the record was held the first signer never saw.
func TestARecordThatWasHeldBetweenTheTwoSealsIsNotConcludedByTheSecond(t *testing.T) {
	w := newTown(t, "2024-11-09 10:00:00")
	id := w.plant(1, school, failing)[0]
	a, l, other := w.in(auditor), w.in(lead), w.in(lead2)
	a.done(a.post("/applications/"+id+"/conclude", fails(lead)))
	p := l.ok(l.get(hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")[0]))
	other.done(other.post("/applications/"+id+"/hold", url.Values{"hold_case": {"1号"}, "hold_reason": {"核查"}}))
	other.done(other.post("/applications/"+id+"/release", url.Values{"release_reason": {"查清"}}))
	got := l.handIn(l.signed(p))
	if got.Status != statusOf(fault.Conflict) || !strings.Contains(got.Sentence, "有变化，签署没有生效") || w.application(id).State != registration.AtCounty {
		t.Errorf("%+v, state %s", got, w.application(id).State)
	}
	w.portal.VoidEnded()
	w.voided(id, "签署之后记录有改动")
}
