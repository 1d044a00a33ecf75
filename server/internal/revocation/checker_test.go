package revocation

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
)

func TestAGoodCertificateIsTakenAndARevokedOneRefusedByEitherRoad(t *testing.T) {
	for _, road := range []string{"crl", "ocsp"} {
		t.Run(road, func(t *testing.T) {
			a := newAuthority(t)
			c, _ := a.checker(0, road)
			good, bad := a.person(nil), a.person(nil)
			a.revoke(bad)
			if err := c.Check(t.Context(), good, noon); err != nil {
				t.Error(err)
			}
			if err := c.Check(t.Context(), bad, noon); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "于 2026-11-20 19:00 吊销") {
				t.Errorf("revoked: %v", err)
			}
			before := a.asked.Load()
			for minute := range time.Duration(5) {
				if err := c.Check(t.Context(), good, noon.Add(minute*time.Minute)); err != nil || a.asked.Load() != before {
					t.Errorf("the answer is not used again: %v, %d questions", err, a.asked.Load()-before)
				}
			}
			if s := c.States()[0]; s.Failing() || !s.Good.Equal(noon) {
				t.Errorf("state %+v", s)
			}
			if err := c.Check(t.Context(), good, noon.Add(reuseCRL)); err != nil || a.asked.Load() != before+1 {
				t.Errorf("an old answer is used again: %v", err)
			}
		})
	}
}

func TestACertificateOfNobodyWeTrustIsRefusedAndNobodyAsked(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	c, _ := a.checker(0, "crl")
	if err := c.Check(t.Context(), other.person(nil), noon); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "不在签台信任的名单上") {
		t.Errorf("%v", err)
	}
	if a.asked.Load()+other.asked.Load() != 0 {
		t.Error("somebody was asked")
	}
}

// The two authorities of these tests have one name: the list of the other is
// told by its signature, or by its name where it has another.
func TestAnAnswerThatDoesNotCountIsRefusedAndLogged(t *testing.T) {
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	type answer = func(a *authority, leaf *x509.Certificate) http.HandlerFunc
	write := func(raw []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write(raw) }
	}
	renamed := func(a *authority) *x509.Certificate {
		c := *a.cert
		c.Subject.CommonName, c.RawSubject = "别的机构", nil
		return &c
	}
	for name, c := range map[string]struct {
		road string
		make answer
		says string
	}{
		"a stale list": {"crl", func(a *authority, _ *x509.Certificate) http.HandlerFunc {
			return write(a.crl(noon.Add(-48*time.Hour), noon.Add(-24*time.Hour), a.key, a.cert))
		}, "stale"},
		"a list of the future": {"crl", func(a *authority, _ *x509.Certificate) http.HandlerFunc {
			return write(a.crl(noon.Add(time.Hour), noon.Add(24*time.Hour), a.key, a.cert))
		}, "future"},
		"another's list": {"crl", func(a *authority, _ *x509.Certificate) http.HandlerFunc {
			return write(a.crl(noon, noon.Add(time.Hour), a.key, renamed(a)))
		}, "another issuer"},
		"a list by another key": {"crl", func(a *authority, _ *x509.Certificate) http.HandlerFunc {
			forged := a.crl(noon, noon.Add(time.Hour), a.key, a.cert)
			forged[len(forged)-1] ^= 1
			return write(forged)
		}, ""},
		"an unsigned list": {"crl", func(*authority, *x509.Certificate) http.HandlerFunc {
			return write([]byte("-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n"))
		}, ""},
		"a huge list": {"crl", func(*authority, *x509.Certificate) http.HandlerFunc { return write(make([]byte, maxCRL+1)) }, "more than"},
		"a redirect": {"crl", func(*authority, *x509.Certificate) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }
		}, "redirect"},
		"an error page": {"crl", func(*authority, *x509.Certificate) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
		}, "status 502"},
		"a stale answer": {"ocsp", func(a *authority, l *x509.Certificate) http.HandlerFunc {
			return write(a.ocspFor(l.SerialNumber, noon.Add(-48*time.Hour), noon.Add(-24*time.Hour), a.cert, a.key, nil))
		}, "stale"},
		"an answer without end": {"ocsp", func(a *authority, l *x509.Certificate) http.HandlerFunc {
			return write(a.ocspFor(l.SerialNumber, noon, time.Time{}, a.cert, a.key, nil))
		}, "how long"},
		"an answer about another": {"ocsp", func(a *authority, _ *x509.Certificate) http.HandlerFunc {
			return write(a.ocspFor(big.NewInt(7), noon, noon.Add(time.Hour), a.cert, a.key, nil))
		}, ""},
		"an answer by another key": {"ocsp", func(a *authority, l *x509.Certificate) http.HandlerFunc {
			return write(a.ocspFor(l.SerialNumber, noon, noon.Add(time.Hour), a.cert, other, nil))
		}, ""},
		"a responder that is a person": {"ocsp", func(a *authority, l *x509.Certificate) http.HandlerFunc {
			d := a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "人"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, a.cert, other.Public())
			return write(a.ocspFor(l.SerialNumber, noon, noon.Add(time.Hour), d, other, d))
		}, "not for OCSP"},
		"a huge answer": {"ocsp", func(*authority, *x509.Certificate) http.HandlerFunc { return write(make([]byte, maxOCSP+1)) }, "more than"},
		"no answer":     {"ocsp", func(*authority, *x509.Certificate) http.HandlerFunc { return write(nil) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t)
			checker, log := a.checker(0, c.road)
			leaf := a.person(nil)
			a.answers(c.make(a, leaf))
			err := checker.Check(t.Context(), leaf, noon)
			if !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "查不到颁发机构“省数字证书”的吊销信息") {
				t.Errorf("%v", err)
			}
			state := checker.States()[0]
			if !state.Failing() || !strings.Contains(state.Fault, c.says) || !strings.Contains(log.Text(), "gives no answer that counts") {
				t.Errorf("state %+v, log %s", state, log.Text())
			}
		})
	}
}

func TestAResponderThatTheIssuerMadeForItCounts(t *testing.T) {
	a := newAuthority(t)
	c, _ := a.checker(0, "ocsp")
	leaf := a.person(nil)
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	d := a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "响应者"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}, a.cert, key.Public())
	a.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(a.ocspFor(leaf.SerialNumber, noon, noon.Add(time.Hour), d, key, d))
	})
	if err := c.Check(t.Context(), leaf, noon); err != nil {
		t.Error(err)
	}
}

func TestASlowAnswerIsGivenUpAndTheNextQuestionDoesNotWait(t *testing.T) {
	a := newAuthority(t)
	c, _ := a.checker(0, "crl")
	leaf := a.person(nil)
	gate := make(chan struct{})
	defer close(gate)
	a.answers(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-gate:
		case <-r.Context().Done():
		}
	})
	begun := time.Now()
	if err := c.Check(t.Context(), leaf, noon); !fault.Is(err, fault.Forbidden) {
		t.Errorf("%v", err)
	}
	if took := time.Since(begun); took < patience/2 || took > 2*patience {
		t.Errorf("given up after %v", took)
	}
	begun = time.Now()
	if err := c.Check(t.Context(), leaf, noon.Add(time.Second)); !fault.Is(err, fault.Forbidden) || time.Since(begun) > time.Second {
		t.Errorf("asked again at once: %v after %v", err, time.Since(begun))
	}
}

func TestWhileAnAuthorityIsSilentItsKnownCertificatesLiveForTheGraceAndNotLonger(t *testing.T) {
	a := newAuthority(t)
	c, log := a.checker(2*time.Hour, "ocsp")
	known, unknown, ended := a.person(nil), a.person(nil), a.person(nil)
	a.revoke(ended)
	if err := c.Check(t.Context(), known, noon); err != nil {
		t.Fatal(err)
	}
	if err := c.Check(t.Context(), ended, noon); err == nil {
		t.Fatal("a revoked certificate is taken")
	}
	a.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	late := noon.Add(time.Hour)
	if err := c.Check(t.Context(), known, late); err != nil {
		t.Errorf("within the grace: %v", err)
	}
	if err := c.Check(t.Context(), ended, late.Add(time.Minute)); !strings.Contains(err.Error(), "吊销") {
		t.Errorf("a revoked one within the grace: %v", err)
	}
	if err := c.Check(t.Context(), unknown, late); !fault.Is(err, fault.Forbidden) {
		t.Errorf("one never asked about: %v", err)
	}
	s := c.States()[0]
	if !s.Failing() || !s.Until.Equal(noon.Add(2*time.Hour)) || !strings.Contains(log.Text(), "grace_until") {
		t.Errorf("the grace is not to be seen: %+v", s)
	}
	if err := c.Check(t.Context(), known, noon.Add(2*time.Hour+time.Second)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("after the grace: %v", err)
	}
	a.answers(nil)
	if err := c.Check(t.Context(), known, noon.Add(3*time.Hour)); err != nil || c.States()[0].Failing() || !strings.Contains(log.Text(), "answers again") {
		t.Errorf("it answers again: %v, %+v", err, c.States()[0])
	}
}

func TestAListOlderThanTheOneBeforeDoesNotCount(t *testing.T) {
	a := newAuthority(t)
	c, _ := a.checker(0, "crl")
	leaf := a.person(nil)
	if err := c.Check(t.Context(), leaf, noon); err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.number = 9
	a.mu.Unlock()
	if err := c.Check(t.Context(), leaf, noon.Add(2*time.Hour)); !fault.Is(err, fault.Forbidden) {
		t.Errorf("%v", err)
	}
}

func TestAnAddressInACertificateIsNeverAsked(t *testing.T) {
	a := newAuthority(t)
	loopback, caught := trap(t)
	leaf := a.person(func(c *x509.Certificate) {
		c.OCSPServer = []string{"http://" + loopback + "/ocsp", "http://169.254.169.254/latest/meta-data", "http://[::1]:80/"}
		c.CRLDistributionPoints = []string{"http://" + loopback + "/crl", "http://169.254.169.254/crl", "ldap://" + loopback + "/crl", "file:///etc/passwd"}
		c.IssuingCertificateURL = []string{"http://" + loopback + "/ca", "http://metadata.google.internal/"}
	})
	for _, roads := range [][]string{{"crl"}, {"ocsp"}, {"crl", "ocsp"}} {
		c, _ := a.checker(0, roads...)
		if err := c.Check(t.Context(), leaf, noon); err != nil {
			t.Errorf("%v: %v", roads, err)
		}
	}
	silent, _ := a.checker(0, "ocsp", "crl")
	a.server.Close()
	if err := silent.Check(t.Context(), leaf, noon); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a silent authority: %v", err)
	}
	if caught.Load() != 0 {
		t.Errorf("%d connections went to an address of the certificate", caught.Load())
	}
}

func TestTheConfigurationIsHeldToWhatCanBeAsked(t *testing.T) {
	a := newAuthority(t)
	good := Anchor{Name: "省", Certificate: a.cert, CRL: "http://crl.example/a.crl"}
	if err := good.Check(noon); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Anchor){
		"no name":        func(x *Anchor) { x.Name = "" },
		"a person's":     func(x *Anchor) { x.Certificate = a.person(nil) },
		"no address":     func(x *Anchor) { x.CRL = "" },
		"another scheme": func(x *Anchor) { x.OCSP = "ldap://crl.example/" },
		"a user":         func(x *Anchor) { x.OCSP = "http://u:p@crl.example/" },
		"no host":        func(x *Anchor) { x.OCSP = "http:///a" },
	} {
		bad := good
		change(&bad)
		if bad.Check(noon) == nil {
			t.Errorf("%s passes", name)
		}
	}
	if good.Check(noon.AddDate(5, 0, 0)) == nil {
		t.Error("an expired authority passes")
	}
	for _, grace := range []time.Duration{-time.Second, MaxGrace + time.Second} {
		if _, err := New([]Anchor{good}, grace, nil, noon); err == nil {
			t.Errorf("a grace of %v passes", grace)
		}
	}
}

func TestAnIDNumberIsFoundWhereverACertificateHidesIt(t *testing.T) {
	a := newAuthority(t)
	const number = "34102119850312002"
	sum, weights := 0, [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	for i, w := range weights {
		sum += int(number[i]-'0') * w
	}
	right := number + string("10X98765432"[sum%11])
	wrong := number + string("10X98765432"[(sum+1)%11])
	utf16, _ := asn1.Marshal(asn1.RawValue{Tag: asn1.TagBMPString, Bytes: []byte(strings.Join(strings.Split("\x00"+strings.Join(strings.Split(right, ""), "\x00"), ""), ""))})
	for name, c := range map[string]struct {
		leaf *x509.Certificate
		want bool
	}{
		"none":          {a.person(nil), false},
		"in the name":   {a.person(func(c *x509.Certificate) { c.Subject.CommonName = "方云溪" + right }), true},
		"in the number": {a.person(func(c *x509.Certificate) { c.Subject.SerialNumber = "SF" + right }), true},
		"in an address": {a.person(func(c *x509.Certificate) { c.EmailAddresses = []string{right + "@example.cn"} }), true},
		"in an extension": {a.person(func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 86, 11, 7, 1}, Value: utf16}}
		}), true},
		"no check digit": {a.person(func(c *x509.Certificate) { c.Subject.CommonName = "方云溪" + wrong }), false},
	} {
		if got := HoldsIDNumber(c.leaf); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
