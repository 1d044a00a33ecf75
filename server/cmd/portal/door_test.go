package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certified writes a server certificate that names host until the end.
func certified(t *testing.T, host string, end time.Time) site {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: []string{host},
		NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := site{Listen: "127.0.0.1:0", Origin: "https://staff.example:8443", Certificate: filepath.Join(dir, "cert"), Key: filepath.Join(dir, "key")}
	for path, block := range map[string]*pem.Block{s.Certificate: {Type: "CERTIFICATE", Bytes: der}, s.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestADoorWhoseCertificateABrowserWouldRefuseIsNotOpenedAndCheckSaysWhy(t *testing.T) {
	now := time.Date(2024, 11, 20, 10, 0, 0, 0, time.UTC)
	good := certified(t, "staff.example", now.AddDate(0, 1, 0))
	if _, err := good.identity(now); err != nil {
		t.Fatal(err)
	}
	swapped := good
	swapped.Key = certified(t, "staff.example", now.AddDate(0, 1, 0)).Key
	missing := good
	missing.Certificate += "-gone"
	for sentence, s := range map[string]site{
		"没有写明 staff.example": certified(t, "other.example", now.AddDate(0, 1, 0)),
		"现在不能用":              certified(t, "staff.example", now.Add(-time.Second)),
		"读不出":                swapped,
		"-gone":              missing,
	} {
		if _, err := s.identity(now); err == nil || !strings.Contains(err.Error(), sentence) {
			t.Errorf("%s: %v", sentence, err)
		}
	}
	if _, err := good.identity(good.ends(t).Add(time.Second)); err == nil {
		t.Error("good a second after its end")
	}
	if _, err := good.identity(good.ends(t)); err != nil {
		t.Errorf("at its last second: %v", err)
	}
}

// ends is when the site's certificate ends.
func (s site) ends(t *testing.T) time.Time {
	t.Helper()
	cert, err := s.identity(time.Date(2024, 11, 20, 10, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf.NotAfter
}
