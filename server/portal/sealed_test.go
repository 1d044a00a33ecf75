package portal_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// asked is an auditor in front of a statement over n records that wait for a
// conclusion.
func asked(t *testing.T, n int) (*town, reader, desk.Page, []string) {
	t.Helper()
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(n, school, atCounty)
	a := w.in(auditor)
	return w, a, a.ok(a.post("/applications", url.Values{"application": ids, "do": {"sign"}})), ids
}

// attack hands a seal in and asks that it is refused with its sentence, that
// no record changed, that what waited for a seal still waits, as it did, and
// whether the refusal is in the log.
func (w *town) attack(d *desk.Desk, der []byte, kind fault.Kind, sentence string, logged bool) {
	w.tb.Helper()
	if sentence == "" {
		w.tb.Fatal("an attack says with which sentence it is refused")
	}
	records, size, waiting := w.records(), w.size(), w.waiting(der)
	got := handIn(w.tb, d, base64url(der))
	if got.Status != statusOf(kind) || !strings.Contains(got.Sentence, sentence) || got.Request == "" || got.Location != "" {
		w.tb.Errorf("answered %+v, want %s with %q", got, kind, sentence)
	}
	if w.records() != records {
		w.tb.Errorf("%q: a record changed", sentence)
	}
	if now := w.waiting(der); !reflect.DeepEqual(now, waiting) {
		w.tb.Errorf("%q: of the text waited %+v, and now %+v", sentence, waiting, now)
	}
	more := w.entries(50)[:w.size()-size]
	for _, e := range more {
		if policy.Act(e.Act) != policy.Refusal {
			w.tb.Errorf("%q: the log got a %s", sentence, e.Act)
		}
	}
	if logged != (len(more) == 1) {
		w.tb.Errorf("%q: %d entries more", sentence, len(more))
	}
}

// waiting is the statement that a seal was made over, if it waits for one.
func (w *town) waiting(der []byte) *store.Pending {
	w.tb.Helper()
	digest, err := seal.MessageDigest(der)
	must(w.tb, err)
	pending, err := w.store.Scratch().Pending(context.Background(), hex.EncodeToString(digest[:]))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	must(w.tb, err)
	return &pending
}

func TestASealOfTheRightPersonOverTheWaitingTextCounts(t *testing.T) {
	w, a, p, ids := asked(t, 2)
	size := w.size()
	const clause = "P：《中小学教师资格定期注册暂行办法》（教师〔2013〕9号）注册合格条件："
	says(t, "the text", p.Text("main"), "规则包 national-2013", "依据 "+clause)
	a.done(p)
	says(t, "the record's page", a.get("/applications/"+ids[0]).Text("main"), "注册结论 结论 注册合格 依据 "+clause)
	if w.size() != size+1 || w.application(ids[1]).State != registration.Concluded {
		t.Errorf("%d entries more, state %s", w.size()-size, w.application(ids[1]).State)
	}
	number := strconv.FormatUint(w.entries(1)[0].Number, 10)
	got := a.get(p.Path)
	a.refused(got, fault.Conflict, "您已经签过，记为第 "+number+" 号")
	if receipts := hrefs(t, got, "/receipts/"+number); len(receipts) != 1 || len(inputs(t, got, "statement")) != 0 {
		t.Errorf("the page of the sealed text leads to %q, or still offers it", receipts)
	}
	other := w.in(auditor2)
	other.refused(other.get(p.Path), fault.NotFound, "不在等待签署之列")
}

func TestAReplayedSealDoesNothingInItsOwnAndInAnotherSession(t *testing.T) {
	w, a, p, _ := asked(t, 1)
	der := a.signed(p)
	waiting, err := w.store.Scratch().Pending(context.Background(), strings.TrimPrefix(p.Path, "/statements/"))
	must(t, err)
	first := a.handIn(der)
	if first.Status != http.StatusOK {
		t.Fatalf("%+v", first)
	}
	done := "您已经签过，记为第 " + strings.TrimPrefix(first.Location, "/receipts/") + " 号，没有再次办理"
	w.attack(a.Desk, der, fault.Conflict, done, true)
	again := w.in(auditor)
	w.clock.Pass(2 * time.Minute)
	w.attack(again.Desk, der, fault.Conflict, done, true)
	w.attack(w.in(auditor2).Desk, der, fault.NotFound, "不在等待签署之列", true) // it is none of theirs
	// Even if the text waits once more, as after a restore of the scratch
	// tables, the log knows the seal.
	must(t, w.store.Scratch().PutPending(context.Background(), waiting))
	w.clock.Pass(2 * time.Minute)
	w.attack(a.Desk, der, fault.Conflict, "已经用过，当时记为第 "+strings.TrimPrefix(first.Location, "/receipts/")+" 号", true)
	if n := w.sealed(p); n != 1 {
		t.Errorf("%d entries stand on the statement", n)
	}
}

// sealed counts the entries that stand on a page's statement.
func (t *town) sealed(p desk.Page) (n int) {
	t.tb.Helper()
	text, _, err := p.Statement()
	must(t.tb, err)
	digest := sha256.Sum256(text)
	db := t.raw()
	defer db.Close()
	must(t.tb, db.QueryRow("SELECT COUNT(*) FROM log_entries WHERE statement = ?", digest[:]).Scan(&n))
	return n
}

func TestAnExpiredTextIsRefusedAsExpiredAndItsTwinJustInTimeCounts(t *testing.T) {
	for _, late := range []bool{false, true} {
		w, a, p, _ := asked(t, 1)
		issued := w.clock.Now()
		// Reading keeps the session alive.
		for w.clock.Now().Before(issued.Add(25 * time.Minute)) {
			w.clock.Pass(5 * time.Minute)
			a.ok(a.get("/"))
		}
		w.clock.Set(issued.Add(30*time.Minute - time.Millisecond))
		if late {
			w.clock.Set(issued.Add(30*time.Minute + time.Second))
			w.attack(a.Desk, a.signed(p), fault.Invalid, "已过有效期", true)
			a.refused(a.get(p.Path), fault.Closed, "已过有效期")
			continue
		}
		if got := a.handIn(a.signed(p)); got.Status != http.StatusOK {
			t.Errorf("in time: %+v", got)
		}
	}
}

func TestTheLandingPageIsTheSameForEveryoneAndKeepsTheFragmentHome(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	d := w.desk(auditor)
	first, err := d.Get(context.Background(), "/sealed")
	must(t, err)
	second := w.in(auditor).get("/sealed")
	if first.Status != 200 || string(first.Body) != string(second.Body) {
		t.Errorf("status %d, or the pages differ", first.Status)
	}
	if got := first.Header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy %q", got)
	}
	if len(first.Header.Values("Set-Cookie")) > 0 {
		t.Error("the landing page sets a cookie")
	}
}

func TestFiftyPostsOfOneSealAtOnceMakeOneEntry(t *testing.T) {
	w, a, p, ids := asked(t, 3)
	der := a.signed(p)
	size := w.size()
	answers := make(chan reply, 50)
	var all sync.WaitGroup
	for range 50 {
		all.Add(1)
		go func() {
			defer all.Done()
			answers <- handIn(t, a.Desk, base64url(der))
		}()
	}
	all.Wait()
	close(answers)
	succeeded := 0
	said := map[string]int{}
	for r := range answers {
		switch {
		case r.Status == http.StatusOK && r.Location != "":
			succeeded++
		case r.Sentence == "" || r.Status >= 500:
			t.Errorf("%+v", r)
		default:
			said[fmt.Sprint(r.Status, " ", r.Sentence)]++
		}
	}
	if succeeded != 1 {
		t.Errorf("%d succeeded; the others: %v", succeeded, said)
	}
	if n := w.sealed(p); n != 1 {
		t.Errorf("%d entries stand on the statement", n)
	}
	for _, e := range w.entries(50)[:w.size()-size] {
		if act := policy.Act(e.Act); act != policy.Refusal && act != policy.Conclude {
			t.Errorf("the log got a %s besides", act)
		}
	}
	for _, id := range ids {
		if got := w.application(id).State; got != registration.Concluded {
			t.Errorf("%s is %s", id, got)
		}
	}
}

func TestASealAfterAColleagueConcludedOneRecordIsRefusedAndNamesIt(t *testing.T) {
	w, a, p, ids := asked(t, 3)
	b := w.in(auditor2)
	b.done(b.post("/applications", url.Values{"application": ids[1:2], "do": {"sign"}}))
	w.attack(a.Desk, a.signed(p), fault.Invalid, ids[1], true)
	if w.application(ids[0]).State != registration.AtCounty {
		t.Error("another of the batch was concluded")
	}
	a.ok(a.get(p.Path)) // the text is still to be read
}

func TestASealAfterARecordWasReturnedIsRefused(t *testing.T) {
	w, a, p, ids := asked(t, 2)
	b := w.in(auditor2)
	b.done(b.post("/applications/"+ids[0]+"/return", url.Values{"return_reason": {"缺少考核材料"}}))
	w.attack(a.Desk, a.signed(p), fault.Invalid, ids[0], true)
	a.ok(a.get(p.Path))
}

func TestASealAfterARecordWasReturnedCorrectedAndSentAgainIsRefused(t *testing.T) {
	w := newTown(t, "2024-11-06 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) { atCounty(i, a) })[0]
	// School review and audit both open: the city lead moves the audit forward.
	l := w.in(lead)
	l.done(l.post("/windows", url.Values{"window": {"2024/341021/audit"}, "opens": {"2024-11-06T00:00"}, "closes": {"2024-11-30T00:00"}, "reason": {"提前审核"}}))
	a := w.in(auditor)
	p := a.ok(a.post("/applications", url.Values{"application": {id}, "do": {"sign"}}))
	b := w.in(auditor2)
	b.done(b.post("/applications/"+id+"/return", url.Values{"return_reason": {"学时有误"}}))
	h := w.in(handler)
	h.ok(h.post("/applications/"+id+"/correct", url.Values{"field": {"training_hours"}, "new_value": {"401.5"}, "reason": {"漏填"}, "evidence": {"证书"}}))
	h.ok(h.review(id, registration.Registered, func(step string, form url.Values) {
		if step == "compare-4" {
			form.Set("compared-training_hours", "differs")
		}
	}))
	h.done(h.post("/review", url.Values{"application": {id}}))
	s := w.in(head)
	s.done(s.post("/send", nil))
	w.attack(a.Desk, a.signed(p), fault.Conflict, id, true)
	if w.application(id).State != registration.AtCounty {
		t.Error(w.application(id).State)
	}
}

func TestASealAfterTheWindowClosedIsRefusedAndInTheLastMillisecondItCounts(t *testing.T) {
	for _, late := range []bool{false, true} {
		w := newTown(t, "2024-11-29 23:45:00")
		ids := w.plant(1, school, atCounty)
		a := w.in(auditor)
		p := a.ok(a.post("/applications", url.Values{"application": ids, "do": {"sign"}}))
		w.clock.Pass(9 * time.Minute)
		a.ok(a.get("/"))
		w.clock.Set(at("2024-11-29 23:59:59.999"))
		if late {
			w.clock.Set(at("2024-11-30 00:00:00"))
			w.attack(a.Desk, a.signed(p), fault.Closed, "2024-11-30 00:00", true)
			a.ok(a.get(p.Path))
			continue
		}
		if got := a.handIn(a.signed(p)); got.Status != http.StatusOK {
			t.Errorf("in time: %+v", got)
		}
	}
}

func TestASealAfterTheKeyWasTakenAwayIsRefusedAndTheLoginEnds(t *testing.T) {
	w, a, p, _ := asked(t, 1)
	der := a.signed(p)
	s := w.in(sec)
	s.done(s.post("/keys/"+tokenOf(auditor), url.Values{"do": {"lost"}, "reason": {"钥匙丢失"}}))
	w.attack(a.Desk, der, fault.Locked, "已报失、停用", true)
	if p := a.get("/applications"); !strings.HasPrefix(p.Path, "/sign-in") {
		t.Errorf("still served: %s", p.Path)
	}
}

func TestASealWithASigningTimeFarFromTheServersIsRefusedWithItsOwnSentence(t *testing.T) {
	w, a, p, _ := asked(t, 1)
	text, _, err := p.Statement()
	must(t, err)
	for _, off := range []time.Duration{-11 * time.Minute, 11 * time.Minute} {
		der, err := seal.Sign(text, a.Leaf, nil, a.Key, w.clock.Now().Add(off))
		must(t, err)
		w.attack(a.Desk, der, fault.Invalid, "时钟", true)
		w.clock.Pass(2 * time.Minute)
	}
	der, err := seal.Sign(text, a.Leaf, nil, a.Key, w.clock.Now().Add(9*time.Minute))
	must(t, err)
	if got := a.handIn(der); got.Status != http.StatusOK {
		t.Errorf("nine minutes off: %+v", got)
	}
}
