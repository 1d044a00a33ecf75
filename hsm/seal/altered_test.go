package seal

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"testing"
)

var oidDigestedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 5}

func TestASealAlteredByHandAndSignedAgainIsRefusedWithItsReason(t *testing.T) {
	sc := newScene(t, Conclude)
	other := newAuthority(t)
	cases := []struct {
		name   string
		reason Reason
		change func(s sealTree)
	}{
		{"nothing changed", "", func(sealTree) {}},
		{"SignedData version 3", BadVersion, func(s sealTree) { s.version().body = []byte{3} }},
		{"SignerInfo version 3", BadVersion, func(s sealTree) { s.info().kids[0].body = []byte{3} }},
		{"outer type digestedData", NotCMS, func(s sealTree) { s.root.kids[0] = oidNode(t, oidDigestedData) }},
		{"a second element beside the content", NotDER, func(s sealTree) { s.root.kids = append(s.root.kids, leafNode(5, nil)) }},
		{"eContentType not id-data", NotData, func(s sealTree) { s.encap().kids[0] = oidNode(t, oidDigestedData) }},
		{"content embedded", EmbeddedContent, func(s sealTree) {
			s.encap().kids = append(s.encap().kids, element(0xa0, leafNode(4, sc.text)))
		}},
		{"empty content embedded", EmbeddedContent, func(s sealTree) {
			s.encap().kids = append(s.encap().kids, element(0xa0, leafNode(4, nil)))
		}},
		{"no certificates", BadCertificates, func(s sealTree) { s.data().kids = append(s.data().kids[:3:3], s.infos()) }},
		{"certificates out of order", BadCertificates, func(s sealTree) {
			k := s.certs().kids
			k[0], k[1] = k[1], k[0]
		}},
		{"a certificate twice", BadCertificates, func(s sealTree) {
			k := s.certs().kids
			s.certs().kids = append(k[:1:1], k...)
		}},
		{"an unrelated certificate", BadCertificates, func(s sealTree) { s.addCert(t, other.issuing) }},
		{"a CRL", BadCertificates, func(s sealTree) {
			k := s.data().kids
			s.data().kids = append(append(k[:4:4], element(0xa1)), k[4:]...)
		}},
		{"no signer", SignerCount, func(s sealTree) { s.infos().kids = nil }},
		{"the signer twice", SignerCount, func(s sealTree) { s.infos().kids = append(s.infos().kids, s.info().clone()) }},
		{"sid by key identifier", BadSignerID, func(s sealTree) { s.info().kids[1] = leafNode(0x80, []byte("12345678901234567890")) }},
		{"sid with another serial", BadSignerID, func(s sealTree) { s.sid().kids[1].body[1] ^= 1 }},
		{"sid naming the intermediate", BadSigningCert, func(s sealTree) {
			s.sid().kids = parseNodes(t, append(bytes.Clone(sc.ca.issuing.RawIssuer), asn1Int(t, sc.ca.issuing)...))
		}},
		{"digest algorithms disagree", BadAlgorithm, func(s sealTree) { s.digests().kids[0].kids = append(s.digests().kids[0].kids, leafNode(5, nil)) }},
		{"two digest algorithms", BadAlgorithm, func(s sealTree) {
			s.digests().kids = append(s.digests().kids, s.digests().kids[0].clone())
		}},
		{"digest algorithm SHA-512", BadAlgorithm, func(s sealTree) {
			for _, alg := range []*node{s.digests().kids[0], s.info().kids[2]} {
				alg.kids[0] = oidNode(t, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3})
			}
		}},
		{"signature algorithm RSA for an EC key", BadAlgorithm, func(s sealTree) {
			s.info().kids[4].kids = []*node{oidNode(t, oidRSA), leafNode(5, nil)}
		}},
		{"ECDSA with SHA-384 named", BadAlgorithm, func(s sealTree) {
			s.info().kids[4].kids[0] = oidNode(t, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3})
		}},
		{"ECDSA with a NULL parameter", BadAlgorithm, func(s sealTree) { s.info().kids[4].kids = append(s.info().kids[4].kids, leafNode(5, nil)) }},
		{"no signed attributes", NoAttributes, func(s sealTree) { s.info().kids = append(s.info().kids[:3:3], s.info().kids[4:]...) }},
		{"empty signed attributes", AttributeMissing, func(s sealTree) { s.attrs().kids = nil }},
		{"unsigned attribute other than a timestamp", UnsignedAttribute, func(s sealTree) { s.unsigned(t, oidSigningTime, leafNode(0x17, []byte("261120040400Z"))) }},
		{"timestamp that is none", UnsignedAttribute, func(s sealTree) { s.unsigned(t, oidTimestamp, element(0x30, leafNode(5, nil))) }},
		{"timestamp shaped as one", "", func(s sealTree) { s.unsigned(t, oidTimestamp, element(0x30, oidNode(t, oidSignedData), element(0xa0))) }},
		{"empty unsigned attributes", UnsignedAttribute, func(s sealTree) { s.info().kids = append(s.info().kids, element(0xa1)) }},
		{"something after the signer's fields", NotCMS, func(s sealTree) { s.info().kids = append(s.info().kids, leafNode(5, nil)) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := sc.verifyDER(sc.altered(t, c.change))
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantReason(t, err, c.reason)
		})
	}
}

func TestSignedAttributesThatDifferFromTheProfileAreRefused(t *testing.T) {
	sc := newScene(t, Conclude)
	cases := []struct {
		name   string
		reason Reason
		change func(s sealTree)
	}{
		{"out of DER order", AttributeOrder, func(s sealTree) {
			k := s.attrs().kids
			k[0], k[1] = k[1], k[0]
		}},
		{"an attribute twice", AttributeRepeated, func(s sealTree) {
			k := s.attrs().kids
			s.attrs().kids = append(k[:1:1], k...)
		}},
		{"no content-type", AttributeMissing, func(s sealTree) { s.dropAttr(t, oidContentType) }},
		{"no message-digest", AttributeMissing, func(s sealTree) { s.dropAttr(t, oidMessageDigest) }},
		{"no signing-certificate-v2", AttributeMissing, func(s sealTree) { s.dropAttr(t, oidSigningCert2) }},
		{"no signing-time", AttributeMissing, func(s sealTree) { s.dropAttr(t, oidSigningTime) }},
		{"an unknown attribute", AttributeUnknown, func(s sealTree) {
			s.attr(t, oidSigningTime).kids[0] = oidNode(t, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16})
		}},
		{"content-type not id-data", BadContentType, func(s sealTree) { s.value(t, oidContentType, oidNode(t, oidDigestedData)) }},
		{"content-type with two values", AttributeValue, func(s sealTree) { s.twice(t, oidContentType) }},
		{"message-digest with two values", AttributeValue, func(s sealTree) { s.twice(t, oidMessageDigest) }},
		{"message-digest without a value", AttributeValue, func(s sealTree) {
			s.attr(t, oidMessageDigest).kids[1].kids = nil
			s.sortAttrs()
		}},
		{"signing-time with two values", AttributeValue, func(s sealTree) { s.twice(t, oidSigningTime) }},
		{"signing-certificate-v2 with two values", AttributeValue, func(s sealTree) { s.twice(t, oidSigningCert2) }},
		{"message-digest of another text", BadMessageDigest, func(s sealTree) { s.attr(t, oidMessageDigest).kids[1].kids[0].body[0] ^= 1 }},
		{"message-digest cut short", BadMessageDigest, func(s sealTree) {
			d := s.attr(t, oidMessageDigest).kids[1].kids[0]
			d.body = d.body[:31]
		}},
		{"certificate hash of another certificate", BadSigningCert, func(s sealTree) { s.certID(t).kids[0].body[0] ^= 1 }},
		{"issuerSerial with another serial", BadSigningCert, func(s sealTree) { s.certID(t).kids[1].kids[1].body[1] ^= 1 }},
		{"issuerSerial with another issuer", BadSigningCert, func(s sealTree) {
			s.certID(t).kids[1].kids[0].kids[0].kids = parseNodes(t, sc.ca.root.RawSubject)
		}},
		{"no issuerSerial", AttributeValue, func(s sealTree) { s.certID(t).kids = s.certID(t).kids[:1] }},
		{"two certificate identifiers", AttributeValue, func(s sealTree) {
			ids := s.attr(t, oidSigningCert2).kids[1].kids[0].kids[0]
			ids.kids = append(ids.kids, ids.kids[0].clone())
		}},
		{"hash algorithm written out though default", AttributeValue, func(s sealTree) {
			id := s.certID(t)
			id.kids = append([]*node{element(0x30, oidNode(t, oidSHA256))}, id.kids...)
		}},
		{"signing-time no time", BadSigningTime, func(s sealTree) { s.value(t, oidSigningTime, leafNode(0x17, []byte("261320040400Z"))) }},
		{"signing-time without seconds", NotDER, func(s sealTree) { s.value(t, oidSigningTime, leafNode(0x17, []byte("2611200404Z"))) }},
		{"signing-time with an offset", NotDER, func(s sealTree) { s.value(t, oidSigningTime, leafNode(0x17, []byte("261120120400+0800"))) }},
		{"signing-time generalized before 2050", NotDER, func(s sealTree) { s.value(t, oidSigningTime, leafNode(0x18, []byte("20261120040400Z"))) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := sc.verifyDER(sc.altered(t, c.change))
			wantReason(t, err, c.reason)
		})
	}
}

func TestASealOutsideStrictDERIsRefused(t *testing.T) {
	sc := newScene(t, Conclude)
	long := append([]byte{0x30, 0x83, 0}, sc.der[2:]...) // 82 xx xx as 83 00 xx xx
	indefinite := append(append([]byte{0x30, 0x80}, sc.der[4:]...), 0, 0)
	inner := sc.altered(t, func(s sealTree) { s.version().body = []byte{0, 1} })
	for name, c := range map[string]struct {
		der    []byte
		reason Reason
	}{
		"empty":             {nil, NotCMS},
		"text":              {[]byte("-----BEGIN CMS-----\n"), NotCMS},
		"trailing byte":     {append(bytes.Clone(sc.der), 0), NotDER},
		"trailing element":  {append(bytes.Clone(sc.der), 5, 0), NotDER},
		"twice":             {append(bytes.Clone(sc.der), sc.der...), NotDER},
		"cut":               {sc.der[:len(sc.der)-1], NotDER},
		"long length":       {long, NotDER},
		"indefinite length": {indefinite, NotDER},
		"padded integer":    {inner, NotCMS},
		"too large":         {bytes.Repeat([]byte{0x30}, MaxSeal+1), TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sc.verifyDER(c.der)
			wantReason(t, err, c.reason)
		})
	}
}

func TestASignatureOfAnotherKeyOrOverAnotherTextIsRefused(t *testing.T) {
	sc, other := newScene(t, Conclude), newEC(t)
	s := sealTree{parseNodes(t, sc.der)[0]}
	s.resign(t, other)
	_, err := sc.verifyDER(s.root.der())
	wantReason(t, err, BadSignature)

	_, err = Verify(sc.der, append([]byte("x"), sc.text...), sc.annex, sc.ca.trust(), sc.expect, sc.received)
	wantReason(t, err, BadMessageDigest)
	_, err = Verify(sc.der, sc.text, nil, sc.ca.trust(), sc.expect, sc.received)
	wantReason(t, err, AnnexMismatch)
}

func asn1Int(t testing.TB, c *x509.Certificate) []byte {
	t.Helper()
	der, err := asn1.Marshal(c.SerialNumber)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (s sealTree) addCert(t testing.TB, c *x509.Certificate) {
	t.Helper()
	n := parseNodes(t, c.Raw)[0]
	k := s.certs().kids
	i := 0
	for i < len(k) && bytes.Compare(k[i].der(), c.Raw) < 0 {
		i++
	}
	s.certs().kids = append(append(k[:i:i], n), k[i:]...)
}

func (s sealTree) dropAttr(t testing.TB, oid asn1.ObjectIdentifier) {
	t.Helper()
	gone := s.attr(t, oid)
	var kept []*node
	for _, a := range s.attrs().kids {
		if a != gone {
			kept = append(kept, a)
		}
	}
	s.attrs().kids = kept
}

// value replaces an attribute's value and puts the set in order again.
func (s sealTree) value(t testing.TB, oid asn1.ObjectIdentifier, n *node) {
	t.Helper()
	s.attr(t, oid).kids[1].kids = []*node{n}
	s.sortAttrs()
}

func (s sealTree) twice(t testing.TB, oid asn1.ObjectIdentifier) {
	t.Helper()
	set := s.attr(t, oid).kids[1]
	set.kids = append(set.kids, set.kids[0].clone())
	s.sortAttrs()
}

func (s sealTree) certID(t testing.TB) *node {
	t.Helper()
	return s.attr(t, oidSigningCert2).kids[1].kids[0].kids[0].kids[0]
}

func (s sealTree) unsigned(t testing.TB, oid asn1.ObjectIdentifier, value *node) {
	t.Helper()
	s.info().kids = append(s.info().kids, element(0xa1, element(0x30, oidNode(t, oid), element(0x31, value))))
}
