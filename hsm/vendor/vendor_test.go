package vendor_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
	"sealdesk/hsm/vendor"
)

// TestMain makes this test's program able to be the child that it starts.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == vendor.Command {
		os.Exit(vendor.Serve(os.Args[2]))
	}
	os.Exit(m.Run())
}

func open(t *testing.T, path string) (*hsm.Module, error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m, err := vendor.Open(program, path)
	if err == nil {
		t.Cleanup(func() {
			if err := m.Close(); err != nil {
				t.Errorf("closing: %v", err)
			}
		})
	}
	return m, err
}

func TestAModuleInAChildMakesKeysAndSignsLikeOneInThisProcess(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	p := hsmtest.Person(t, suite, hsmtest.CA(t), "U01027", "沈知远")
	m, err := open(t, suite.Library)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := m.Tokens(t.Context())
	if err != nil || len(tokens) == 0 {
		t.Fatalf("%v %v", tokens, err)
	}
	var info hsm.TokenInfo
	for _, i := range tokens {
		if i.Label == p.Label {
			info = i
		}
	}
	if info.Serial != p.Serial || !info.PINSet {
		t.Fatalf("%+v", info)
	}
	certs, err := m.Certificates(t.Context(), info.Slot)
	if err != nil || len(certs) != 1 || !certs[0].Leaf.Equal(p.Cert) || len(certs[0].Chain) != 1 {
		t.Fatalf("%d certificates, %v", len(certs), err)
	}
	if there, err := m.Sees(t.Context(), info, p.KeyID); !there || err != nil {
		t.Errorf("%v %v", there, err)
	}
	if _, err := m.Login(t.Context(), hsm.TokenQuery{Label: p.Label}, []byte("999999"), hsm.Options{}); hsm.KindOf(err) != hsm.WrongPIN {
		t.Errorf("a wrong PIN: %v", err)
	}
	token := hsmtest.Login(t, m, p.Label, p.PIN)
	made, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.RSA2048, Label: "more"})
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("原文"))
	if _, err := made.SignContext(t.Context(), digest[:], crypto.SHA256); err != nil {
		t.Error(err)
	}
	key, err := token.Signer(t.Context(), hsm.KeyQuery{ID: p.KeyID})
	if err != nil {
		t.Fatal(err)
	}
	signature, err := key.SignContext(t.Context(), digest[:], crypto.SHA256)
	if err != nil || !ecdsa.VerifyASN1(p.Cert.PublicKey.(*ecdsa.PublicKey), digest[:], signature) {
		t.Errorf("the signature does not hold: %v", err)
	}
}

func TestAModuleThatCrashesCostsItsChildOnly(t *testing.T) {
	m, err := open(t, hsmtest.Compile(t, `*(volatile int *)0 = 1;`))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := m.Tokens(t.Context()); hsm.KindOf(err) != hsm.ModuleCrashed {
			t.Errorf("%v", err)
		}
	}
}

func TestAModuleThatCrashesNowAndThenIsStartedAgain(t *testing.T) {
	marker := filepath.Join(t.TempDir(), "crashed")
	m, err := open(t, hsmtest.Compile(t, `if (access("`+marker+`", F_OK) != 0) { fclose(fopen("`+marker+`", "w")); *(volatile int *)0 = 1; }`))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := m.Tokens(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("it is not healed: %v", err)
	}
}

func TestWhatAModulePrintsIsNoFrame(t *testing.T) {
	m, err := open(t, hsmtest.Compile(t, `printf("hello from a vendor\n"); fflush(stdout);`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Tokens(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
}

func TestALibraryThatIsNoneIsNamed(t *testing.T) {
	if _, err := open(t, filepath.Join(t.TempDir(), "none.so")); hsm.KindOf(err) != hsm.NoModule {
		t.Errorf("%v", err)
	}
}
