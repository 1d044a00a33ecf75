package issuing

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"
)

// Ended is a certificate that is no longer good, as the CRL says it.
type Ended struct {
	Serial *big.Int
	At     time.Time
	Reason int // CRLReason of RFC 5280 section 5.3.1
}

// How long a CRL is good for, and how often a new one is made. The portal asks
// custody at each request; the CRL is for those who ask nobody else.
const (
	CRLLife  = 24 * time.Hour
	CRLEvery = time.Hour
)

// RevocationList signs a CRL with the authority's key (RFC 5280 section 5): its
// number is the moment it was made, in milliseconds, so that the lists of
// several portals go up together.
func RevocationList(ca *x509.Certificate, key crypto.Signer, ended []Ended, now time.Time) (*x509.RevocationList, error) {
	template := &x509.RevocationList{Number: big.NewInt(now.UnixMilli()), ThisUpdate: now, NextUpdate: now.Add(CRLLife)}
	for _, e := range ended {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: e.Serial, RevocationTime: e.At, ReasonCode: e.Reason})
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, ca, key)
	if err != nil {
		return nil, fmt.Errorf("sign the revocation list: %w", err)
	}
	return x509.ParseRevocationList(der)
}
