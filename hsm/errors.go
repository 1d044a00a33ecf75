package hsm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/pkcs11"
)

// Kind says what went wrong in words a program can compare. Each kind has a
// sentence of its own (Error.Sentence).
type Kind string

// The kinds. Their spelling is stable: logs and metrics use it.
const (
	NoModule              Kind = "no-module"
	NoToken               Kind = "no-token"
	TwoTokens             Kind = "two-tokens"
	WrongPIN              Kind = "wrong-pin"
	PINLocked             Kind = "pin-locked"
	PINFormat             Kind = "pin-format"
	PINExpired            Kind = "pin-expired"
	PINUnset              Kind = "pin-unset"
	TokenRemoved          Kind = "token-removed"
	TokenFull             Kind = "token-full"
	NoKey                 Kind = "no-key"
	TwoKeys               Kind = "two-keys"
	KeyExists             Kind = "key-exists"
	KeyWithoutCertificate Kind = "key-without-certificate"
	KeyChanged            Kind = "key-changed"
	SessionDead           Kind = "session-dead"
	ModuleCrashed         Kind = "module-crashed"
	Cancelled             Kind = "cancelled"
	Timeout               Kind = "timeout"
	Busy                  Kind = "busy"
	Closed                Kind = "closed"
	Unsupported           Kind = "unsupported"
	NotPermitted          Kind = "not-permitted"
	Damaged               Kind = "damaged"
	BadURI                Kind = "bad-uri"
	PINSource             Kind = "pin-source"
	Other                 Kind = "other"
)

// Error is every error of this package. It never holds a PIN, a key or the
// data that was to be signed.
type Error struct {
	Kind   Kind
	Code   uint   // CKR code, 0 when no module answered
	Op     string // the call that failed, as PKCS#11 spells it
	Tries  Tries  // what the token tells of its tries; set with PIN kinds only
	Detail string // technical, for the log
	cause  error
}

// Error is the technical text, for logs.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "hsm: %s: %s", e.Op, e.Kind)
	if e.Code != 0 {
		fmt.Fprintf(&b, ": %v", pkcs11.Error(e.Code))
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.cause != nil && e.Code == 0 {
		b.WriteString(": " + e.cause.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.cause }

// Is compares kinds, so that errors.Is(err, &hsm.Error{Kind: hsm.NoKey}) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && (t.Code == 0 || t.Code == e.Code)
}

// KindOf is the kind of any error: "" for nil, Other for a stranger.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Kind
	}
	return Other
}

// failed turns what a call returned into an *Error; nil stays nil.
func failed(op string, err error) error {
	if err == nil {
		return nil
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	if code := pkcs11.Error(0); errors.As(err, &code) {
		return &Error{Kind: kindOf(op, uint(code)), Code: uint(code), Op: op, cause: err}
	}
	return &Error{Kind: Other, Op: op, cause: err}
}

// gaveUp is the error of a caller whose context ended.
func gaveUp(op string, ctx context.Context) error {
	kind := Cancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind = Timeout
	}
	return &Error{Kind: kind, Op: op, cause: ctx.Err()}
}

func kindOf(op string, code uint) Kind {
	if op == "C_Decrypt" {
		switch code {
		// SoftHSM answers a wrong GCM tag with CKR_GENERAL_ERROR.
		case pkcs11.CKR_GENERAL_ERROR, pkcs11.CKR_FUNCTION_FAILED, pkcs11.CKR_DATA_INVALID, pkcs11.CKR_DATA_LEN_RANGE:
			return Damaged
		}
	}
	if k, ok := kinds[code]; ok {
		return k
	}
	return Other
}

// kinds is the table from CKR code to kind; what is missing is Other.
var kinds = map[uint]Kind{
	pkcs11.CKR_CANCEL:            Cancelled,
	pkcs11.CKR_FUNCTION_CANCELED: Cancelled,
	pkcs11.CKR_FUNCTION_REJECTED: Cancelled,

	pkcs11.CKR_DEVICE_REMOVED:       TokenRemoved,
	pkcs11.CKR_TOKEN_NOT_PRESENT:    TokenRemoved,
	pkcs11.CKR_TOKEN_NOT_RECOGNIZED: TokenRemoved,
	pkcs11.CKR_SLOT_ID_INVALID:      TokenRemoved,

	pkcs11.CKR_SESSION_HANDLE_INVALID:    SessionDead,
	pkcs11.CKR_SESSION_CLOSED:            SessionDead,
	pkcs11.CKR_USER_NOT_LOGGED_IN:        SessionDead,
	pkcs11.CKR_OPERATION_NOT_INITIALIZED: SessionDead,
	pkcs11.CKR_OPERATION_ACTIVE:          SessionDead,

	pkcs11.CKR_PIN_INCORRECT:            WrongPIN,
	pkcs11.CKR_PIN_INVALID:              PINFormat,
	pkcs11.CKR_PIN_LEN_RANGE:            PINFormat,
	pkcs11.CKR_PIN_TOO_WEAK:             PINFormat,
	pkcs11.CKR_PIN_EXPIRED:              PINExpired,
	pkcs11.CKR_PIN_LOCKED:               PINLocked,
	pkcs11.CKR_USER_PIN_NOT_INITIALIZED: PINUnset,

	pkcs11.CKR_KEY_HANDLE_INVALID:    NoKey,
	pkcs11.CKR_OBJECT_HANDLE_INVALID: NoKey,

	pkcs11.CKR_GENERAL_ERROR:            ModuleCrashed,
	pkcs11.CKR_FUNCTION_FAILED:          ModuleCrashed,
	pkcs11.CKR_HOST_MEMORY:              ModuleCrashed,
	pkcs11.CKR_DEVICE_ERROR:             ModuleCrashed,
	pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED: ModuleCrashed,

	pkcs11.CKR_SESSION_COUNT:                  Busy,
	pkcs11.CKR_SESSION_PARALLEL_NOT_SUPPORTED: Busy,
	pkcs11.CKR_SESSION_EXISTS:                 Busy,
	pkcs11.CKR_USER_TOO_MANY_TYPES:            Busy,
	pkcs11.CKR_USER_ANOTHER_ALREADY_LOGGED_IN: Busy,
	pkcs11.CKR_USER_ALREADY_LOGGED_IN:         Busy,
	pkcs11.CKR_DEVICE_MEMORY:                  TokenFull,

	pkcs11.CKR_FUNCTION_NOT_SUPPORTED:  Unsupported,
	pkcs11.CKR_MECHANISM_INVALID:       Unsupported,
	pkcs11.CKR_MECHANISM_PARAM_INVALID: Unsupported,
	pkcs11.CKR_CURVE_NOT_SUPPORTED:     Unsupported,
	pkcs11.CKR_DOMAIN_PARAMS_INVALID:   Unsupported,
	pkcs11.CKR_KEY_SIZE_RANGE:          Unsupported,
	pkcs11.CKR_KEY_TYPE_INCONSISTENT:   Unsupported,
	pkcs11.CKR_ATTRIBUTE_TYPE_INVALID:  Unsupported,
	pkcs11.CKR_ATTRIBUTE_VALUE_INVALID: Unsupported,
	pkcs11.CKR_TEMPLATE_INCOMPLETE:     Unsupported,
	pkcs11.CKR_TEMPLATE_INCONSISTENT:   Unsupported,
	pkcs11.CKR_RANDOM_NO_RNG:           Unsupported,
	pkcs11.CKR_BUFFER_TOO_SMALL:        Unsupported, // the module told a wrong length (NSS softoken with AES-GCM)
	pkcs11.CKR_CANT_LOCK:               Unsupported,
	pkcs11.CKR_NEED_TO_CREATE_THREADS:  Unsupported,

	pkcs11.CKR_KEY_FUNCTION_NOT_PERMITTED: NotPermitted,
	pkcs11.CKR_ACTION_PROHIBITED:          NotPermitted,
	pkcs11.CKR_ATTRIBUTE_READ_ONLY:        NotPermitted,
	pkcs11.CKR_ATTRIBUTE_SENSITIVE:        NotPermitted,
	pkcs11.CKR_TOKEN_WRITE_PROTECTED:      NotPermitted,
	pkcs11.CKR_SESSION_READ_ONLY:          NotPermitted,
	pkcs11.CKR_KEY_UNEXTRACTABLE:          NotPermitted,
	pkcs11.CKR_USER_TYPE_INVALID:          NotPermitted,

	pkcs11.CKR_ENCRYPTED_DATA_INVALID:   Damaged,
	pkcs11.CKR_ENCRYPTED_DATA_LEN_RANGE: Damaged,
}

// recoverable says whether a fresh session, a new log-in or a restarted module
// may cure the error, so that trying once more is worth it and harms nobody. A
// refused PIN is never among them: the token counts each try.
func recoverable(err error) bool {
	e := (*Error)(nil)
	if !errors.As(err, &e) || e.Code == 0 && e.Kind != TokenRemoved {
		return false
	}
	switch e.Kind {
	case SessionDead, TokenRemoved, ModuleCrashed:
		return true
	case NoKey:
		// A handle from before a new log-in; the signer looks its key up again.
		return e.Code != 0
	}
	return false
}
