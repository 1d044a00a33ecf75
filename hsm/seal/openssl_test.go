package seal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// openssl runs the program; a machine without it fails the tests.
func openssl(t testing.TB, args ...string) {
	t.Helper()
	if out, err := opensslTry(args...); err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
}

func opensslTry(args ...string) ([]byte, error) {
	return exec.Command("openssl", args...).CombinedOutput()
}

func put(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenSSLAcceptsEverySealAndRefusesAnotherText(t *testing.T) {
	ca := newAuthority(t)
	dir := t.TempDir()
	roots := writePEM(t, dir, "ca.pem", nil, ca.root)
	for name, key := range map[string]crypto.Signer{"ecdsa": newEC(t), "rsa": rsaKey()} {
		who := ca.person(t, key, nil)
		for _, form := range Forms() {
			if !form.Statement {
				continue
			}
			sc := sceneOf(t, ca, who, form.Kind, noon)
			id := name + "-" + string(form.Kind)
			der, text := put(t, dir, id+".p7s", sc.der), put(t, dir, id+".txt", sc.text)
			args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", der, "-content", text, "-CAfile", roots,
				"-no-CApath", "-no-CAstore", "-purpose", "any", "-attime", "1795149000", "-out", os.DevNull}
			openssl(t, args...)
			openssl(t, append(args, "-cades")...)
			put(t, dir, id+".txt", append([]byte(" "), sc.text...))
			if _, err := opensslTry(args...); err == nil {
				t.Errorf("%s: openssl accepts another text", id)
			}
		}
	}
}

// opensslBench is a directory with a statement of today, for openssl stamps
// the present time into its seals.
type opensslBench struct {
	*scene
	dir, file, roots, issuing, person, out string
}

func newOpensslBench(t testing.TB, key crypto.Signer) *opensslBench {
	t.Helper()
	ca := newAuthority(t)
	who := ca.person(t, key, nil)
	sc := sceneOf(t, ca, who, Conclude, time.Now().Add(-time.Minute))
	sc.received = time.Now()
	b := &opensslBench{scene: sc, dir: t.TempDir()}
	b.file = put(t, b.dir, "statement.txt", sc.text)
	b.roots = writePEM(t, b.dir, "ca.pem", nil, ca.root)
	b.issuing = writePEM(t, b.dir, "issuing.pem", nil, ca.issuing)
	b.person = writePEM(t, b.dir, "person.pem", key, who.cert)
	b.out = filepath.Join(b.dir, "out.p7s")
	return b
}

// sign lets openssl make a seal with the given further arguments.
func (b *opensslBench) sign(t testing.TB, further ...string) []byte {
	t.Helper()
	args := []string{"cms", "-sign", "-binary", "-in", b.file, "-signer", b.person, "-md", "sha256", "-outform", "DER", "-out", b.out}
	openssl(t, append(args, further...)...)
	der, err := os.ReadFile(b.out)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestASealMadeByOpenSSLInOurProfileIsAccepted(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ecdsa": newEC(t), "rsa": rsaKey()} {
		b := newOpensslBench(t, key)
		if _, err := b.verifyDER(b.sign(t, "-cades", "-nosmimecap", "-certfile", b.issuing)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSealsMadeByOpenSSLOutsideOurProfileAreRefusedWithTheirReason(t *testing.T) {
	ec, rs := newOpensslBench(t, newEC(t)), newOpensslBench(t, rsaKey())
	colleague := ec.ca.person(t, newEC(t), nil)
	second := writePEM(t, ec.dir, "second.pem", colleague.key, colleague.cert)
	stranger := writePEM(t, ec.dir, "stranger.pem", nil, ec.ca.issuing, newAuthority(t).root)
	cases := []struct {
		name    string
		bench   *opensslBench
		reason  Reason
		further []string
	}{
		{"embedded content", ec, EmbeddedContent, []string{"-cades", "-nosmimecap", "-certfile", ec.issuing, "-nodetach"}},
		{"streamed with indefinite lengths", ec, NotDER, []string{"-cades", "-nosmimecap", "-nodetach", "-stream"}},
		{"PEM", ec, NotCMS, []string{"-cades", "-nosmimecap", "-outform", "PEM"}},
		{"signer by key identifier", ec, BadVersion, []string{"-cades", "-nosmimecap", "-certfile", ec.issuing, "-keyid"}},
		{"no attributes", ec, NoAttributes, []string{"-noattr", "-certfile", ec.issuing}},
		{"capabilities among the attributes", ec, AttributeUnknown, []string{"-cades", "-certfile", ec.issuing}},
		{"no signing-certificate-v2", ec, AttributeMissing, []string{"-nosmimecap", "-certfile", ec.issuing}},
		{"two signers", ec, SignerCount, []string{"-cades", "-nosmimecap", "-certfile", ec.issuing, "-signer", second}},
		{"no certificates", ec, BadCertificates, []string{"-cades", "-nosmimecap", "-nocerts"}},
		{"without the intermediate", ec, BadPath, []string{"-cades", "-nosmimecap"}},
		{"an unrelated certificate", ec, BadCertificates, []string{"-cades", "-nosmimecap", "-certfile", stranger}},
		{"SHA-384", ec, BadAlgorithm, []string{"-cades", "-nosmimecap", "-certfile", ec.issuing, "-md", "sha384"}},
		{"other content type", ec, BadVersion, []string{"-cades", "-nosmimecap", "-econtent_type", "1.2.840.113549.1.7.5"}},
		{"RSA-PSS", rs, BadAlgorithm, []string{"-cades", "-nosmimecap", "-certfile", rs.issuing, "-keyopt", "rsa_padding_mode:pss"}},
		{"RSA with SHA-512", rs, BadAlgorithm, []string{"-cades", "-nosmimecap", "-certfile", rs.issuing, "-md", "sha512"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			der := c.bench.sign(t, c.further...)
			_, err := c.bench.verifyDER(der)
			wantReason(t, err, c.reason)
		})
	}
}

func TestSealsOfKeysOutsideTheTableAreRefused(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"P-384": p384, "RSA 1024": weak} {
		t.Run(name, func(t *testing.T) {
			b := newOpensslBench(t, key)
			_, err := b.verifyDER(b.sign(t, "-cades", "-nosmimecap", "-certfile", b.issuing))
			wantReason(t, err, BadKey)
			_, err = Sign(b.text, b.who.cert, chainOf(b.ca), key, b.at)
			wantReason(t, err, UnsupportedSigning)
		})
	}
}
