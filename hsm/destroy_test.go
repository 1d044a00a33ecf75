package hsm_test

import (
	"testing"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

func TestADestroyedKeyIsGoneWithItsCertificateAndItsNeighbourStays(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "destroy", pin)
	for name, token := range map[string]*hsm.Token{"SoftHSM": suite.Login(t, "destroy", pin), "NSS": hsmtest.Login(t, hsmtest.NSS(t, pin), hsmtest.NSSLabel, pin)} {
		t.Run(name, func(t *testing.T) {
			ca := hsmtest.CA(t)
			for _, label := range []string{"old", "new"} {
				key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: label})
				if err != nil {
					t.Fatal(err)
				}
				if err := token.StoreCertificate(t.Context(), key.ID(), label, ca.Issue(t, key.Public(), "S0009", "赵一鸣")); err != nil {
					t.Fatal(err)
				}
			}
			old, err := token.Signer(t.Context(), hsm.KeyQuery{Label: "old"})
			if err != nil {
				t.Fatal(err)
			}
			if err := token.Destroy(t.Context(), hsm.KeyQuery{}); hsm.KindOf(err) != hsm.NoKey {
				t.Errorf("a query that names nothing: %v", err)
			}
			if err := token.Destroy(t.Context(), hsm.KeyQuery{ID: old.ID()}); err != nil {
				t.Fatal(err)
			}
			if err := token.Destroy(t.Context(), hsm.KeyQuery{ID: old.ID()}); err != nil {
				t.Errorf("nothing to destroy is a fault: %v", err)
			}
			if _, err := token.Signer(t.Context(), hsm.KeyQuery{Label: "old"}); hsm.KindOf(err) != hsm.NoKey {
				t.Errorf("the old key: %v", err)
			}
			stays, err := token.Signer(t.Context(), hsm.KeyQuery{Label: "new"})
			if err != nil {
				t.Fatal(err)
			}
			signs(t, stays)
			cert, err := token.Certificate(t.Context(), hsm.KeyQuery{Label: "new"})
			if err != nil {
				t.Fatal(err)
			}
			other := ca.Issue(t, stays.Public(), "S0010", "钱二")
			if err := token.RemoveCertificate(t.Context(), stays.ID(), other.Raw); err != nil {
				t.Fatal(err)
			}
			if _, err := token.Certificate(t.Context(), hsm.KeyQuery{Label: "new"}); err != nil {
				t.Errorf("another certificate's bytes removed this one: %v", err)
			}
			if err := token.RemoveCertificate(t.Context(), stays.ID(), cert.Raw); err != nil {
				t.Fatal(err)
			}
			if _, err := token.Certificate(t.Context(), hsm.KeyQuery{Label: "new"}); hsm.KindOf(err) != hsm.KeyWithoutCertificate {
				t.Errorf("the removed certificate: %v", err)
			}
			signs(t, stays)
		})
	}
}
