package portal_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/internal/revocation"
)

// province is an external authority with a revocation list.
type province struct {
	t     *testing.T
	town  *town
	cert  *x509.Certificate
	key   crypto.Signer
	mu    sync.Mutex
	ended []x509.RevocationListEntry
	down  bool
	lies  func(w http.ResponseWriter, now time.Time) // in place of the right list
	asked int
	url   string
	ocsp  bool // its responder is asked, not its list
	grace time.Duration
}

// newProvince founds a town that trusts an external authority.
func newProvince(t *testing.T, grace time.Duration) (*town, *province) {
	t.Helper()
	w := newTown(t, "2024-11-20 10:00:00")
	a := &province{t: t, town: w, key: newKey(t)}
	a.cert = a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "省数字证书认证中心"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, a.key.Public())
	server := httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(server.Close)
	a.url, a.grace = server.URL, grace
	a.restart(w)
	return w, a
}

// restart is a new process over the same database: it knows of the authority
// what stands there.
func (a *province) restart(w *town) {
	a.t.Helper()
	var err error
	anchor := revocation.Anchor{Name: "省数字证书认证中心", Certificate: a.cert, CRL: a.url + "/crl"}
	if a.ocsp {
		anchor.CRL, anchor.OCSP = "", a.url+"/ocsp"
	}
	w.external, err = revocation.New([]revocation.Anchor{anchor}, a.grace,
		slog.New(slog.NewJSONHandler(w.log, nil)), w.clock.Now())
	must(a.t, err)
	w.serve()
}

func (a *province) serve(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	if a.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	now := a.town.clock.Now()
	if a.lies != nil {
		a.lies(w, now)
		return
	}
	w.Write(a.list(now, now.Add(24*time.Hour), a.cert, a.key))
}

// list is a revocation list, signed by whomever.
func (a *province) list(this, next time.Time, issuer *x509.Certificate, key crypto.Signer) []byte {
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(this.Unix()), ThisUpdate: this, NextUpdate: next,
		RevokedCertificateEntries: a.ended}, issuer, key)
	if err != nil {
		a.t.Error(err)
	}
	return der
}

func (a *province) issue(template *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
	a.t.Helper()
	if template.SerialNumber == nil {
		n, err := rand.Int(rand.Reader, big.NewInt(1<<62))
		must(a.t, err)
		template.SerialNumber = n
	}
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = foundingDay.AddDate(-1, 0, 0), foundingDay.AddDate(2, 0, 0)
	}
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, a.key)
	must(a.t, err)
	c, err := x509.ParseCertificate(der)
	must(a.t, err)
	return c
}

// person is a certificate as the authority issues them; change may spoil it.
func (a *province) person(key crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	a.t.Helper()
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "鲍振", SerialNumber: keyless, Organization: []string{"祁门县教育局"}},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if change != nil {
		change(template)
	}
	return a.issue(template, key.Public())
}

func (a *province) set(do func()) { a.mu.Lock(); defer a.mu.Unlock(); do() }

// enrolled takes an external certificate into custody for the keyless.
func (a *province) enrolled(key crypto.Signer) *x509.Certificate { return a.enrolledAs(key, nil) }

func (a *province) enrolledAs(key crypto.Signer, change func(*x509.Certificate)) *x509.Certificate {
	a.t.Helper()
	leaf := a.person(key, change)
	s := a.town.in(sec)
	p := s.done(s.post("/enrolments/NEW1/certificate", certificateOf(leaf)))
	mine := s.as(leaf, key)
	mine.done(mine.get(takeover(a.t, p)))
	return leaf
}

func certificateOf(leaf *x509.Certificate) url.Values {
	return url.Values{"certificate": {string(issuing.PEM(leaf))}}
}

// stranger is a browser with this certificate and key plugged in.
func (t *town) stranger(leaf *x509.Certificate, key crypto.Signer) reader {
	d := t.desk(sec)
	d.Leaf, d.Key = leaf, key
	return reader{d, t}
}

// refusedEntry is the newest entry, which must be a refusal.
func (t *town) refusedEntry() audit.Entry {
	t.tb.Helper()
	e := t.entries(1)[0]
	if e.Act != string(policy.Refusal) {
		t.tb.Errorf("the newest entry is %s, not a refusal", e.Act)
	}
	return e
}

func TestATokenWithACertificateOfAnExternalAuthorityIsEnrolledAndSigns(t *testing.T) {
	w, a := newProvince(t, 0)
	key := newKey(t)
	leaf := a.enrolled(key)
	k, err := w.store.KeyInCustody(t.Context(), seal.Fingerprint(leaf))
	must(t, err)
	if k.State != custody.Issued || k.Issuer != custody.ExternalCA || k.Staff != keyless {
		t.Errorf("the register: %+v", k)
	}
	n := w.stranger(leaf, key)
	must(t, n.SignIn(t.Context()))
	n.ok(n.get("/"))
	if a.asked == 0 {
		t.Error("the authority was never asked")
	}
}

func TestACertificateThatCannotBeAdmittedIsRefusedWithItsSentenceAndAnEntry(t *testing.T) {
	w, a := newProvince(t, 0)
	s := w.in(sec)
	now := w.clock.Now()
	key := newKey(t)
	revoked := a.person(key, nil)
	a.set(func() {
		a.ended = append(a.ended, x509.RevocationListEntry{SerialNumber: revoked.SerialNumber, RevocationTime: now.Add(-time.Hour), ReasonCode: 1})
	})
	other := &province{t: t, town: w, key: newKey(t)}
	other.cert = other.issue(&x509.Certificate{Subject: a.cert.Subject, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, other.key.Public())
	post := func(text, confirmed string) (status int, says string) {
		p := s.post("/enrolments/NEW1/certificate", url.Values{"certificate": {text}, "confirmed": {confirmed}})
		return p.Status, p.Text("main")
	}
	records := w.records()
	for name, c := range map[string]struct{ text, says string }{
		"nothing":             {"", "没有读到证书"},
		"two certificates":    {string(issuing.PEM(revoked, revoked)), "没有读到证书"},
		"expired":             {string(issuing.PEM(a.person(key, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.AddDate(-2, 0, 0), now.AddDate(0, 0, -1) }))), "已于 2024-11-19 过期"},
		"not yet valid":       {string(issuing.PEM(a.person(key, func(c *x509.Certificate) { c.NotBefore, c.NotAfter = now.AddDate(0, 0, 1), now.AddDate(1, 0, 0) }))), "才生效"},
		"for encryption":      {string(issuing.PEM(a.person(key, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }))), "没有数字签名"},
		"for servers":         {string(issuing.PEM(a.person(key, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }))), "没有客户端身份验证"},
		"of a namesake":       {string(issuing.PEM(other.person(key, nil))), "不是配置里信任的"},
		"of our own":          {string(issuing.PEM(w.people[auditor].leaf)), "不是配置里信任的"},
		"revoked":             {string(issuing.PEM(revoked)), "吊销"},
		"a key already known": {string(issuing.PEM(a.person(w.people[auditor].key, nil))), "这个公钥已经登记过"},
	} {
		w.clock.Pass(2 * time.Minute) // refusals of one act are entries once a minute
		status, says := post(c.text, "")
		if status < 400 || !strings.Contains(says, c.says) {
			t.Errorf("%s: %d %.300s", name, status, says)
		}
		if e := w.refusedEntry(); e.Actor != sec || !strings.Contains(e.Note, string(policy.EnrolKey)) {
			t.Errorf("%s: entry %s %s", name, e.Actor, e.Note)
		}
	}
	if w.records() != records {
		t.Error("a record changed")
	}
	for _, digit := range "0123456789X" { // whichever check character is right
		withID := string(issuing.PEM(a.person(newKey(t), func(c *x509.Certificate) { c.Subject.SerialNumber = "SF34102119850312002" + string(digit) })))
		if status, says := post(withID, ""); status >= 400 {
			if !strings.Contains(says, "含有身份证件号码") {
				t.Errorf("an ID number: %.300s", says)
			}
			if status, says := post(withID, "yes"); status >= 400 {
				t.Errorf("confirmed: %d %.300s", status, says)
			}
			return
		}
	}
	t.Error("no check character made an ID number")
}

func TestATrustedAuthoritysCertificateOpensNothingThatCustodyDoesNotKnow(t *testing.T) {
	w, a := newProvince(t, 0)
	key := newKey(t)
	leaf := a.enrolled(key)
	records := w.records()
	for name, other := range map[string]*x509.Certificate{
		"unknown to custody":         a.person(newKey(t), func(c *x509.Certificate) { c.Subject.SerialNumber = "U99999" }),
		"the same subject":           a.person(newKey(t), nil),
		"the same key again":         a.person(key, nil),
		"the number in another case": a.person(newKey(t), func(c *x509.Certificate) { c.Subject.SerialNumber = strings.ToLower(keyless) }),
		"a trailing space":           a.person(newKey(t), func(c *x509.Certificate) { c.Subject.SerialNumber = keyless + " " }),
		"the name with a space":      a.person(newKey(t), func(c *x509.Certificate) { c.Subject.CommonName = "鲍振 " }),
		"a number that was used":     a.person(newKey(t), func(c *x509.Certificate) { c.SerialNumber = leaf.SerialNumber }),
		"an officer's name":          a.person(newKey(t), func(c *x509.Certificate) { c.Subject.CommonName, c.Subject.SerialNumber = "李浩", sec }),
	} {
		w.clock.Pass(2 * time.Minute)
		k := key
		if name != "the same key again" {
			k = newKey(t)
			again := *other
			other = a.issue(&x509.Certificate{Subject: again.Subject, SerialNumber: again.SerialNumber, KeyUsage: again.KeyUsage, ExtKeyUsage: again.ExtKeyUsage}, k.Public())
		}
		err := w.stranger(other, k).SignIn(context.Background())
		if err == nil || !strings.Contains(err.Error(), "没有登记") {
			t.Errorf("%s: %v", name, err)
		}
		if e := w.refusedEntry(); !strings.HasPrefix(e.Note, "unknown 1") || e.Actor != "" {
			t.Errorf("%s: entry %q %q", name, e.Actor, e.Note)
		}
	}
	for name, spoil := range map[string]func(*x509.Certificate){
		"expired": func(c *x509.Certificate) { c.NotBefore, c.NotAfter = foundingDay.AddDate(-1, 0, 0), foundingDay },
		"not yet valid": func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = w.clock.Now().AddDate(0, 1, 0), w.clock.Now().AddDate(1, 0, 0)
		},
		"for encryption": func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment },
		"for servers":    func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} },
	} {
		w.clock.Pass(2 * time.Minute)
		k := newKey(t)
		if err := w.stranger(a.person(k, spoil), k).SignIn(context.Background()); err == nil {
			t.Errorf("%s signs in", name)
		}
		if e := w.refusedEntry(); !strings.HasPrefix(e.Note, "unknown 1") {
			t.Errorf("%s: entry %q", name, e.Note)
		}
	}
	if w.records() != records {
		t.Error("a record changed")
	}
	// The second certificate with a number that stands in the register is not enrolled.
	s := w.in(sec)
	reused := a.person(newKey(t), func(c *x509.Certificate) { c.SerialNumber = leaf.SerialNumber })
	p := s.post("/enrolments/NEW2/certificate", url.Values{"certificate": {string(issuing.PEM(reused))}})
	if p.Status < 400 {
		t.Errorf("a used number: %d", p.Status)
	}
}

func TestARevocationByTheIssuerEndsEverySealAndLeavesTheHoldersEntry(t *testing.T) {
	w, a := newProvince(t, 0)
	key := newKey(t)
	leaf := a.enrolled(key)
	n := w.stranger(leaf, key)
	must(t, n.SignIn(t.Context()))
	a.set(func() {
		a.ended = append(a.ended, x509.RevocationListEntry{SerialNumber: leaf.SerialNumber, RevocationTime: w.clock.Now(), ReasonCode: 1})
	})
	for range 6 { // the list is asked for once an hour, and the session must live
		w.clock.Pass(9 * time.Minute)
		n.ok(n.get("/"))
	}
	w.clock.Pass(5 * time.Minute)
	windows := w.count("windows")
	p := n.post("/windows", url.Values{"window": {"2024/341024/audit"}, "opens": {"2024-11-06T00:00"}, "closes": {"2024-11-30T00:00"}, "reason": {"提前审核"}})
	if text := p.Text("main"); !strings.Contains(text, "提前审核") {
		t.Fatalf("no statement: %.200s", text)
	}
	der := n.signed(p)
	w.clock.Pass(2 * time.Minute)
	got := n.handIn(der)
	if got.Status != statusOf(fault.Forbidden) || !strings.Contains(got.Sentence, "吊销") || w.count("windows") != windows {
		t.Errorf("a seal in an open session: %d %s", got.Status, got.Sentence)
	}
	w.suspended("NEW1")
	if e := w.refusedEntry(); e.Actor != keyless {
		t.Errorf("entry %+v", e)
	}
	w.clock.Pass(2 * time.Minute)
	err := w.stranger(leaf, key).SignIn(t.Context())
	if err == nil || !strings.Contains(err.Error(), "吊销") {
		t.Errorf("%v", err)
	}
	if e := w.refusedEntry(); e.Actor != keyless || e.Key != seal.Fingerprint(leaf) {
		t.Errorf("entry %+v", e)
	}
}
