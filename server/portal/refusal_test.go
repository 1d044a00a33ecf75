package portal_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
	"sealdesk/server/registration"
)

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

// oneRefusal asks that exactly one refusal of that person is in the log, and
// that it says what of: its subject and its note, "kind act".
func (w *town) oneRefusal(staff, what string, acts []string) {
	w.tb.Helper()
	if want := string(policy.Refusal) + " " + staff + " " + what; len(acts) != 1 || acts[0] != want {
		w.tb.Errorf("the log got %q, want one %q", acts, want)
	}
}

func batch(ids ...string) url.Values { return url.Values{"application": ids, "do": {"sign"}} }

func TestWhoTriesOneForeignRecordAfterAnotherIsNamedWithEachAndTheRestIsCounted(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(portal.RefusalsEach+20, school, atCounty)
	n, o := w.in(neighbour), w.in(otherAuditor)
	acts := w.quiet("looking", func() {
		for _, id := range ids {
			n.refused(n.get("/applications/"+id), fault.NotFound, "")
			n.get("/applications/" + id) // a second time in the minute is no entry more
		}
	})
	for i, act := range acts { // the newest first
		if want := "refusal " + neighbour + " application/" + ids[len(acts)-1-i] + " notfound view"; act != want {
			t.Errorf("the log got %q, want %q", act, want)
		}
	}
	if len(acts) != portal.RefusalsEach {
		t.Errorf("%d entries in one minute, want %d", len(acts), portal.RefusalsEach)
	}
	// Nothing is counted before the minute is over, and then once.
	if acts := w.quiet("early", func() { portal.Sweep(t.Context(), w.portal) }); len(acts) > 0 {
		t.Errorf("within the minute the log got %q", acts)
	}
	w.clock.Pass(time.Minute + time.Second)
	acts = w.quiet("the rest", func() { portal.Sweep(t.Context(), w.portal); portal.Sweep(t.Context(), w.portal) })
	w.oneRefusal(neighbour, "staff/"+neighbour+" more 20", acts)
	says(t, "the log's page", w.in(aud).get("/log").Text("main"), "同一分钟内此外还被拒绝 20 次", "没有找到 查看申请")
	// Somebody else's minute is their own, and so is the next.
	w.oneRefusal(otherAuditor, "application/"+ids[0]+" notfound view", w.quiet("another", func() { o.get("/applications/" + ids[0]) }))
	w.oneRefusal(neighbour, "application/"+ids[0]+" notfound view", w.quiet("the next minute", func() { n.get("/applications/" + ids[0]) }))
}

func TestWhatWasAskedForIsInTheLogWithoutAPersonsNumberOrName(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a, s := w.in(auditor), w.in(sec)
	for _, c := range []struct {
		by      reader
		path    string
		subject string // as the entry names it
	}{
		{a, "/applications/34279319850312002X", `application/asked-[0-9a-f]{16}`},
		{a, "/applications/342793-19850312-002X", `application/asked-[0-9a-f]{16}`},
		{a, "/applications/" + url.PathEscape("王小明"), `application/asked-[0-9a-f]{16}`},
		{a, "/applications/2024-341021-" + strings.Repeat("1", 150), `application/asked-[0-9a-f]{16}`},
		{a, "/applications/2024-341021-999999", `application/2024-341021-999999`},
		{s, "/staff/13805590000", `staff/asked-[0-9a-f]{16}`},
		{s, "/staff/U99999", `staff/U99999`},
		{s, "/keys/T-U99999", `token/T-U99999`},
		{s, "/keys/34279319850312002X", `token/asked-[0-9a-f]{16}`},
	} {
		acts := w.quiet(c.path, func() { c.by.refused(c.by.get(c.path), fault.NotFound, "") })
		if len(acts) != 1 || !regexp.MustCompile(`^refusal U\d+ `+c.subject+` notfound `).MatchString(acts[0]) {
			t.Errorf("%s: the log got %q", c.path, acts)
		}
	}
	says(t, "the log's page", w.in(aud).get("/log").Text("main"), "申请（问的不是编号，暗记 ")
}

func TestTheRefusalOfASealNamesTheActThatItWasMadeForAndTheRecord(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(2, school, atCounty)
	a, b := w.in(auditor), w.in(auditor2)
	p := a.ok(a.post("/applications/"+ids[0]+"/return", url.Values{"return_reason": {"缺少考核材料"}}))
	b.done(b.post("/applications/"+ids[0]+"/return", url.Values{"return_reason": {"学时有误"}}))
	w.oneRefusal(auditor, "application/"+ids[0]+" conflict return_to_school seal", w.quiet("sealing", func() { a.handIn(a.signed(p)) }))
	// A text that waits nowhere is named by its digest, a seal that is none by nothing.
	p = a.ok(a.post("/applications", batch(ids[1])))
	der := a.signed(p)
	a.ok(a.post(p.Path+"/withdraw", nil))
	w.oneRefusal(auditor, "proposal/"+strings.TrimPrefix(p.Path, "/statements/")+" notfound seal", w.quiet("withdrawn", func() { a.handIn(der) }))
}

func TestTheSecondSignersRefusedSealNamesTheSecondsOwnAct(t *testing.T) {
	w := newTown(t, "2024-11-13 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
	})[0]
	a, b, l := w.in(auditor), w.in(auditor2), w.in(lead)
	a.done(a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {"failed"}, "rule": {"F2"}, "reason": {"连续两年考核不合格"}, "confirmer": {lead}}))
	p := l.get(hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")[0])
	b.done(b.post("/applications/"+id+"/return", url.Values{"return_reason": {"学时有误"}}))
	w.oneRefusal(lead, "application/"+id+" conflict confirm seal", w.quiet("sealing", func() { l.handIn(l.signed(p)) }))
}
