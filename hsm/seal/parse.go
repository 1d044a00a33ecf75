package seal

import (
	"bytes"
	"encoding/asn1"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// MaxSeal bounds a seal, in bytes.
const MaxSeal = 64 << 10

// maxCertificates bounds the work of path building.
const maxCertificates = 8

// parseSeal reads a seal of our profile. What it accepts comes out of encode
// byte for byte, which leaves no room for a second spelling anywhere.
func parseSeal(der []byte) (signedData, error) {
	if len(der) > MaxSeal {
		return signedData{}, refuse(TooLarge, "签章")
	}
	if len(der) == 0 || der[0] != byte(tag.SEQUENCE) {
		return signedData{}, refuse(NotCMS, "")
	}
	if !wellFormed(der, 0) {
		return signedData{}, refuse(NotDER, "")
	}
	in := cryptobyte.String(der)
	var info, wrapped, body cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&info, tag.SEQUENCE) {
		return signedData{}, refuse(NotCMS, "")
	}
	if !in.Empty() {
		return signedData{}, refuse(NotDER, "末尾")
	}
	if !info.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidSignedData) ||
		!info.ReadASN1(&wrapped, context0) || !wrapped.ReadASN1(&body, tag.SEQUENCE) {
		return signedData{}, refuse(NotCMS, "")
	}
	if !info.Empty() || !wrapped.Empty() {
		return signedData{}, refuse(NotDER, "末尾")
	}
	sd, err := parseSignedData(body)
	if err != nil {
		return signedData{}, err
	}
	again, err := sd.encode()
	if err != nil || !bytes.Equal(again, der) {
		return signedData{}, refuseFor(NotDER, "", err)
	}
	return sd, nil
}

func parseSignedData(body cryptobyte.String) (signedData, error) {
	var sd signedData
	var version int
	var algs, encap, certs, infos, info cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !body.ReadASN1Integer(&version) {
		return sd, refuse(NotCMS, "")
	}
	if version != 1 {
		return sd, refuse(BadVersion, "")
	}
	if !body.ReadASN1(&algs, tag.SET) || !body.ReadASN1(&encap, tag.SEQUENCE) || !encap.ReadASN1ObjectIdentifier(&oid) {
		return sd, refuse(NotCMS, "")
	}
	if !oid.Equal(oidData) {
		return sd, refuse(NotData, "")
	}
	if !encap.Empty() {
		return sd, refuse(EmbeddedContent, "")
	}
	if !body.ReadASN1(&certs, context0) {
		return sd, refuse(BadCertificates, "没有附证书")
	}
	for !certs.Empty() {
		var raw cryptobyte.String
		if !certs.ReadASN1Element(&raw, tag.SEQUENCE) || len(sd.certs) == maxCertificates {
			return sd, refuse(BadCertificates, "")
		}
		if n := len(sd.certs); n > 0 && bytes.Compare(sd.certs[n-1], raw) >= 0 {
			return sd, refuse(BadCertificates, "顺序或重复")
		}
		sd.certs = append(sd.certs, raw)
	}
	if body.PeekASN1Tag(context1) {
		return sd, refuse(BadCertificates, "不接受吊销列表")
	}
	if !body.ReadASN1(&infos, tag.SET) || !body.Empty() {
		return sd, refuse(NotCMS, "")
	}
	if !infos.ReadASN1(&info, tag.SEQUENCE) || !infos.Empty() {
		return sd, refuse(SignerCount, "")
	}
	if err := sd.parseSignerInfo(info); err != nil {
		return sd, err
	}
	if !bytes.Equal(algs, sd.digestAlg) {
		return sd, refuse(BadAlgorithm, "摘要算法")
	}
	return sd, nil
}

func (sd *signedData) parseSignerInfo(info cryptobyte.String) error {
	var version int
	var sid, digestAlg, attrs, sigAlg, signature cryptobyte.String
	if !info.ReadASN1Integer(&version) {
		return refuse(NotCMS, "")
	}
	if info.PeekASN1Tag(tag.Tag(0).ContextSpecific()) { // SubjectKeyIdentifier
		return refuse(BadSignerID, "")
	}
	if version != 1 {
		return refuse(BadVersion, "签名者")
	}
	sd.serial = new(big.Int)
	if !info.ReadASN1(&sid, tag.SEQUENCE) || !sid.ReadASN1Element((*cryptobyte.String)(&sd.issuer), tag.SEQUENCE) ||
		!sid.ReadASN1Integer(sd.serial) || !sid.Empty() {
		return refuse(BadSignerID, "")
	}
	if !info.ReadASN1Element(&digestAlg, tag.SEQUENCE) {
		return refuse(NotCMS, "")
	}
	if sd.digestAlg = digestAlg; !isSHA256(sd.digestAlg) {
		return refuse(BadAlgorithm, "摘要算法")
	}
	if !info.PeekASN1Tag(context0) {
		return refuse(NoAttributes, "")
	}
	if !info.ReadASN1(&attrs, context0) {
		return refuse(NotCMS, "")
	}
	if err := sd.attrs.parse(attrs); err != nil {
		return err
	}
	if !info.ReadASN1Element(&sigAlg, tag.SEQUENCE) || !info.ReadASN1(&signature, tag.OCTET_STRING) {
		return refuse(NotCMS, "")
	}
	sd.sigAlg, sd.signature = sigAlg, signature
	if info.Empty() {
		return nil
	}
	return sd.parseUnsigned(info)
}

// parseUnsigned accepts one timestamp attribute with one value. Its token is
// carried along and not judged: the log's time counts, not a TSA's.
func (sd *signedData) parseUnsigned(info cryptobyte.String) error {
	var attrs, attr, values, value cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !info.ReadASN1(&attrs, context1) || !info.Empty() {
		return refuse(NotCMS, "")
	}
	if !attrs.ReadASN1(&attr, tag.SEQUENCE) || !attrs.Empty() ||
		!attr.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidTimestamp) ||
		!attr.ReadASN1(&values, tag.SET) || !attr.Empty() ||
		!values.ReadASN1Element(&value, tag.SEQUENCE) || !values.Empty() {
		return refuse(UnsignedAttribute, "")
	}
	token := value
	var inner cryptobyte.String
	if !token.ReadASN1(&inner, tag.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&oid) || !oid.Equal(oidSignedData) ||
		!wellFormed(value, 0) {
		return refuse(UnsignedAttribute, "时间戳")
	}
	sd.timestamp = value
	return nil
}

// wellFormed walks definite, minimal tags and lengths all the way down.
func wellFormed(der cryptobyte.String, depth int) bool {
	for !der.Empty() {
		var inner cryptobyte.String
		var t tag.Tag
		if depth > 32 || !der.ReadAnyASN1(&inner, &t) {
			return false
		}
		if t&0x20 != 0 && !wellFormed(inner, depth+1) {
			return false
		}
	}
	return true
}

// parse reads the four attributes: each once, with one value, in DER order.
func (a *attributes) parse(in cryptobyte.String) error {
	seen := map[string]bool{}
	var before []byte
	for !in.Empty() {
		var raw, attr, values cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !in.ReadASN1Element(&raw, tag.SEQUENCE) {
			return refuse(NotCMS, "")
		}
		body := raw
		if !body.ReadASN1(&attr, tag.SEQUENCE) || !attr.ReadASN1ObjectIdentifier(&oid) ||
			!attr.ReadASN1(&values, tag.SET) || !attr.Empty() {
			return refuse(NotCMS, "")
		}
		if seen[oid.String()] {
			return refuse(AttributeRepeated, oid.String())
		}
		if before != nil && bytes.Compare(before, raw) >= 0 {
			return refuse(AttributeOrder, "")
		}
		seen[oid.String()], before = true, raw
		if err := a.parseValue(oid, values); err != nil {
			return err
		}
	}
	for _, oid := range []asn1.ObjectIdentifier{oidContentType, oidMessageDigest, oidSigningCert2, oidSigningTime} {
		if !seen[oid.String()] {
			return refuse(AttributeMissing, oid.String())
		}
	}
	return nil
}

func (a *attributes) parseValue(oid asn1.ObjectIdentifier, values cryptobyte.String) error {
	ok := false
	switch {
	case oid.Equal(oidContentType):
		var content asn1.ObjectIdentifier
		if ok = values.ReadASN1ObjectIdentifier(&content); ok && !content.Equal(oidData) {
			return refuse(BadContentType, "")
		}
	case oid.Equal(oidMessageDigest):
		ok = values.ReadASN1((*cryptobyte.String)(&a.digest), tag.OCTET_STRING)
	case oid.Equal(oidSigningCert2):
		ok = a.parseSigningCertificate(&values)
	case oid.Equal(oidSigningTime):
		if ok = readTime(&values, &a.at); !ok {
			return refuse(BadSigningTime, "")
		}
	default:
		return refuse(AttributeUnknown, oid.String())
	}
	if !ok || !values.Empty() {
		return refuse(AttributeValue, oid.String())
	}
	return nil
}

// readTime brings the time to UTC, so that one with an offset or without
// seconds does not survive the comparison with encode.
func readTime(in *cryptobyte.String, at *time.Time) bool {
	read := in.ReadASN1GeneralizedTime
	if in.PeekASN1Tag(tag.UTCTime) {
		read = in.ReadASN1UTCTime
	}
	ok := read(at)
	*at = at.UTC()
	return ok
}

func (a *attributes) parseSigningCertificate(in *cryptobyte.String) bool {
	var v2, ids, id, issuerSerial, names, name cryptobyte.String
	a.certSerial = new(big.Int)
	return in.ReadASN1(&v2, tag.SEQUENCE) && v2.ReadASN1(&ids, tag.SEQUENCE) && v2.Empty() &&
		ids.ReadASN1(&id, tag.SEQUENCE) && ids.Empty() &&
		id.ReadASN1((*cryptobyte.String)(&a.certHash), tag.OCTET_STRING) &&
		id.ReadASN1(&issuerSerial, tag.SEQUENCE) && id.Empty() &&
		issuerSerial.ReadASN1(&names, tag.SEQUENCE) &&
		names.ReadASN1(&name, directoryName) && names.Empty() &&
		name.ReadASN1Element((*cryptobyte.String)(&a.certIssuer), tag.SEQUENCE) && name.Empty() &&
		issuerSerial.ReadASN1Integer(a.certSerial) && issuerSerial.Empty()
}
