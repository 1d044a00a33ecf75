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

// Answer is what an authority said of one certificate; the zero Answer is none.
type Answer struct {
	Said  time.Time // thisUpdate: when the authority knew it to be so
	Heard time.Time // when it came here, which is what the grace counts from
	Ended time.Time // when the certificate was revoked; zero if it holds
	Held  bool      // revoked for the time being (certificateHold)
}

// IsZero reports whether there is no answer at all.
func (a Answer) IsZero() bool { return a.Said.IsZero() }

// Revoked reports whether the certificate does not hold.
func (a Answer) Revoked() bool { return !a.Ended.IsZero() }

// same compares to the millisecond, which is what a memory keeps.
func (a Answer) same(b Answer) bool {
	return a.IsZero() == b.IsZero() && a.Revoked() == b.Revoked() && a.Held == b.Held && a.Said.UnixMilli() == b.Said.UnixMilli() &&
		a.Heard.UnixMilli() == b.Heard.UnixMilli() && a.Ended.UnixMilli() == b.Ended.UnixMilli()
}

// final is a revocation that nothing takes back: of all reasons only a hold may
// end (RFC 5280 sections 5.3.1 and 3.3; a list drops any other entry only after
// the certificate has expired).
func (a Answer) final() bool { return a.Revoked() && !a.Held }

// Stands tells which of two answers about one certificate counts, whichever of
// them came first: a final revocation for ever; else the one that was said
// later, so that a hold ends by a later answer alone; of two said at the same
// moment the revocation.
func Stands(one, other Answer) Answer {
	switch {
	case one.IsZero() || other.IsZero():
		if one.IsZero() {
			return other
		}
	case one.final() || other.final():
		if !one.final() {
			return other
		}
	case !one.Said.Equal(other.Said):
		if other.Said.After(one.Said) {
			return other
		}
	case one.Revoked() != other.Revoked():
		if other.Revoked() {
			return other
		}
	case other.Heard.After(one.Heard):
		return other
	}
	return one
}

// onHold is the reason that may end (RFC 5280 section 5.3.1).
const onHold = 6

// revoked is an answer that a certificate was ended; a moment that no clock
// shows is that of the answer.
func revoked(said, heard, at time.Time, reason int) Answer {
	if at.UnixMilli() <= 0 {
		at = said
	}
	return Answer{Said: said, Heard: heard, Ended: at, Held: reason == onHold}
}

// readOCSP accepts an answer that the issuer, or a responder that it made for
// this alone, signed about this very certificate, and that is of now.
func readOCSP(raw []byte, leaf, issuer *x509.Certificate, now time.Time) (reusable, error) {
	r, err := ocsp.ParseResponseForCert(raw, leaf, issuer) // checks the signature and the number
	if err != nil {
		return reusable{}, err
	}
	if d := r.Certificate; d != nil && !d.Equal(issuer) {
		switch {
		case !slices.Contains(d.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
			return reusable{}, errors.New("the responder's certificate is not for OCSP")
		case now.Before(d.NotBefore) || now.After(d.NotAfter):
			return reusable{}, errors.New("the responder's certificate is not valid now")
		}
	}
	if r.IssuerHash != crypto.SHA1 && r.IssuerHash != crypto.SHA256 {
		return reusable{}, errors.New("the answer names its issuer by an unknown hash")
	}
	if err := current(r.ThisUpdate, r.NextUpdate, now); err != nil {
		return reusable{}, err
	}
	switch r.Status {
	case ocsp.Good:
		return reusable{Answer{Said: r.ThisUpdate, Heard: now}, r.NextUpdate}, nil
	case ocsp.Revoked:
		return reusable{revoked(r.ThisUpdate, now, r.RevokedAt, r.RevocationReason), r.NextUpdate}, nil
	}
	return reusable{}, errors.New("the responder does not know the certificate")
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
	case this.UnixMilli() <= 0 || next.IsZero():
		return errors.New("the answer does not say when it is of and how long it holds")
	case now.After(next):
		return errors.New("the answer is stale")
	}
	return nil
}

// listed says what a list that came at some moment says of a certificate.
func listed(list *x509.RevocationList, leaf *x509.Certificate, heard time.Time) Answer {
	for _, e := range list.RevokedCertificateEntries {
		if e.SerialNumber.Cmp(leaf.SerialNumber) == 0 && e.ReasonCode != 8 { // removeFromCRL
			return revoked(list.ThisUpdate, heard, e.RevocationTime, e.ReasonCode)
		}
	}
	return Answer{Said: list.ThisUpdate, Heard: heard}
}
