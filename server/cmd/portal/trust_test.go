package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/server/internal/issuing"
)

func TestCheckSaysWhetherAnExternalAuthorityAnswersAndServeRefusesOneThatCannotBeAsked(t *testing.T) {
	town := standing(t)
	ctx := context.Background()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := issuing.Root("省数字证书认证中心", key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var down atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		list, err := issuing.RevocationList(ca, key, []issuing.Ended{{Serial: big.NewInt(5), At: time.Now(), Reason: 1}}, time.Now())
		if err != nil {
			t.Error(err)
			return
		}
		w.Write(list.Raw)
	}))
	defer server.Close()
	if err := town.write("province.pem", string(issuing.PEM(ca))); err != nil {
		t.Fatal(err)
	}
	plain, err := os.ReadFile(town.path("portal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	with := func(certificate, crl, grace string) {
		more := fmt.Sprintf("external:\n  grace: %s\n  authorities:\n    - name: 省数字证书认证中心\n      certificate: %s\n      crl: %s\n", grace, certificate, crl)
		if err := town.write("portal.yaml", string(plain)+more); err != nil {
			t.Fatal(err)
		}
	}
	opened := func() (*house, error) {
		c, err := readConfig(town.path("portal.yaml"))
		if err != nil {
			return nil, err
		}
		return open(ctx, c)
	}
	with("province.pem", server.URL+"/people.crl", "4h")
	h, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var said strings.Builder
	h.checkExternal(ctx, &said)
	if !strings.Contains(said.String(), "外部签发机构“省数字证书认证中心”：有回答") {
		t.Errorf("it answers: %s", said.String())
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(6), Subject: pkix.Name{CommonName: "方云溪"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if leaf, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if err := h.external.Check(ctx, leaf, time.Now()); err != nil {
		t.Errorf("a good certificate: %v", err)
	}
	down.Store(true)
	said.Reset()
	h.external.Probe(ctx, time.Now().Add(2*time.Hour))
	for _, s := range h.external.States() {
		if !s.Failing() || s.Until.IsZero() {
			t.Errorf("a silent authority: %+v", s)
		}
	}
	for name, c := range map[string][3]string{
		"no such file":   {"none.pem", server.URL, "4h"},
		"no certificate": {"portal.yaml", server.URL, "4h"},
		"a long grace":   {"province.pem", server.URL, "100h"},
		"another scheme": {"province.pem", "ldap://crl.example/", "4h"},
		"nothing to ask": {"province.pem", `""`, "4h"},
	} {
		with(c[0], c[1], c[2])
		if bad, err := opened(); err == nil {
			bad.Close()
			t.Errorf("%s is taken", name)
		}
	}
}
