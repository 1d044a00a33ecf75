package hsm_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

func TestAURIIsReadAsRFC7512SaysAndWhatItCannotMeanIsRefused(t *testing.T) {
	slot := uint(3)
	for in, out := range map[string]hsm.URI{
		"pkcs11:token=log%20key;object=head;id=%01%ff?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/sealdesk/pin": {
			Token: "log key", Object: "head", ID: []byte{1, 0xff}, ModulePath: "/usr/lib/softhsm/libsofthsm2.so", PINSource: "/etc/sealdesk/pin"},
		"pkcs11:serial=00a1;slot-id=3?module-name=softhsm2":       {Serial: "00a1", Slot: &slot, ModuleName: "softhsm2"},
		"pkcs11:token=%E7%AD%BE;type=private?pin-source=/run/pin": {Token: "签", PINSource: "/run/pin"},
		"pkcs11:": {},
		"pkcs11:manufacturer=SoftHSM%20project;model=SoftHSM%20v2": {Maker: "SoftHSM project", Model: "SoftHSM v2"},
	} {
		got, err := hsm.ParseURI(in)
		if err != nil || !reflect.DeepEqual(got, out) {
			t.Errorf("%s: %+v %v", in, got, err)
		}
	}
	for in, kind := range map[string]hsm.Kind{
		"":                                hsm.BadURI,
		"http://example.org":              hsm.BadURI,
		"pkcs11:token":                    hsm.BadURI,
		"pkcs11:token=a;token=b":          hsm.BadURI,
		"pkcs11:token=%zz":                hsm.BadURI,
		"pkcs11:colour=red":               hsm.BadURI,
		"pkcs11:token=a?colour=red":       hsm.BadURI,
		"pkcs11:library-version=3":        hsm.BadURI,
		"pkcs11:slot-id=-1":               hsm.BadURI,
		"pkcs11:slot-id=x":                hsm.BadURI,
		"pkcs11:?module-path=relative.so": hsm.BadURI,
		"pkcs11:?module-name=..%2Fevil":   hsm.BadURI,
		"pkcs11:token=a?pin-value=1234":   hsm.PINSource,
		"pkcs11:?pin-source=%7cprogram":   hsm.PINSource,
		"pkcs11:?pin-source=pin":          hsm.PINSource,
		"pkcs11:?pin-source=https://x/y":  hsm.PINSource,
		"pkcs11:?pin-source=file://h/pin": hsm.PINSource,
	} {
		_, err := hsm.ParseURI(in)
		if hsm.KindOf(err) != kind {
			t.Errorf("%s: %v, want %s", in, err, kind)
		}
		if err != nil && strings.Contains(err.Error(), "1234") {
			t.Errorf("the PIN is in the error: %v", err)
		}
	}
}

func TestAPINFileThatOthersCanReadIsRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) hsm.URI {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return hsm.URI{PINSource: path}
	}
	for _, good := range []hsm.URI{write("lf", "5150\n", 0o600), write("crlf", "5150\r\n", 0o400), write("bare", "5150", 0o600)} {
		if got, err := good.PIN(); err != nil || string(got) != "5150" {
			t.Errorf("%s: %q %v", good.PINSource, got, err)
		}
	}
	foreign := write("foreign", "5150", 0o600)
	if err := os.Chown(foreign.PINSource, 12345, 12345); err == nil || os.Geteuid() == 0 {
		if _, err := foreign.PIN(); hsm.KindOf(err) != hsm.PINSource {
			t.Errorf("another user's file: %v", err)
		}
	}
	for name, bad := range map[string]hsm.URI{
		"group can read":  write("group", "5150", 0o640),
		"others can read": write("world", "5150", 0o604),
		"empty":           write("empty", "", 0o600),
		"two lines":       write("two", "5150\n5151\n", 0o600),
		"too long":        write("long", strings.Repeat("5", 300), 0o600),
		"a directory":     {PINSource: dir},
		"missing":         {PINSource: filepath.Join(dir, "none")},
		"not named":       {},
	} {
		_, err := bad.PIN()
		e, ok := err.(*hsm.Error)
		if !ok || e.Kind != hsm.PINSource || !strings.Contains(e.Sentence(), "0600") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Contains(err.Error(), "5150") {
			t.Errorf("the PIN is in the error: %v", err)
		}
	}
}

func TestAURIOpensItsTokenAndKey(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "by-uri", pin)
	made, err := suite.Login(t, "by-uri", pin).GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.Ed25519, Label: "log"})
	if err != nil {
		t.Fatal(err)
	}
	uri := suite.URI(t, "by-uri", "log", pin)
	token, err := hsm.OpenURI(t.Context(), uri, hsm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	u, err := hsm.ParseURI(uri)
	if err != nil {
		t.Fatal(err)
	}
	key, err := token.Signer(t.Context(), u.Key())
	if err != nil || !bytes.Equal(key.ID(), made.ID()) {
		t.Errorf("%v", err)
	}
	if err := token.Close(); err != nil {
		t.Error(err)
	}
	if _, err := suite.Module.Tokens(t.Context()); err != nil {
		t.Errorf("closing the token closed the others' module: %v", err)
	}
	byName := strings.Replace(uri, "module-path="+suite.Library, "module-name=softhsm2", 1)
	again, err := hsm.OpenURI(t.Context(), byName, hsm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	for kind, bad := range map[hsm.Kind]string{
		hsm.NoModule: strings.Replace(uri, suite.Library, "/nonexistent.so", 1),
		hsm.NoToken:  strings.Replace(uri, "token=by-uri", "token=other", 1),
	} {
		if _, err := hsm.OpenURI(t.Context(), bad, hsm.Options{}); hsm.KindOf(err) != kind {
			t.Errorf("%v, want %s", err, kind)
		}
	}
}

func FuzzParseURI(f *testing.F) {
	f.Add("pkcs11:token=log%20key;object=head;id=%01%ff?module-path=/a.so&pin-source=file:/p")
	f.Add("pkcs11:?pin-value=1")
	f.Add("pkcs11:slot-id=3")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := hsm.ParseURI(s)
		if err != nil {
			e, ok := err.(*hsm.Error)
			if !ok || e.Kind != hsm.BadURI && e.Kind != hsm.PINSource {
				t.Fatalf("%v", err)
			}
			return
		}
		if !strings.HasPrefix(s, "pkcs11:") || strings.Contains(s, "pin-value") {
			t.Fatalf("accepted: %s", s)
		}
		if u.PINSource != "" && !filepath.IsAbs(u.PINSource) {
			t.Fatalf("relative PIN file %q", u.PINSource)
		}
		_ = fmt.Sprint(u)
	})
}
