package keyagent

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

// tried posts a PIN, expects no seal, and gives the page that follows.
func (s *scene) tried(t *testing.T, path, pin string) string {
	t.Helper()
	a := s.confirm(path, pin)
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != path {
		t.Fatalf("a failed try leads to %d %s", a.StatusCode, a.Header.Get("Location"))
	}
	return s.get(path).page
}

func of(kind hsm.Kind, tries hsm.Tries) string {
	return (&hsm.Error{Kind: kind, Tries: tries}).Sentence()
}

func TestEachFailureOfTheTokenHasItsSentenceAndKeepsTheText(t *testing.T) {
	for _, c := range []struct {
		name string
		harm func(s *scene, p hsmtest.PersonToken)
		pin  string
		want string
	}{
		{"wrong PIN", nil, "999999", of(hsm.WrongPIN, hsm.TriesLow)},
		{"wrong PIN before the last try", func(s *scene, _ hsmtest.PersonToken) { s.faulty.TokenFlags(pkcs11.CKF_USER_PIN_FINAL_TRY) }, "999999", of(hsm.WrongPIN, hsm.TriesFinal)},
		{"locked by this try", func(s *scene, _ hsmtest.PersonToken) { s.faulty.Fail("C_Login", pkcs11.CKR_PIN_LOCKED, 0, 1) }, "999999", of(hsm.PINLocked, "")},
		{"PIN of a wrong length", func(s *scene, _ hsmtest.PersonToken) { s.faulty.Fail("C_Login", pkcs11.CKR_PIN_LEN_RANGE, 0, 1) }, "1", of(hsm.PINFormat, "")},
		{"PIN expired", func(s *scene, _ hsmtest.PersonToken) { s.faulty.Fail("C_Login", pkcs11.CKR_PIN_EXPIRED, 0, 1) }, "", of(hsm.PINExpired, "")},
		{"no PIN typed", nil, "-", "还没有输入 PIN，没有签署，次数没有减少。"},
		{"pulled while signing", func(s *scene, _ hsmtest.PersonToken) { s.faulty.Fail("C_Sign", pkcs11.CKR_DEVICE_REMOVED, 0, 9) }, "", of(hsm.TokenRemoved, "")},
		{"cancelled on the token", func(s *scene, _ hsmtest.PersonToken) {
			s.faulty.Fail("C_Login", pkcs11.CKR_FUNCTION_CANCELED, 0, 1)
		}, "", of(hsm.Cancelled, "")},
		{"module crashed while signing", func(s *scene, _ hsmtest.PersonToken) { s.faulty.Fail("C_Sign", pkcs11.CKR_GENERAL_ERROR, 0, 9) }, "", of(hsm.ModuleCrashed, "")},
		{"key unusable", func(s *scene, _ hsmtest.PersonToken) {
			s.faulty.Fail("C_SignInit", pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED, 0, 9)
		}, "", of(hsm.NotPermitted, "")},
		{"an answer nobody knows", func(s *scene, _ hsmtest.PersonToken) { s.faulty.Fail("C_Login", 0x80000123, 0, 1) }, "", of(hsm.Other, "")},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
			text, annex := conclude(t, 2, p)
			path := s.bring(text, annex)
			if c.harm != nil {
				c.harm(s, p)
			}
			pin := strings.TrimSuffix(c.pin, "-")
			if c.pin == "" {
				pin = p.PIN
			}
			page := s.tried(t, path, pin)
			if got := sentence(page); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			lines := map[int]string{}
			if linesOf(t, page, lines); textOf(lines) != string(text) {
				t.Error("the text is gone")
			}
			if strings.Contains(page, pin) && pin != "1" && pin != "" {
				t.Error("the page repeats the PIN")
			}
			s.faulty.Heal()
			sealIn(t, s.confirm(path, p.PIN))
		})
	}
}

func TestTheStateOfTriesIsShownBeforeTheTry(t *testing.T) {
	for _, c := range []struct {
		flags uint
		tries hsm.Tries
	}{{pkcs11.CKF_USER_PIN_COUNT_LOW, hsm.TriesLow}, {pkcs11.CKF_USER_PIN_FINAL_TRY, hsm.TriesFinal}} {
		s := newScene(t)
		p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
		text, annex := conclude(t, 2, p)
		s.faulty.TokenFlags(c.flags)
		if page := s.get(s.bring(text, annex)).page; !strings.Contains(page, c.tries.Sentence()) || !strings.Contains(page, "state-"+string(c.tries)) {
			t.Errorf("%s is not shown", c.tries)
		}
	}
}

func TestALockedTokenIsNotTried(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	page := s.get(path).page
	s.faulty.TokenFlags(pkcs11.CKF_USER_PIN_LOCKED)
	s.post(path, url.Values{"once": {field(t, onceField, page)}, "key": {field(t, keyField, page)}, "pin": {p.PIN}})
	page = s.get(path).page
	if sentence(page) != of(hsm.PINLocked, "") || strings.Contains(page, `id="pin"`) {
		t.Errorf("a locked token still takes a PIN: %q", sentence(page))
	}
	s.unsigned(t)
}

func TestATokenPulledBeforeTheTryIsNamedAndMayComeBack(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	page := s.get(path).page
	s.faulty.Pull(p.Slot)
	s.post(path, url.Values{"once": {field(t, onceField, page)}, "key": {field(t, keyField, page)}, "pin": {p.PIN}})
	page = s.get(path).page
	if sentence(page) != of(hsm.TokenRemoved, "") || !strings.Contains(page, "没有插着的钥匙") || strings.Contains(page, `id="pin"`) {
		t.Errorf("pulled: %q", sentence(page))
	}
	s.unsigned(t)
	s.faulty.Return(p.Slot)
	sealIn(t, s.confirm(path, p.PIN))
}

func TestABrokenModuleIsNamedAndHidesNoOther(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	faulty, module := suite.Faulty(t)
	missing := inChildren(t, "/nowhere/vendor-pkcs11.so")[0]
	s := newScene(t, missing, Source{"libsofthsm2.so", func() (*hsm.Module, error) { return module, nil }})
	s.faulty = faulty
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	for _, page := range []string{s.get(path).page, s.get("/").page} {
		if !strings.Contains(page, "驱动 vendor-pkcs11.so："+of(hsm.NoModule, "")) || !strings.Contains(page, "沈知远") {
			t.Error("the broken module hides the good one, or is not named")
		}
	}
	sealIn(t, s.confirm(path, p.PIN))
}

func TestAVendorsModuleThatCrashesIsNamedAndTheAgentSignsOnWithAnother(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	crashing := hsmtest.Compile(t, `*(volatile int *)0 = 1;`)
	s := newScene(t, inChildren(t, crashing, suite.Library)...)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	for range 2 {
		path := s.bring(conclude(t, 2, p))
		if page := s.get(path).page; !strings.Contains(page, "驱动 module.so："+of(hsm.ModuleCrashed, "")) || !strings.Contains(page, "沈知远") {
			t.Error("the crash is not named, or hides the good module")
		}
		sealIn(t, s.confirm(path, p.PIN))
	}
}

func TestWithoutAnyModuleTheTextStaysAndThePageSaysWhatIsMissing(t *testing.T) {
	opened := 0
	s := newScene(t, Source{"vendor.so", func() (*hsm.Module, error) {
		opened++
		return nil, &hsm.Error{Kind: hsm.NoModule, Op: "dlopen"}
	}})
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	for range 2 {
		page := s.get(path).page
		if !strings.Contains(page, of(hsm.NoModule, "")) || !strings.Contains(page, "现在没有可用的钥匙") || strings.Contains(page, `id="pin"`) {
			t.Error("the page does not say what is missing")
		}
	}
	if opened != 2 {
		t.Errorf("the module was opened %d times, want once for each look", opened)
	}
}

func TestAModuleThatDiedHasItsSentenceAndMayComeBack(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	s.faulty.Die(pkcs11.CKR_GENERAL_ERROR, true)
	if page := s.get(path).page; !strings.Contains(page, "驱动 libsofthsm2.so："+of(hsm.ModuleCrashed, "")) {
		t.Error("a dead module has no sentence")
	}
	s.faulty.Heal()
	sealIn(t, s.confirm(path, p.PIN))
}

func TestADriverThatHangsIsNamedAndHidesNoOther(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	hanging, first := suite.Faulty(t)
	_, second := suite.Faulty(t)
	s := newScene(t, Source{"hangs.so", func() (*hsm.Module, error) { return first, nil }}, Source{"good.so", func() (*hsm.Module, error) { return second, nil }})
	s.agent.modules.patience = 300 * time.Millisecond
	hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	gate := make(chan struct{})
	hanging.Hang("C_GetSlotList", gate)
	page := s.get("/").page
	close(gate)
	if !strings.Contains(page, "驱动 hangs.so："+of(hsm.Timeout, "")) || !strings.Contains(page, "沈知远") {
		t.Error("the hanging driver is not named, or hides the other")
	}
}

func TestMissingKeysAndCertificatesHaveTheirSentences(t *testing.T) {
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }
	early := func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }
	server := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
	for _, c := range []struct {
		name  string
		plug  func(t *testing.T, s *scene) []hsmtest.PersonToken // the statement's signers
		login bool
		want  string
	}{
		{"no token", func(t *testing.T, s *scene) []hsmtest.PersonToken { return nil }, true, "没有插着的钥匙。请把 USB 钥匙插好"},
		{"a token without a certificate", func(t *testing.T, s *scene) []hsmtest.PersonToken {
			s.suite.NewToken(t, "HS-0999", "123456")
			return nil
		}, true, "钥匙 HS-0999 里没有签名证书。"},
		{"an expired certificate", func(t *testing.T, s *scene) []hsmtest.PersonToken {
			return []hsmtest.PersonToken{hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远", expired)}
		}, false, "过期，不能再签。请找安全保密管理员换发证书"},
		{"a certificate that is not valid yet", func(t *testing.T, s *scene) []hsmtest.PersonToken {
			return []hsmtest.PersonToken{hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远", early)}
		}, false, "才生效。请到那时再签"},
		{"a server's certificate at log-in", func(t *testing.T, s *scene) []hsmtest.PersonToken {
			hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远", server)
			return nil
		}, true, "插着的钥匙里没有可以登录的证书。"},
		{"somebody else's key", func(t *testing.T, s *scene) []hsmtest.PersonToken {
			hsmtest.Person(t, s.suite, s.ca, "U01028", "汪远山")
			absent := hsmtest.PersonToken{StaffID: "U01027", Name: "沈知远", Cert: s.ca.Cert}
			return []hsmtest.PersonToken{absent}
		}, false, "插着的钥匙不是原文列明的签署人的。"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			people := c.plug(t, s)
			text, annex := login(t, portalName)
			if !c.login {
				text, annex = conclude(t, 2, people...)
			}
			page := s.get(s.bring(text, annex)).page
			if !strings.Contains(page, c.want) || strings.Contains(page, `id="pin"`) {
				t.Errorf("the page does not say %q, or takes a PIN", c.want)
			}
			s.unsigned(t)
		})
	}
}

func TestACertificateWhoseKeyIsGoneHasItsSentence(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	token := s.suite.Login(t, p.Label, p.PIN)
	orphan := s.ca.Issue(t, p.Cert.PublicKey, p.StaffID, p.Name)
	if err := token.StoreCertificate(t.Context(), []byte{77}, "orphan", orphan); err != nil {
		t.Fatal(err)
	}
	p.Cert = orphan
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	if got := sentence(s.tried(t, path, p.PIN)); got != of(hsm.NoKey, "") {
		t.Errorf("%q", got)
	}
	if s.faulty.Signatures() != 0 {
		t.Error("a signature was made")
	}
}

// pad is a module whose token takes its PIN on its own keys.
type pad struct {
	*hsmtest.Faulty
	pin  string
	sent []string
}

func (p *pad) Login(s pkcs11.SessionHandle, user uint, pin string) error {
	p.sent = append(p.sent, pin)
	return p.Faulty.Login(s, user, p.pin)
}

func TestATokenWithAPadIsNeverGivenAPIN(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	ca := hsmtest.CA(t)
	p := hsmtest.Person(t, suite, ca, "U01027", "沈知远")
	api, err := hsm.Load(suite.Library)
	if err != nil {
		t.Fatal(err)
	}
	keys := &pad{Faulty: hsmtest.Between(api), pin: p.PIN}
	keys.TokenFlags(pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH)
	module, err := hsm.OpenOver(keys)
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(t, Source{"pad.so", func() (*hsm.Module, error) { return module, nil }})
	t.Cleanup(func() {
		if err := module.Close(); err != nil {
			t.Error(err)
		}
	})
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	page := s.get(path).page
	if strings.Contains(page, `id="pin"`) || !strings.Contains(page, "在钥匙自己的键盘上输入 PIN") {
		t.Error("the page asks for a PIN")
	}
	sealIn(t, s.confirm(path, "123456"))
	if len(keys.sent) != 1 || keys.sent[0] != "" {
		t.Errorf("the module was sent %d PINs", len(keys.sent))
	}
}

func TestCancellingWhileTheTokenSignsGivesNoSealAway(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	gate := make(chan struct{})
	s.faulty.Hang("C_Sign", gate)
	answers := make(chan answer, 1)
	go func() { answers <- s.confirm(path, p.PIN) }()
	s.waitFor(t, "C_Sign")
	if a := s.post(path, url.Values{"once": {"x"}, "key": {"x"}, "pin": {p.PIN}}); sentence(a.page) != inHand.sentence {
		t.Errorf("a second post meanwhile: %q", sentence(a.page))
	}
	if c := s.do(http.MethodPost, path+"/cancel", "", from("http://"+s.address)); c.StatusCode != http.StatusOK {
		t.Errorf("cancelling: %d", c.StatusCode)
	}
	if a := <-answers; a.StatusCode != http.StatusGone {
		t.Errorf("the signing post: %d", a.StatusCode)
	}
	close(gate)
}

func TestABrowserThatGoesAwayStopsTheTry(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	page := s.get(path).page
	gate := make(chan struct{})
	s.faulty.Hang("C_Sign", gate)
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		body := url.Values{"once": {field(t, onceField, page)}, "key": {field(t, keyField, page)}, "pin": {p.PIN}}.Encode()
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.address+path+"/sign", strings.NewReader(body))
		if err == nil {
			r.Header.Set("Origin", "http://"+s.address)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			_, err = s.client.Do(r)
		}
		gone <- err
	}()
	s.waitFor(t, "C_Sign")
	leave()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second) // a page waits five seconds for the driver that hangs
	for sentence(page) != of(hsm.Cancelled, "") {
		if time.Now().After(deadline) {
			t.Fatalf("the page says %q", sentence(page))
		}
		time.Sleep(20 * time.Millisecond)
		page = s.get(path).page
	}
	close(gate)
	sealIn(t, s.confirm(path, p.PIN))
}

func (s *scene) waitFor(t *testing.T, call string) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); s.faulty.Calls(call) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s was never called", call)
		}
	}
}
