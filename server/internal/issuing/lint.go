package issuing

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Bounds of RFC 5280 appendix A.1 (ub-common-name and the like), in characters.
const maxNamePart = 64

// Lint holds a staff certificate against the profile before it leaves the
// house: RFC 5280 and what SPEC and design say besides. It is asked of every
// certificate that Staff makes, so a mistake in a template never gets out.
func Lint(leaf, ca *x509.Certificate) error {
	var faults []error
	need := func(ok bool, format string, args ...any) {
		if !ok {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	need(leaf.Version == 3, "version is %d, not 3", leaf.Version)
	need(leaf.SerialNumber.Sign() > 0 && leaf.SerialNumber.BitLen() >= 64 && leaf.SerialNumber.BitLen() < 160, "the serial number has %d bits", leaf.SerialNumber.BitLen())
	need(!leaf.IsCA && leaf.BasicConstraintsValid, "basicConstraints do not say that it is no CA")
	need(leaf.KeyUsage == x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment, "keyUsage is %b", leaf.KeyUsage)
	need(slices.Equal(leaf.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}) && len(leaf.UnknownExtKeyUsage) == 0, "extKeyUsage is not clientAuth alone")
	need(len(leaf.SubjectKeyId) == 20, "no subject key identifier")
	need(len(ca.SubjectKeyId) > 0 && bytes.Equal(leaf.AuthorityKeyId, ca.SubjectKeyId), "the authority key identifier is not the issuer's")
	need(bytes.Equal(leaf.RawIssuer, ca.RawSubject), "the issuer is not the authority")
	need(leaf.NotAfter.After(leaf.NotBefore) && !leaf.NotAfter.After(ca.NotAfter), "it outlives its authority")
	need(len(leaf.Subject.Country) == 1 && len(leaf.Subject.Organization) == 1 && len(leaf.Subject.OrganizationalUnit) == 0, "the subject is not country, organisation, name and number")
	for name, value := range map[string]string{"commonName": leaf.Subject.CommonName, "serialNumber": leaf.Subject.SerialNumber, "organization": first(leaf.Subject.Organization)} {
		n := utf8.RuneCountInString(value)
		need(n > 0 && n <= maxNamePart && utf8.ValidString(value), "%s has %d characters", name, n)
	}
	need(len(leaf.DNSNames)+len(leaf.EmailAddresses)+len(leaf.IPAddresses)+len(leaf.URIs) == 0, "it names a host or an address")
	need(len(leaf.OCSPServer)+len(leaf.IssuingCertificateURL)+len(leaf.CRLDistributionPoints) == 0, "it holds an address, which would name the staff host (R56)")
	need(critical(leaf, 15) && critical(leaf, 19), "keyUsage or basicConstraints are not critical")
	need(len(leaf.UnhandledCriticalExtensions) == 0, "an unknown extension is critical")
	if err := leaf.CheckSignatureFrom(ca); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// critical reports whether the extension id-ce n is there and critical.
func critical(c *x509.Certificate, n int) bool {
	return slices.ContainsFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, n}) && e.Critical })
}
