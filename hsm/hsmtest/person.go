package hsmtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sealdesk/hsm"
)

// Authority is a throw-away CA with an ECDSA P-256 key in memory.
type Authority struct {
	Cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// CA makes an Authority.
func CA(tb testing.TB) *Authority {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial(tb),
		Subject:               pkix.Name{CommonName: "测试签发机构", Organization: []string{"测试市教育局"}},
		NotBefore:             now.Add(-48 * time.Hour),
		NotAfter:              now.Add(10 * 365 * 24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return &Authority{Cert: parse(tb, der), key: key}
}

// Issue makes a staff certificate for a key: client authentication, digital
// signature and content commitment, subject CN = name, serialNumber = staffID.
// Each change may alter the template first.
func (a *Authority) Issue(tb testing.TB, pub crypto.PublicKey, staffID, name string, changes ...func(*x509.Certificate)) *x509.Certificate {
	tb.Helper()
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial(tb),
		Subject:               pkix.Name{CommonName: name, SerialNumber: staffID, Organization: []string{"测试市教育局"}},
		NotBefore:             now.Add(-24 * time.Hour),
		NotAfter:              now.Add(2 * 365 * 24 * time.Hour),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, change := range changes {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.Cert, pub, a.key)
	if err != nil {
		tb.Fatal(err)
	}
	return parse(tb, der)
}

// Pool holds the Authority's certificate alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.Cert)
	return pool
}

// PEM is the Authority's certificate.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Cert.Raw})
}

// File writes the Authority's certificate as PEM into a directory of tb.
func (a *Authority) File(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "ca.pem")
	if err := os.WriteFile(path, a.PEM(), 0o644); err != nil {
		tb.Fatal(err)
	}
	return path
}

// PersonToken is an invented person's token with a P-256 key and certificate.
type PersonToken struct {
	StaffID string
	Name    string
	Label   string // of the token: the staff number
	PIN     string
	Serial  string
	Slot    uint
	KeyID   []byte
	Cert    *x509.Certificate
	suite   *Suite
}

// Person makes a token for an invented person: key inside, certificate of ca
// beside it, nobody logged in.
func Person(tb testing.TB, s *Suite, ca *Authority, staffID, name string, changes ...func(*x509.Certificate)) PersonToken {
	tb.Helper()
	p := PersonToken{StaffID: staffID, Name: name, Label: staffID, PIN: "135790", KeyID: []byte{1}, suite: s}
	info := s.NewToken(tb, p.Label, p.PIN)
	p.Serial, p.Slot = info.Serial, info.Slot
	t, err := s.Module.Login(tb.Context(), hsm.TokenQuery{Serial: p.Serial}, []byte(p.PIN), hsm.Options{Sessions: 1})
	if err != nil {
		tb.Fatalf("log in to %q: %v", p.Label, err)
	}
	defer t.Close()
	key, err := t.GenerateKey(tb.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: p.KeyID, Label: "sign"})
	if err != nil {
		tb.Fatalf("key of %q: %v", p.Label, err)
	}
	p.Cert = ca.Issue(tb, key.Public(), staffID, name, changes...)
	for _, c := range []struct {
		id    []byte
		label string
		cert  *x509.Certificate
	}{{p.KeyID, "sign", p.Cert}, {[]byte{0xca}, "ca", ca.Cert}} {
		if err := t.StoreCertificate(tb.Context(), c.id, c.label, c.cert); err != nil {
			tb.Fatalf("certificate of %q: %v", p.Label, err)
		}
	}
	return p
}

// Signer logs the person in and gives the key, until tb ends.
func (p PersonToken) Signer(tb testing.TB) *hsm.Signer {
	tb.Helper()
	t := p.suite.Login(tb, p.Label, p.PIN)
	k, err := t.Signer(tb.Context(), hsm.KeyQuery{ID: p.KeyID})
	if err != nil {
		tb.Fatalf("key of %q: %v", p.Label, err)
	}
	return k
}

func serial(tb testing.TB) *big.Int {
	tb.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		tb.Fatal(err)
	}
	return n.Add(n, big.NewInt(1))
}

func parse(tb testing.TB, der []byte) *x509.Certificate {
	tb.Helper()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return cert
}
