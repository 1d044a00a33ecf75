package hsm_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

func TestASignatureOfEachAlgorithmVerifiesWithGo(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "algorithms", "123456")
	token := suite.Login(t, "algorithms", "123456")
	for _, algorithm := range []hsm.Algorithm{hsm.ECDSAP256, hsm.RSA2048, hsm.RSA3072, hsm.Ed25519} {
		k, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: algorithm, Label: string(algorithm)})
		if err != nil {
			t.Fatal(algorithm, err)
		}
		message := []byte("一份声明\n")
		digest := sha256.Sum256(message)
		switch pub := k.Public().(type) {
		case *ecdsa.PublicKey:
			sig, err := k.Sign(nil, digest[:], crypto.SHA256)
			if err != nil || !ecdsa.VerifyASN1(pub, digest[:], sig) {
				t.Error(algorithm, err)
			}
		case *rsa.PublicKey:
			sig, err := k.Sign(nil, digest[:], crypto.SHA256)
			if err != nil || rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest[:], sig) != nil {
				t.Error(algorithm, err)
			}
			sig, err = k.Sign(nil, digest[:], &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash})
			if err != nil || rsa.VerifyPSS(pub, crypto.SHA256, digest[:], sig, nil) != nil {
				t.Error(algorithm, "PSS", err)
			}
		case ed25519.PublicKey:
			sig, err := k.Sign(nil, message, crypto.Hash(0))
			if err != nil || !ed25519.Verify(pub, message, sig) {
				t.Error(algorithm, err)
			}
		default:
			t.Errorf("%s: %T", algorithm, pub)
		}
	}
}

func TestAPersonsTokenShowsItsCertificateWithoutAPIN(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	ca := hsmtest.CA(t)
	p := hsmtest.Person(t, suite, ca, "S0001", "张三丰")
	list, err := suite.Module.Certificates(t.Context(), p.Slot)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || !list[0].Leaf.Equal(p.Cert) || len(list[0].Chain) != 1 || !list[0].Chain[0].Equal(ca.Cert) {
		t.Fatalf("certificates: %d", len(list))
	}
	k := p.Signer(t)
	if !k.Public().(*ecdsa.PublicKey).Equal(p.Cert.PublicKey) {
		t.Error("key and certificate differ")
	}
}

func TestAWrappedKeysetComesBackOnlyWithItsContext(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "wrap", "123456")
	token := suite.Login(t, "wrap", "123456")
	if err := token.GenerateWrappingKey(t.Context(), "kek"); err != nil {
		t.Fatal(err)
	}
	sealed, err := token.Wrap(t.Context(), "kek", []byte("keyset"), []byte("portal"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := token.Unwrap(t.Context(), "kek", sealed, []byte("portal")); err != nil || string(got) != "keyset" {
		t.Fatalf("%q %v", got, err)
	}
	if _, err := token.Unwrap(t.Context(), "kek", sealed, []byte("other")); hsm.KindOf(err) != hsm.Damaged {
		t.Fatal(err)
	}
	for i := range sealed {
		bad := append([]byte(nil), sealed...)
		bad[i] ^= 1
		if _, err := token.Unwrap(t.Context(), "kek", bad, []byte("portal")); hsm.KindOf(err) != hsm.Damaged {
			t.Fatal(i, err)
		}
	}
}
