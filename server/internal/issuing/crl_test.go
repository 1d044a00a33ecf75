package issuing

import (
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm"
)

func TestOpenSSLReadsTheRevocationListAndRefusesByIt(t *testing.T) {
	root, caKey, token := authority(t, "issuing-crl")
	now := time.Now()
	var leaves []*x509.Certificate
	for _, label := range []string{"good", "lost", "held"} {
		key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: label})
		if err != nil {
			t.Fatal(err)
		}
		request, err := Request(key)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := Staff(root, caKey, request, Holder{Staff: "U00028", Name: "欧阳思静", Organisation: "歙县教育局"}, now)
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	list, err := RevocationList(root, caKey, []Ended{{leaves[1].SerialNumber, now.Add(-time.Hour), 1}, {leaves[2].SerialNumber, now.Add(-time.Minute), 6}}, now)
	if err != nil {
		t.Fatal(err)
	}
	later, err := RevocationList(root, caKey, nil, now.Add(CRLEvery))
	if err != nil {
		t.Fatal(err)
	}
	if later.Number.Cmp(list.Number) <= 0 || !list.NextUpdate.Equal(list.ThisUpdate.Add(CRLLife)) || list.CheckSignatureFrom(root) != nil {
		t.Errorf("numbers %v then %v, next update %v", list.Number, later.Number, list.NextUpdate)
	}
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	crl := write("crl.pem", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list.Raw}))
	ca := write("ca.pem", PEM(root))
	out, err := exec.Command("openssl", "crl", "-in", crl, "-CAfile", ca, "-noout", "-text").CombinedOutput()
	if err != nil {
		t.Fatalf("openssl crl: %v: %s", err, out)
	}
	for _, want := range []string{"verify OK", "X509v3 CRL Number", "Key Compromise", "Certificate Hold", "Next Update", strings.ToUpper(leaves[1].SerialNumber.Text(16))} {
		if !strings.Contains(string(out), want) {
			t.Errorf("openssl crl does not say %q:\n%s", want, out)
		}
	}
	for i, want := range []string{"OK", "certificate revoked", "certificate revoked"} {
		out, _ := exec.Command("openssl", "verify", "-crl_check", "-CRLfile", crl, "-CAfile", ca, "-purpose", "sslclient", write("leaf.pem", PEM(leaves[i]))).CombinedOutput()
		if !strings.Contains(string(out), want) {
			t.Errorf("certificate %d: %s, want %s", i, out, want)
		}
	}
}

func TestTheProfileIsHeldAgainstEveryCertificate(t *testing.T) {
	root, caKey, token := authority(t, "issuing-lint")
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.RSA2048, Label: "rsa"})
	if err != nil {
		t.Fatal(err)
	}
	request, err := Request(key)
	if err != nil {
		t.Fatal(err)
	}
	good, err := Staff(root, caKey, request, Holder{Staff: "U00028", Name: "欧阳思静", Organisation: "歙县教育局"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(good.SubjectKeyId) != 20 || string(good.AuthorityKeyId) != string(root.SubjectKeyId) {
		t.Error("no key identifiers")
	}
	for name, change := range map[string]func(*x509.Certificate){
		"no name":                 func(c *x509.Certificate) { c.Subject.CommonName = "" },
		"a name of 65 characters": func(c *x509.Certificate) { c.Subject.CommonName = strings.Repeat("长", 65) },
		"no organisation":         func(c *x509.Certificate) { c.Subject.Organization = nil },
		"a small serial number":   func(c *x509.Certificate) { c.SerialNumber = big.NewInt(7) },
		"a server's use":          func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} },
		"any use":                 func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageAny) },
		"key encipherment":        func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageKeyEncipherment },
		"an authority":            func(c *x509.Certificate) { c.IsCA = true },
		"longer than the root":    func(c *x509.Certificate) { c.NotAfter = root.NotAfter.AddDate(1, 0, 0) },
		"a host name":             func(c *x509.Certificate) { c.DNSNames = []string{"staff.example"} },
		"a distribution point":    func(c *x509.Certificate) { c.CRLDistributionPoints = []string{"http://staff.example/ca.crl"} },
		"no subject key id":       func(c *x509.Certificate) { c.SubjectKeyId = nil },
		"a foreign unit":          func(c *x509.Certificate) { c.Subject.OrganizationalUnit = []string{"x"} },
	} {
		template := *good
		template.Extensions, template.ExtraExtensions, template.RawSubject = nil, nil, nil
		change(&template)
		bad, err := create(&template, root, key.Public(), caKey)
		if err != nil {
			continue // the library refuses it already
		}
		if Lint(bad, root) == nil {
			t.Errorf("%s passes", name)
		}
	}
	if err := Lint(good, root); err != nil {
		t.Error(err)
	}
}
