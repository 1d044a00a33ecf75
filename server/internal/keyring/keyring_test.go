package keyring

import (
	"bytes"
	"context"
	"testing"

	"sealdesk/hsm/hsmtest"
)

const label = "wrap"

func TestSecretsComeBackOnlyThroughTheKeyInTheToken(t *testing.T) {
	ctx := context.Background()
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "keyring", "123456")
	token := suite.Login(t, "keyring", "123456")
	if err := token.GenerateWrappingKey(ctx, label); err != nil {
		t.Fatal(err)
	}
	wrapped, _, err := Create(ctx, token, label, Holders{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := Open(ctx, token, label, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(ctx, token, label, wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.HeadMAC, again.HeadMAC) || !bytes.Equal(first.Blind["id_number"], again.Blind["id_number"]) {
		t.Error("the secrets differ between two starts")
	}
	if bytes.Equal(first.Blind["id_number"], first.Blind["cert_number"]) {
		t.Error("two blind indexes share a key")
	}
	if bytes.Contains(wrapped, first.HeadMAC) || bytes.Contains(wrapped, []byte("head_mac")) {
		t.Error("the file shows what it should hide")
	}
	sealed, err := first.Fields.Encrypt([]byte("value"), []byte("place"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Fields.Decrypt(sealed, []byte("place")); err != nil || string(plain) != "value" {
		t.Errorf("a field does not come back: %v", err)
	}
	if _, err := again.Fields.Decrypt(sealed, []byte("elsewhere")); err == nil {
		t.Error("a field opens in another place")
	}
	for i := range wrapped {
		altered := bytes.Clone(wrapped)
		altered[i] ^= 1
		if _, err := Open(ctx, token, label, altered); err == nil {
			t.Fatalf("byte %d altered: the keyring opens", i)
		}
		if i > 64 { // the cipher's tag covers the rest the same way
			break
		}
	}
	if _, err := Open(ctx, token, "another", wrapped); err == nil {
		t.Error("another key opens the keyring")
	}
}
