package portal_test

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/portal"
)

// road opens the TLS road of the town's portal.
func (t *town) road() *httptest.Server {
	t.tb.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.Config.Handler = t.portal.TLSRoad(s.Listener.Addr().String())
	s.Config.SetKeepAlivesEnabled(false)
	s.Config.ErrorLog = t.server.Config.ErrorLog
	s.TLS = t.portal.ClientAuth(&tls.Config{})
	s.StartTLS()
	t.tb.Cleanup(s.Close)
	return s
}

// traveller is a browser on the TLS road that shows this certificate.
func (t *town) traveller(s *httptest.Server, leaf *x509.Certificate, key crypto.Signer) reader {
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	d := desk.New(s.URL, roots, leaf, key)
	d.Now = t.clock.Now
	c := d.Client.Transport.(*http.Transport).TLSClientConfig
	c.ClientSessionCache = tls.NewLRUClientSessionCache(8)
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { // shown whatever the server would like
		return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}, nil
	}
	return reader{d, t}
}

func (t *town) onTheRoad(s *httptest.Server, staff string) reader {
	return t.traveller(s, t.people[staff].leaf, t.people[staff].key)
}

// arrived signs somebody in on the road.
func (t *town) arrived(s *httptest.Server, staff string) reader {
	t.tb.Helper()
	r := t.onTheRoad(s, staff)
	p := r.ok(r.get("/sign-in?back=/applications"))
	if !strings.Contains(p.Text("main"), staff) {
		t.tb.Fatalf("the page does not say whose key is plugged in")
	}
	if p = r.ok(r.post("/sign-in", url.Values{"back": {"/applications"}})); p.Path != "/applications" {
		t.tb.Fatalf("signing in led to %s", p.Path)
	}
	return r
}

// noHandshake expects that there is not even one, and that nobody is named by
// the entry that it leaves.
func (t *town) noHandshake(r reader) {
	t.tb.Helper()
	size := t.size()
	if p, err := r.Get(t.tb.Context(), "/sign-in"); err == nil {
		t.tb.Fatalf("a page was served: %d", p.Status)
	}
	t.oneMore(size, "")
}

// turnedAway expects that whoever proved this key gets a sentence and no page,
// wherever he asks, and the entry of the first time.
func (t *town) turnedAway(r reader, actor, says string) {
	t.tb.Helper()
	size := t.size()
	for _, path := range []string{"/sign-in", "/applications", "/static/portal.css", "/healthz"} {
		p, err := r.Get(t.tb.Context(), path)
		must(t.tb, err)
		if p.Status < 400 || p.Status >= 500 || !strings.HasPrefix(p.Header.Get("Content-Type"), "text/plain") || !strings.Contains(string(p.Body), says) {
			t.tb.Fatalf("%s: %d %.200s", path, p.Status, p.Body)
		}
	}
	t.oneMore(size, actor)
}

func (t *town) oneMore(size int, actor string) {
	t.tb.Helper()
	e := t.entries(1)[0]
	if t.size() != size+1 || policy.Act(e.Act) != policy.Refusal || e.Actor != actor {
		t.tb.Errorf("%d more entries, the last is %s of %q", t.size()-size, e.Act, e.Actor)
	}
}

func TestOnTheTLSRoadTheHandshakeSignsInAndTheRulesAreTheSame(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.road()
	a := w.arrived(s, auditor)
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.LoginByTLS || e.Actor != auditor {
		t.Errorf("the entry is %s of %s", e.Act, e.Actor)
	}
	ids := w.plant(1, school, atCounty)
	a.done(a.post("/applications", batch(ids...)))
	// No agent holds a lease here, and none is needed: the key is asked each time.
	w.clock.Pass(time.Minute)
	a.ok(a.get("/applications"))
	w.clock.Pass(portal.Absolute + time.Second)
	locked(t, a, "/applications")
}

func TestOnTheTLSRoadEveryRequestHasAHandshakeOfItsOwnAndNoneIsResumed(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.arrived(w.road(), auditor)
	for range 3 {
		resp, err := a.Client.Get(a.Origin + "/applications")
		must(t, err)
		resp.Body.Close()
		if resp.TLS.DidResume || !resp.Close || resp.StatusCode != http.StatusOK {
			t.Fatalf("resumed %t, closed %t, status %d", resp.TLS.DidResume, resp.Close, resp.StatusCode)
		}
	}
}

func TestOnTheTLSRoadAKeyTakenAwayIsOutAtTheNextRequestOnEveryPortal(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	here, there := w.arrived(w.road(), auditor), w.twin()
	elsewhere := there.arrived(there.road(), auditor)
	w.clock.Pass(time.Second)
	officer := w.in(sec)
	officer.done(officer.post("/keys/"+tokenOf(auditor), do("lost", "钥匙丢失")))
	w.turnedAway(here, auditor, "已报失")
	w.clock.Pass(time.Minute + time.Second) // the same refusal of the same person is one entry a minute
	there.turnedAway(elsewhere, auditor, "已报失")
}

func TestTheTLSRoadKnowsOnlyCertificatesOfItsAuthorityThatCustodyHolds(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.road()
	request := func(key crypto.Signer) *x509.CertificateRequest {
		r, err := issuing.Request(key)
		must(t, err)
		return r
	}
	holder := issuing.Holder{Staff: auditor, Name: w.people[auditor].Name, Organisation: county}
	stranger := newKey(t)
	foreign, err := issuing.Root(w.ca.Subject.CommonName, stranger, foundingDay)
	must(t, err)
	t.Run("of the authority, unknown to custody", func(t *testing.T) {
		key := newKey(t)
		leaf, err := issuing.Staff(w.ca, w.caKey, request(key), holder, w.clock.Now())
		must(t, err)
		w.turnedAway(w.traveller(s, leaf, key), "", "没有登记")
	})
	for name, make := range map[string]func(key crypto.Signer) (*x509.Certificate, error){
		"of another authority of the same name": func(key crypto.Signer) (*x509.Certificate, error) {
			return issuing.Staff(foreign, stranger, request(key), holder, w.clock.Now())
		},
		"not yet valid": func(key crypto.Signer) (*x509.Certificate, error) {
			return issuing.Staff(w.ca, w.caKey, request(key), holder, w.clock.Now().AddDate(0, 0, 1))
		},
		"a server's": func(key crypto.Signer) (*x509.Certificate, error) {
			return issuing.Server(w.ca, w.caKey, key.Public(), "localhost", w.clock.Now())
		},
		"made by itself": func(key crypto.Signer) (*x509.Certificate, error) {
			self := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: holder.Name, SerialNumber: auditor},
				NotBefore: foundingDay, NotAfter: foundingDay.AddDate(9, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
				ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
			der, err := x509.CreateCertificate(nil, self, self, key.Public(), key)
			if err != nil {
				return nil, err
			}
			return x509.ParseCertificate(der)
		},
	} {
		t.Run(name, func(t *testing.T) {
			key := newKey(t)
			leaf, err := make(key)
			must(t, err)
			w.clock.Pass(time.Minute + time.Second) // refusals of the unknown are one entry a minute
			w.noHandshake(w.traveller(s, leaf, key))
		})
	}
	t.Run("expired", func(t *testing.T) {
		w.clock.Set(w.people[auditor].leaf.NotAfter.Add(time.Second))
		w.noHandshake(w.onTheRoad(s, auditor))
	})
	t.Run("none", func(t *testing.T) {
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		if _, err := desk.New(s.URL, roots, w.people[auditor].leaf, w.people[auditor].key).Get(t.Context(), "/sign-in"); err == nil {
			t.Error("a page without a certificate")
		}
	})
}

func TestACookieOfTheTLSRoadIsWorthNothingWithoutItsKey(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.road()
	a := w.arrived(s, auditor)
	stolen := cookies(t, a.Desk)[0].Value
	give := func(r reader) reader {
		r.Client.Jar, _ = cookiejar.New(nil)
		u, err := url.Parse(r.Origin)
		must(t, err)
		r.Client.Jar.SetCookies(u, []*http.Cookie{{Name: portal.CookieName, Value: stolen, Path: "/", Secure: true}})
		return r
	}
	colleague := give(w.onTheRoad(s, auditor2))
	locked(t, colleague, "/applications")
	if p := colleague.ok(colleague.get("/sign-in")); !strings.Contains(p.Text("main"), auditor2) {
		t.Error("the page names another than whose key is plugged in")
	}
	locked(t, give(reader{w.desk(auditor), w}), "/applications") // the staff listener, where no key is shown
	a.ok(a.get("/applications"))
	if p := (reader{w.desk(auditor), w}).post("/sign-in", nil); p.Status != http.StatusForbidden {
		t.Errorf("signing in without a seal on the staff listener: %d", p.Status)
	}
}
