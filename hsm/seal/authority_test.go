package seal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// authority is a root with one intermediate that issues to people.
type authority struct {
	root, issuing *x509.Certificate
	rootKey, key  crypto.Signer
}

// signer is a person's certificate with its key.
type signer struct {
	cert *x509.Certificate
	key  crypto.Signer
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, beijing)

func newEC(t testing.TB) crypto.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// rsaKey is made once: RSA keys take long.
var rsaKey = sync.OnceValue(func() crypto.Signer {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
})

func issue(t testing.TB, template, parent *x509.Certificate, pub crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func serial(t testing.TB) *big.Int {
	t.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	return n.Add(n, big.NewInt(1))
}

func caTemplate(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	return &x509.Certificate{SerialNumber: serial(t), Subject: pkix.Name{CommonName: name}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		NotBefore: noon.AddDate(-5, 0, 0), NotAfter: noon.AddDate(50, 0, 0)}
}

func newAuthority(t testing.TB) authority {
	t.Helper()
	a := authority{rootKey: newEC(t), key: newEC(t)}
	root := caTemplate(t, "测试根")
	a.root = issue(t, root, root, a.rootKey.Public(), a.rootKey)
	a.issuing = issue(t, caTemplate(t, "测试签发机构"), a.root, a.key.Public(), a.rootKey)
	return a
}

// person issues a signer's certificate; alter may change the template.
func (a authority) person(t testing.TB, key crypto.Signer, alter func(*x509.Certificate)) signer {
	t.Helper()
	template := &x509.Certificate{SerialNumber: serial(t), Subject: pkix.Name{CommonName: "U00001"}, SubjectKeyId: []byte("a person's key"),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore:   noon.AddDate(-2, 0, 0), NotAfter: noon.AddDate(30, 0, 0)}
	if alter != nil {
		alter(template)
	}
	return signer{issue(t, template, a.issuing, key.Public(), a.key), key}
}

func chainOf(a authority) []*x509.Certificate { return []*x509.Certificate{a.issuing} }

func (a authority) trust() Trust {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return Trust{Roots: pool}
}

// writePEM puts certificates, and a key if given, where openssl finds them.
func writePEM(t testing.TB, dir, name string, key crypto.Signer, certs ...*x509.Certificate) string {
	t.Helper()
	var out []byte
	for _, c := range certs {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if key != nil {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lyingKey signs something else than it was asked to, as a broken token might.
type lyingKey struct{ crypto.Signer }

func (k lyingKey) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.Signer.Sign(r, make([]byte, len(digest)), opts)
}

// deadKey is a token that was pulled.
type deadKey struct{ crypto.Signer }

var errPulled = errors.New("CKR_DEVICE_REMOVED")

func (deadKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errPulled
}

// extension is a critical one that nobody knows.
func extension(oid asn1.ObjectIdentifier) pkix.Extension {
	return pkix.Extension{Id: oid, Critical: true, Value: []byte{5, 0}}
}
