package seal

import (
	"crypto"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// openssl runs the program; a machine without it fails the tests.
func openssl(t testing.TB, args ...string) {
	t.Helper()
	if out, err := opensslTry(args...); err != nil {
		t.Fatalf("openssl %v: %v\n%s", args, err, out)
	}
}

func opensslTry(args ...string) ([]byte, error) { return exec.Command("openssl", args...).CombinedOutput() }

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
			sc := sceneOf(t, ca, who, form.Kind)
			id := name + "-" + string(form.Kind)
			der, text := put(t, dir, id+".p7s", sc.der), put(t, dir, id+".txt", sc.text)
			args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", der, "-content", text, "-CAfile", roots,
				"-purpose", "any", "-attime", "1795149000", "-out", os.DevNull}
			openssl(t, args...)
			openssl(t, append(args, "-cades")...)
			put(t, dir, id+".txt", append([]byte(" "), sc.text...))
			if _, err := opensslTry(args...); err == nil {
				t.Errorf("%s: openssl accepts another text", id)
			}
		}
	}
}
