package seal

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var reseal = flag.Bool("reseal", false, "make the sealed vectors of testdata anew, under new keys")

// vector is a sealed statement kept in the repository; the key that sealed it
// is gone. What verifies today must verify in every later version.
type vector struct {
	text, annex, der []byte
	trust            Trust
}

func readVector(t testing.TB, name string) vector {
	t.Helper()
	read := func(file string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", "sealed-"+name, file))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	v := vector{text: read("statement.txt"), annex: read("annex.txt"), der: read("seal.p7s"), trust: Trust{Roots: x509.NewCertPool()}}
	if !v.trust.Roots.AppendCertsFromPEM(read("ca.pem")) {
		t.Fatal("the vector has no authority")
	}
	return v
}

func (v vector) verify(der, text, annex []byte) (Verified, error) {
	return Verify(der, text, annex, v.trust, Expect{Portal: testPortal, Kind: Conclude}, noon.Add(5*time.Minute))
}

func writeVector(t *testing.T, name string, key crypto.Signer) {
	t.Helper()
	ca := newAuthority(t)
	sc := sceneOf(t, ca, ca.person(t, key, nil), Conclude, noon)
	dir := filepath.Join("testdata", "sealed-"+name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, b := range map[string][]byte{"statement.txt": sc.text, "annex.txt": sc.annex, "seal.p7s": sc.der,
		"ca.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.root.Raw})} {
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestASealFromTheRepositoryStillVerifiesHereAndInOpenSSL(t *testing.T) {
	if *reseal {
		writeVector(t, "ecdsa", newEC(t))
		writeVector(t, "rsa", rsaKey())
	}
	for _, name := range []string{"ecdsa", "rsa"} {
		v := readVector(t, name)
		got, err := v.verify(v.der, v.text, v.annex)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if s, ok := got.Signer(); !ok || s.Staff != "U00001" || got.Digest() != sha256.Sum256(v.text) {
			t.Errorf("%s: sealed by %v", name, s)
		}
		dir := filepath.Join("testdata", "sealed-"+name)
		openssl(t, "cms", "-verify", "-binary", "-inform", "DER", "-in", filepath.Join(dir, "seal.p7s"),
			"-content", filepath.Join(dir, "statement.txt"), "-CAfile", filepath.Join(dir, "ca.pem"),
			"-purpose", "any", "-attime", "1795147500", "-out", os.DevNull) // 2026-11-20T12:05:00+08:00
	}
}

func FuzzVerify(f *testing.F) {
	v := readVector(f, "ecdsa")
	f.Add(v.der, v.text, v.annex)
	f.Add(v.der[:len(v.der)-1], v.text, v.annex)
	r := readVector(f, "rsa")
	f.Add(r.der, r.text, r.annex)
	f.Fuzz(func(t *testing.T, der, text, annex []byte) {
		got, err := v.verify(der, text, annex)
		if err != nil {
			if !got.IsZero() {
				t.Fatal("refused and yet verified")
			}
			return
		}
		// Nobody holds the key any more: whatever is accepted is what was sealed.
		if !bytes.Equal(text, v.text) || !bytes.Equal(annex, v.annex) || got.Digest() != sha256.Sum256(v.text) {
			t.Fatalf("accepted something that was never sealed:\n%q\n%q", text, annex)
		}
	})
}

// FuzzParseSeal drives the DER reader past what a signature would let through.
func FuzzParseSeal(f *testing.F) {
	for _, name := range []string{"ecdsa", "rsa"} {
		f.Add(readVector(f, name).der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		sd, err := parseSeal(der)
		if err != nil {
			return
		}
		again, err := sd.encode()
		if err != nil || !bytes.Equal(again, der) {
			t.Fatalf("accepted but encodes otherwise: %v", err)
		}
	})
}
