package issuing

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
)

func requestOf(t *testing.T, key crypto.Signer, subject pkix.Name, algorithm x509.SignatureAlgorithm) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, SignatureAlgorithm: algorithm}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestARequestIsTakenOnlyWithASoundKeyItsOwnSignatureAndItsOrder(t *testing.T) {
	order := strings.Repeat("ab", 32)
	named := pkix.Name{CommonName: order}
	p256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	good := requestOf(t, p256, named, 0)
	big2048, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, der := range map[string][]byte{"P-256": good, "RSA 2048": requestOf(t, big2048, named, 0)} {
		if _, got, err := ReadRequest(der); err != nil || got != order {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	public, err := p256.PublicKey.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	point := public.Bytes() // uncompressed, as the request spells it
	off := bytes.Clone(point)
	off[len(off)-1] ^= 1
	signature := bytes.Clone(good)
	signature[len(signature)-1] ^= 1
	for name, der := range map[string][]byte{
		"another curve":             requestOf(t, p384, named, x509.ECDSAWithSHA256),
		"SHA-512":                   requestOf(t, big2048, named, x509.SHA512WithRSA),
		"no order":                  requestOf(t, p256, pkix.Name{}, 0),
		"an order in capitals":      requestOf(t, p256, pkix.Name{CommonName: strings.ToUpper(order)}, 0),
		"an order with a neighbour": requestOf(t, p256, pkix.Name{CommonName: order, Organization: []string{"x"}}, 0),
		"a trailing byte":           append(bytes.Clone(good), 0),
		"a changed signature":       signature,
		"a point off the curve":     bytes.Replace(good, point, off, 1),
		"nothing":                   nil,
	} {
		if _, _, err := ReadRequest(der); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWeakRSAKeysAreRefused(t *testing.T) {
	prime, err := rand.Prime(rand.Reader, 2046)
	if err != nil {
		t.Fatal(err)
	}
	sound, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]*rsa.PublicKey{
		"exponent 3":       {N: sound.N, E: 3},
		"an even exponent": {N: sound.N, E: 65538},
		"1024 bits":        {N: new(big.Int).Rsh(sound.N, 1024), E: 65537},
		"8192 bits":        {N: new(big.Int).Lsh(sound.N, 6144), E: 65537},
		"a factor of 7":    {N: new(big.Int).Mul(prime, big.NewInt(7)), E: 65537},
		"an even modulus":  {N: new(big.Int).Mul(prime, big.NewInt(6)), E: 65537},
	} {
		if err := CheckKey(key); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckKey(&sound.PublicKey); err != nil {
		t.Error(err)
	}
}
