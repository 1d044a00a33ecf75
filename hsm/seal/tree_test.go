package seal

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"slices"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// node is one DER element that a test may alter and encode again.
type node struct {
	tag  byte
	body []byte // of a primitive element
	kids []*node
}

func parseNodes(t testing.TB, in cryptobyte.String) []*node {
	t.Helper()
	var all []*node
	for !in.Empty() {
		var body cryptobyte.String
		var k tag.Tag
		if !in.ReadAnyASN1(&body, &k) {
			t.Fatal("the test's DER does not parse")
		}
		n := &node{tag: byte(k)}
		if n.tag&0x20 != 0 {
			n.kids = parseNodes(t, body)
		} else {
			n.body = bytes.Clone(body)
		}
		all = append(all, n)
	}
	return all
}

func (n *node) der() []byte {
	body := n.body
	for _, k := range n.kids {
		body = append(body, k.der()...)
	}
	out := []byte{n.tag}
	switch l := len(body); {
	case l < 0x80:
		out = append(out, byte(l))
	case l < 0x100:
		out = append(out, 0x81, byte(l))
	default:
		out = append(out, 0x82, byte(l>>8), byte(l))
	}
	return append(out, body...)
}

func (n *node) clone() *node {
	c := &node{tag: n.tag, body: append([]byte(nil), n.body...)}
	for _, k := range n.kids {
		c.kids = append(c.kids, k.clone())
	}
	return c
}

func element(k byte, kids ...*node) *node { return &node{tag: k, kids: kids} }
func leafNode(k byte, body []byte) *node  { return &node{tag: k, body: body} }

func oidNode(t testing.TB, oid asn1.ObjectIdentifier) *node {
	t.Helper()
	der, err := asn1.Marshal(oid)
	if err != nil {
		t.Fatal(err)
	}
	return parseNodes(t, der)[0]
}

// sealTree gives names to the parts of a seal.
type sealTree struct{ root *node }

func (s sealTree) data() *node    { return s.root.kids[1].kids[0] }
func (s sealTree) version() *node { return s.data().kids[0] }
func (s sealTree) digests() *node { return s.data().kids[1] }
func (s sealTree) encap() *node   { return s.data().kids[2] }
func (s sealTree) certs() *node   { return s.data().kids[3] }
func (s sealTree) infos() *node   { return s.data().kids[len(s.data().kids)-1] }
func (s sealTree) info() *node    { return s.infos().kids[0] }
func (s sealTree) sid() *node     { return s.info().kids[1] }
func (s sealTree) attrs() *node   { return s.info().kids[3] }

// attr finds a signed attribute.
func (s sealTree) attr(t testing.TB, oid asn1.ObjectIdentifier) *node {
	t.Helper()
	want := string(oidNode(t, oid).body)
	for _, a := range s.attrs().kids {
		if string(a.kids[0].body) == want {
			return a
		}
	}
	t.Fatalf("no attribute %v", oid)
	return nil
}

// resign signs the attributes as they now stand, so that only the alteration
// itself can be what is refused.
func (s sealTree) resign(t testing.TB, key crypto.Signer) {
	t.Helper()
	set := s.attrs().clone()
	set.tag = 0x31
	sum := sha256.Sum256(set.der())
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	s.info().kids[5].body = signature
}

// altered gives the seal after a change, signed again.
func (sc *scene) altered(t testing.TB, change func(sealTree)) []byte {
	t.Helper()
	s := sealTree{parseNodes(t, sc.der)[0]}
	change(s)
	if len(s.infos().kids) > 0 && len(s.info().kids) > 5 && s.attrs().tag == 0xa0 {
		s.resign(t, sc.who.key)
	}
	return s.root.der()
}

func (s sealTree) sortAttrs() { sortNodes(s.attrs().kids) }

func sortNodes(all []*node) {
	slices.SortFunc(all, func(a, b *node) int { return bytes.Compare(a.der(), b.der()) })
}
