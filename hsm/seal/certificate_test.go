package seal

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"testing"
	"time"
)

func TestOnlyACertificateForSigningAndClientAuthenticationSeals(t *testing.T) {
	ca, key := newAuthority(t), newEC(t)
	cases := []struct {
		name   string
		reason Reason
		alter  func(*x509.Certificate)
	}{
		{"digital signature alone", "", func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }},
		{"key encipherment besides", "", func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyEncipherment }},
		{"e-mail besides", "", func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) }},
		{"no key usage", BadKeyUsage, func(c *x509.Certificate) { c.KeyUsage = 0 }},
		{"content commitment alone", BadKeyUsage, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }},
		{"may sign certificates", BadKeyUsage, func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign }},
		{"an authority", BadKeyUsage, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }},
		{"no extended usage", BadExtendedUsage, func(c *x509.Certificate) { c.ExtKeyUsage = nil }},
		{"a server's", BadExtendedUsage, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }},
		{"any usage, client authentication not named", BadExtendedUsage, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }},
		{"expired", CertificateTime, func(c *x509.Certificate) { c.NotAfter = noon }},
		{"not yet valid", CertificateTime, func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Hour) }},
		{"unknown critical extension", BadPath, func(c *x509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, extension(asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			who := ca.person(t, key, c.alter)
			sc := sceneOf(t, ca, who, Conclude, noon)
			_, err := sc.verify()
			handshake := CheckCertificate(who.cert, []*x509.Certificate{who.cert, ca.issuing}, ca.trust(), sc.received)
			if c.reason == "" {
				if err != nil || handshake != nil {
					t.Fatal(err, handshake)
				}
				return
			}
			wantReason(t, err, c.reason)
			wantReason(t, handshake, c.reason)
		})
	}
}

func TestThePathIsJudgedAtTheMomentOfReceipt(t *testing.T) {
	sc := newScene(t, Conclude)
	other := newAuthority(t)
	_, err := Verify(sc.der, sc.text, sc.annex, other.trust(), sc.expect, sc.received)
	wantReason(t, err, BadPath)
	_, err = Verify(sc.der, sc.text, sc.annex, Trust{}, sc.expect, sc.received)
	wantReason(t, err, NotTrusted)
	_, err = Verify(sc.der, sc.text, sc.annex, sc.ca.trust(), sc.expect, time.Time{})
	wantReason(t, err, CertificateTime)

	for name, alter := range map[string]func(*x509.Certificate){
		"expired":         func(c *x509.Certificate) { c.NotAfter = noon },
		"no authority":    func(c *x509.Certificate) { c.IsCA, c.KeyUsage = false, x509.KeyUsageDigitalSignature },
		"for servers":     func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} },
		"may not certify": func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature },
	} {
		t.Run("an intermediate "+name, func(t *testing.T) {
			ca := newAuthority(t)
			template := caTemplate(t, "测试签发机构")
			alter(template)
			ca.issuing = issue(t, template, ca.root, ca.key.Public(), ca.rootKey)
			_, err := sceneOf(t, ca, ca.person(t, newEC(t), nil), Conclude, noon).verify()
			wantReason(t, err, BadPath)
		})
	}
}

func TestAPointOffTheCurveIsRefused(t *testing.T) {
	sc := newScene(t, Conclude)
	key, ok := sc.who.key.Public().(interface{ Bytes() ([]byte, error) })
	if !ok {
		t.Fatal("the key gives no point")
	}
	point, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	off := bytes.Clone(point)
	off[len(off)-1] ^= 1
	der := sc.altered(t, func(s sealTree) {
		for _, c := range s.certs().kids {
			if bytes.Contains(c.der(), point) {
				spki := c.kids[0].kids[6]
				spki.kids[1].body = append([]byte{0}, off...)
			}
		}
		sortNodes(s.certs().kids)
	})
	_, err = sc.verifyDER(der)
	wantReason(t, err, BadKey)
}

func TestACertificateThatDoesNotParseIsRefused(t *testing.T) {
	sc := newScene(t, Conclude)
	der := sc.altered(t, func(s sealTree) { s.certs().kids[0].kids[0].kids[0].kids[0].body = []byte{9} })
	_, err := sc.verifyDER(der)
	wantReason(t, err, BadCertificates)
}

func TestAnEd25519SealIsRefused(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := newAuthority(t)
	sc := sceneOf(t, ca, ca.person(t, key, nil), Conclude, noon)
	leaf, digest, hash := sc.who.cert, sha256.Sum256(sc.text), sha256.Sum256(sc.who.cert.Raw)
	sd := signedData{digestAlg: algorithm(oidSHA256, false), certs: [][]byte{leaf.Raw}, issuer: leaf.RawIssuer,
		serial: leaf.SerialNumber, sigAlg: algorithm(asn1.ObjectIdentifier{1, 3, 101, 112}, false),
		attrs: attributes{digest: digest[:], certHash: hash[:], certIssuer: leaf.RawIssuer, certSerial: leaf.SerialNumber, at: sc.at.UTC()}}
	signed, err := sd.attrs.encode(0x31)
	if err != nil {
		t.Fatal(err)
	}
	if sd.signature, err = key.Sign(rand.Reader, signed, crypto.Hash(0)); err != nil {
		t.Fatal(err)
	}
	der, err := sd.encode()
	if err != nil {
		t.Fatal(err)
	}
	_, err = sc.verifyDER(der)
	wantReason(t, err, BadKey)
	_, err = Sign(sc.text, leaf, nil, key, sc.at)
	wantReason(t, err, UnsupportedSigning)
}

func TestSigningWithAKeyThatIsNotTheCertificatesIsRefused(t *testing.T) {
	sc := newScene(t, Conclude)
	_, err := Sign(sc.text, sc.who.cert, nil, newEC(t), sc.at)
	wantReason(t, err, KeyNotOfLeaf)
	_, err = Sign(sc.text, sc.who.cert, nil, lyingKey{sc.who.key}, sc.at)
	wantReason(t, err, SignerRefused)
	_, err = Sign(make([]byte, MaxContent+1), sc.who.cert, nil, sc.who.key, sc.at)
	wantReason(t, err, TooLarge)
	_, err = Sign(sc.text, sc.who.cert, nil, sc.who.key, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))
	wantReason(t, err, BadSigningTime)
	_, err = Sign(sc.text, sc.who.cert, nil, deadKey{sc.who.key}, sc.at)
	wantReason(t, err, SignerRefused)
	if !errors.Is(err, errPulled) {
		t.Error("the token's own error is lost")
	}
	huge := sc.ca.person(t, sc.who.key, func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 2}, Value: make([]byte, MaxSeal)})
	})
	_, err = Sign(sc.text, huge.cert, nil, sc.who.key, sc.at)
	wantReason(t, err, TooLarge)
	var long []*x509.Certificate
	for range maxCertificates {
		long = append(long, sc.ca.person(t, sc.who.key, nil).cert)
	}
	_, err = Sign(sc.text, sc.who.cert, long, sc.who.key, sc.at)
	wantReason(t, err, BadCertificates)
	_, err = sc.verifyDER(sc.altered(t, func(s sealTree) {
		for _, c := range long {
			s.addCert(t, c)
		}
	}))
	wantReason(t, err, BadCertificates)
	if _, err := Sign(sc.text, nil, nil, sc.who.key, sc.at); err == nil {
		t.Error("signing without a certificate succeeds")
	}
}

func TestTwoCertificatesOfOneIssuerAndSerialAreNoSigner(t *testing.T) {
	sc := newScene(t, Conclude)
	twin := sc.ca.person(t, sc.who.key, func(c *x509.Certificate) { c.SerialNumber = sc.who.cert.SerialNumber })
	der, err := Sign(sc.text, sc.who.cert, append(chainOf(sc.ca), twin.cert), sc.who.key, sc.at)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sc.verifyDER(der)
	wantReason(t, err, BadSignerID)
}
