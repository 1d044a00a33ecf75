package portal_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/portal"
)

// The browser holds the token open since the morning's PIN, and its person is
// away: whoever sits down has the mouse, not the PIN.
func TestOnTheTLSRoadAnIdleLockOpensByASealAloneInWhateverWindow(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.road()
	a := w.arrived(s, auditor)
	w.clock.Pass(portal.Idle + time.Second)
	if p := a.get("/applications"); !strings.HasPrefix(p.Path, "/sign-in") || !strings.Contains(p.Text("main"), "已锁定") {
		t.Fatalf("idle: %s", p.Path)
	}
	window := w.onTheRoad(s, auditor) // another window of the same browser, without its cookies
	for name, r := range map[string]reader{"the locked window": a, "a new window": window} {
		p := r.post("/sign-in", url.Values{"back": {"/windows"}})
		if !strings.HasPrefix(p.Path, "/sign-in") || !strings.Contains(p.Text("main"), "已锁定") {
			t.Errorf("%s: a click led to %s", name, p.Path)
		}
		locked(t, r, "/applications")
	}
	w.arrived(s, auditor2) // nobody else is held up
	// Somebody else's seal does not open it; the person's does, and stays on the road.
	p := a.ok(a.get("/sign-in"))
	text, annex, err := p.Statement()
	must(t, err)
	if len(annex) > 0 {
		t.Fatal("a login with an annex")
	}
	der, err := seal.Sign(text, w.people[auditor2].leaf, nil, w.people[auditor2].key, w.clock.Now())
	must(t, err)
	if got := handIn(t, a.Desk, base64url(der)); got.Location != "" || !strings.Contains(got.Sentence, "不是浏览器里插着的那把钥匙") {
		t.Errorf("another's seal: %+v", got)
	}
	if got := handIn(t, a.Desk, base64url(a.signed(p))); got.Location == "" {
		t.Fatalf("the person's seal: %+v", got)
	}
	a.ok(a.get("/applications"))
	w.clock.Pass(time.Minute) // without an agent's lease
	a.ok(a.get("/applications"))
}

// A certificate is public: it travels with every seal. Go asks about it before
// the client has proved its key.
func TestACopyOfAnEndedCertificateWritesNothingUnderItsHoldersName(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.road()
	officer := w.in(sec)
	officer.done(officer.post("/keys/"+tokenOf(auditor), do("lost", "钥匙丢失")))
	w.clock.Pass(2 * time.Minute)
	thief := w.onTheRoad(s, auditor)
	thief.Client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &tls.Certificate{Certificate: [][]byte{w.people[auditor].leaf.Raw}, PrivateKey: newKey(t)}, nil
	}
	for range 3 {
		if p, err := thief.Get(t.Context(), "/sign-in"); err == nil {
			t.Fatalf("a page without the key: %d", p.Status)
		}
	}
	for _, e := range w.entries(5) {
		if policy.Act(e.Act) == policy.Refusal && e.Actor == auditor {
			t.Errorf("an entry under the holder's name: %+v", e)
		}
	}
	w.turnedAway(w.onTheRoad(s, auditor), auditor, "已报失") // who holds the key is named
}

// externalRoad is a town with an external authority and a TLS road.
func externalRoad(t *testing.T, grace time.Duration) (*town, *province, func(leaf *x509.Certificate, key *tls.Certificate) reader) {
	t.Helper()
	w, a := newProvince(t, grace)
	s := w.road()
	return w, a, func(leaf *x509.Certificate, key *tls.Certificate) reader {
		r := w.onTheRoad(s, auditor)
		r.Client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return key, nil }
		return r
	}
}

func TestOnTheTLSRoadTheIssuerOfAnExternalCertificateIsAskedAtEachRequest(t *testing.T) {
	w, a, travels := externalRoad(t, 48*time.Hour)
	key := newKey(t)
	leaf := a.enrolled(key)
	r := travels(leaf, &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key})
	p := r.ok(r.get("/sign-in"))
	if !strings.Contains(p.Text("main"), keyless) {
		t.Fatal("the page does not name the holder")
	}
	r.ok(r.post("/sign-in", nil))
	r.ok(r.get("/"))

	// Silent within the grace: what held goes on. After it: nobody comes in.
	a.set(func() { a.down = true })
	w.clock.Pass(26 * time.Hour)
	r.ok(r.post("/sign-in", nil))
	w.clock.Pass(50 * time.Hour)
	w.turnedAway(r, keyless, "查不到颁发机构")

	// Back, and it says revoked: out, and the register says so for good.
	a.set(func() { a.down = false })
	a.ends(leaf, 1)
	w.clock.Pass(2 * time.Hour)
	if p, err := r.Get(t.Context(), "/sign-in"); err != nil || p.Status != http.StatusForbidden || !strings.Contains(string(p.Body), "吊销") {
		t.Errorf("revoked: %v %d %.200s", err, p.Status, p.Body)
	}
	w.suspended("NEW1")
	a.ends(leaf, -1)
	w.clock.Pass(2 * time.Hour)
	w.turnedAway(r, keyless, "吊销")
}

func TestOnTheTLSRoadAnExternalCertificateThatCustodyDoesNotHoldIsTurnedAway(t *testing.T) {
	w, a, travels := externalRoad(t, 0)
	key := newKey(t)
	leaf := a.person(key, nil)
	r := travels(leaf, &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key})
	w.turnedAway(r, "", "没有登记")
	if a.asked > 0 {
		t.Error("the authority is asked about a stranger's certificate")
	}
	if k, err := w.store.KeyInCustody(t.Context(), seal.Fingerprint(leaf)); err == nil || k.State == custody.Issued {
		t.Errorf("%+v", k)
	}
}
