package keyagent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
	"sealdesk/hsm/seal"
)

const newPIN = "246802"

// carryOut reads the order's page and posts the PIN from it.
func (s *scene) carryOut(path, pin string) answer {
	s.t.Helper()
	page := s.get(path).page
	return s.do(http.MethodPost, path+"/carry-out", url.Values{"once": {field(s.t, onceField, page)}, "pin": {pin}}.Encode(), from("http://"+s.address))
}

// failed carries out, expects nothing to come back, and gives the sentence.
func (s *scene) failed(path, pin string) string {
	s.t.Helper()
	a := s.carryOut(path, pin)
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != path {
		s.t.Fatalf("a failed try leads to %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	return sentence(s.get(path).page)
}

func broughtBack(t testing.TB, a answer, name string) string {
	t.Helper()
	value, ok := strings.CutPrefix(a.Header.Get("Location"), portalOrigin+"/sealed#"+name+"=")
	if a.StatusCode != http.StatusSeeOther || !ok {
		t.Fatalf("no %s came back: %d %s %s", name, a.StatusCode, a.Header.Get("Location"), sentence(a.page))
	}
	return value
}

func requestIn(t testing.TB, a answer, order []byte) *x509.CertificateRequest {
	t.Helper()
	der, err := base64.RawURLEncoding.DecodeString(broughtBack(t, a, "request"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.CheckSignature(); err != nil {
		t.Error(err)
	}
	sum := sha256.Sum256(order)
	if r.Subject.CommonName != hex.EncodeToString(sum[:]) {
		t.Errorf("the request names %q, not the order", r.Subject.CommonName)
	}
	return r
}

// empty is a token without key or certificate.
func (s *scene) empty(label string) hsm.TokenInfo {
	s.t.Helper()
	return s.suite.NewToken(s.t, label, newPIN)
}

// holds counts the private keys and certificates of a token.
func (s *scene) holds(info hsm.TokenInfo, pin string) (keys, certs int) {
	s.t.Helper()
	token, err := s.suite.Module.Login(s.t.Context(), hsm.TokenQuery{Serial: info.Serial}, []byte(pin), hsm.Options{Sessions: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	defer token.Close()
	list, err := token.Signers(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	all, err := s.suite.Module.Certificates(s.t.Context(), info.Slot)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(list), len(all)
}

func (s *scene) untouched(t testing.TB) {
	t.Helper()
	for _, call := range []string{"C_Login", "C_GenerateKeyPair", "C_CreateObject", "C_DestroyObject", "C_Sign"} {
		if n := s.faulty.Calls(call); n != 0 {
			t.Errorf("%s was called %d times", call, n)
		}
	}
}

func TestAKeyIsMadeInsideTheTokenGetsItsCertificateAndSigns(t *testing.T) {
	for _, c := range []struct{ module, algorithm string }{{"SoftHSM", "ECDSA P-256"}, {"SoftHSM", "RSA 2048"}, {"NSS", "ECDSA P-256"}, {"NSS", "RSA 2048"}} {
		t.Run(c.module+" "+c.algorithm, func(t *testing.T) {
			s, info := (*scene)(nil), hsm.TokenInfo{}
			if c.module == "NSS" {
				module := hsmtest.NSS(t, newPIN)
				tokens, err := module.Tokens(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range tokens {
					if i.Label == hsmtest.NSSLabel {
						info = i
					}
				}
				s = newScene(t, Source{"libsoftokn3.so", func() (*hsm.Module, error) { return module, nil }})
			} else {
				s = newScene(t)
				info = s.empty("empty " + c.algorithm)
			}
			named := strings.ToUpper(info.Serial) // as the register spells it
			if c.module == "NSS" {                // its two tokens have one serial number
				named += "|" + info.Label
			}
			text := enrolOrder(t, named, c.algorithm)
			path := s.order("/enrol", text)
			page := s.get(path).page
			lines := map[int]string{}
			if linesOf(t, page, lines); textOf(lines) != string(text) {
				t.Error("the page does not show the order's bytes")
			}
			if !strings.Contains(page, info.Label) || !strings.Contains(page, info.Serial) || !strings.Contains(page, testPhrase) {
				t.Error("the page does not name the token and the phrase")
			}
			request := requestIn(t, s.carryOut(path, newPIN), text)
			switch key := request.PublicKey.(type) {
			case *ecdsa.PublicKey:
				if key.Curve != elliptic.P256() || c.algorithm != "ECDSA P-256" {
					t.Errorf("a key of %s", key.Curve.Params().Name)
				}
			case *rsa.PublicKey:
				if key.N.BitLen() != 2048 || c.algorithm != "RSA 2048" {
					t.Errorf("a key of %d bits", key.N.BitLen())
				}
			default:
				t.Fatalf("a %T", key)
			}
			leaf := s.ca.Issue(t, request.PublicKey, "U09001", "苏怀瑾")
			wants := installOrder(t, named, leaf, []*x509.Certificate{s.ca.Cert})
			path = s.order("/install", wants)
			if page := s.get(path).page; !strings.Contains(page, "要写入的证书") || !strings.Contains(page, "苏怀瑾") {
				t.Error("the page does not say whose certificate it is")
			}
			sum := sha256.Sum256(wants)
			if done := broughtBack(t, s.carryOut(path, newPIN), "installed"); done != hex.EncodeToString(sum[:]) {
				t.Errorf("installed %s", done)
			}
			login, annex := login(t, portalName)
			der := sealIn(t, s.confirm(s.bring(login, annex), newPIN))
			v, err := seal.Verify(der, login, annex, seal.Trust{Roots: s.ca.Pool()}, seal.Expect{Portal: portalName, Kind: seal.Login}, time.Now())
			if err != nil || v.Fingerprint() != seal.Fingerprint(leaf) {
				t.Errorf("the new key signs in: %v", err)
			}
			if strings.Contains(s.log.String(), newPIN) || strings.Contains(s.log.String(), "苏怀瑾") {
				t.Error("the log holds a PIN or a name")
			}
		})
	}
}

func TestAnEnrolmentThatFailsLeavesNoKeyBehind(t *testing.T) {
	for i, c := range []struct {
		name string
		harm func(s *scene, info hsm.TokenInfo)
		pin  string
		want string
	}{
		{"wrong PIN", nil, "999999", of(hsm.WrongPIN, hsm.TriesLow)},
		{"no PIN", nil, "", "还没有输入 PIN，什么都没有办，次数没有减少。"},
		{"locked", func(s *scene, _ hsm.TokenInfo) { s.faulty.Fail("C_Login", pkcs11.CKR_PIN_LOCKED, 0, 1) }, newPIN, of(hsm.PINLocked, "")},
		{"token full", func(s *scene, _ hsm.TokenInfo) { s.faulty.Fail("C_GenerateKeyPair", pkcs11.CKR_DEVICE_MEMORY, 0, 1) }, newPIN, of(hsm.TokenFull, "")},
		{"no such mechanism", func(s *scene, _ hsm.TokenInfo) {
			s.faulty.Fail("C_GenerateKeyPair", pkcs11.CKR_MECHANISM_INVALID, 0, 1)
		}, newPIN, of(hsm.Unsupported, "")},
		{"the new key does not sign", func(s *scene, _ hsm.TokenInfo) {
			s.faulty.Fail("C_Sign", pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED, 0, 9)
		}, newPIN, of(hsm.NotPermitted, "")},
		{"pulled while signing", func(s *scene, _ hsm.TokenInfo) { s.faulty.Fail("C_Sign", pkcs11.CKR_DEVICE_REMOVED, 0, 9) }, newPIN, of(hsm.TokenRemoved, "")},
		{"module crashed after the pair was made", func(s *scene, _ hsm.TokenInfo) { s.faulty.Fail("C_SignInit", pkcs11.CKR_GENERAL_ERROR, 0, 9) }, newPIN, of(hsm.ModuleCrashed, "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			info := s.empty(fmt.Sprintf("fails %d", i))
			path := s.order("/enrol", enrolOrder(t, info.Serial, "ECDSA P-256"))
			if c.harm != nil {
				c.harm(s, info)
			}
			if got := s.failed(path, c.pin); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			s.faulty.Heal()
			if keys, certs := s.holds(info, newPIN); keys != 0 || certs != 0 {
				t.Errorf("%d keys, %d certificates are left", keys, certs)
			}
			broughtBack(t, s.carryOut(path, newPIN), "request") // the text is still there
			if keys, _ := s.holds(info, newPIN); keys != 1 {
				t.Errorf("%d keys after the second try", keys)
			}
		})
	}
}

func TestAPairThatCouldNotBeDestroyedIsSaidAndClearedByTheNextTry(t *testing.T) {
	s := newScene(t)
	info := s.empty("left over")
	path := s.order("/enrol", enrolOrder(t, info.Serial, "ECDSA P-256"))
	s.faulty.Fail("C_Sign", pkcs11.CKR_DEVICE_REMOVED, 0, 9)
	s.faulty.Fail("C_DestroyObject", pkcs11.CKR_DEVICE_REMOVED, 0, 9)
	if got := s.failed(path, newPIN); !strings.Contains(got, "谁也不能用它签署") {
		t.Errorf("%q", got)
	}
	s.faulty.Heal()
	if keys, certs := s.holds(info, newPIN); keys != 1 || certs != 0 {
		t.Fatalf("%d keys, %d certificates", keys, certs)
	}
	s.do(http.MethodPost, path+"/cancel", "", from("http://"+s.address))
	text := enrolOrder(t, info.Serial, "ECDSA P-256")
	request := requestIn(t, s.carryOut(s.order("/enrol", text), newPIN), text)
	if keys, _ := s.holds(info, newPIN); keys != 1 || request == nil {
		t.Errorf("%d keys", keys)
	}
}

func TestATokenThatIsNotAsTheOrderSaysIsLeftAlone(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	info := s.empty("foreign key")
	token := s.suite.Login(t, "foreign key", newPIN)
	if _, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: "vendor"}); err != nil {
		t.Fatal(err)
	}
	cancel := func(path string) { s.do(http.MethodPost, path+"/cancel", "", from("http://"+s.address)) }
	for name, c := range map[string]struct {
		text      []byte
		pin, want string
		asked     bool
	}{
		"it holds a certificate":              {enrolOrder(t, p.Serial, "ECDSA P-256"), p.PIN, "已经有一张证书（沈知远）", false},
		"it holds another one than the known": {enrolOrder(t, p.Serial, "ECDSA P-256", strings.Repeat("ab", 32)), p.PIN, "已经有一张证书（沈知远）", false},
		"it holds a key of somebody else":     {enrolOrder(t, info.Serial, "ECDSA P-256"), newPIN, "不是本程序生成的", true},
		"it is not plugged in":                {enrolOrder(t, "0000000000000000", "ECDSA P-256"), newPIN, "序列号为 0000000000000000", false},
		"a serial that begins alike":          {enrolOrder(t, info.Serial+"X", "ECDSA P-256"), newPIN, "插着的钥匙里没有", false},
		"an algorithm that is not ours":       {enrolOrder(t, info.Serial, "RSA 1024"), newPIN, "算法不是这里能做的", false},
	} {
		t.Run(name, func(t *testing.T) {
			logins := s.faulty.Calls("C_Login")
			path := s.order("/enrol", c.text)
			defer cancel(path)
			page := s.get(path).page
			if !c.asked && strings.Contains(page, `name="pin"`) {
				t.Error("the page asks for a PIN")
			}
			if got := s.failed(path, c.pin); !strings.Contains(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
			if s.faulty.Calls("C_GenerateKeyPair") != 0 || s.faulty.Calls("C_DestroyObject") != 0 || !c.asked && s.faulty.Calls("C_Login") != logins {
				t.Error("the token was touched")
			}
		})
	}
	t.Run("a key that is known stays beside the new one", func(t *testing.T) {
		text := enrolOrder(t, p.Serial, "ECDSA P-256", seal.Fingerprint(p.Cert))
		requestIn(t, s.carryOut(s.order("/enrol", text), p.PIN), text)
		if keys, certs := s.holds(hsm.TokenInfo{Serial: p.Serial, Slot: p.Slot}, p.PIN); keys != 2 || certs != 1 {
			t.Errorf("%d keys, %d certificates", keys, certs)
		}
	})
}

func TestTwoTokensOfOneSerialAreNotGuessedBetween(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	_, one := suite.Faulty(t)
	_, two := suite.Faulty(t)
	s := newScene(t, Source{"one.so", func() (*hsm.Module, error) { return one, nil }}, Source{"two.so", func() (*hsm.Module, error) { return two, nil }})
	info := s.empty("twice")
	path := s.order("/enrol", enrolOrder(t, info.Serial, "ECDSA P-256"))
	if got := s.failed(path, newPIN); !strings.Contains(got, "分不清是哪一把") {
		t.Errorf("%q", got)
	}
	if keys, _ := s.holds(info, newPIN); keys != 0 {
		t.Errorf("%d keys", keys)
	}
}

func TestARequestThatIsGivenUpMeanwhileLeavesNoKey(t *testing.T) {
	s := newScene(t)
	info := s.empty("given up")
	path := s.order("/enrol", enrolOrder(t, info.Serial, "ECDSA P-256"))
	body := url.Values{"once": {field(t, onceField, s.get(path).page)}, "pin": {newPIN}}.Encode()
	gate := make(chan struct{})
	s.faulty.Hang("C_Sign", gate)
	ended := make(chan answer, 1)
	go func() { ended <- s.do(http.MethodPost, path+"/carry-out", body, from("http://"+s.address)) }()
	for s.faulty.Signatures() == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	s.do(http.MethodPost, path+"/cancel", "", from("http://"+s.address))
	close(gate)
	if a := <-ended; a.StatusCode != http.StatusGone {
		t.Errorf("%d %s", a.StatusCode, a.Header.Get("Location"))
	}
	if keys, _ := s.holds(info, newPIN); keys != 0 {
		t.Errorf("%d keys are left", keys)
	}
}

func TestACertificateGoesBesideItsOwnKeyOrNowhere(t *testing.T) {
	s := newScene(t)
	info := s.empty("writing")
	text := enrolOrder(t, info.Serial, "ECDSA P-256")
	request := requestIn(t, s.carryOut(s.order("/enrol", text), newPIN), text)
	leaf := s.ca.Issue(t, request.PublicKey, "U09001", "苏怀瑾")
	chain := []*x509.Certificate{s.ca.Cert}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	path := s.order("/install", installOrder(t, info.Serial, s.ca.Issue(t, other.Public(), "U09001", "苏怀瑾"), chain))
	if got := s.failed(path, newPIN); !strings.Contains(got, "没有与这张证书配套的私钥") || s.faulty.Calls("C_CreateObject") != 0 {
		t.Errorf("%q, %d objects written", got, s.faulty.Calls("C_CreateObject"))
	}
	s.do(http.MethodPost, path+"/cancel", "", from("http://"+s.address))
	path = s.order("/install", installOrder(t, info.Serial, leaf, chain))
	s.faulty.Fail("C_CreateObject", pkcs11.CKR_DEVICE_MEMORY, 1, 1) // the leaf fits, its issuer does not
	if got := s.failed(path, newPIN); got != of(hsm.TokenFull, "") {
		t.Errorf("%q", got)
	}
	if keys, certs := s.holds(info, newPIN); keys != 1 || certs != 0 {
		t.Errorf("after a full token: %d keys, %d certificates", keys, certs)
	}
	broughtBack(t, s.carryOut(path, newPIN), "installed")
	path = s.order("/install", installOrder(t, info.Serial, leaf, chain)) // a second click changes nothing
	broughtBack(t, s.carryOut(path, newPIN), "installed")
	if keys, certs := s.holds(info, newPIN); keys != 1 || certs != 1 {
		t.Errorf("%d keys, %d certificates", keys, certs)
	}
}

func TestAHandedOverTokenKeepsTheNewPersonsKeyAlone(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	old := seal.Fingerprint(p.Cert)
	text := enrolOrder(t, p.Serial, "ECDSA P-256", old)
	request := requestIn(t, s.carryOut(s.order("/enrol", text), p.PIN), text)
	leaf := s.ca.Issue(t, request.PublicKey, "U09001", "苏怀瑾")
	path := s.order("/install", installOrder(t, p.Serial, leaf, []*x509.Certificate{s.ca.Cert}, old))
	if page := s.get(path).page; !strings.Contains(page, "原来 沈知远 的密钥和证书") {
		t.Error("the page does not say what is cleared")
	}
	broughtBack(t, s.carryOut(path, p.PIN), "installed")
	info := hsm.TokenInfo{Serial: p.Serial, Slot: p.Slot}
	if keys, certs := s.holds(info, p.PIN); keys != 1 || certs != 1 {
		t.Errorf("%d keys, %d certificates", keys, certs)
	}
	list, err := s.suite.Module.Certificates(t.Context(), p.Slot)
	if err != nil || !list[0].Leaf.Equal(leaf) {
		t.Errorf("not the new certificate: %v", err)
	}
	t.Run("without the order naming it, the old one stands in the way", func(t *testing.T) {
		q := hsmtest.Person(t, s.suite, s.ca, "U01029", "程静姝")
		text := enrolOrder(t, q.Serial, "ECDSA P-256", seal.Fingerprint(q.Cert))
		request := requestIn(t, s.carryOut(s.order("/enrol", text), q.PIN), text)
		leaf := s.ca.Issue(t, request.PublicKey, "U09001", "苏怀瑾")
		path := s.order("/install", installOrder(t, q.Serial, leaf, nil))
		if got := s.failed(path, q.PIN); !strings.Contains(got, "已经有一张证书（程静姝）") {
			t.Errorf("%q", got)
		}
	})
}
