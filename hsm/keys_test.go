package hsm_test

import (
	"crypto/ecdsa"
	"testing"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

// odd is a real module that tells some attributes and states differently, as
// some vendors' modules do.
type odd struct {
	hsm.Cryptoki
	alter  func(*pkcs11.Attribute)
	public bool // claims that nobody is logged in
}

func (o *odd) GetAttributeValue(s pkcs11.SessionHandle, h pkcs11.ObjectHandle, a []*pkcs11.Attribute) ([]*pkcs11.Attribute, error) {
	list, err := o.Cryptoki.GetAttributeValue(s, h, a)
	if o.alter != nil {
		for _, x := range list {
			o.alter(x)
		}
	}
	return list, err
}

func (o *odd) GetSessionInfo(s pkcs11.SessionHandle) (pkcs11.SessionInfo, error) {
	info, err := o.Cryptoki.GetSessionInfo(s)
	if o.public {
		info.State = pkcs11.CKS_RW_PUBLIC_SESSION
	}
	return info, err
}

func oddModule(t *testing.T, label string) (*odd, *hsmtest.Faulty, *hsm.Module, hsm.TokenInfo) {
	t.Helper()
	suite := hsmtest.SoftHSM(t)
	info := suite.NewToken(t, label, pin)
	api, err := hsm.Load(suite.Library)
	if err != nil {
		t.Fatal(err)
	}
	f := hsmtest.Between(api)
	o := &odd{Cryptoki: f}
	m, err := hsm.OpenOver(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return o, f, m, info
}

func TestAPointWithoutItsOctetStringIsUnderstoodToo(t *testing.T) {
	o, _, m, _ := oddModule(t, "bare point")
	o.alter = func(a *pkcs11.Attribute) {
		if a.Type == pkcs11.CKA_EC_POINT && len(a.Value) > 2 && a.Value[0] == 0x04 && int(a.Value[1]) == len(a.Value)-2 {
			a.Value = a.Value[2:]
		}
	}
	token := hsmtest.Login(t, m, "bare point", pin)
	for _, algorithm := range []hsm.Algorithm{hsm.ECDSAP256, hsm.Ed25519} {
		if _, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: algorithm, Label: string(algorithm)}); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
	key, err := token.Signer(t.Context(), hsm.KeyQuery{Label: string(hsm.ECDSAP256)})
	if err != nil {
		t.Fatal(err)
	}
	signs(t, key)
	o.alter = func(a *pkcs11.Attribute) {
		if a.Type == pkcs11.CKA_EC_POINT {
			a.Value = a.Value[:len(a.Value)-1]
		}
	}
	if _, err := token.Signer(t.Context(), hsm.KeyQuery{Label: string(hsm.ECDSAP256)}); hsm.KindOf(err) != hsm.Unsupported {
		t.Errorf("a cut point: %v", err)
	}
}

func TestAModuleThatMakesKeysWhichCouldLeaveIsRefused(t *testing.T) {
	o, f, m, _ := oddModule(t, "loose")
	token := hsmtest.Login(t, m, "loose", pin)
	for i, attribute := range []uint{pkcs11.CKA_EXTRACTABLE, pkcs11.CKA_SENSITIVE, pkcs11.CKA_TOKEN} {
		o.alter = func(a *pkcs11.Attribute) {
			if a.Type == attribute {
				a.Value = []byte{a.Value[0] ^ 1}
			}
		}
		before := f.Calls("C_DestroyObject")
		_, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{byte(i + 1)}, Label: "key"})
		if hsm.KindOf(err) != hsm.NotPermitted || f.Calls("C_DestroyObject")-before != 2 {
			t.Errorf("%#x: %v", attribute, err)
		}
		if err := token.GenerateWrappingKey(t.Context(), "kek"); hsm.KindOf(err) != hsm.NotPermitted || f.Calls("C_DestroyObject")-before != 3 {
			t.Errorf("%#x: wrapping key: %v", attribute, err)
		}
	}
}

func TestAModuleThatHidesAnOpenLoginDoesNotMakeAnyPINGood(t *testing.T) {
	o, f, m, _ := oddModule(t, "hidden")
	hsmtest.Login(t, m, "hidden", pin)
	o.public = true
	before := f.Calls("C_Logout")
	if _, err := m.Login(t.Context(), hsm.TokenQuery{Label: "hidden"}, []byte("000000"), hsm.Options{}); hsm.KindOf(err) != hsm.WrongPIN {
		t.Error(err)
	}
	if f.Calls("C_Logout") == before {
		t.Error("the PIN was checked without logging out")
	}
}

// remove destroys the objects of that class and id, through the Faulty, under
// the log-in of an open Token.
func remove(t *testing.T, f *hsmtest.Faulty, slot, class uint, id byte) {
	t.Helper()
	s, err := f.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		t.Fatal(err)
	}
	defer f.CloseSession(s)
	if err := f.FindObjectsInit(s, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class), pkcs11.NewAttribute(pkcs11.CKA_ID, []byte{id})}); err != nil {
		t.Fatal(err)
	}
	list, _, err := f.FindObjects(s, 10)
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	if err := f.FindObjectsFinal(s); err != nil {
		t.Fatal(err)
	}
	if err := f.DestroyObject(s, list[0]); err != nil {
		t.Fatal(err)
	}
}

func TestAPublicKeyComesFromTheCertificateWhenItsObjectIsMissing(t *testing.T) {
	f, _, token, key := faulty(t, "certificate only")
	slot := token.Info().Slot
	remove(t, f, slot, pkcs11.CKO_PUBLIC_KEY, 7)
	if _, err := token.Signer(t.Context(), hsm.KeyQuery{ID: key.ID()}); hsm.KindOf(err) != hsm.KeyWithoutCertificate {
		t.Errorf("neither public key nor certificate: %v", err)
	}
	if list, err := token.Signers(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%d signers: %v", len(list), err)
	}
	cert := hsmtest.CA(t).Issue(t, key.Public(), "S0011", "孙晓")
	for range 2 { // the second one changes nothing
		if err := token.StoreCertificate(t.Context(), key.ID(), "key", cert); err != nil {
			t.Fatal(err)
		}
	}
	if f.Calls("C_CreateObject") != 1 {
		t.Errorf("%d certificates stored", f.Calls("C_CreateObject"))
	}
	again, err := token.Signer(t.Context(), hsm.KeyQuery{ID: key.ID()})
	if err != nil {
		t.Fatal(err)
	}
	if !again.Public().(*ecdsa.PublicKey).Equal(key.Public()) {
		t.Error("another public key")
	}
	signs(t, again)
	rsa, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.RSA2048, ID: []byte{8}, Label: "rsa"})
	if err != nil {
		t.Fatal(err)
	}
	remove(t, f, slot, pkcs11.CKO_PUBLIC_KEY, 8)
	if _, err := token.Signer(t.Context(), hsm.KeyQuery{ID: rsa.ID()}); err != nil {
		t.Errorf("an RSA key tells its own public key: %v", err)
	}
	if list, err := token.Signers(t.Context()); err != nil || len(list) != 2 {
		t.Errorf("%d signers: %v", len(list), err)
	}
}

func TestAKeyOfACertificateOfAnotherKeyIsAKeyWithoutCertificate(t *testing.T) {
	_, _, token, key := faulty(t, "mismatch")
	other, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{8}, Label: "other"})
	if err != nil {
		t.Fatal(err)
	}
	if err := token.StoreCertificate(t.Context(), key.ID(), "wrong", hsmtest.CA(t).Issue(t, other.Public(), "S0012", "周行")); err != nil {
		t.Fatal(err)
	}
	if _, err := token.Certificate(t.Context(), hsm.KeyQuery{ID: key.ID()}); hsm.KindOf(err) != hsm.KeyWithoutCertificate {
		t.Error(err)
	}
}

func TestKeysThatAreTooWeakNamelessOrTwiceThereAreRefused(t *testing.T) {
	f, _, token, _ := faulty(t, "weak")
	s, err := f.OpenSession(token.Info().Slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		t.Fatal(err)
	}
	defer f.CloseSession(s)
	raw := func(id byte, kind uint, public ...*pkcs11.Attribute) {
		common := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true), pkcs11.NewAttribute(pkcs11.CKA_ID, []byte{id}), pkcs11.NewAttribute(pkcs11.CKA_LABEL, "twice")}
		if _, _, err := f.GenerateKeyPair(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(kind, nil)}, append(public, common...), common); err != nil {
			t.Fatal(err)
		}
	}
	raw(20, pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, pkcs11.NewAttribute(pkcs11.CKA_MODULUS_BITS, 1024), pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}))
	raw(21, pkcs11.CKM_EC_KEY_PAIR_GEN, pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, []byte{0x06, 5, 0x2b, 0x81, 0x04, 0, 0x22})) // P-384
	for want, q := range map[hsm.Kind][]hsm.KeyQuery{
		hsm.Unsupported: {{ID: []byte{20}}, {ID: []byte{21}}},
		hsm.TwoKeys:     {{Label: "twice"}},
		hsm.NoKey:       {{}, {Label: "none"}, {ID: []byte{20}, Label: "none"}},
	} {
		for _, one := range q {
			if _, err := token.Signer(t.Context(), one); hsm.KindOf(err) != want {
				t.Errorf("%v: %v, want %s", one, err, want)
			}
		}
	}
	for want, spec := range map[hsm.Kind]hsm.KeySpec{
		hsm.KeyExists:   {Algorithm: hsm.ECDSAP256, Label: "key"},
		hsm.Unsupported: {Algorithm: "dsa", Label: "dsa"},
	} {
		if _, err := token.GenerateKey(t.Context(), spec); hsm.KindOf(err) != want {
			t.Errorf("%+v: %v", spec, err)
		}
	}
	if _, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256}); hsm.KindOf(err) != hsm.Unsupported {
		t.Errorf("a key without label: %v", err)
	}
	if _, err := token.Wrap(t.Context(), "none", nil, nil); hsm.KindOf(err) != hsm.NoKey {
		t.Errorf("no wrapping key: %v", err)
	}
}

func TestSupportsTellsWhatTheTokenNames(t *testing.T) {
	_, _, token, _ := faulty(t, "supports")
	for _, algorithm := range []hsm.Algorithm{hsm.ECDSAP256, hsm.RSA2048, hsm.RSA3072, hsm.Ed25519} {
		if err := token.Supports(t.Context(), algorithm); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
	if err := token.Supports(t.Context(), "sm2"); hsm.KindOf(err) != hsm.Unsupported {
		t.Error(err)
	}
	nss := hsmtest.Login(t, hsmtest.NSS(t, pin), hsmtest.NSSLabel, pin)
	if err := nss.Supports(t.Context(), hsm.Ed25519); hsm.KindOf(err) != hsm.Unsupported {
		t.Errorf("Ed25519 in softoken: %v", err)
	}
}
