// Package issuing is the portal's own certificate authority: it signs staff
// and TLS certificates with a key inside the server's HSM (RFC 5280). It
// issues against a PKCS#10 request that the holder's key signed, so nobody
// gets a certificate for a key he does not hold. Who may have one is custody's
// question, not this package's.
package issuing

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Root makes the authority's own certificate, valid for ten years. The name
// stands in every chain that leaves the house: it names no host.
func Root(name string, key crypto.Signer, now time.Time) (*x509.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{Country: []string{"CN"}, CommonName: name},
		NotBefore: now.Add(-5 * time.Minute), NotAfter: now.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: 0, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	return create(template, template, key.Public(), key)
}

// Holder is whom a staff certificate names.
type Holder struct{ Staff, Name, Organisation string }

// Staff issues a certificate for signing in and sealing, valid for three
// years but not beyond the authority, against the holder's request. The
// request's own subject counts for nothing. What leaves has passed Lint.
func Staff(ca *x509.Certificate, key crypto.Signer, request *x509.CertificateRequest, h Holder, now time.Time) (*x509.Certificate, error) {
	if err := CheckRequest(request); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), SubjectKeyId: keyID(request.RawSubjectPublicKeyInfo),
		Subject: pkix.Name{Country: []string{"CN"}, Organization: []string{h.Organisation},
			CommonName: h.Name, SerialNumber: h.Staff},
		NotBefore: now.Add(-5 * time.Minute), NotAfter: now.AddDate(3, 0, 0),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if template.NotAfter.After(ca.NotAfter) {
		template.NotAfter = ca.NotAfter
	}
	leaf, err := create(template, ca, request.PublicKey, key)
	if err != nil {
		return nil, err
	}
	if err := Lint(leaf, ca); err != nil {
		return nil, fmt.Errorf("the certificate of %s is not as the profile wants it: %w", h.Staff, err)
	}
	return leaf, nil
}

// keyID names a public key by 160 bits of the SHA-256 of its
// SubjectPublicKeyInfo (RFC 7093 section 2, method 4).
func keyID(spki []byte) []byte {
	sum := sha256.Sum256(spki)
	return sum[:20]
}

// Server issues a TLS certificate for one host name, valid for a year.
func Server(ca *x509.Certificate, key crypto.Signer, public crypto.PublicKey, host string, now time.Time) (*x509.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: host},
		NotBefore: now.Add(-5 * time.Minute), NotAfter: now.AddDate(1, 0, 0),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	return create(template, ca, public, key)
}

// Request makes a PKCS#10 request signed inside the holder's token.
func Request(key crypto.Signer) (*x509.CertificateRequest, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return nil, fmt.Errorf("sign the request in the token: %w", err)
	}
	return x509.ParseCertificateRequest(der)
}

// PEM is the usual text form of certificates.
func PEM(certs ...*x509.Certificate) []byte {
	var b bytes.Buffer
	for _, c := range certs {
		pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return b.Bytes()
}

// ReadPEM reads the one certificate of a file.
func ReadPEM(raw []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no certificate in PEM form")
	}
	return x509.ParseCertificate(block.Bytes)
}

func create(template, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

// serial is 127 random bits, positive (RFC 5280 section 4.1.2.2).
func serial() *big.Int {
	raw := make([]byte, 16)
	rand.Read(raw)
	raw[0] = raw[0]&0x7f | 0x40
	return new(big.Int).SetBytes(raw)
}
