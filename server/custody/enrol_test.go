package custody

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
)

func TestACertificateNumberOrKeyThatWasSeenBeforeIsRefusedWhateverBecameOfIt(t *testing.T) {
	leaf := selfSigned(t)
	next := Key{Fingerprint: "ff", Serial: "a1", Issuer: ExternalCA, Public: "p1"}
	if err := Fresh(Key{Fingerprint: "ff", Public: PublicDigest(leaf.RawSubjectPublicKeyInfo)}, []Key{{Fingerprint: "01", Certificate: leaf.Raw, State: Lost}}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a pair that only an older certificate names: %v", err)
	}
	for name, c := range map[string]struct {
		alike Key
		says  string // empty: it may be enrolled
	}{
		"the very certificate":           {Key{Fingerprint: "ff", State: Revoked}, "这张证书已经登记过"},
		"the same pair":                  {Key{Fingerprint: "01", Public: "p1", State: Lost}, "这个公钥已经登记过"},
		"the number, same issuer":        {Key{Fingerprint: "01", Serial: "a1", Issuer: ExternalCA, State: Revoked}, "证书序列号"},
		"the number, of our own issuing": {Key{Fingerprint: "01", Serial: "a1", Issuer: OwnCA, State: Issued}, "证书序列号"},
		"another number":                 {Key{Fingerprint: "01", Serial: "a2", Issuer: ExternalCA, Public: "p2"}, ""},
		"a key of before numbers":        {Key{Fingerprint: "01"}, ""},
	} {
		err := Fresh(next, []Key{c.alike})
		if c.says == "" && err != nil || c.says != "" && (!fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Fresh(Key{Fingerprint: "ff"}, []Key{{Fingerprint: "01"}}); err != nil {
		t.Errorf("two keys without a number or pair: %v", err)
	}
}

// selfSigned is some certificate.
func selfSigned(t *testing.T) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func TestANameInACertificateCountsOnlyInTheSpellingOnFile(t *testing.T) {
	for name, ok := range map[string]bool{"Zhang San": true, "Zhang San@0012": true, "0012-Zhang San": true, "zhang san": false, "ZHANG SAN": false, "Zhang San ": false,
		" Zhang San": false, "Zhang  San": false, "ZhangSan": false, "Ｚhang San": false, "Zhang": false, "San": false, "Zhang\u200bSan": false, "": false} {
		if err := Bears(name, "Zhang San"); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := Bears("阿依古丽·买买提", "阿依古丽·买买提"); err != nil {
		t.Errorf("a name with a dot: %v", err)
	}
	if err := Bears("", ""); err == nil {
		t.Error("nobody is named and that is taken")
	}
	if err := Bears(strings.Repeat("程", 500)+"\x1b[31m", "程"); err == nil || len([]rune(err.Error())) > 200 || strings.ContainsRune(err.Error(), 0x1b) {
		t.Errorf("a hostile name is shown as it is: %.300q", err)
	}
}
