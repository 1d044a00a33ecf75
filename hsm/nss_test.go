package hsm_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"testing"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

func TestASecondIndependentModuleSignsStoresAndRefusesTheSame(t *testing.T) {
	m := hsmtest.NSS(t, pin)
	if _, err := m.Login(t.Context(), hsm.TokenQuery{Label: hsmtest.NSSLabel}, []byte("000000"), hsm.Options{}); hsm.KindOf(err) != hsm.WrongPIN {
		t.Errorf("wrong PIN: %v", err)
	}
	token := hsmtest.Login(t, m, hsmtest.NSSLabel, pin)
	if err := token.Check(t.Context()); err != nil {
		t.Error(err)
	}
	ec, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{1}, Label: "ec"})
	if err != nil {
		t.Fatal(err)
	}
	signs(t, ec)
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.RSA2048, ID: []byte{2}, Label: "rsa"})
	if err != nil {
		t.Fatal(err)
	}
	pub := key.Public().(*rsa.PublicKey)
	sig, err := key.SignContext(t.Context(), digest[:], crypto.SHA256)
	if err != nil || rsa.VerifyPKCS1v15(pub, crypto.SHA256, digest[:], sig) != nil {
		t.Errorf("RSA: %v", err)
	}
	pss := &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}
	if sig, err = key.SignContext(t.Context(), digest[:], pss); err != nil || rsa.VerifyPSS(pub, crypto.SHA256, digest[:], sig, pss) != nil {
		t.Errorf("PSS: %v", err)
	}
	ca := hsmtest.CA(t)
	cert := ca.Issue(t, ec.Public(), "S0009", "赵一鸣")
	if err := token.StoreCertificate(t.Context(), ec.ID(), "ec", cert); err != nil {
		t.Fatal(err)
	}
	again, err := token.Signer(t.Context(), hsm.KeyQuery{ID: []byte{1}})
	if err != nil || !again.Public().(*ecdsa.PublicKey).Equal(ec.Public()) {
		t.Errorf("found again: %v", err)
	}
	if got, err := token.Certificate(t.Context(), hsm.KeyQuery{ID: []byte{1}}); err != nil || !got.Equal(cert) {
		t.Errorf("certificate: %v", err)
	}
	if _, err := token.Certificate(t.Context(), hsm.KeyQuery{ID: []byte{2}}); hsm.KindOf(err) != hsm.KeyWithoutCertificate {
		t.Errorf("key without certificate: %v", err)
	}
	if _, err := token.Signer(t.Context(), hsm.KeyQuery{ID: []byte{3}}); hsm.KindOf(err) != hsm.NoKey {
		t.Errorf("no key: %v", err)
	}
	if _, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{1}, Label: "other"}); hsm.KindOf(err) != hsm.KeyExists {
		t.Errorf("an id twice: %v", err)
	}
	if err := token.Supports(t.Context(), hsm.ECDSAP256); err != nil {
		t.Error(err)
	}
	if err := token.GenerateWrappingKey(t.Context(), "kek"); err != nil {
		t.Fatal(err)
	}
	// softoken tells too short a length for AES-GCM, so wrapping is not to be
	// had with it: that must be said, not half done.
	if _, err := token.Wrap(t.Context(), "kek", []byte("keyset"), []byte("a")); hsm.KindOf(err) != hsm.Unsupported {
		t.Errorf("wrap: %v", err)
	}
}
