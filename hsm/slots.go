package hsm

import (
	"context"
	"errors"
	"fmt"
	"unsafe"

	"github.com/miekg/pkcs11"
)

// TokenInfo describes a token that is present.
type TokenInfo struct {
	Slot          uint
	Label         string
	Serial        string
	Manufacturer  string
	Model         string
	Tries         Tries // of the user PIN
	ProtectedPath bool  // the PIN is typed on the token's own pad
	Initialized   bool  // false: an empty token, without name and PIN
	PINSet        bool  // false: initialised, but its user has no PIN yet
}

// TokenQuery names a token; empty fields match any. Label and Serial identify
// a token for good, Slot only until it is pulled.
type TokenQuery struct {
	Label  string
	Serial string
	Slot   *uint

	Manufacturer, Model string
}

func (q TokenQuery) matches(t TokenInfo) bool {
	return t.Initialized &&
		(q.Label == "" || q.Label == t.Label) &&
		(q.Serial == "" || q.Serial == t.Serial) &&
		(q.Slot == nil || *q.Slot == t.Slot) &&
		(q.Manufacturer == "" || q.Manufacturer == t.Manufacturer) &&
		(q.Model == "" || q.Model == t.Model)
}

// Tokens lists the tokens that are present, empty ones included. A module that
// fails is taken down and up again once: a token may have been pulled and put
// back behind its back.
func (m *Module) Tokens(ctx context.Context) ([]TokenInfo, error) {
	epoch := m.epoch.Load()
	list, err := use(ctx, m, "C_GetSlotList", m.list)
	if e, ok := err.(*Error); ok && e.Kind == ModuleCrashed && e.Code != 0 && m.restart(epoch, true) == nil {
		list, err = use(ctx, m, "C_GetSlotList", m.list)
	}
	return list, err
}

// list is Tokens for who holds the gate. A token pulled between the two calls
// is simply not there.
func (m *Module) list() ([]TokenInfo, error) {
	slots, err := m.api.GetSlotList(true)
	if err != nil {
		return nil, failed("C_GetSlotList", err)
	}
	list := make([]TokenInfo, 0, len(slots))
	for _, slot := range slots {
		info, err := m.describe(slot)
		if KindOf(err) == TokenRemoved {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, info)
	}
	return list, nil
}

// Sees says whether that token is plugged in and still holds a certificate with
// this id, and asks for no PIN. It looks at the objects too, since a module may
// remember what a token is called long after it is gone.
// The slot where it was last is tried first, so that a look stays cheap.
func (m *Module) Sees(ctx context.Context, token TokenInfo, certificate []byte) (bool, error) {
	return use(ctx, m, "find token", func() (bool, error) {
		slot, there, err := m.slotOf(TokenQuery{Label: token.Label, Serial: token.Serial}, token.Slot)
		if err != nil || !there {
			return false, absent(err)
		}
		s, err := m.api.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION)
		if err != nil {
			return false, absent(failed("C_OpenSession", err))
		}
		found, err := search(m.api, s, KeyQuery{ID: certificate}.attributes(pkcs11.CKO_CERTIFICATE))
		if closing := m.api.CloseSession(s); err == nil {
			err = failed("C_CloseSession", closing)
		}
		return len(found) > 0, absent(err)
	})
}

// slotOf finds a token past the faults of others; when it is not found, a slot
// that could not be read may be its.
func (m *Module) slotOf(q TokenQuery, last uint) (slot uint, there bool, err error) {
	if info, err := m.describe(last); err == nil && q.matches(info) {
		return last, true, nil
	}
	slots, err := m.api.GetSlotList(true)
	if err != nil {
		return 0, false, failed("C_GetSlotList", err)
	}
	var faults error
	for _, slot := range slots {
		info, err := m.describe(slot)
		switch {
		case err != nil:
			faults = err
		case q.matches(info):
			return slot, true, nil
		}
	}
	return 0, false, faults
}

// absent is nil for an error which says no more than that the token is away.
func absent(err error) error {
	switch KindOf(err) {
	case NoToken, TokenRemoved:
		return nil
	}
	return err
}

func (m *Module) describe(slot uint) (TokenInfo, error) {
	raw, err := m.api.GetTokenInfo(slot)
	if err != nil {
		return TokenInfo{}, failed("C_GetTokenInfo", err)
	}
	return TokenInfo{
		Slot:          slot,
		Label:         raw.Label,
		Serial:        raw.SerialNumber,
		Manufacturer:  raw.ManufacturerID,
		Model:         raw.Model,
		Tries:         triesOf(raw.Flags),
		ProtectedPath: raw.Flags&pkcs11.CKF_PROTECTED_AUTHENTICATION_PATH != 0,
		Initialized:   raw.Flags&pkcs11.CKF_TOKEN_INITIALIZED != 0,
		PINSet:        raw.Flags&pkcs11.CKF_USER_PIN_INITIALIZED != 0,
	}, nil
}

func triesOf(flags uint) Tries {
	switch {
	case flags&pkcs11.CKF_USER_PIN_LOCKED != 0:
		return TriesLocked
	case flags&pkcs11.CKF_USER_PIN_FINAL_TRY != 0:
		return TriesFinal
	case flags&pkcs11.CKF_USER_PIN_COUNT_LOW != 0:
		return TriesLow
	}
	return TriesOK
}

// find is the one token that matches, for who holds the gate.
func (m *Module) find(q TokenQuery) (TokenInfo, error) {
	list, err := m.list()
	if err != nil {
		return TokenInfo{}, err
	}
	var found []TokenInfo
	for _, t := range list {
		if q.matches(t) {
			found = append(found, t)
		}
	}
	switch len(found) {
	case 0:
		return TokenInfo{}, &Error{Kind: NoToken, Op: "find token", Detail: fmt.Sprintf("label %q serial %q", q.Label, q.Serial)}
	case 1:
		return found[0], nil
	}
	return TokenInfo{}, &Error{Kind: TwoTokens, Op: "find token", Detail: fmt.Sprintf("label %q serial %q: %d tokens", q.Label, q.Serial, len(found))}
}

// InitializeToken turns the first empty token into one with that label, SO PIN
// and user PIN. It never touches a token that is initialised already.
func (m *Module) InitializeToken(ctx context.Context, label string, soPIN, pin []byte) (TokenInfo, error) {
	if label == "" || len(label) > 32 {
		return TokenInfo{}, &Error{Kind: Unsupported, Op: "C_InitToken", Detail: "a label has 1 to 32 bytes"}
	}
	if ctx.Err() != nil {
		return TokenInfo{}, gaveUp("C_InitToken", ctx)
	}
	select {
	case m.logins <- struct{}{}:
	case <-ctx.Done():
		return TokenInfo{}, gaveUp("C_InitToken", ctx)
	}
	// The caller may wipe its PINs as soon as we return, a module that hangs
	// may not: give the call copies.
	so, user := append([]byte(nil), soPIN...), append([]byte(nil), pin...)
	return await(ctx, "C_InitToken", func() (TokenInfo, error) {
		defer func() { <-m.logins }()
		defer clear(so)
		defer clear(user)
		m.gate.RLock()
		defer m.gate.RUnlock()
		if m.closed {
			return TokenInfo{}, &Error{Kind: Closed, Op: "C_InitToken"}
		}
		return m.initToken(label, so, user)
	})
}

func (m *Module) initToken(label string, soPIN, pin []byte) (TokenInfo, error) {
	list, err := m.list()
	if err != nil {
		return TokenInfo{}, err
	}
	before := map[string]bool{}
	empty := (*TokenInfo)(nil)
	for i, t := range list {
		if t.Initialized {
			before[t.Serial] = true
		} else if empty == nil {
			empty = &list[i]
		}
	}
	if empty == nil {
		return TokenInfo{}, &Error{Kind: NoToken, Op: "C_InitToken", Detail: "no empty token present"}
	}
	if err := m.api.InitToken(empty.Slot, textOf(soPIN), label); err != nil {
		return TokenInfo{}, failed("C_InitToken", err)
	}
	// SoftHSM moves a token to another slot when it gets its serial number.
	list, err = m.list()
	if err != nil {
		return TokenInfo{}, err
	}
	for _, t := range list {
		if t.Initialized && t.Label == label && !before[t.Serial] {
			if err := m.initPIN(t.Slot, soPIN, pin); err != nil {
				return TokenInfo{}, err
			}
			return m.describe(t.Slot)
		}
	}
	return TokenInfo{}, &Error{Kind: NoToken, Op: "C_InitToken", Detail: "the token vanished after it was initialised"}
}

func (m *Module) initPIN(slot uint, soPIN, pin []byte) error {
	s, err := m.api.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		return failed("C_OpenSession", err)
	}
	err = failed("C_Login", m.api.Login(s, pkcs11.CKU_SO, textOf(soPIN)))
	if err == nil {
		err = failed("C_InitPIN", m.api.InitPIN(s, textOf(pin)))
		err = errors.Join(err, failed("C_Logout", m.api.Logout(s)))
	}
	return errors.Join(err, failed("C_CloseSession", m.api.CloseSession(s)))
}

// textOf lends PIN bytes as the string that miekg/pkcs11 wants, without making
// a copy that nobody could wipe. It must not outlive the call.
func textOf(pin []byte) string { return unsafe.String(unsafe.SliceData(pin), len(pin)) }
