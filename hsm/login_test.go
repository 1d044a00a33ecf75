package hsm_test

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

func TestAWrongPINIsSentOnceAndTheTokensTriesAreTold(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "wrong", pin)
	f, m := suite.Faulty(t)
	for _, c := range []struct {
		flags uint
		tries hsm.Tries
		text  string
	}{
		{0, hsm.TriesLow, "剩余次数已经减少"}, // SoftHSM itself sets this one after a wrong PIN
		{pkcs11.CKF_USER_PIN_FINAL_TRY, hsm.TriesFinal, "最后一次机会"},
		{pkcs11.CKF_USER_PIN_LOCKED, hsm.TriesLocked, "已锁定"},
	} {
		f.Heal()
		f.TokenFlags(c.flags)
		before := f.Calls("C_Login")
		_, err := m.Login(t.Context(), hsm.TokenQuery{Label: "wrong"}, []byte("000000"), hsm.Options{})
		e, ok := err.(*hsm.Error)
		if !ok || e.Kind != hsm.WrongPIN || e.Tries != c.tries || !strings.Contains(e.Sentence(), c.text) {
			t.Errorf("%v: %v", c.tries, err)
		}
		if n := f.Calls("C_Login") - before; n != 1 {
			t.Errorf("the PIN was sent %d times", n)
		}
		list, err := m.Tokens(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range list {
			if info.Label == "wrong" && info.Tries != c.tries {
				t.Errorf("before the try the token tells %s, want %s", info.Tries, c.tries)
			}
		}
	}
}

func TestALockedPINIsToldAsLocked(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "locked", pin)
	f, m := suite.Faulty(t)
	f.Fail("C_Login", pkcs11.CKR_PIN_LOCKED, 0, 1)
	_, err := m.Login(t.Context(), hsm.TokenQuery{Label: "locked"}, []byte(pin), hsm.Options{})
	if e, ok := err.(*hsm.Error); !ok || e.Kind != hsm.PINLocked || e.Tries != hsm.TriesLocked {
		t.Error(err)
	}
}

func TestAPINThatTheTokenRefusedLaterIsNeverSentAgain(t *testing.T) {
	f, _, token, key := faulty(t, "changed")
	// The PIN was changed elsewhere: the next log-in, which the pool makes by
	// itself, is refused.
	f.KillSessions()
	f.Fail("C_Login", pkcs11.CKR_PIN_INCORRECT, 0, 1)
	before := f.Calls("C_Login")
	for range 20 {
		refuses(t, key, hsm.WrongPIN)
		f.KillSessions()
	}
	if err := token.Check(t.Context()); hsm.KindOf(err) != hsm.WrongPIN {
		t.Error(err)
	}
	if n := f.Calls("C_Login") - before; n != 1 {
		t.Errorf("the refused PIN was sent %d times", n)
	}
	for _, b := range hsm.PINBytes(token) {
		if b != 0 {
			t.Fatal("the refused PIN is kept")
		}
	}
}

func TestAKeyThatWantsThePINForEachSignatureGetsIt(t *testing.T) {
	f, _, token, _ := faulty(t, "always")
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{8}, Label: "always", AlwaysAuthenticate: true})
	if err != nil {
		t.Fatal(err)
	}
	if !key.AlwaysAuthenticate() {
		t.Fatal("not an always-authenticate key")
	}
	before := f.Calls("C_Login")
	for range 3 {
		signs(t, key)
	}
	if n := f.Calls("C_Login") - before; n != 3 {
		t.Errorf("%d log-ins for 3 signatures", n)
	}
	// The real token refuses such a key without the second log-in.
	if err := signRaw(t, f, token); err != pkcs11.Error(pkcs11.CKR_USER_NOT_LOGGED_IN) {
		t.Errorf("without the second log-in the token answers %v", err)
	}
	// A PIN refused here is not sent again either.
	f.Fail("C_Login", pkcs11.CKR_PIN_INCORRECT, 0, 1)
	before, signed := f.Calls("C_Login"), f.Signatures()
	for range 5 {
		refuses(t, key, hsm.WrongPIN)
	}
	if n := f.Calls("C_Login") - before; n != 1 || f.Signatures() != signed {
		t.Errorf("%d log-ins, %d signatures", n, f.Signatures()-signed)
	}
}

// signRaw signs with the key of id 8 without C_Login in between.
func signRaw(t *testing.T, f *hsmtest.Faulty, token *hsm.Token) error {
	t.Helper()
	s, err := f.OpenSession(token.Info().Slot, pkcs11.CKF_SERIAL_SESSION)
	if err != nil {
		t.Fatal(err)
	}
	defer f.CloseSession(s)
	if err := f.FindObjectsInit(s, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ID, []byte{8}), pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY)}); err != nil {
		t.Fatal(err)
	}
	list, _, err := f.FindObjects(s, 10)
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	if err := f.FindObjectsFinal(s); err != nil {
		t.Fatal(err)
	}
	if err := f.SignInit(s, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil)}, list[0]); err != nil {
		return err
	}
	_, err = f.Sign(s, digest[:])
	return err
}

func TestASecondLoginBesideAnOpenOneStillNeedsTheRightPIN(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "beside", pin)
	f, m := suite.Faulty(t)
	first := hsmtest.Login(t, m, "beside", pin)
	before := f.Calls("C_Login")
	_, err := m.Login(t.Context(), hsm.TokenQuery{Label: "beside"}, []byte("000000"), hsm.Options{})
	if hsm.KindOf(err) != hsm.WrongPIN {
		t.Errorf("a wrong PIN beside an open session: %v", err)
	}
	if f.Calls("C_Login") != before {
		t.Error("the wrong PIN cost a try")
	}
	second := hsmtest.Login(t, m, "beside", pin)
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if err := first.Check(t.Context()); err != nil {
		t.Errorf("closing one logged the other out: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if _, err := m.Login(t.Context(), hsm.TokenQuery{Label: "beside"}, []byte("000000"), hsm.Options{}); hsm.KindOf(err) != hsm.WrongPIN {
		t.Errorf("after all are closed: %v", err)
	}
}

func TestAStrangersOpenLoginDoesNotMakeAnyPINGood(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "stranger", pin)
	suite.Login(t, "stranger", pin) // another Module over the same library
	_, m := suite.Faulty(t)
	if _, err := m.Login(t.Context(), hsm.TokenQuery{Label: "stranger"}, []byte("000000"), hsm.Options{}); hsm.KindOf(err) != hsm.WrongPIN {
		t.Error(err)
	}
}

func TestATokenIsFoundByLabelSerialOrSlotAndOtherwiseRefused(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	a, b := suite.NewToken(t, "a", pin), suite.NewToken(t, "b", pin)
	if a.Serial == b.Serial || !a.Initialized || !a.PINSet || a.Tries != hsm.TriesOK {
		t.Fatalf("%+v", a)
	}
	for _, q := range []hsm.TokenQuery{{Label: "b"}, {Serial: b.Serial}, {Slot: &b.Slot}, {Label: "b", Serial: b.Serial, Slot: &b.Slot}} {
		token, err := suite.Module.Login(t.Context(), q, []byte(pin), hsm.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if token.Info().Serial != b.Serial {
			t.Error("another token")
		}
		token.Close()
	}
	for kind, q := range map[hsm.Kind]hsm.TokenQuery{hsm.TwoTokens: {}, hsm.NoToken: {Label: "b", Serial: a.Serial}} {
		if _, err := suite.Module.Login(t.Context(), q, []byte(pin), hsm.Options{}); hsm.KindOf(err) != kind {
			t.Errorf("%v, want %s", err, kind)
		}
	}
}

func TestTheSamePathIsTheSameModuleUntilItsLastClose(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	again, err := hsm.Open(suite.Library)
	if err != nil {
		t.Fatal(err)
	}
	if again != suite.Module {
		t.Error("two modules of one library")
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	if _, err := suite.Module.Tokens(t.Context()); err != nil {
		t.Errorf("one user's Close ended the other's module: %v", err)
	}
}

func TestALoginThatNobodyWaitsForLeavesNothingOpen(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "left", pin)
	f, m := suite.Faulty(t)
	gate := make(chan struct{})
	f.Hang("C_Login", gate)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := m.Login(ctx, hsm.TokenQuery{Label: "left"}, []byte(pin), hsm.Options{}); hsm.KindOf(err) != hsm.Timeout {
		t.Errorf("%v", err)
	}
	close(gate)
	deadline := time.Now().Add(5 * time.Second)
	for f.Calls("C_CloseSession") < f.Calls("C_OpenSession") {
		if time.Now().After(deadline) {
			t.Fatal("a session stays open")
		}
		time.Sleep(time.Millisecond)
	}
}

func TestNoPrintedFormOfAnythingHoldsThePIN(t *testing.T) {
	const secret = "Geheim-739"
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "print", secret)
	f, m := suite.Faulty(t)
	token := hsmtest.Login(t, m, "print", secret)
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: "key"})
	if err != nil {
		t.Fatal(err)
	}
	f.Fail("C_Login", pkcs11.CKR_PIN_INCORRECT, 0, -1)
	_, wrong := m.Login(t.Context(), hsm.TokenQuery{Label: "print"}, []byte(secret+"x"), hsm.Options{})
	f.KillSessions()
	_, refused := key.SignContext(t.Context(), digest[:], crypto.SHA256)
	if wrong == nil || refused == nil {
		t.Fatal("nothing failed")
	}
	var out bytes.Buffer
	values := []any{token, key, m, wrong, refused, &token, []*hsm.Token{token}, struct{ T *hsm.Token }{token}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, v := range values {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "token", token, "key", key, "wrong", wrong, "refused", refused)
	}
	for _, form := range []string{secret, fmt.Sprintf("%x", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]"), "R2VoZWltLTczO"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("printed as %s", form)
		}
	}
	if !strings.Contains(out.String(), `token "print"`) {
		t.Error("nothing was printed")
	}
}

func TestClosingATokenWipesItsPIN(t *testing.T) {
	_, _, token, key := faulty(t, "wiped")
	memory := hsm.PINBytes(token)
	if string(memory[:len(pin)]) != pin {
		t.Fatal("not the PIN's memory")
	}
	if err := token.Close(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(memory, make([]byte, len(memory))) {
		t.Error("the PIN is still in memory")
	}
	refuses(t, key, hsm.Closed)
}
