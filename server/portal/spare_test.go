package portal_test

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

// stocked is a town in whose first officer's store three tokens lie.
func stocked(t *testing.T) *town {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	s.stock("SP-0001", "SP-0002", "SP-0003")
	return w
}

// askedFor is a request for somebody whose key was revoked, and its number.
func (w *town) askedFor(t *testing.T, asker reader, person string) string {
	t.Helper()
	before := w.asked(t)
	asker.done(asker.post("/requests", url.Values{"staff": {person}, "reason": {"新任"}}))
	for _, id := range w.asked(t) {
		if !slices.Contains(before, id) {
			return id
		}
	}
	t.Fatal("no request was entered")
	return ""
}

// asked are the numbers of the open requests.
func (w *town) asked(t *testing.T) []string {
	t.Helper()
	s := w.in(sec2)
	var list []string
	for _, m := range regexp.MustCompile(`value="(Q[0-9A-F]{8})"`).FindAllStringSubmatch(string(s.ok(s.get("/requests")).Body), -1) {
		list = append(list, m[1])
	}
	return list
}

func spares(taker, serials, reason string) url.Values {
	return url.Values{"taker": {taker}, "serials": {serials}, "reason": {reason}}
}

func TestR58SpareTokensPassFromOfficerToOfficerUnderBothSealsAndAreNeverInNobodysHands(t *testing.T) {
	w := stocked(t)
	giver, taker := w.in(sec), w.in(sec2)
	page := giver.ok(giver.get("/spares"))
	if text := page.Text("main"); !strings.Contains(text, "SP-0001") || !strings.Contains(text, "3 把") {
		t.Fatalf("the giver's store: %.300s", text)
	}
	giver.done(giver.post("/spares", spares(sec2, "sp-0001\nSP-0002 ", "轮岗")))
	// After the first seal nothing has moved: the giver answers for them still.
	for _, serial := range []string{"SP-0001", "SP-0002", "SP-0003"} {
		if got := w.token(serial).Token; got.Custodian != sec || got.State != custody.InStore {
			t.Errorf("%s after one seal: %+v", serial, got)
		}
	}
	first := w.entries(1)[0]
	if first.Act != string(policy.HandOverStore) || first.Actor != sec || first.Signed != 1 || first.Signers != 2 {
		t.Errorf("the first entry: %+v", first)
	}
	taker.countersign()
	second := w.entries(1)[0]
	if second.Act != string(policy.CountersignCustody) || second.Actor != sec2 || second.Signed != 2 {
		t.Errorf("the second entry: %+v", second)
	}
	for serial, who := range map[string]string{"SP-0001": sec2, "SP-0002": sec2, "SP-0003": sec} {
		if got := w.token(serial).Token; got.Custodian != who || got.State != custody.InStore {
			t.Errorf("%s after both: %+v", serial, got)
		}
	}
	if text := taker.ok(taker.get("/keys/SP-0001")).Text("main"); !strings.Contains(text, policy.CountersignCustody.Name()) {
		t.Errorf("the token's history tells nothing of it: %.400s", text)
	}
	// The new custodian gives it out, the old one does not.
	taker.done(taker.post("/keys/"+tokenOf(auditor2), do("revoke", "损坏")))
	id := w.askedFor(t, w.in(lead), auditor2)
	giver.refusedPlain(giver.post("/keys/SP-0001", do("assign", "", "request", id)), fault.Forbidden, "不在您手里")
	taker.done(taker.post("/keys/SP-0001", do("assign", "", "request", id)))
}

func TestSparesAreRefusedToTheWrongHandsAndMoveWholeOrNotAtAll(t *testing.T) {
	w := stocked(t)
	giver := w.in(sec)
	records := w.records()
	for name, c := range map[string]struct {
		form url.Values
		kind fault.Kind
		says string
	}{
		"to nobody":                     {spares("", "SP-0001", "轮岗"), fault.Invalid, "请选择接收人"},
		"to himself":                    {spares(sec, "SP-0001", "轮岗"), fault.Invalid, "请选择接收人"},
		"to somebody of another role":   {spares(aud, "SP-0001", "轮岗"), fault.Invalid, "请选择接收人"},
		"without a reason":              {spares(sec2, "SP-0001", " "), fault.Invalid, "填写理由"},
		"of none":                       {spares(sec2, " ", "轮岗"), fault.Invalid, "1 至 200"},
		"one of which is not known":     {spares(sec2, "SP-0001\nSP-9999", "轮岗"), fault.Invalid, "不在台账里"},
		"one of which is in use":        {spares(sec2, "SP-0001\n"+tokenOf(sec), "轮岗"), fault.Conflict, "不是库存"},
		"one of which is somebody's":    {spares(sec2, "SP-0001\n"+tokenOf(auditor), "轮岗"), fault.Forbidden, "不在您手里"},
		"one of which waits for a hand": {spares(sec2, "SP-0001\nNEW1", "轮岗"), fault.Conflict, "不是库存"},
	} {
		p := giver.post("/spares", c.form)
		giver.refusedPlain(p, c.kind, c.says)
		if text := string(p.Body); c.form.Get("serials") != " " && !strings.Contains(text, "SP-0001") {
			t.Errorf("spares %s: what was typed is lost", name)
		}
	}
	if w.records() != records {
		t.Error("a record changed")
	}
	if e := w.entries(1)[0]; e.Act != string(policy.Refusal) || e.Actor != sec || !strings.Contains(e.Note, string(policy.HandOverStore)) {
		t.Errorf("the refusal left %+v", e)
	}
	// One of them is given out between the two seals: the whole text is void.
	giver.done(giver.post("/spares", spares(sec2, "SP-0001 SP-0002", "轮岗")))
	giver.done(giver.post("/keys/SP-0002", do("lost", "盘点时少一把")))
	taker := w.in(sec2)
	p := taker.ok(taker.get(hrefs(t, taker.ok(taker.get("/confirmations")), "/confirmations/")[0]))
	if got := taker.handIn(taker.signed(p)); got.Location != "" {
		t.Error("the second seal counted after one of the tokens was lost")
	}
	if got := w.token("SP-0001").Token.Custodian; got != sec {
		t.Errorf("SP-0001 moved alone to %s", got)
	}
}

func TestADeclinedRequestTellsTheLeadWhyAndMayBeAskedAnew(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l, s := w.in(lead), w.in(sec)
	s.done(s.post("/keys/"+tokenOf(auditor2), do("revoke", "损坏")))
	id := w.askedFor(t, l, auditor2)
	records := w.records()
	s.refusedPlain(s.post("/requests/decline", url.Values{"request": {id}, "why": {" "}}), fault.Invalid, "填写理由")
	s.refusedPlain(s.post("/requests/decline", url.Values{"why": {"没有备案"}}), fault.Invalid, "请选择")
	l.refusedPlain(l.post("/requests/decline", url.Values{"request": {id}, "why": {"不要了"}}), fault.Forbidden, "")
	if w.records() != records {
		t.Error("a record changed")
	}
	s.done(s.post("/requests/decline", url.Values{"request": {id}, "why": {"本年度培训没有完成"}}))
	if e := w.entries(1)[0]; e.Act != string(policy.DeclineKey) || e.Actor != sec || e.Subject != "request/"+id || e.Signers != 1 {
		t.Errorf("the entry: %+v", e)
	}
	text := l.ok(l.get("/requests")).Text("main")
	if !strings.Contains(text, "未予发放") || !strings.Contains(text, "本年度培训没有完成") || !strings.Contains(text, "没有待发放的申领") {
		t.Errorf("the lead reads %.500s", text)
	}
	s.refusedPlain(s.post("/requests/decline", url.Values{"request": {id}, "why": {"再说一次"}}), fault.Conflict, "已经未予发放")
	s.stock("SP-0001")
	s.refusedPlain(s.post("/keys/SP-0001", do("assign", "", "request", id)), fault.Conflict, "已经未予发放")
	if again := w.askedFor(t, l, auditor2); again == id {
		t.Error("the new request has the old one's number")
	}
	// Who asked does not answer.
	own := w.in(sec)
	own.done(own.post("/keys/"+tokenOf(rechecker), do("revoke", "损坏")))
	mine := w.askedFor(t, own, rechecker)
	own.refusedPlain(own.post("/requests/decline", url.Values{"request": {mine}, "why": {"不发"}}), fault.Forbidden, "另一位安全保密管理员")
}

// renewed makes a new pair and certificate beside the holder's key; it waits.
func renewed(t *testing.T, r reader) (*x509.Certificate, crypto.Signer) {
	t.Helper()
	key := newKey(t)
	_, text := orderOn(t, r.ok(r.get("/renewal")))
	got := r.handBack("request", base64url(requestFor(t, text, key)))
	if got.Location == "" {
		t.Fatalf("%d %s", got.Status, got.Sentence)
	}
	o, _ := orderOn(t, r.done(r.get(got.Location)))
	der, err := base64.StdEncoding.DecodeString(o.Text.Get("证书"))
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return leaf, key
}

func TestAPendingRenewalIsGivenUpAndTheNextOneBeginsClean(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.clock.Set(w.people[auditor].leaf.NotAfter.Add(-30 * 24 * time.Hour))
	a := w.in(auditor)
	if p := a.post("/renewal/drop", url.Values{}); p.Status != statusOf(fault.Conflict) || !strings.Contains(p.Text("main"), "没有可以放弃的") {
		t.Errorf("nothing to give up: %d %.200s", p.Status, p.Text("main"))
	}
	if p := a.ok(a.get("/key")); !strings.Contains(string(p.Body), `href="/renewal"`) {
		t.Error("her own page does not lead to the renewal")
	}
	leaf, key := renewed(t, a)
	page := a.ok(a.get("/renewal"))
	if !strings.Contains(string(page.Body), `action="/renewal/drop"`) {
		t.Fatalf("no way to give it up: %.300s", page.Text("main"))
	}
	offered := takeover(t, a.get("/renewal?installed=1"))
	p := a.ok(a.post("/renewal/drop", url.Values{}))
	if e := w.entries(1)[0]; e.Act != string(policy.DropRenewal) || e.Actor != auditor || e.Subject != "token/"+tokenOf(auditor) || e.Signers != 0 {
		t.Errorf("the entry: %+v", e)
	}
	o, _ := orderOn(t, p) // the page is back at its first step
	dropped := o.Text.All("已有证书")
	if o.Kind() != seal.EnrolRequest || len(dropped) != 2 {
		t.Errorf("the next order knows %d certificates", len(dropped))
	}
	if q := a.get(offered); q.Status < 400 {
		mine := a.as(leaf, key)
		if got := mine.handIn(mine.signed(q)); got.Location != "" {
			t.Error("the certificate that was given up is taken over")
		}
	}
	for _, k := range dropped {
		got, err := w.store.KeyInCustody(t.Context(), k)
		must(t, err)
		if own := k == seal.Fingerprint(w.people[auditor].leaf); own != (got.State == custody.Issued) {
			t.Errorf("%s is %s", k, got.State)
		}
	}
	a.ok(a.get("/applications")) // what was in use goes on
	renewed(t, a)
	o, _ = orderOn(t, a.get("/renewal"))
	if got := o.Text.All("清除证书"); len(got) != 1 || got[0] != seal.Fingerprint(leaf) {
		t.Errorf("the parcel clears %v", got)
	}
	// Nobody else's is touched.
	if p := w.in(lead).post("/renewal/drop", url.Values{}); p.Status != statusOf(fault.Conflict) {
		t.Errorf("somebody else gave it up: %d", p.Status)
	}
}
