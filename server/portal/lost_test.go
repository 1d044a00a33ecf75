package portal_test

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
)

func TestALossIsReportedWithoutAKeyByTheOneTimeCode(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	other := w.twin()
	r, there := w.in(auditor), other.in(auditor)
	slip := r.ok(r.post("/key/loss-code", url.Values{"do": {"fresh"}}))
	code := regexp.MustCompile(`[A-Z2-9]{4}(-[A-Z2-9]{4}){3}`).FindString(slip.Text("main"))
	if code == "" {
		t.Fatalf("no code on the slip: %.300s", slip.Text("main"))
	}
	if mine := r.ok(r.get("/key")); strings.Contains(string(mine.Body), code) || !strings.Contains(mine.Text("main"), "已领取") {
		t.Error("the code is shown twice")
	}
	if strings.Contains(w.log.Text(), code) || strings.Contains(string(w.file()), code) || strings.Contains(string(w.file()), strings.ReplaceAll(code, "-", "")) {
		t.Error("the code lies in the log file or in the database")
	}
	stranger := w.desk(auditor) // a browser of whoever found the slip
	post := func(staff, code string) desk.Page {
		p, err := stranger.Post(context.Background(), "/lost", url.Values{"staff": {staff}, "code": {code}})
		must(t, err)
		return p
	}
	// A wrong code, somebody else's number and nobody's answer alike.
	strip := func(p desk.Page) string {
		return strings.ReplaceAll(p.Text("main"), p.Header.Get("X-Request-Id"), "")
	}
	wrong, nobody, elsewhere := post(auditor, "ABCD-EFGH-JKLM-NPQR"), post("U99999", code), post(auditor2, code)
	if wrong.Status != statusOf(fault.Forbidden) || strip(wrong) != strip(nobody) || strip(wrong) != strip(elsewhere) || wrong.Status != nobody.Status {
		t.Errorf("%d %q, %d %q", wrong.Status, strip(wrong), nobody.Status, strip(nobody))
	}
	r.ok(r.get("/applications"))
	p := post(strings.ToLower(auditor), strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	if p.Status >= 400 || !strings.Contains(p.Text("main"), "已经报失") {
		t.Fatalf("%d %.300s", p.Status, p.Text("main"))
	}
	e := w.entries(1)[0]
	if policy.Act(e.Act) != policy.ReportOwnLoss || e.Actor != auditor || e.Subject != "token/"+tokenOf(auditor) || e.Signers != 0 {
		t.Errorf("the entry: %+v", e)
	}
	locked(t, there, "/applications")
	locked(t, r, "/applications")
	if again := post(auditor, code); again.Status != statusOf(fault.Forbidden) || strip(again) != strip(wrong) {
		t.Errorf("the code works twice: %d", again.Status)
	}
}

func TestWhoeverTriesCodesKeepsNobodyBehindHisAddressFromReportingALoss(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	r := w.in(auditor)
	code := codeShape.FindString(r.ok(r.post("/key/loss-code", url.Values{"do": {"fresh"}})).Text("main"))
	d := w.desk(auditor)
	post := func(code string) desk.Page {
		p, err := d.Post(context.Background(), "/lost", url.Values{"staff": {auditor}, "code": {code}})
		must(t, err)
		return p
	}
	size := w.size()
	for range 100 {
		if p := post("ABCD-EFGH-JKLM-NPQR"); p.Status != statusOf(fault.Forbidden) {
			t.Fatalf("a wrong code: %d %.200s", p.Status, p.Text("main"))
		}
	}
	if more := w.size() - size; more != 1 {
		t.Errorf("%d entries of the tries", more)
	}
	if p := post(code); !strings.Contains(p.Text("main"), "已经报失") || w.token(tokenOf(auditor)).Token.State != custody.Lost {
		t.Errorf("the holder at the same address: %d %.200s", p.Status, p.Text("main"))
	}
}

func TestWhoeverTriesCodesForManyPeopleLeavesNoRowForEach(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	d := w.desk(auditor)
	for i := range 60 {
		_, err := d.Post(context.Background(), "/lost", url.Values{"staff": {fmt.Sprintf("U%05d", i)}, "code": {"ABCD-EFGH-JKLM-NPQR"}})
		must(t, err)
	}
	if n := w.count("throttles"); n > 35 {
		t.Errorf("%d rows of counts after 60 tries", n)
	}
	w.clock.Pass(8 * 24 * time.Hour)
	must(t, w.store.Scratch().Sweep(context.Background()))
	if n := w.count("throttles"); n != 0 {
		t.Errorf("%d rows are kept for ever", n)
	}
}

func TestThrottlesTellAddressesApartAndNotTheMachinesOfOneNetwork(t *testing.T) {
	for remote, want := range map[string]string{"10.1.2.3:4711": "10.1.2.3", "[::ffff:10.1.2.3]:4711": "10.1.2.3", "[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:443": "fe80::/64", "nonsense": "unknown"} {
		if got := portal.SourceOf(remote); got != want {
			t.Errorf("%s is %s, not %s", remote, got, want)
		}
	}
}
