package portal_test

import (
	"context"
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/presence"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
	"sealdesk/server/store"
)

func TestASealOfTheSamePersonUnlocksAndTheSealOfAnotherBeginsAnotherSession(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.chair(auditor)
	a.put(presence.Away)
	locks(t, a.reader, time.Now())
	mine := cookies(t, a.Desk)
	// A colleague sits down at the same browser.
	b := w.desk(auditor2)
	b.Client.Jar = a.Client.Jar
	must(t, b.SignIn(context.Background()))
	r := reader{b, w}
	if p := r.ok(r.get("/")); p.Path != "/" || !strings.Contains(string(p.Body), auditor2) {
		t.Fatalf("the colleague is not in: %s", p.Path)
	}
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Login || e.Actor != auditor2 {
		t.Errorf("the entry is %s of %s", e.Act, e.Actor)
	}
	// The first session is still there, still locked.
	w.clock.Pass(time.Minute) // a login statement is one seal's, and a browser's for a minute
	u, _ := url.Parse(w.origin())
	c := w.desk(auditor)
	c.Client.Jar.SetCookies(u, mine)
	p := reader{c, w}.get("/sign-in")
	if text := p.Text("main"); !strings.Contains(text, "已锁定") || !strings.Contains(text, "钥匙已经拔出") {
		t.Errorf("%.300s", text)
	}
	must(t, c.SignIn(context.Background()))
	if p := (reader{c, w}).get("/"); p.Path != "/" || !strings.Contains(string(p.Body), auditor) {
		t.Errorf("the person does not get in again: %s", p.Path)
	}
	if n := w.count("sessions"); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

func TestReadingForTwentyFiveMinutesInTheAgentEndsInASealThatUnlocks(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	p := a.ok(a.post("/applications", batch(id)))
	w.clock.Pass(25 * time.Minute)
	der := a.signed(p)
	if got := a.handIn(der); got.Status != http.StatusOK || got.Location == "" {
		t.Fatalf("%+v", got)
	}
	if p := a.get("/applications"); p.Path != "/applications" {
		t.Errorf("still locked: %s", p.Path)
	}
}

func TestOneSealUnlocksOnce(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	p := a.ok(a.post("/applications", batch(id)))
	b := w.in(auditor2)
	b.done(b.post("/applications/"+id+"/return", url.Values{"return_reason": {"缺少考核材料"}}))
	w.clock.Pass(15 * time.Minute)
	der := a.signed(p)
	// Refused, since a colleague was quicker, but it was the person's.
	if got := a.handIn(der); got.Status != statusOf(fault.Invalid) {
		t.Fatalf("%+v", got)
	}
	if p := a.get("/applications"); p.Path != "/applications" {
		t.Errorf("the person's seal does not unlock: %s", p.Path)
	}
	must(t, w.store.Scratch().LockSession(context.Background(), portal.Hashed(cookies(t, a.Desk)[0].Value), store.LockedPulled))
	if got := a.handIn(der); got.Status != statusOf(fault.Locked) || !strings.Contains(got.Sentence, "交来过一次") {
		t.Errorf("%+v", got)
	}
	locked(t, a, "/applications")
}

// mirrored is a CMS seal with the same ECDSA signature in other bytes: whoever
// has r and s also has r and n-s. The signature is the last thing in it.
func mirrored(tb testing.TB, der []byte) []byte {
	tb.Helper()
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(der, &v)
	if err != nil || len(rest) > 0 {
		tb.Fatalf("not one DER element: %v", err)
	}
	if v.Tag == asn1.TagOctetString && !v.IsCompound {
		var sig struct{ R, S *big.Int }
		_, err = asn1.Unmarshal(v.Bytes, &sig)
		must(tb, err)
		sig.S.Sub(elliptic.P256().Params().N, sig.S)
		v.Bytes, err = asn1.Marshal(sig)
		must(tb, err)
	} else {
		var head []byte
		last := v.Bytes
		for {
			var child asn1.RawValue
			rest, err := asn1.Unmarshal(last, &child)
			must(tb, err)
			if len(rest) == 0 {
				break
			}
			head, last = append(head, child.FullBytes...), rest
		}
		v.Bytes = append(head, mirrored(tb, last)...)
	}
	out, err := asn1.Marshal(asn1.RawValue{Class: v.Class, Tag: v.Tag, IsCompound: v.IsCompound, Bytes: v.Bytes})
	must(tb, err)
	return out
}

func TestASealThatCameIntoAnOpenSessionOpensNoLockedOneAfterwardsInWhateverBytes(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a, b := w.in(auditor), w.in(auditor2)
	p := a.ok(a.post("/applications", batch(id)))
	b.done(b.post("/applications/"+id+"/return", url.Values{"return_reason": {"缺少考核材料"}}))
	der := a.signed(p)
	if got := a.handIn(der); got.Status != statusOf(fault.Invalid) { // a colleague was quicker; the statement still waits
		t.Fatalf("%+v", got)
	}
	must(t, w.store.Scratch().LockSession(context.Background(), portal.Hashed(cookies(t, a.Desk)[0].Value), store.LockedPulled))
	for what, bytes := range map[string][]byte{"again": der, "mirrored": mirrored(t, der)} {
		if got := a.handIn(bytes); got.Status != statusOf(fault.Locked) || !strings.Contains(got.Sentence, "交来过一次") {
			t.Errorf("%s: %+v", what, got)
		}
		locked(t, a, "/applications")
	}
	// The person's next seal, made with the token there again, opens.
	if got := a.handIn(a.signed(a.get("/sign-in"))); got.Location == "" {
		t.Errorf("%+v", got)
	}
}

func TestASealOfAnotherPersonNeverUnlocks(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	p := a.ok(a.post("/applications", batch(id)))
	w.clock.Pass(15 * time.Minute)
	thief := w.desk(auditor2)
	thief.Client.Jar = a.Client.Jar
	w.attack(thief, reader{thief, w}.signed(p), fault.Invalid, "不在文本列明的签署人之内", true)
	locked(t, a, "/applications")
}
