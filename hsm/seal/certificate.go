package seal

import (
	"crypto/x509"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// parseCertificates reads what the seal carries. A point off the curve is no
// key and ends here, with the reason of its own.
func parseCertificates(raw [][]byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for _, der := range raw {
		c, err := x509.ParseCertificate(der)
		if err != nil && !parsesAsKey(der) {
			return nil, refuseFor(BadKey, "", err)
		}
		if err != nil {
			return nil, refuseFor(BadCertificates, "", err)
		}
		certs = append(certs, c)
	}
	return certs, nil
}

// parsesAsKey says whether the certificate's SubjectPublicKeyInfo is a key. It
// is asked only about certificates that do not parse, to say why.
func parsesAsKey(der cryptobyte.String) bool {
	var cert, tbs, spki cryptobyte.String
	ok := der.ReadASN1(&cert, tag.SEQUENCE) && cert.ReadASN1(&tbs, tag.SEQUENCE) &&
		tbs.SkipOptionalASN1(context0) && tbs.SkipASN1(tag.INTEGER) && tbs.SkipASN1(tag.SEQUENCE) &&
		tbs.SkipASN1(tag.SEQUENCE) && tbs.SkipASN1(tag.SEQUENCE) && tbs.SkipASN1(tag.SEQUENCE) &&
		tbs.ReadASN1Element(&spki, tag.SEQUENCE)
	if !ok {
		return true // something else is broken
	}
	_, err := x509.ParsePKIXPublicKey(spki)
	return err == nil
}

// CheckCertificate holds the certificate of a person whose key was proven in
// another way than by a seal, such as a TLS handshake: its usage and its path
// at that moment, exactly as Verify does. others are what came along; one that
// is not part of the path is refused. A refusal is an *Error.
func CheckCertificate(leaf *x509.Certificate, others []*x509.Certificate, trust Trust, at time.Time) error {
	if !strongKey(leaf.PublicKey) {
		return refuse(BadKey, "")
	}
	if err := checkUsage(leaf); err != nil {
		return err
	}
	return checkPath(leaf, others, trust, at)
}

// checkUsage holds what the signer's certificate must say of itself: a
// person's key for signing and client authentication, not an authority's.
func checkUsage(leaf *x509.Certificate) error {
	if leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 || leaf.IsCA ||
		leaf.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0 {
		return refuse(BadKeyUsage, "")
	}
	if !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		return refuse(BadExtendedUsage, "")
	}
	return nil
}

// checkPath builds the path at the moment received and refuses any certificate
// in the seal that is not part of it.
func checkPath(leaf *x509.Certificate, certs []*x509.Certificate, trust Trust, received time.Time) error {
	if trust.Roots == nil { // x509 would fall back to the system's
		return refuse(NotTrusted, "")
	}
	if received.Before(leaf.NotBefore) || received.After(leaf.NotAfter) {
		return refuse(CertificateTime, "")
	}
	others := x509.NewCertPool()
	for _, c := range certs {
		if c != leaf {
			others.AddCert(c)
		}
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: trust.Roots, Intermediates: others, CurrentTime: received,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return refuseFor(BadPath, "", err)
	}
	for _, c := range certs {
		if !slices.ContainsFunc(chains, func(chain []*x509.Certificate) bool { return slices.ContainsFunc(chain, c.Equal) }) {
			return refuse(BadCertificates, "有与签署人无关的证书")
		}
	}
	return nil
}
