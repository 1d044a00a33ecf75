package hsm_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

// verify lets OpenSSL judge a signature; args are its options beside the files.
func verify(t *testing.T, pub crypto.PublicKey, message, sig []byte, args ...string) error {
	t.Helper()
	dir := t.TempDir()
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"pub": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "msg": message, "sig": sig,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range args {
		args[i] = strings.ReplaceAll(a, "@", dir+"/")
	}
	return exec.Command("openssl", args...).Run()
}

func TestOpenSSLAcceptsASignatureOfEachAlgorithmAndRefusesItsAlteration(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("openssl not found: apt-get install openssl")
	}
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "openssl", pin)
	token := suite.Login(t, "openssl", pin)
	message := []byte("审核结论：注册合格\n")
	short, long := sha256.Sum256(message), sha512.Sum512(message)
	dgst := func(hash string, more ...string) []string {
		return append(append([]string{"dgst", hash, "-verify", "@pub", "-signature", "@sig"}, more...), "@msg")
	}
	pss := []string{"-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"}
	for _, c := range []struct {
		name      string
		algorithm hsm.Algorithm
		input     []byte
		opts      crypto.SignerOpts
		args      []string
	}{
		{"ecdsa sha256", hsm.ECDSAP256, short[:], crypto.SHA256, dgst("-sha256")},
		{"ecdsa sha512", hsm.ECDSAP256, long[:], crypto.SHA512, dgst("-sha512")},
		{"rsa 2048 sha256", hsm.RSA2048, short[:], crypto.SHA256, dgst("-sha256")},
		{"rsa 2048 sha512", hsm.RSA2048, long[:], crypto.SHA512, dgst("-sha512")},
		{"rsa 2048 pss", hsm.RSA2048, short[:], &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}, dgst("-sha256", pss...)},
		{"rsa 3072 sha256", hsm.RSA3072, short[:], crypto.SHA256, dgst("-sha256")},
		{"ed25519", hsm.Ed25519, message, crypto.Hash(0), []string{"pkeyutl", "-verify", "-pubin", "-inkey", "@pub", "-rawin", "-in", "@msg", "-sigfile", "@sig"}},
	} {
		key, err := token.Signer(t.Context(), hsm.KeyQuery{Label: string(c.algorithm)})
		if hsm.KindOf(err) == hsm.NoKey {
			key, err = token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: c.algorithm, Label: string(c.algorithm)})
		}
		if err != nil {
			t.Fatal(c.name, err)
		}
		sig, err := key.Sign(nil, c.input, c.opts)
		if err != nil {
			t.Error(c.name, err)
			continue
		}
		if err := verify(t, key.Public(), message, sig, append([]string(nil), c.args...)...); err != nil {
			t.Errorf("%s: openssl refuses the signature: %v", c.name, err)
		}
		if verify(t, key.Public(), append(message, '.'), sig, append([]string(nil), c.args...)...) == nil {
			t.Errorf("%s: openssl accepts another message", c.name)
		}
	}
}

func TestWhatIsNoDigestOfTheHashIsRefusedBeforeTheTokenIsAsked(t *testing.T) {
	f, _, token, key := faulty(t, "digests")
	ed, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.Ed25519, Label: "ed"})
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() ([]byte, error){
		"short digest":   func() ([]byte, error) { return key.Sign(nil, digest[:31], crypto.SHA256) },
		"no hash":        func() ([]byte, error) { return key.Sign(nil, digest[:], crypto.Hash(0)) },
		"no options":     func() ([]byte, error) { return key.Sign(nil, digest[:], nil) },
		"SHA-1":          func() ([]byte, error) { return key.Sign(nil, digest[:20], crypto.SHA1) },
		"Ed25519 digest": func() ([]byte, error) { return ed.Sign(nil, digest[:], crypto.SHA256) },
	} {
		if _, err := try(); hsm.KindOf(err) != hsm.Unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f.Signatures() != 0 {
		t.Error("the token was asked")
	}
}

func TestAnECDSASignatureOfAnotherLengthIsRefused(t *testing.T) {
	for _, raw := range [][]byte{nil, make([]byte, 63), make([]byte, 96)} {
		if _, err := hsm.DerOf(raw); hsm.KindOf(err) != hsm.Unsupported {
			t.Errorf("%d bytes: %v", len(raw), err)
		}
	}
}

func FuzzDEROfRS(f *testing.F) {
	f.Add(bytes.Repeat([]byte{0xff}, 64))
	f.Add(make([]byte, 64))
	f.Add(append(bytes.Repeat([]byte{0}, 31), bytes.Repeat([]byte{0x80}, 33)...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		der, err := hsm.DerOf(raw)
		if len(raw) != 64 {
			if err == nil {
				t.Fatalf("%d bytes accepted", len(raw))
			}
			return
		}
		want, wrong := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
		if err != nil || wrong != nil || !bytes.Equal(der, want) {
			t.Fatalf("%x: %x, encoding/asn1 has %x", raw, der, want)
		}
	})
}
