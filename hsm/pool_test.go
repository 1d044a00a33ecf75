package hsm_test

import (
	"crypto"
	"crypto/ecdsa"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

func signs(t *testing.T, key *hsm.Signer) {
	t.Helper()
	sig, err := key.SignContext(t.Context(), digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], sig) {
		t.Fatal("the signature does not verify")
	}
}

func refuses(t *testing.T, key *hsm.Signer, kind hsm.Kind) {
	t.Helper()
	if _, err := key.SignContext(t.Context(), digest[:], crypto.SHA256); hsm.KindOf(err) != kind {
		t.Fatalf("%v, want kind %s", err, kind)
	}
}

func TestASessionThatDiedWhileIdleIsReplacedUnseen(t *testing.T) {
	f, _, token, key := faulty(t, "idle")
	signs(t, key)
	for range 3 {
		f.KillSessions()
		signs(t, key)
	}
	f.KillSessions()
	if err := token.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := token.GenerateWrappingKey(t.Context(), "kek"); err != nil {
		t.Error(err)
	}
}

func TestALoginThatWasLostIsMadeAgainOnce(t *testing.T) {
	f, _, _, key := faulty(t, "logged out")
	logins, inits := f.Calls("C_Login"), f.Calls("C_Initialize")
	f.Fail("C_SignInit", pkcs11.CKR_USER_NOT_LOGGED_IN, 0, 1)
	signs(t, key)
	if n := f.Calls("C_Login") - logins; n != 1 {
		t.Errorf("%d log-ins", n)
	}
	if n := f.Calls("C_Initialize") - inits; n != 0 {
		t.Errorf("the module was restarted %d times", n)
	}
}

func TestATokenPulledIsReportedAndWorksAgainWhenItIsBack(t *testing.T) {
	f, _, token, key := faulty(t, "pulled")
	signs(t, key)
	f.Pull(token.Info().Slot)
	refuses(t, key, hsm.TokenRemoved)
	if err := token.Check(t.Context()); hsm.KindOf(err) != hsm.TokenRemoved {
		t.Errorf("check: %v", err)
	}
	before := f.Signatures()
	f.Return(token.Info().Slot)
	signs(t, key)
	if err := token.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if n := f.Signatures() - before; n != 1 {
		t.Errorf("%d signatures for one", n)
	}
}

func TestAnotherTokenInTheSlotIsNotTakenForOurs(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	f, m, token, key := faulty(t, "twin")
	suite.NewToken(t, "twin", pin) // the same label, another serial number
	if _, err := m.Login(t.Context(), hsm.TokenQuery{Label: "twin"}, []byte(pin), hsm.Options{}); hsm.KindOf(err) != hsm.TwoTokens {
		t.Errorf("two tokens of one label: %v", err)
	}
	f.Pull(token.Info().Slot)
	refuses(t, key, hsm.TokenRemoved)
}

func TestAKeyThatWasReplacedUnderItsNameDoesNotSign(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	f, _, token, key := faulty(t, "replaced")
	signs(t, key)
	// A second Token of the same process and token plays the stranger.
	other := suite.Login(t, "replaced", pin)
	_ = other
	destroy(t, f, token)
	if _, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: key.ID(), Label: key.Label()}); err != nil {
		t.Fatal(err)
	}
	before := f.Signatures()
	refuses(t, key, hsm.KeyChanged)
	if f.Signatures() != before {
		t.Error("the strange key signed")
	}
}

// destroy removes the key with id 7 by raw calls through the Faulty.
func destroy(t *testing.T, f *hsmtest.Faulty, token *hsm.Token) {
	t.Helper()
	s, err := f.OpenSession(token.Info().Slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		t.Fatal(err)
	}
	defer f.CloseSession(s)
	if err := f.FindObjectsInit(s, []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_ID, []byte{7})}); err != nil {
		t.Fatal(err)
	}
	list, _, err := f.FindObjects(s, 10)
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	if err := f.FindObjectsFinal(s); err != nil {
		t.Fatal(err)
	}
	for _, o := range list {
		if err := f.DestroyObject(s, o); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAModuleThatRestartedIsInitialisedAgain(t *testing.T) {
	f, _, _, key := faulty(t, "restarted")
	signs(t, key)
	before := f.Calls("C_Initialize")
	f.Restart()
	signs(t, key)
	if n := f.Calls("C_Initialize") - before; n != 1 {
		t.Errorf("%d initialisations", n)
	}
}

func TestAModuleThatDiedIsToldAndComesBackByARestart(t *testing.T) {
	f, _, token, key := faulty(t, "dead")
	signs(t, key)
	for _, code := range []uint{pkcs11.CKR_GENERAL_ERROR, pkcs11.CKR_DEVICE_ERROR, pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED} {
		f.Die(code, true)
		refuses(t, key, hsm.ModuleCrashed)
		if err := token.Check(t.Context()); hsm.KindOf(err) != hsm.ModuleCrashed {
			t.Errorf("check: %v", err)
		}
		f.Die(code, false)
		deadline := time.Now().Add(5 * time.Second)
		for token.Check(t.Context()) != nil { // restarts are at least a second apart
			if time.Now().After(deadline) {
				t.Fatalf("the module did not come back from %#x", code)
			}
			time.Sleep(20 * time.Millisecond)
		}
		signs(t, key)
	}
}

func TestAModuleThatStaysDeadIsNotRestartedByEveryRequest(t *testing.T) {
	f, _, _, key := faulty(t, "stays dead")
	before := f.Calls("C_Initialize")
	f.Die(pkcs11.CKR_GENERAL_ERROR, true)
	for range 50 {
		refuses(t, key, hsm.ModuleCrashed)
	}
	if n := f.Calls("C_Initialize") - before; n > 3 {
		t.Errorf("%d restarts for 50 requests", n)
	}
}

func TestAFaultOfOneSignatureDoesNotRestartTheModule(t *testing.T) {
	f, _, _, key := faulty(t, "one fault")
	before := f.Calls("C_Initialize") + f.Calls("C_Finalize")
	f.Fail("C_Sign", pkcs11.CKR_GENERAL_ERROR, 0, -1)
	refuses(t, key, hsm.ModuleCrashed)
	if f.Calls("C_Initialize")+f.Calls("C_Finalize") != before {
		t.Error("the module was restarted")
	}
}

func TestASessionInWhichAnOperationFailedIsNotUsedAgain(t *testing.T) {
	f, _, _, key := faulty(t, "half open")
	signs(t, key)
	// The real session has an operation open now: C_SignInit passed, C_Sign did
	// not reach it.
	f.Fail("C_Sign", pkcs11.CKR_FUNCTION_CANCELED, 0, 1)
	closed, begun := f.Calls("C_CloseSession"), f.Calls("C_SignInit")
	refuses(t, key, hsm.Cancelled)
	if n := f.Calls("C_CloseSession") - closed; n != 1 {
		t.Errorf("%d sessions closed", n)
	}
	signs(t, key)
	if n := f.Calls("C_SignInit") - begun; n != 2 {
		t.Errorf("%d operations begun for two signatures", n)
	}
}
