package portal_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Whatever comes in place of an authority's answer: the holder does not get in,
// and the log says who was refused.
func TestAnAnswerOfAnAuthorityThatDoesNotCountKeepsItsHoldersOutWithAnEntry(t *testing.T) {
	t.Parallel() // it waits more than it works
	w, a := newProvince(t, 0)
	key := newKey(t)
	leaf := a.enrolled(key)
	other := &province{t: t, town: w, key: newKey(t)}
	other.cert = other.issue(&x509.Certificate{Subject: a.cert.Subject, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, other.key.Public())
	elsewhere := &province{t: t, town: w, key: newKey(t)}
	elsewhere.cert = elsewhere.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "别处的机构"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}, elsewhere.key.Public())
	for name, lie := range map[string]func(http.ResponseWriter, time.Time){
		"stale": func(w http.ResponseWriter, now time.Time) {
			w.Write(a.list(now.Add(-48*time.Hour), now.Add(-24*time.Hour), a.cert, a.key))
		},
		"of the future": func(w http.ResponseWriter, now time.Time) {
			w.Write(a.list(now.Add(time.Hour), now.Add(48*time.Hour), a.cert, a.key))
		},
		"of another authority": func(w http.ResponseWriter, now time.Time) {
			w.Write(elsewhere.list(now, now.Add(time.Hour), elsewhere.cert, elsewhere.key))
		},
		"of a namesake": func(w http.ResponseWriter, now time.Time) {
			w.Write(other.list(now, now.Add(time.Hour), other.cert, other.key))
		},
		"not signed": func(w http.ResponseWriter, now time.Time) {
			der := a.list(now, now.Add(time.Hour), a.cert, a.key)
			der[len(der)-1] ^= 1
			w.Write(der)
		},
		"huge": func(w http.ResponseWriter, _ time.Time) {
			for range 11 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		},
		"slow":    func(http.ResponseWriter, time.Time) { time.Sleep(6 * time.Second) },
		"nothing": func(http.ResponseWriter, time.Time) {},
		"a detour": func(w http.ResponseWriter, _ time.Time) {
			w.Header().Set("Location", "http://169.254.169.254/")
			w.WriteHeader(302)
		},
	} {
		w.clock.Pass(2 * time.Hour) // the list that is known is asked for anew
		a.set(func() { a.lies = lie })
		if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "查不到颁发机构") {
			t.Errorf("%s: %v", name, err)
		}
		if e := w.refusedEntry(); e.Actor != keyless || e.Key != seal.Fingerprint(leaf) || !strings.HasPrefix(e.Note, string(fault.Forbidden)) {
			t.Errorf("%s: entry %q %q", name, e.Actor, e.Note)
		}
	}
	a.set(func() { a.lies = nil })
	w.clock.Pass(2 * time.Hour)
	must(t, w.stranger(leaf, key).SignIn(t.Context()))
}

func TestAResponderWhoseAnswerDoesNotCountKeepsItsHoldersOutWithAnEntry(t *testing.T) {
	w, a := newProvince(t, 0)
	key := newKey(t)
	leaf := a.enrolled(key)
	a.ocsp = true
	a.restart(w)
	answer := func(serial *big.Int, this, next time.Time, by crypto.Signer, status int) []byte {
		der, err := ocsp.CreateResponse(a.cert, a.cert, ocsp.Response{SerialNumber: serial, Status: status, ThisUpdate: this, NextUpdate: next}, by)
		must(t, err)
		return der
	}
	good := func(now time.Time) []byte {
		return answer(leaf.SerialNumber, now.Add(-time.Minute), now.Add(time.Hour), a.key, ocsp.Good)
	}
	for name, lie := range map[string]func(now time.Time) []byte{
		"stale": func(now time.Time) []byte {
			return answer(leaf.SerialNumber, now.Add(-48*time.Hour), now.Add(-24*time.Hour), a.key, ocsp.Good)
		},
		"about another": func(now time.Time) []byte { return answer(big.NewInt(7), now, now.Add(time.Hour), a.key, ocsp.Good) },
		"by another's key": func(now time.Time) []byte {
			return answer(leaf.SerialNumber, now, now.Add(time.Hour), newKey(t), ocsp.Good)
		},
		"of the unknown": func(now time.Time) []byte {
			return answer(leaf.SerialNumber, now, now.Add(time.Hour), a.key, ocsp.Unknown)
		},
		"altered on the way":  func(now time.Time) []byte { der := good(now); der[len(der)-1] ^= 1; return der },
		"huge":                func(time.Time) []byte { return bytes.Repeat([]byte("x"), 1<<20) },
		"nothing":             func(time.Time) []byte { return nil },
		"a list in its place": func(now time.Time) []byte { return a.list(now, now.Add(time.Hour), a.cert, a.key) },
	} {
		w.clock.Pass(time.Hour)
		a.set(func() { a.lies = func(w http.ResponseWriter, now time.Time) { w.Write(lie(now)) } })
		if err := w.stranger(leaf, key).SignIn(t.Context()); err == nil {
			t.Errorf("%s: signed in", name)
		}
		if e := w.refusedEntry(); e.Actor != keyless || e.Key != seal.Fingerprint(leaf) || !strings.HasPrefix(e.Note, string(fault.Forbidden)) {
			t.Errorf("%s: entry %q %q", name, e.Actor, e.Note)
		}
	}
	a.set(func() { a.lies = func(w http.ResponseWriter, now time.Time) { w.Write(good(now)) } })
	w.clock.Pass(time.Hour)
	must(t, w.stranger(leaf, key).SignIn(t.Context()))
}

func TestTheAddressesInACertificateReachNothingWhenItIsEnrolledAndUsed(t *testing.T) {
	w, a := newProvince(t, 0)
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer trap.Close()
	var caught atomic.Int64
	go func() {
		for {
			c, err := trap.Accept()
			if err != nil {
				return
			}
			caught.Add(1)
			c.Close()
		}
	}()
	key, at := newKey(t), trap.Addr().String()
	leaf := a.enrolledAs(key, func(c *x509.Certificate) {
		c.OCSPServer = []string{"http://" + at + "/ocsp", "http://169.254.169.254/latest/meta-data"}
		c.CRLDistributionPoints = []string{"http://" + at + "/crl", "ldap://" + at + "/crl", "file:///etc/passwd"}
		c.IssuingCertificateURL = []string{"http://" + at + "/ca"}
	})
	must(t, w.stranger(leaf, key).SignIn(t.Context()))
	if n := caught.Load(); n != 0 {
		t.Errorf("%d connections to addresses that the certificate names", n)
	}
	if e := w.entries(1)[0]; e.Actor != keyless || e.Key != seal.Fingerprint(leaf) {
		t.Errorf("the entry: %+v", e)
	}
}
