package revocation

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"
)

// authority is an external CA with a responder and a list of its own.
type authority struct {
	t      *testing.T
	cert   *x509.Certificate
	key    crypto.Signer
	server *httptest.Server
	asked  atomic.Int64

	mu     sync.Mutex
	answer http.HandlerFunc // in place of the right one
	ended  []x509.RevocationListEntry
	number int64
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, key: key, number: 10}
	a.cert = a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "外部签发机构"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, nil, key.Public())
	a.server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.server.Close)
	return a
}

func (a *authority) issue(template, parent *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
	a.t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = serial, noon.AddDate(-1, 0, 0), noon.AddDate(2, 0, 0)
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return c
}

// person is a certificate of the authority; change may add what it likes.
func (a *authority) person(change func(*x509.Certificate)) *x509.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: "方云溪"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if change != nil {
		change(template)
	}
	return a.issue(template, a.cert, key.Public())
}

// answers makes the responder answer so; nil is rightly.
func (a *authority) answers(h http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answer = h
}

func (a *authority) revoke(c *x509.Certificate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = append(a.ended, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: noon.Add(-time.Hour), ReasonCode: 1})
}

func (a *authority) serve(w http.ResponseWriter, r *http.Request) {
	a.asked.Add(1)
	a.mu.Lock()
	instead := a.answer
	a.mu.Unlock()
	if instead != nil {
		instead(w, r)
		return
	}
	if r.URL.Path == "/crl" {
		w.Write(a.crl(noon.Add(-time.Hour), noon.Add(24*time.Hour), a.key, a.cert))
		return
	}
	w.Write(a.ocsp(r, noon.Add(-time.Hour), noon.Add(24*time.Hour)))
}

func (a *authority) crl(this, next time.Time, key crypto.Signer, issuer *x509.Certificate) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(a.number), ThisUpdate: this, NextUpdate: next,
		RevokedCertificateEntries: a.ended}, issuer, key)
	if err != nil {
		a.t.Error(err)
	}
	return der
}

func (a *authority) ocsp(r *http.Request, this, next time.Time) []byte {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	q, err := ocsp.ParseRequest(raw)
	if err != nil {
		return nil
	}
	return a.ocspFor(q.SerialNumber, this, next, a.cert, a.key, nil)
}

func (a *authority) ocspFor(serial *big.Int, this, next time.Time, responder *x509.Certificate, key crypto.Signer, embed *x509.Certificate) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := ocsp.Response{Status: ocsp.Good, SerialNumber: serial, ThisUpdate: this, NextUpdate: next, Certificate: embed}
	for _, e := range a.ended {
		if e.SerialNumber.Cmp(serial) == 0 {
			t.Status, t.RevokedAt, t.RevocationReason = ocsp.Revoked, e.RevocationTime, e.ReasonCode
		}
	}
	der, err := ocsp.CreateResponse(a.cert, responder, t, key)
	if err != nil {
		a.t.Error(err)
	}
	return der
}

// journal is a log to be read.
type journal struct {
	mu sync.Mutex
	bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.Buffer.Write(p)
}
func (j *journal) Text() string { j.mu.Lock(); defer j.mu.Unlock(); return j.String() }

// checker trusts the authority by its responder, its list, or both.
func (a *authority) checker(grace time.Duration, roads ...string) (*Checker, *journal) {
	a.t.Helper()
	anchor := Anchor{Name: "省数字证书", Certificate: a.cert}
	for _, road := range roads {
		switch road {
		case "crl":
			anchor.CRL = a.server.URL + "/crl"
		case "ocsp":
			anchor.OCSP = a.server.URL + "/ocsp"
		}
	}
	log := &journal{}
	c, err := New([]Anchor{anchor}, grace, slog.New(slog.NewJSONHandler(log, nil)), noon)
	if err != nil {
		a.t.Fatal(err)
	}
	return c, log
}

// trap counts the connections that anybody makes to it.
func trap(t *testing.T) (address string, caught *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	caught = &atomic.Int64{}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			caught.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close() })
	return l.Addr().String(), caught
}
