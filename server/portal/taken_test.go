package portal_test

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
)

var codeShape = regexp.MustCompile(`[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){3}`)

// takenOver is a ceremony up to the page that has the loss code behind a button.
func takenOver(t *testing.T, w *town) (reader, desk.Page) {
	t.Helper()
	s := w.in(sec)
	key := newKey(t)
	leaf := certified(t, s, "NEW1", key)
	mine := s.as(leaf, key)
	p := mine.ok(mine.done(mine.get(takeover(t, s.get("/enrolments/NEW1?installed=1")))))
	if !strings.HasPrefix(p.Path, "/taken/") || !strings.Contains(p.Text("main"), "只显示一次") {
		t.Fatalf("the take-over leads to %s: %.300s", p.Path, p.Text("main"))
	}
	return mine, p
}

func TestTheCeremonyPrintsTheLossCodeOnceForTheNewHolderAndItReports(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	mine, p := takenOver(t, w)
	if code := codeShape.FindString(string(p.Body)); code != "" {
		t.Error("the code is on the page before anybody asked to see it")
	}
	// Another browser that learns the address sees nothing, and uses nothing up.
	for _, r := range []reader{w.in(sec2), w.in(sec)} {
		for _, q := range []desk.Page{r.get(p.Path), r.post(p.Path, url.Values{})} {
			if q.Status != statusOf(fault.NotFound) || codeShape.MatchString(q.Text("main")) {
				t.Errorf("another browser: %d %.200s", q.Status, q.Text("main"))
			}
		}
	}
	mine.ok(mine.get(p.Path)) // a reload shows the button again
	shown := mine.ok(mine.post(p.Path, url.Values{}))
	code := codeShape.FindString(shown.Text("main"))
	if code == "" || !strings.Contains(shown.Text("main"), keyless) || !strings.Contains(shown.Text("main"), "NEW1") {
		t.Fatalf("the slip: %.300s", shown.Text("main"))
	}
	if got := shown.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("a browser may keep the slip: %q", got)
	}
	for _, q := range []desk.Page{mine.get(p.Path), mine.post(p.Path, url.Values{})} {
		if q.Status != statusOf(fault.NotFound) || codeShape.MatchString(q.Text("main")) || !strings.Contains(q.Text("main"), "我的钥匙") {
			t.Errorf("shown twice: %d %.200s", q.Status, q.Text("main"))
		}
	}
	bare := strings.ReplaceAll(code, "-", "")
	for what, text := range map[string]string{"the log file": w.log.Text(), "the database": string(w.file()), "an address": shown.Path} {
		if strings.Contains(text, code) || strings.Contains(text, bare) {
			t.Errorf("the code lies in %s", what)
		}
	}
	lost, err := w.desk(auditor).Post(context.Background(), "/lost", url.Values{"staff": {keyless}, "code": {code}})
	must(t, err)
	if !strings.Contains(lost.Text("main"), "已经报失") {
		t.Fatalf("the code does not report: %d %.200s", lost.Status, lost.Text("main"))
	}
	if e := w.entries(1)[0]; e.Act != string(policy.ReportOwnLoss) || e.Actor != keyless || e.Subject != "token/NEW1" {
		t.Errorf("the entry: %+v", e)
	}
}

func TestOfManyWhoAskForTheSlipAtOnceOneSeesTheCode(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	mine, p := takenOver(t, w)
	var seen atomic.Int32
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			q, err := mine.Post(context.Background(), p.Path, url.Values{})
			if err != nil {
				t.Error(err)
				return
			}
			if codeShape.MatchString(q.Text("main")) {
				seen.Add(1)
			} else if !strings.Contains(q.Text("main"), "已经显示过") {
				t.Errorf("%d %.200s", q.Status, q.Text("main"))
			}
		})
	}
	all.Wait()
	if seen.Load() != 1 {
		t.Errorf("the code was shown %d times", seen.Load())
	}
}

func TestAFreshLossCodeVoidsTheOneOfTheCeremony(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	mine, p := takenOver(t, w)
	first := codeShape.FindString(mine.ok(mine.post(p.Path, url.Values{})).Text("main"))
	d := w.desk(sec2)
	d.Leaf, d.Key = mine.Leaf, mine.Key
	must(t, d.SignIn(t.Context()))
	r := reader{d, w}
	if page := r.ok(r.get("/key")); !strings.Contains(page.Text("main"), "已领取") {
		t.Errorf("her own page: %.300s", page.Text("main"))
	}
	second := codeShape.FindString(r.ok(r.post("/key/loss-code", url.Values{"do": {"fresh"}})).Text("main"))
	if e := w.entries(1)[0]; e.Act != string(policy.IssueLossCode) || e.Actor != keyless || e.Subject != "token/NEW1" {
		t.Errorf("the entry: %+v", e)
	}
	report := func(code string) desk.Page {
		q, err := w.desk(auditor).Post(context.Background(), "/lost", url.Values{"staff": {keyless}, "code": {code}})
		must(t, err)
		return q
	}
	if q := report(first); first == second || q.Status != statusOf(fault.Forbidden) {
		t.Errorf("the code of the ceremony still reports: %d", q.Status)
	}
	if e := w.entries(1)[0]; e.Act != string(policy.Refusal) {
		t.Errorf("the refusal left %+v", e)
	}
	if q := report(second); !strings.Contains(q.Text("main"), "已经报失") {
		t.Errorf("the fresh code: %d %.200s", q.Status, q.Text("main"))
	}
}

func TestASlipThatNobodyLookedAtExpires(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	mine, p := takenOver(t, w)
	w.clock.Pass(11 * time.Minute)
	if q := mine.post(p.Path, url.Values{}); q.Status != statusOf(fault.NotFound) || codeShape.MatchString(q.Text("main")) {
		t.Errorf("after ten minutes: %d %.200s", q.Status, q.Text("main"))
	}
}
