package revocation

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

// verdict is what an answer says of a certificate, and until when.
type verdict struct {
	revoked bool
	since   time.Time
	until   time.Time
}

// readOCSP accepts an answer that the issuer, or a responder that it made for
// this alone, signed about this very certificate, and that is of now.
func readOCSP(raw []byte, leaf, issuer *x509.Certificate, now time.Time) (verdict, error) {
	r, err := ocsp.ParseResponseForCert(raw, leaf, issuer) // checks the signature and the number
	if err != nil {
		return verdict{}, err
	}
	if d := r.Certificate; d != nil && !d.Equal(issuer) {
		switch {
		case !slices.Contains(d.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
			return verdict{}, errors.New("the responder's certificate is not for OCSP")
		case now.Before(d.NotBefore) || now.After(d.NotAfter):
			return verdict{}, errors.New("the responder's certificate is not valid now")
		}
	}
	if r.IssuerHash != crypto.SHA1 && r.IssuerHash != crypto.SHA256 {
		return verdict{}, errors.New("the answer names its issuer by an unknown hash")
	}
	if err := current(r.ThisUpdate, r.NextUpdate, now); err != nil {
		return verdict{}, err
	}
	switch r.Status {
	case ocsp.Good:
		return verdict{until: r.NextUpdate}, nil
	case ocsp.Revoked:
		return verdict{revoked: true, since: r.RevokedAt, until: r.NextUpdate}, nil
	}
	return verdict{}, errors.New("the responder does not know the certificate")
}

// readCRL accepts a full list of this issuer, signed by it and of now, and not
// older than the one before.
func readCRL(raw []byte, issuer *x509.Certificate, before *x509.RevocationList, now time.Time) (*x509.RevocationList, error) {
	if block, _ := pem.Decode(raw); block != nil {
		raw = block.Bytes
	}
	list, err := x509.ParseRevocationList(raw)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(list.RawIssuer, issuer.RawSubject) {
		return nil, errors.New("the list is of another issuer")
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return nil, err
	}
	for _, e := range list.Extensions {
		if e.Critical { // a delta, or a list of some reasons or certificates only
			return nil, fmt.Errorf("the list has the critical extension %v", e.Id)
		}
	}
	if before != nil && number(list).Cmp(number(before)) < 0 {
		return nil, errors.New("the list is older than the one before")
	}
	return list, current(list.ThisUpdate, list.NextUpdate, now)
}

func number(l *x509.RevocationList) *big.Int {
	if l.Number == nil {
		return new(big.Int)
	}
	return l.Number
}

func current(this, next, now time.Time) error {
	switch {
	case this.After(now.Add(skew)):
		return errors.New("the answer is of the future")
	case next.IsZero():
		return errors.New("the answer does not say how long it holds")
	case now.After(next):
		return errors.New("the answer is stale")
	}
	return nil
}

// listed says what a list says of a certificate.
func listed(list *x509.RevocationList, leaf *x509.Certificate) verdict {
	for _, e := range list.RevokedCertificateEntries {
		if e.SerialNumber.Cmp(leaf.SerialNumber) == 0 && e.ReasonCode != 8 { // removeFromCRL
			return verdict{revoked: true, since: e.RevocationTime, until: list.NextUpdate}
		}
	}
	return verdict{until: list.NextUpdate}
}
