package hsm_test

import (
	"crypto"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

// No injection here: the files of a real SoftHSM token are moved away and back,
// which is the nearest thing to pulling it.
func TestARealTokenWhoseFilesGoAndComeBackSignsAgain(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "files", pin)
	token := suite.Login(t, "files", pin)
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{7}, Label: "key"})
	if err != nil {
		t.Fatal(err)
	}
	signs(t, key)
	here, away := filepath.Join(suite.Dir, "tokens"), filepath.Join(suite.Dir, "away")
	if err := os.Rename(here, away); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(here, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		refuses(t, key, hsm.TokenRemoved)
	}
	if err := os.RemoveAll(here); err != nil { // what SoftHSM may have begun anew
		t.Fatal(err)
	}
	if err := os.Rename(away, here); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		_, err := key.SignContext(t.Context(), digest[:], crypto.SHA256)
		if err == nil {
			break
		}
		if hsm.KindOf(err) != hsm.TokenRemoved {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatal("the token is back and does not sign:", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	signs(t, key)
}
