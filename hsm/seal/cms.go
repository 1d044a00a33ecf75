package seal

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of RFC 5652, 5035, 5754, 3161.
var (
	oidData          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCert2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidTimestamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSASHA256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidRSA           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSASHA256     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
)

// signedData holds the parts of a seal that may differ from seal to seal;
// everything else is fixed by the profile. encode is the profile's only
// spelling, so a seal that parses must come out of encode byte for byte.
type signedData struct {
	digestAlg []byte   // AlgorithmIdentifier, in digestAlgorithms and SignerInfo alike
	certs     [][]byte // raw certificates, in DER order
	issuer    []byte   // raw Name of the sid
	serial    *big.Int // of the sid
	attrs     attributes
	sigAlg    []byte // AlgorithmIdentifier
	signature []byte
	timestamp []byte // raw value of an unsigned timestamp attribute, or nil
}

// attributes are the four signed attributes.
type attributes struct {
	digest     []byte // message-digest
	certHash   []byte // signing-certificate-v2
	certIssuer []byte
	certSerial *big.Int
	at         time.Time // signing-time, to the second
}

// Sign makes a seal over content: a detached CMS SignedData in DER with the
// leaf and its chain inside. The key must be the leaf's: ECDSA P-256, or RSA of
// at least 2048 bits with PKCS#1 v1.5, both with SHA-256. at becomes the
// signing-time, to the second; it proves nothing (the log's time does).
func Sign(content []byte, leaf *x509.Certificate, chain []*x509.Certificate, key crypto.Signer, at time.Time) ([]byte, error) {
	if len(content) > MaxContent {
		return nil, refuse(TooLarge, "正文")
	}
	sigAlg, err := signingAlgorithm(leaf)
	if err != nil {
		return nil, err
	}
	if pub, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(key.Public()) {
		return nil, refuse(KeyNotOfLeaf, "")
	}
	digest, hash := sha256.Sum256(content), sha256.Sum256(leaf.Raw)
	sd := signedData{
		digestAlg: algorithm(oidSHA256, false), certs: [][]byte{leaf.Raw}, sigAlg: sigAlg,
		issuer: leaf.RawIssuer, serial: leaf.SerialNumber,
		attrs: attributes{digest: digest[:], certHash: hash[:],
			certIssuer: leaf.RawIssuer, certSerial: leaf.SerialNumber, at: at.UTC().Truncate(time.Second)},
	}
	for _, c := range chain {
		if !slices.ContainsFunc(sd.certs, func(raw []byte) bool { return bytes.Equal(raw, c.Raw) }) {
			sd.certs = append(sd.certs, c.Raw)
		}
	}
	if len(sd.certs) > maxCertificates {
		return nil, refuse(BadCertificates, "")
	}
	slices.SortFunc(sd.certs, bytes.Compare)
	signed, err := sd.attrs.encode(tag.SET)
	if err != nil {
		return nil, refuseFor(BadSigningTime, "", err)
	}
	sum := sha256.Sum256(signed)
	if sd.signature, err = key.Sign(rand.Reader, sum[:], crypto.SHA256); err != nil {
		return nil, refuseFor(SignerRefused, "", err)
	}
	if !signatureHolds(leaf.PublicKey, sum[:], sd.signature) { // a token may answer nonsense
		return nil, refuse(SignerRefused, "签名值与证书不符")
	}
	der, err := sd.encode()
	if err == nil && len(der) > MaxSeal {
		return nil, refuse(TooLarge, "签章")
	}
	return der, err
}

func signingAlgorithm(leaf *x509.Certificate) ([]byte, error) {
	if leaf == nil || !strongKey(leaf.PublicKey) {
		return nil, refuse(UnsupportedSigning, "")
	}
	if _, ok := leaf.PublicKey.(*ecdsa.PublicKey); ok {
		return algorithm(oidECDSASHA256, false), nil
	}
	return algorithm(oidRSA, true), nil
}

// strongKey holds the table of keys: P-256, or RSA of 2048 to 8192 bits.
func strongKey(key crypto.PublicKey) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return k.Curve == elliptic.P256()
	case *rsa.PublicKey:
		return k.N.BitLen() >= 2048 && k.N.BitLen() <= 8192 && k.E >= 3 && k.E%2 == 1
	}
	return false
}

func signatureHolds(key crypto.PublicKey, digest, signature []byte) bool {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(k, digest, signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(k, crypto.SHA256, digest, signature) == nil
	}
	return false
}

func algorithm(oid asn1.ObjectIdentifier, null bool) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if null {
			b.AddASN1NULL()
		}
	})
	return b.BytesOrPanic() // fixed identifiers: cannot fail
}

// encode gives the attributes in DER order under SET (to be hashed) or [0]
// (inside the SignerInfo).
func (a attributes) encode(outer tag.Tag) ([]byte, error) {
	one := func(oid asn1.ObjectIdentifier, value func(*cryptobyte.Builder)) ([]byte, error) {
		var b cryptobyte.Builder
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(tag.SET, value)
		})
		return b.Bytes()
	}
	var all [][]byte
	for _, attr := range []struct {
		oid   asn1.ObjectIdentifier
		value func(*cryptobyte.Builder)
	}{
		{oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) }},
		{oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(a.digest) }},
		{oidSigningCert2, a.addSigningCertificate},
		{oidSigningTime, func(b *cryptobyte.Builder) {
			if y := a.at.Year(); y >= 1950 && y < 2050 { // RFC 5652, 11.3
				b.AddASN1UTCTime(a.at)
			} else {
				b.AddASN1GeneralizedTime(a.at)
			}
		}},
	} {
		der, err := one(attr.oid, attr.value)
		if err != nil {
			return nil, err
		}
		all = append(all, der)
	}
	slices.SortFunc(all, bytes.Compare)
	var b cryptobyte.Builder
	b.AddASN1(outer, func(b *cryptobyte.Builder) {
		for _, der := range all {
			b.AddBytes(der)
		}
	})
	return b.Bytes()
}

// addSigningCertificate writes SigningCertificateV2 with one ESSCertIDv2; the
// hash algorithm is SHA-256, which DER leaves out as the default.
func (a attributes) addSigningCertificate(b *cryptobyte.Builder) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(a.certHash)
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { // IssuerSerial
					b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { // GeneralNames
						b.AddASN1(directoryName, func(b *cryptobyte.Builder) { b.AddBytes(a.certIssuer) })
					})
					b.AddASN1BigInt(a.certSerial)
				})
			})
		})
	})
}

var (
	context0      = tag.Tag(0).ContextSpecific().Constructed()
	context1      = tag.Tag(1).ContextSpecific().Constructed()
	directoryName = tag.Tag(4).ContextSpecific().Constructed()
)

func (sd signedData) encode() ([]byte, error) {
	signedAttrs, err := sd.attrs.encode(context0)
	if err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(context0, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(tag.SET, func(b *cryptobyte.Builder) { b.AddBytes(sd.digestAlg) })
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
				b.AddASN1(context0, func(b *cryptobyte.Builder) {
					for _, raw := range sd.certs {
						b.AddBytes(raw)
					}
				})
				b.AddASN1(tag.SET, func(b *cryptobyte.Builder) { sd.addSignerInfo(b, signedAttrs) })
			})
		})
	})
	return b.Bytes()
}

func (sd signedData) addSignerInfo(b *cryptobyte.Builder, signedAttrs []byte) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(sd.issuer)
			b.AddASN1BigInt(sd.serial)
		})
		b.AddBytes(sd.digestAlg)
		b.AddBytes(signedAttrs)
		b.AddBytes(sd.sigAlg)
		b.AddASN1OctetString(sd.signature)
		if sd.timestamp != nil {
			b.AddASN1(context1, func(b *cryptobyte.Builder) {
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(oidTimestamp)
					b.AddASN1(tag.SET, func(b *cryptobyte.Builder) { b.AddBytes(sd.timestamp) })
				})
			})
		}
	})
}
