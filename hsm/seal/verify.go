package seal

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"time"

	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Trust says which issuing authorities count.
type Trust struct{ Roots *x509.CertPool }

// Expect says what the caller asked to be signed. Kind "" stands for any kind
// of statement; Portal is always compared.
type Expect struct {
	Portal string
	Kind   Kind
}

// Tolerances between the clocks of portal and workstation.
const (
	maxIssueLead = 60 * time.Second // received may precede the issue by this much
	maxClockSkew = 10 * time.Minute // signing-time against received
)

// Verified is a seal that Verify accepted, with the very bytes it covers. The
// zero value is no seal; nothing outside this package can make another one.
type Verified struct {
	statement Statement
	content   []byte
	der       []byte
	digest    [32]byte
	leaf      *x509.Certificate
	received  time.Time
	signedAt  time.Time
}

// IsZero says that nothing was verified.
func (v Verified) IsZero() bool { return v.leaf == nil }

// Statement is what was signed, with its annex.
func (v Verified) Statement() Statement { return v.statement.clone() }

// Content are the signed bytes; the caller gets a copy of its own.
func (v Verified) Content() []byte { return bytes.Clone(v.content) }

// DER is the seal itself, a copy. ECDSA signatures are malleable: never tell
// seals apart by these bytes, but by Digest and Fingerprint.
func (v Verified) DER() []byte { return bytes.Clone(v.der) }

// Digest is the SHA-256 of Content.
func (v Verified) Digest() [32]byte { return v.digest }

// Kind is the purpose that was signed.
func (v Verified) Kind() Kind { return v.statement.Kind() }

// Certificate is the signer's; do not change it.
func (v Verified) Certificate() *x509.Certificate { return v.leaf }

// Fingerprint names the signer's certificate, see the function Fingerprint.
func (v Verified) Fingerprint() string {
	if v.leaf == nil {
		return ""
	}
	return Fingerprint(v.leaf)
}

// Received is the moment the verifier was told the whole seal had arrived.
func (v Verified) Received() time.Time { return v.received }

// SigningTime is what the workstation's clock said; it decides nothing.
func (v Verified) SigningTime() time.Time { return v.signedAt }

// Signer is the statement's signer line that this seal answers; kind login has
// none.
func (v Verified) Signer() (Signer, bool) {
	if v.IsZero() {
		return Signer{}, false
	}
	h, err := v.statement.Header()
	if err != nil {
		return Signer{}, false
	}
	i := slices.IndexFunc(h.Signers, func(s Signer) bool { return s.Fingerprint == v.Fingerprint() })
	if i < 0 {
		return Signer{}, false
	}
	return h.Signers[i], true
}

func (s Statement) clone() Statement {
	c := Statement{Text: Text{Kind: s.Text.Kind, Fields: slices.Clone(s.Text.Fields), Rows: slices.Clone(s.Text.Rows)},
		Annex: Annex{Columns: slices.Clone(s.Annex.Columns), Rows: slices.Clone(s.Annex.Rows)}}
	for i, row := range c.Text.Rows {
		c.Text.Rows[i] = slices.Clone(row)
	}
	for i, row := range c.Annex.Rows {
		c.Annex.Rows[i].Cells = slices.Clone(row.Cells)
	}
	return c
}

// Fingerprint is the lower-case hex SHA-256 of the certificate's DER.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

// Verify checks a seal over content with its annex, as SPEC.md lists, at the
// moment received (the server's clock when the whole seal had arrived; an
// offline verifier passes the log's). It reaches for no network, and does not
// ask whose key it is nor whether the seal was used before. A refusal is an
// *Error.
func Verify(der, content, annex []byte, trust Trust, expect Expect, received time.Time) (Verified, error) {
	if len(annex) > MaxContent {
		return Verified{}, refuse(TooLarge, "附件")
	}
	sd, leaf, err := checkSeal(der, content, trust, received)
	if err != nil {
		return Verified{}, err
	}
	s, err := ParseStatement(content, annex)
	if err != nil {
		return Verified{}, err
	}
	if err := s.checkExpected(expect, leaf, sd.attrs.at, received); err != nil {
		return Verified{}, err
	}
	return Verified{statement: s, content: bytes.Clone(content), der: bytes.Clone(der), digest: sha256.Sum256(content),
		leaf: leaf, received: received, signedAt: sd.attrs.at}, nil
}

// checkSeal holds all that concerns the seal and its key, before the text is
// read, and gives the signer's certificate.
func checkSeal(der, content []byte, trust Trust, received time.Time) (signedData, *x509.Certificate, error) {
	if len(content) > MaxContent {
		return signedData{}, nil, refuse(TooLarge, "正文")
	}
	sd, err := parseSeal(der)
	if err != nil {
		return sd, nil, err
	}
	certs, err := parseCertificates(sd.certs)
	if err != nil {
		return sd, nil, err
	}
	leaf, err := sd.signer(certs)
	if err != nil {
		return sd, nil, err
	}
	if err := sd.checkSignature(leaf, sha256.Sum256(content)); err != nil {
		return sd, nil, err
	}
	if err := checkUsage(leaf); err != nil {
		return sd, nil, err
	}
	return sd, leaf, checkPath(leaf, certs, trust, received)
}

// signer finds the one certificate that the sid names.
func (sd signedData) signer(certs []*x509.Certificate) (*x509.Certificate, error) {
	var leaf *x509.Certificate
	for _, c := range certs {
		if bytes.Equal(c.RawIssuer, sd.issuer) && c.SerialNumber.Cmp(sd.serial) == 0 {
			if leaf != nil {
				return nil, refuse(BadSignerID, "")
			}
			leaf = c
		}
	}
	if leaf == nil {
		return nil, refuse(BadSignerID, "")
	}
	return leaf, nil
}

// checkSignature holds the algorithms, the attributes and the signature.
func (sd signedData) checkSignature(leaf *x509.Certificate, digest [32]byte) error {
	hash := sha256.Sum256(leaf.Raw)
	if !bytes.Equal(sd.attrs.certHash, hash[:]) || !bytes.Equal(sd.attrs.certIssuer, leaf.RawIssuer) ||
		sd.attrs.certSerial.Cmp(leaf.SerialNumber) != 0 {
		return refuse(BadSigningCert, "")
	}
	if !strongKey(leaf.PublicKey) {
		return refuse(BadKey, "")
	}
	if !sd.agrees(leaf) {
		return refuse(BadAlgorithm, "")
	}
	if !bytes.Equal(sd.attrs.digest, digest[:]) {
		return refuse(BadMessageDigest, "")
	}
	signed, err := sd.attrs.encode(tag.SET)
	if err != nil {
		return refuseFor(NotDER, "", err)
	}
	sum := sha256.Sum256(signed)
	if !signatureHolds(leaf.PublicKey, sum[:], sd.signature) {
		return refuse(BadSignature, "")
	}
	return nil
}

// isSHA256 holds the table of digests: SHA-256, which RFC 5754 lets stand with
// or without NULL.
func isSHA256(alg []byte) bool {
	return bytes.Equal(alg, algorithm(oidSHA256, false)) || bytes.Equal(alg, algorithm(oidSHA256, true))
}

// agrees holds the table of signatures; parseSeal held that of digests. RSA
// may be named with or without its digest, and RFC 4055 wants the digest's name
// taken without NULL too.
func (sd signedData) agrees(leaf *x509.Certificate) bool {
	if _, ok := leaf.PublicKey.(*ecdsa.PublicKey); ok {
		return bytes.Equal(sd.sigAlg, algorithm(oidECDSASHA256, false))
	}
	return slices.ContainsFunc([][]byte{algorithm(oidRSA, true), algorithm(oidRSASHA256, true), algorithm(oidRSASHA256, false)},
		func(alg []byte) bool { return bytes.Equal(alg, sd.sigAlg) })
}

// checkExpected holds portal, purpose, validity, signer and the workstation's
// clock.
func (s Statement) checkExpected(expect Expect, leaf *x509.Certificate, signed, received time.Time) error {
	h, err := s.Header()
	if err != nil {
		return err
	}
	switch {
	case h.Portal != expect.Portal:
		return refuse(WrongPortal, "")
	case expect.Kind != "" && s.Kind() != expect.Kind:
		return refuse(WrongPurpose, "")
	case received.Before(h.Issued.Add(-maxIssueLead)):
		return refuse(NotYetIssued, "")
	case received.After(h.Expires):
		return refuse(Expired, "")
	}
	mine := Fingerprint(leaf)
	if s.Kind() != Login && !slices.ContainsFunc(h.Signers, func(g Signer) bool { return g.Fingerprint == mine }) {
		return refuse(NotSigner, "")
	}
	if skew := received.Sub(signed); skew > maxClockSkew || skew < -maxClockSkew {
		return refuse(WorkstationClock, "")
	}
	return nil
}
