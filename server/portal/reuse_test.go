package portal_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/internal/revocation"
)

// besides is a second external authority that the town trusts.
func (a *province) besides(name string) *province {
	a.t.Helper()
	b := &province{t: a.t, town: a.town, key: newKey(a.t), grace: a.grace}
	b.cert = b.issue(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, b.key.Public())
	server := httptest.NewServer(http.HandlerFunc(b.serve))
	a.t.Cleanup(server.Close)
	b.url = server.URL
	var err error
	a.town.external, err = revocation.New([]revocation.Anchor{{Name: "省数字证书认证中心", Certificate: a.cert, CRL: a.url + "/crl"},
		{Name: name, Certificate: b.cert, CRL: b.url + "/crl"}}, a.grace, slog.New(slog.NewJSONHandler(a.town.log, nil)), a.town.clock.Now())
	must(a.t, err)
	a.town.serve()
	return b
}

// waitsFor is a town in which a token waits for somebody whose key was revoked.
func (w *town) waitsFor(t *testing.T, person, serial string) reader {
	t.Helper()
	s := w.in(sec)
	s.stock(serial)
	s.done(s.post("/keys/"+tokenOf(person), do("revoke", "损坏")))
	w.given(t, s, serial, person)
	return s
}

// bars posts a certificate and asks for a refusal with its sentence, its entry
// and no record changed.
func (w *town) bars(s reader, serial string, leaf *x509.Certificate, kind fault.Kind, says string) {
	w.tb.Helper()
	w.clock.Pass(2 * time.Minute) // refusals of one act are entries once a minute
	records := w.records()
	p := s.post("/enrolments/"+serial+"/certificate", url.Values{"certificate": {string(issuing.PEM(leaf))}, "confirmed": {"yes"}})
	s.refusedPlain(p, kind, says)
	if e := w.refusedEntry(); e.Actor != sec || !strings.Contains(e.Note, string(policy.EnrolKey)) || !strings.HasPrefix(e.Note, string(kind)) {
		w.tb.Errorf("the entry: %s %q", e.Actor, e.Note)
	}
	if w.records() != records {
		w.tb.Error("a record changed")
	}
}

func TestACertificateWhoseNumberIsUsedIsNotEnrolledWhoeverIssuedIt(t *testing.T) {
	w, a := newProvince(t, 0)
	b := a.besides("市数字证书认证中心")
	first := a.enrolled(newKey(t)) // the keyless person's
	person := w.people[auditor2]
	s := w.waitsFor(t, auditor2, "FT-7")
	of := func(from *province, spoil func(*x509.Certificate)) *x509.Certificate {
		return from.person(newKey(t), func(c *x509.Certificate) {
			c.Subject = pkix.Name{CommonName: person.Name, SerialNumber: auditor2}
			spoil(c)
		})
	}
	const says = "证书序列号与登记过的另一张相同"
	w.bars(s, "FT-7", of(a, func(c *x509.Certificate) { c.SerialNumber = first.SerialNumber }), fault.Conflict, says)                      // the issuer reuses a number
	w.bars(s, "FT-7", of(b, func(c *x509.Certificate) { c.SerialNumber = first.SerialNumber }), fault.Conflict, says)                      // another issuer has it
	w.bars(s, "FT-7", of(a, func(c *x509.Certificate) { c.SerialNumber = w.people[auditor].leaf.SerialNumber }), fault.Conflict, says)     // of our own authority, in use
	w.bars(s, "FT-7", of(a, func(c *x509.Certificate) { c.SerialNumber = person.leaf.SerialNumber }), fault.Conflict, says)                // of our own, revoked
	w.bars(s, "FT-7", first, fault.Invalid, "与领用人备案的姓名不是同一个写法")                                                                            // the very certificate of somebody else
	w.bars(s, "FT-7", w.people[auditor].leaf, fault.Invalid, "不是配置里信任的")                                                                   // one of our own, as if from outside
	p := s.ok(s.post("/enrolments/FT-7/certificate", url.Values{"certificate": {string(issuing.PEM(of(a, func(*x509.Certificate) {})))}})) // and a sound one is
	s.done(p)
}

func TestACertificateThatNamesSomebodyElseOrHimInAnotherSpellingIsNotEnrolled(t *testing.T) {
	w, a := newProvince(t, 0)
	s := w.in(sec)
	for _, name := range []string{"鲍振 ", " 鲍振", "鲍 振", "鲍振\u00a0", "鲍振\u3000", "鮑振", "鲍振振", "李浩", "Ｕ00046", ""} {
		w.bars(s, "NEW1", a.person(newKey(t), func(c *x509.Certificate) { c.Subject.CommonName = name }), fault.Invalid, "不是同一个写法")
	}
	// What the authority sets beside the name does not matter.
	s.done(s.ok(s.post("/enrolments/NEW1/certificate", url.Values{"certificate": {string(issuing.PEM(a.person(newKey(t), func(c *x509.Certificate) {
		c.Subject.CommonName, c.Subject.SerialNumber = "鲍振@0012", "u00046 "
	})))}})))
}

func TestATokensSerialInAnotherSpellingIsTheSameTokenAndNeverEnrolledAnew(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	s.stock("FT3000-1")
	s.done(s.post("/keys/FT3000-1", do("revoke", "损坏")))
	s.done(s.post("/keys/FT3000-1", do("destroy", "粉碎", "second", sec2)))
	w.in(sec2).countersign()
	records := w.records()
	spellings := []string{"ft3000-1", " FT3000-1 ", "ＦＴ３０００－１", "Ft3000-1　"}
	for _, spelling := range spellings {
		w.clock.Pass(2 * time.Minute)
		s = w.in(sec)
		p := s.ok(s.deliver([]string{spelling, "", ""}, []string{strings.ToLower(tokenOf(auditor)) + " ", "", ""}))
		if !strings.Contains(p.Text("main"), "台账里已有 2 把") {
			t.Errorf("%q is delivered as a new token: %.300s", spelling, p.Text("main"))
		}
		s.refusedPlain(s.post(p.Path, nil), fault.Conflict, "都已登记")
		if e := w.refusedEntry(); e.Actor != sec || !strings.Contains(e.Note, string(policy.DeliverKeys)) {
			t.Errorf("the entry: %s %q", e.Actor, e.Note)
		}
	}
	if w.records() != records {
		t.Error("a record changed")
	}
	if got := w.token("FT3000-1").Token.State; got != custody.Destroyed {
		t.Errorf("the destroyed token is %s", got)
	}
	// A token in somebody's hands is not enrolled a second time, nor one that ended.
	for _, serial := range []string{tokenOf(auditor), "FT3000-1"} {
		w.clock.Pass(2 * time.Minute)
		s = w.in(sec)
		p := s.post("/enrolments/"+serial+"/certificate", url.Values{"certificate": {string(issuing.PEM(w.people[auditor].leaf))}})
		if p.Status < 400 {
			t.Errorf("%s takes a certificate", serial)
		}
		if e := w.refusedEntry(); e.Actor != sec || !strings.Contains(e.Note, string(policy.EnrolKey)) {
			t.Errorf("the entry: %s %q", e.Actor, e.Note)
		}
	}
}
