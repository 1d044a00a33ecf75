package issuing

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

// authority is a CA whose key lies in a token.
func authority(t *testing.T, label string) (*x509.Certificate, *hsm.Signer, *hsm.Token) {
	t.Helper()
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, label, "123456")
	token := suite.Login(t, label, "123456")
	key, err := token.GenerateKey(context.Background(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: "ca"})
	if err != nil {
		t.Fatal(err)
	}
	root, err := Root("测试签发机构", key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return root, key, token
}

func TestAStaffCertificateIsWhatRFC5280AndOpenSSLWantOfOne(t *testing.T) {
	root, caKey, token := authority(t, "issuing-1")
	holder, err := token.GenerateKey(context.Background(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: "staff"})
	if err != nil {
		t.Fatal(err)
	}
	request, err := Request(holder)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := Staff(root, caKey, request, Holder{Staff: "U00028", Name: "欧阳思静", Organisation: "歙县教育局"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Error(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err == nil {
		t.Error("a person's certificate serves a server")
	}
	if leaf.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment || leaf.IsCA || leaf.Subject.SerialNumber != "U00028" {
		t.Errorf("usage %b, CA %t, subject %v", leaf.KeyUsage, leaf.IsCA, leaf.Subject)
	}
	if leaf.SerialNumber.Sign() <= 0 || leaf.SerialNumber.BitLen() < 120 {
		t.Errorf("serial of %d bits", leaf.SerialNumber.BitLen())
	}
	dir := t.TempDir()
	ca, file := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "leaf.pem")
	for path, cert := range map[string]*x509.Certificate{ca: root, file: leaf} {
		if err := os.WriteFile(path, PEM(cert), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", ca, file).CombinedOutput(); err != nil {
		t.Errorf("openssl: %v: %s", err, out)
	}
	again, err := ReadPEM(PEM(leaf))
	if err != nil || !again.Equal(leaf) {
		t.Errorf("PEM there and back: %v", err)
	}
}

func TestNobodyGetsACertificateForAKeyHeDoesNotHold(t *testing.T) {
	root, caKey, _ := authority(t, "issuing-2")
	mine, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	theirs, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	request, err := Request(mine)
	if err != nil {
		t.Fatal(err)
	}
	request.PublicKey = &theirs.PublicKey
	if _, err := Staff(root, caKey, request, Holder{Staff: "U1", Name: "某人", Organisation: "某校"}, time.Now()); err == nil {
		t.Error("a request that another key signed gets a certificate")
	}
}

func TestAServerCertificateNamesItsHostOnly(t *testing.T) {
	root, caKey, _ := authority(t, "issuing-3")
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	for _, host := range []string{"localhost", "public.localhost", "127.0.0.1"} {
		cert, err := Server(root, caKey, &key.PublicKey, host, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := cert.VerifyHostname(host); err != nil {
			t.Error(err)
		}
		if err := cert.VerifyHostname("other.localhost"); err == nil {
			t.Errorf("the certificate of %s serves another host", host)
		}
	}
}
