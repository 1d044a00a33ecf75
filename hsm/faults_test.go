package hsm_test

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

const pin = "902716"

var digest = sha256.Sum256([]byte("审核结论\n"))

// faulty is a token with one key, behind a Faulty. Each test takes a name of
// its own.
func faulty(t *testing.T, label string) (*hsmtest.Faulty, *hsm.Module, *hsm.Token, *hsm.Signer) {
	t.Helper()
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, label, pin)
	f, m := suite.Faulty(t)
	token := hsmtest.Login(t, m, label, pin)
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{7}, Label: "key"})
	if err != nil {
		t.Fatal(err)
	}
	return f, m, token, key
}

// want is the table from CKR code to kind, written down a second time.
var want = map[hsm.Kind][]uint{
	hsm.Cancelled:     {pkcs11.CKR_CANCEL, pkcs11.CKR_FUNCTION_CANCELED, pkcs11.CKR_FUNCTION_REJECTED},
	hsm.TokenRemoved:  {pkcs11.CKR_DEVICE_REMOVED, pkcs11.CKR_TOKEN_NOT_PRESENT, pkcs11.CKR_TOKEN_NOT_RECOGNIZED, pkcs11.CKR_SLOT_ID_INVALID},
	hsm.SessionDead:   {pkcs11.CKR_SESSION_HANDLE_INVALID, pkcs11.CKR_SESSION_CLOSED, pkcs11.CKR_USER_NOT_LOGGED_IN, pkcs11.CKR_OPERATION_NOT_INITIALIZED, pkcs11.CKR_OPERATION_ACTIVE},
	hsm.WrongPIN:      {pkcs11.CKR_PIN_INCORRECT},
	hsm.PINFormat:     {pkcs11.CKR_PIN_INVALID, pkcs11.CKR_PIN_LEN_RANGE, pkcs11.CKR_PIN_TOO_WEAK},
	hsm.PINExpired:    {pkcs11.CKR_PIN_EXPIRED},
	hsm.PINLocked:     {pkcs11.CKR_PIN_LOCKED},
	hsm.PINUnset:      {pkcs11.CKR_USER_PIN_NOT_INITIALIZED},
	hsm.NoKey:         {pkcs11.CKR_KEY_HANDLE_INVALID, pkcs11.CKR_OBJECT_HANDLE_INVALID},
	hsm.ModuleCrashed: {pkcs11.CKR_GENERAL_ERROR, pkcs11.CKR_FUNCTION_FAILED, pkcs11.CKR_HOST_MEMORY, pkcs11.CKR_DEVICE_ERROR, pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED},
	hsm.Busy:          {pkcs11.CKR_SESSION_COUNT, pkcs11.CKR_SESSION_PARALLEL_NOT_SUPPORTED, pkcs11.CKR_SESSION_EXISTS, pkcs11.CKR_USER_TOO_MANY_TYPES, pkcs11.CKR_USER_ANOTHER_ALREADY_LOGGED_IN},
	hsm.TokenFull:     {pkcs11.CKR_DEVICE_MEMORY},
	hsm.Unsupported:   {pkcs11.CKR_FUNCTION_NOT_SUPPORTED, pkcs11.CKR_MECHANISM_INVALID, pkcs11.CKR_MECHANISM_PARAM_INVALID, pkcs11.CKR_CURVE_NOT_SUPPORTED, pkcs11.CKR_DOMAIN_PARAMS_INVALID, pkcs11.CKR_KEY_SIZE_RANGE, pkcs11.CKR_KEY_TYPE_INCONSISTENT, pkcs11.CKR_ATTRIBUTE_TYPE_INVALID, pkcs11.CKR_ATTRIBUTE_VALUE_INVALID, pkcs11.CKR_TEMPLATE_INCOMPLETE, pkcs11.CKR_TEMPLATE_INCONSISTENT, pkcs11.CKR_RANDOM_NO_RNG, pkcs11.CKR_BUFFER_TOO_SMALL, pkcs11.CKR_CANT_LOCK, pkcs11.CKR_NEED_TO_CREATE_THREADS},
	hsm.NotPermitted:  {pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED, pkcs11.CKR_ACTION_PROHIBITED, pkcs11.CKR_ATTRIBUTE_READ_ONLY, pkcs11.CKR_ATTRIBUTE_SENSITIVE, pkcs11.CKR_SESSION_READ_ONLY, pkcs11.CKR_TOKEN_WRITE_PROTECTED, pkcs11.CKR_KEY_UNEXTRACTABLE, pkcs11.CKR_USER_TYPE_INVALID},
	hsm.Damaged:       {pkcs11.CKR_ENCRYPTED_DATA_INVALID, pkcs11.CKR_ENCRYPTED_DATA_LEN_RANGE},
	hsm.Other:         {pkcs11.CKR_ARGUMENTS_BAD, pkcs11.CKR_DATA_LEN_RANGE, pkcs11.CKR_VENDOR_DEFINED + 7},
}

// scenario reaches one PKCS#11 call through the public API.
type scenario struct {
	call string
	run  func(context.Context) error
	// kind, when not nil, corrects what the table says, for a call whose
	// answer means something else.
	kind func(code uint, table hsm.Kind) hsm.Kind
}

func TestEveryCKRCodeAtEveryCallBecomesItsKindWithASentence(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	f, m, token, key := faulty(t, "faults")
	ca := hsmtest.CA(t)
	for i, s := range scenarios(t, suite, f, m, token, key, ca) {
		runs := 0
		for table, codes := range want {
			for _, code := range codes {
				runs++
				expected := table
				if s.kind != nil {
					expected = s.kind(code, table)
				}
				f.Fail(s.call, code, 0, -1)
				before := f.Calls(s.call)
				err := s.run(t.Context())
				made := f.Calls(s.call) - before
				f.Heal()
				checkFault(t, s.call, code, expected, err)
				if made < 1 || made > 4 {
					t.Errorf("%s with %#x: the call was made %d times", s.call, code, made)
				}
			}
		}
		if runs < 50 {
			t.Errorf("scenario %d: only %d codes", i, runs)
		}
		if err := s.run(t.Context()); err != nil {
			t.Errorf("%s still fails when the module is well again: %v", s.call, err)
		}
	}
}

func checkFault(t *testing.T, call string, code uint, expected hsm.Kind, err error) {
	t.Helper()
	e := (*hsm.Error)(nil)
	if !errors.As(err, &e) {
		t.Errorf("%s with %#x: %v", call, code, err)
		return
	}
	if e.Kind != expected {
		t.Errorf("%s with %v: kind %s, want %s", call, pkcs11.Error(code), e.Kind, expected)
	}
	if e.Code != 0 && (e.Code != code || e.Op != call) {
		t.Errorf("%s with %#x is reported as %s %#x", call, code, e.Op, e.Code)
	}
	if !strings.HasSuffix(e.Sentence(), "。") {
		t.Errorf("%s with %#x has no sentence", call, code)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v %q %s", err, err, err, err, e.Sentence()), pin) {
		t.Errorf("%s with %#x: the PIN is in the error", call, code)
	}
}

// gone is for calls that list tokens: one that vanishes is no token, not a
// fault.
func gone(_ uint, table hsm.Kind) hsm.Kind {
	if table == hsm.TokenRemoved {
		return hsm.NoToken
	}
	return table
}

func scenarios(t *testing.T, suite *hsmtest.Suite, f *hsmtest.Faulty, m *hsm.Module, token *hsm.Token, key *hsm.Signer, ca *hsmtest.Authority) []scenario {
	t.Helper()
	if err := token.GenerateWrappingKey(t.Context(), "kek"); err != nil {
		t.Fatal(err)
	}
	wrapped, err := token.Wrap(t.Context(), "kek", []byte("keyset"), nil)
	if err != nil {
		t.Fatal(err)
	}
	info := suite.NewToken(t, "faults-login", pin)
	cert := ca.Issue(t, key.Public(), "S0007", "王小明")
	fresh := 0
	name := func() string { fresh++; return fmt.Sprintf("fresh-%d", fresh) }

	login := func(ctx context.Context) error {
		other, err := m.Login(ctx, hsm.TokenQuery{Label: "faults-login"}, []byte(pin), hsm.Options{})
		if err != nil {
			return err
		}
		return other.Close()
	}
	sign := func(ctx context.Context) error {
		_, err := key.SignContext(ctx, digest[:], crypto.SHA256)
		return err
	}
	look := func(ctx context.Context) error {
		_, err := token.Signer(ctx, hsm.KeyQuery{ID: key.ID()})
		return err
	}
	list := func(ctx context.Context) error { _, err := m.Certificates(ctx, info.Slot); return err }
	return []scenario{
		{call: "C_Initialize", run: func(context.Context) error {
			again, err := hsm.OpenOver(f)
			if err != nil {
				return err
			}
			return again.Close()
		}},
		{call: "C_GetSlotList", run: login},
		{call: "C_GetTokenInfo", run: login, kind: gone},
		{call: "C_OpenSession", run: login, kind: func(code uint, table hsm.Kind) hsm.Kind {
			if code == pkcs11.CKR_TOKEN_WRITE_PROTECTED {
				return hsm.NotPermitted // tried again read-only, refused again
			}
			return table
		}},
		{call: "C_OpenSession", run: list},
		{call: "C_CloseSession", run: list},
		{call: "C_GetSessionInfo", run: login},
		{call: "C_GetSessionInfo", run: token.Check},
		{call: "C_Login", run: login},
		{call: "C_FindObjectsInit", run: look},
		{call: "C_FindObjects", run: look},
		{call: "C_FindObjectsFinal", run: look},
		{call: "C_GetAttributeValue", run: look},
		{call: "C_GetMechanismList", run: func(ctx context.Context) error { return token.Supports(ctx, hsm.Ed25519) }},
		{call: "C_CreateObject", run: func(ctx context.Context) error {
			return token.StoreCertificate(ctx, []byte(name()), "certificate", cert)
		}},
		{call: "C_GenerateKeyPair", run: func(ctx context.Context) error {
			_, err := token.GenerateKey(ctx, hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: name()})
			return err
		}},
		{call: "C_GenerateRandom", run: func(ctx context.Context) error {
			_, err := token.GenerateKey(ctx, hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: name()})
			return err
		}},
		{call: "C_GenerateKey", run: func(ctx context.Context) error { return token.GenerateWrappingKey(ctx, name()) }},
		{call: "C_SignInit", run: sign},
		{call: "C_Sign", run: sign},
		{call: "C_EncryptInit", run: func(ctx context.Context) error {
			_, err := token.Wrap(ctx, "kek", []byte("keyset"), nil)
			return err
		}},
		{call: "C_Encrypt", run: func(ctx context.Context) error {
			_, err := token.Wrap(ctx, "kek", []byte("keyset"), nil)
			return err
		}},
		{call: "C_DecryptInit", run: func(ctx context.Context) error { _, err := token.Unwrap(ctx, "kek", wrapped, nil); return err }},
		{call: "C_Decrypt", run: func(ctx context.Context) error { _, err := token.Unwrap(ctx, "kek", wrapped, nil); return err },
			kind: func(code uint, table hsm.Kind) hsm.Kind {
				switch code { // what modules answer to a wrong tag
				case pkcs11.CKR_GENERAL_ERROR, pkcs11.CKR_FUNCTION_FAILED, pkcs11.CKR_DATA_LEN_RANGE:
					return hsm.Damaged
				}
				return table
			}},
		{call: "C_InitToken", run: func(ctx context.Context) error {
			_, err := m.InitializeToken(ctx, name(), []byte(hsmtest.SOPIN), []byte(pin))
			return err
		}},
	}
}

func TestAFaultWhileClosingTheModuleIsReported(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	api, err := hsm.Load(suite.Library)
	if err != nil {
		t.Fatal(err)
	}
	f := hsmtest.Between(api)
	m, err := hsm.OpenOver(f)
	if err != nil {
		t.Fatal(err)
	}
	f.Fail("C_Finalize", pkcs11.CKR_DEVICE_ERROR, 0, 1)
	if err := m.Close(); hsm.KindOf(err) != hsm.ModuleCrashed {
		t.Errorf("%v", err)
	}
	if _, err := m.Tokens(t.Context()); hsm.KindOf(err) != hsm.Closed {
		t.Errorf("a closed module answers %v", err)
	}
}

func TestAFaultWhileSettingTheFirstPINIsReported(t *testing.T) {
	f, m, _, _ := faulty(t, "initpin")
	for _, call := range []string{"C_InitPIN", "C_Login", "C_Logout"} {
		f.Fail(call, pkcs11.CKR_FUNCTION_FAILED, 0, 1)
		_, err := m.InitializeToken(t.Context(), "half-"+call, []byte(hsmtest.SOPIN), []byte(pin))
		f.Heal()
		if hsm.KindOf(err) != hsm.ModuleCrashed {
			t.Errorf("%s: %v", call, err)
		}
	}
}

func TestAKeyThatCouldLeaveTheTokenIsDestroyedAgain(t *testing.T) {
	f, _, token, _ := faulty(t, "confined")
	// The check after the generation cannot be read: the key must not stay,
	// even when it cannot be destroyed the first error is the one told.
	f.Fail("C_GetAttributeValue", pkcs11.CKR_ATTRIBUTE_SENSITIVE, 0, 1)
	_, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{9}, Label: "loose"})
	if hsm.KindOf(err) != hsm.NotPermitted {
		t.Fatal(err)
	}
	if f.Calls("C_DestroyObject") != 2 {
		t.Errorf("%d objects destroyed", f.Calls("C_DestroyObject"))
	}
	if _, err := token.Signer(t.Context(), hsm.KeyQuery{ID: []byte{9}}); hsm.KindOf(err) != hsm.NoKey {
		t.Errorf("the key is still there: %v", err)
	}
}

func TestEachKindHasASentenceOfItsOwnInChineseWithoutCodes(t *testing.T) {
	seen := map[string]hsm.Kind{}
	for _, kind := range hsm.Kinds() {
		s := (&hsm.Error{Kind: kind}).Sentence()
		if other, ok := seen[s]; ok {
			t.Errorf("%s and %s say the same", kind, other)
		}
		seen[s] = kind
		if !strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || strings.Contains(s, "CKR") || strings.Contains(s, "0x") {
			t.Errorf("%s: %s", kind, s)
		}
		if strings.Count(s, "。") < 2 {
			t.Errorf("%s says no way forward: %s", kind, s)
		}
	}
	for kind := range want {
		if (&hsm.Error{Kind: kind}).Sentence() == (&hsm.Error{Kind: "none"}).Sentence() && kind != hsm.Other {
			t.Errorf("%s has no sentence", kind)
		}
	}
	source, err := os.ReadFile("errors.go")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), "Kind = \""); n != len(seen) {
		t.Errorf("%d kinds declared, %d sentences", n, len(seen))
	}
}

func TestAModuleThatIsNotThereSaysSo(t *testing.T) {
	for _, path := range []string{"", "/nonexistent/libfirm.so", "/etc/hostname"} {
		_, err := hsm.Open(path)
		if hsm.KindOf(err) != hsm.NoModule {
			t.Errorf("%q: %v", path, err)
		}
	}
}
