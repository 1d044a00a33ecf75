package seal

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"testing"
)

func TestASealOfEachAlgorithmAndKindIsAccepted(t *testing.T) {
	ca := newAuthority(t)
	for name, key := range map[string]crypto.Signer{"ecdsa": newEC(t), "rsa": rsaKey()} {
		who := ca.person(t, key, nil)
		for _, form := range Forms() {
			if !form.Statement {
				continue
			}
			t.Run(name+"/"+string(form.Kind), func(t *testing.T) {
				sc := sceneOf(t, ca, who, form.Kind, noon)
				v, err := sc.verify()
				if err != nil {
					t.Fatal(err)
				}
				if v.IsZero() || v.Kind() != form.Kind || !bytes.Equal(v.Content(), sc.text) || v.Digest() != sha256.Sum256(sc.text) ||
					v.Fingerprint() != Fingerprint(who.cert) || !v.Received().Equal(sc.received) || !v.SigningTime().Equal(sc.at) ||
					!bytes.Equal(v.DER(), sc.der) {
					t.Error("the verified seal does not say what was sealed")
				}
				if _, ok := v.Signer(); ok != (form.Kind != Login) {
					t.Errorf("signer line found: %v", ok)
				}
			})
		}
	}
}
