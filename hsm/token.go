package hsm

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/miekg/pkcs11"
)

// Options bound what a Token takes for itself.
type Options struct {
	Sessions int // open at most, default 4
	Queue    int // callers waiting for one at most, default 256; more get Busy
}

// Token is a token with its user logged in, behind a pool of sessions. It may
// be used by many goroutines. Its PIN is kept, to heal lost sessions, until
// Close, which wipes it.
type Token struct {
	mod   *Module
	query TokenQuery // label and serial of the token that answered first
	first TokenInfo
	// ownsModule: Close closes the module too (OpenURI).
	ownsModule   bool
	moduleClosed atomic.Bool

	lent    chan struct{} // one element per session in use
	ended   chan struct{} // closed by Close, for those who queue
	queue   int32
	waiting atomic.Int32

	mu    sync.Mutex
	idle  []session
	open  int    // sessions of ours, idle and in use
	gen   uint64 // rises with each loss; sessions and handles of an earlier one are stale
	epoch uint64 // of the module, when slot and idle were right
	slot  uint
	known bool // slot is right as far as we know
	shut  bool

	// secret is a pointer so that printing a Token by any verb shows an address.
	secret *secret
}

// secret is the PIN and what the token thinks of it.
type secret struct {
	sync.Mutex
	pin     []byte
	refused *Error // once set, the PIN is never sent again
}

// Format prints the token's label whatever the verb, so that no log line can
// hold more.
func (t *Token) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "token %q", t.query.Label) }

// Login finds the one token that matches, logs its user in and opens the first
// session. The pin is copied; the caller may wipe its own. For a token with a
// PIN pad give a nil pin.
func (m *Module) Login(ctx context.Context, q TokenQuery, pin []byte, opts Options) (*Token, error) {
	if opts.Sessions <= 0 {
		opts.Sessions = 4
	}
	if opts.Queue <= 0 {
		opts.Queue = 256
	}
	t := &Token{
		mod: m, lent: make(chan struct{}, opts.Sessions), ended: make(chan struct{}), queue: int32(opts.Queue),
		secret: &secret{pin: append([]byte(nil), pin...)},
	}
	if err := t.enter(ctx, q); err != nil {
		// If the call was left behind, it finds the Token shut and tidies up.
		_ = t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Token) enter(ctx context.Context, q TokenQuery) error {
	m := t.mod
	epoch := m.epoch.Load()
	try := func() (struct{}, error) {
		info, err := m.find(q)
		if err != nil {
			return struct{}{}, err
		}
		t.first = info
		t.query = TokenQuery{Label: info.Label, Serial: info.Serial}
		t.mu.Lock()
		t.slot, t.known, t.epoch = info.Slot, true, m.epoch.Load()
		t.mu.Unlock()
		s, err := t.connect(ctx, true)
		if err != nil {
			return struct{}{}, err
		}
		m.mu.Lock()
		m.tokens[t] = struct{}{}
		m.mu.Unlock()
		t.put(s)
		if t.isShut() {
			t.leave()
		}
		return struct{}{}, nil
	}
	_, err := use(ctx, m, "C_Login", try)
	if e, ok := err.(*Error); ok && e.Code == pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED {
		if err = m.restart(epoch, false); err == nil {
			_, err = use(ctx, m, "C_Login", try)
		}
	}
	return err
}

// Info is the token as it was when it was logged in.
func (t *Token) Info() TokenInfo { return t.first }

// connect makes a session whose user is logged in, for who holds the gate. first
// marks the log-in of a new Token, whose PIN nobody has checked yet.
func (t *Token) connect(ctx context.Context, first bool) (session, error) {
	select {
	case t.mod.logins <- struct{}{}:
		defer func() { <-t.mod.logins }()
	case <-ctx.Done():
		return session{}, gaveUp("C_Login", ctx)
	}
	slot, gen, err := t.locate()
	if err != nil {
		return session{}, err
	}
	api := t.mod.api
	h, err := api.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if e, ok := err.(pkcs11.Error); ok && e == pkcs11.CKR_TOKEN_WRITE_PROTECTED {
		h, err = api.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION)
	}
	if err != nil {
		return session{}, failed("C_OpenSession", err)
	}
	s := session{handle: h, gen: gen, epoch: t.mod.epoch.Load()}
	if err := t.logIn(s, slot, first); err != nil {
		_ = api.CloseSession(h) // the log-in's own error says more
		return session{}, err
	}
	t.mu.Lock()
	t.open++
	t.mu.Unlock()
	return s, nil
}

// locate is the token's slot: a token that was pulled may come back elsewhere,
// and another one may sit in its slot, so it is looked up by label and serial.
func (t *Token) locate() (slot uint, gen uint64, err error) {
	t.mu.Lock()
	slot, gen, known, shut := t.slot, t.gen, t.known, t.shut
	t.mu.Unlock()
	if shut {
		return 0, 0, &Error{Kind: Closed, Op: "C_OpenSession"}
	}
	if known {
		return slot, gen, nil
	}
	info, err := t.mod.find(t.query)
	if KindOf(err) == NoToken {
		return 0, 0, &Error{Kind: TokenRemoved, Op: "find token", Detail: err.(*Error).Detail}
	}
	if err != nil {
		return 0, 0, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gen == gen {
		t.slot, t.known = info.Slot, true
	}
	return info.Slot, gen, nil
}

func (t *Token) isShut() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.shut
}

// logIn makes sure that the session's user is logged in. A token that is, is
// not asked again; but a new Token's PIN is always checked, or any PIN would do
// beside a colleague's open session.
func (t *Token) logIn(s session, slot uint, first bool) error {
	api := t.mod.api
	info, err := api.GetSessionInfo(s.handle)
	if err != nil {
		return failed("C_GetSessionInfo", err)
	}
	in := info.State == pkcs11.CKS_RW_USER_FUNCTIONS || info.State == pkcs11.CKS_RO_USER_FUNCTIONS
	if in && !first {
		return nil
	}
	if in {
		for _, other := range t.siblings() {
			if checked, err := t.compare(other); checked {
				return err
			}
		}
		if err := api.Logout(s.handle); err != nil {
			return failed("C_Logout", err)
		}
	}
	err = t.sendPIN(s, slot, pkcs11.CKU_USER)
	if !errors.Is(err, pkcs11.Error(pkcs11.CKR_USER_ALREADY_LOGGED_IN)) {
		return err
	}
	if !first {
		return nil
	}
	// The module's session state was no truth: the PIN is still unchecked.
	if err := api.Logout(s.handle); err != nil {
		return failed("C_Logout", err)
	}
	return t.sendPIN(s, slot, pkcs11.CKU_USER)
}

// sendPIN is the only place from which a PIN leaves for a token.
func (t *Token) sendPIN(s session, slot uint, user uint) error {
	t.secret.Lock()
	if t.secret.refused != nil {
		defer t.secret.Unlock()
		return t.secret.refused
	}
	pin := append([]byte(nil), t.secret.pin...)
	t.secret.Unlock()
	err := t.mod.api.Login(s.handle, user, textOf(pin))
	clear(pin)
	if err == nil {
		return nil
	}
	e := failed("C_Login", err).(*Error)
	switch e.Kind {
	case WrongPIN, PINLocked, PINExpired, PINFormat, PINUnset:
		if info, err := t.mod.describe(slot); err == nil {
			e.Tries = info.Tries
		}
		if e.Kind == PINLocked {
			e.Tries = TriesLocked
		}
		t.secret.Lock()
		t.secret.refused = e
		clear(t.secret.pin)
		t.secret.Unlock()
	}
	return e
}

// siblings are the other open Tokens of this module on the same token.
func (t *Token) siblings() []*Token {
	var list []*Token
	for _, other := range t.mod.live() {
		if other != t && other.query == t.query {
			list = append(list, other)
		}
	}
	return list
}

// compare checks a new Token's PIN against the one that a sibling logged in
// with, which spares the sibling a log-out under its feet. It checks nothing
// when the sibling's PIN is gone or typed on the token's own pad.
func (t *Token) compare(other *Token) (checked bool, err error) {
	other.secret.Lock()
	known, usable := append([]byte(nil), other.secret.pin...), other.secret.refused == nil && len(other.secret.pin) > 0
	other.secret.Unlock()
	defer clear(known)
	t.secret.Lock()
	defer t.secret.Unlock()
	if !usable || len(t.secret.pin) == 0 {
		return false, nil
	}
	if subtle.ConstantTimeCompare(known, t.secret.pin) == 1 {
		return true, nil
	}
	return true, &Error{Kind: WrongPIN, Code: pkcs11.CKR_PIN_INCORRECT, Op: "C_Login", Tries: TriesOK, Detail: "differs from the PIN of the open session"}
}

// Check says whether the token answers and its user is logged in, healing what
// can be healed. It makes no signature.
func (t *Token) Check(ctx context.Context) error {
	_, err := do(ctx, t, "C_GetSessionInfo", func(s session) (struct{}, error) {
		info, err := t.mod.api.GetSessionInfo(s.handle)
		if err != nil {
			return struct{}{}, failed("C_GetSessionInfo", err)
		}
		if info.State != pkcs11.CKS_RW_USER_FUNCTIONS && info.State != pkcs11.CKS_RO_USER_FUNCTIONS {
			return struct{}{}, failed("C_GetSessionInfo", pkcs11.Error(pkcs11.CKR_USER_NOT_LOGGED_IN))
		}
		return struct{}{}, nil
	})
	return err
}

// wipe forgets the PIN.
func (t *Token) wipe() {
	t.secret.Lock()
	defer t.secret.Unlock()
	clear(t.secret.pin)
	t.secret.pin = t.secret.pin[:0]
	if t.secret.refused == nil {
		t.secret.refused = &Error{Kind: Closed, Op: "C_Login"}
	}
}
