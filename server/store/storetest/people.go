package storetest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/registration"
)

// Person is somebody invented with a software key.
type Person struct {
	ID, Name, Org string
	Roles         []policy.Role
	Certificate   *x509.Certificate
	key           crypto.Signer
}

// Fingerprint names the person's certificate.
func (p Person) Fingerprint() string { return seal.Fingerprint(p.Certificate) }

// Token is the serial number of the person's token.
func (p Person) Token() string { return "T-" + p.ID }

// cast is the small city: two schools of one county, one city-run school.
var cast = []Person{
	{ID: "U00001", Name: "方一石", Org: "341000", Roles: []policy.Role{policy.SEC}},
	{ID: "U00002", Name: "许二川", Org: "341000", Roles: []policy.Role{policy.AUD}},
	{ID: "U00003", Name: "汪三木", Org: "HS1", Roles: []policy.Role{policy.SC}},
	{ID: "U00004", Name: "程四水", Org: "HS1", Roles: []policy.Role{policy.SH}},
	{ID: "U00005", Name: "江五禾", Org: "341021", Roles: []policy.Role{policy.CA}},
	{ID: "U00006", Name: "胡六田", Org: "341021", Roles: []policy.Role{policy.CL}},
	{ID: "U00007", Name: "吴七山", Org: "341000", Roles: []policy.Role{policy.ML}},
	{ID: "U00008", Name: "潘八谷", Org: "HS2", Roles: []policy.Role{policy.SC}},
	{ID: "U00009", Name: "李九峰", Org: "341000-SZ", Roles: []policy.Role{policy.MD}},
	{ID: "U00010", Name: "黄十里", Org: "341024", Roles: []policy.Role{policy.CA}},
	{ID: "U00011", Name: "洪百叶", Org: "341021", Roles: []policy.Role{policy.CA}},
}

// Peers are people with the right of somebody of the cast, in the same body or
// in another one; a world has them when it is asked for.
var Peers = []Person{
	{ID: "U00012", Name: "朱十二", Org: "HS2", Roles: []policy.Role{policy.SH}},
	{ID: "U00013", Name: "曹十三", Org: "HS1", Roles: []policy.Role{policy.SC}},
	{ID: "U00014", Name: "叶十四", Org: "341021", Roles: []policy.Role{policy.CL}},
	{ID: "U00015", Name: "范十五", Org: "341000", Roles: []policy.Role{policy.SEC}},
	{ID: "U00016", Name: "钱十六", Org: "341000", Roles: []policy.Role{policy.ML}},
	{ID: "U00017", Name: "孙十七", Org: "341000", Roles: []policy.Role{policy.AUD}},
}

// authority issues the people's certificates.
type authority struct {
	root *x509.Certificate
	key  crypto.Signer
}

func newKey(tb testing.TB) crypto.Signer {
	tb.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func newAuthority(tb testing.TB, at time.Time) authority {
	tb.Helper()
	a := authority{key: newKey(tb)}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "store test CA"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotBefore: at.AddDate(-1, 0, 0), NotAfter: at.AddDate(20, 0, 0)}
	a.root = a.issue(tb, template, template, a.key.Public())
	return a
}

func (a authority) issue(tb testing.TB, template, parent *x509.Certificate, pub crypto.PublicKey) *x509.Certificate {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, a.key)
	if err != nil {
		tb.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// person gives somebody a key.
func (a authority) person(tb testing.TB, p Person, n int64, at time.Time) Person {
	tb.Helper()
	p.key = newKey(tb)
	p.Certificate = a.issue(tb, &x509.Certificate{SerialNumber: big.NewInt(100 + n), Subject: pkix.Name{CommonName: p.ID},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore: at.AddDate(0, -1, 0), NotAfter: at.AddDate(10, 0, 0)}, a.root, p.key.Public())
	return p
}

func (a authority) trust() seal.Trust {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return seal.Trust{Roots: pool}
}

// Shanghai is the zone of everything.
var Shanghai = registration.Shanghai

// Double is somebody with the same number and another key, issued by the same
// authority and known to no register.
func (w *World) Double(tb testing.TB, person string) Person {
	tb.Helper()
	return w.ca.person(tb, w.People[person], time.Now().UnixNano(), w.Clock())
}

// CA is the certificate of the people's authority, DER.
func (w *World) CA() []byte { return w.ca.root.Raw }
