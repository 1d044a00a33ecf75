package issuing

import (
	"crypto"
	"crypto/x509"
	"time"
)

// Authority is the CA at work: its certificate and the key inside the HSM.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// Issue is Staff with the authority's own key.
func (a *Authority) Issue(request *x509.CertificateRequest, h Holder, now time.Time) (*x509.Certificate, error) {
	return Staff(a.Certificate, a.Key, request, h, now)
}

// Revoke is RevocationList with the authority's own key.
func (a *Authority) Revoke(ended []Ended, now time.Time) (*x509.RevocationList, error) {
	return RevocationList(a.Certificate, a.Key, ended, now)
}
