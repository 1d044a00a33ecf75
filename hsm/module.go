// Package hsm is the one road from Sealdesk to a key in hardware: it opens a
// PKCS#11 module, finds a token by its name, logs in and gives out signers. It
// exists so that nothing else in the program knows what a CKR code, a session
// or a slot number is.
//
// It promises: keys it makes never leave the token; one session is never used
// by two goroutines; a token pulled and put back, an idle session that died and
// a restarted module are healed once, silently; a PIN that the token called
// wrong is never sent again; every error has a kind and a Chinese sentence with
// a way forward; no error or log line holds a PIN. See SPEC.md.
//
// It does not verify signatures, judge certificates or decide who may sign, and
// it cannot survive a module that crashes the process it is loaded into.
package hsm

// #include <stdlib.h>
import "C"

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/miekg/pkcs11"
)

// Module is an initialised PKCS#11 module. It may be used by many goroutines.
type Module struct {
	api      Cryptoki
	path     string
	reserved unsafe.Pointer // C memory, the module may keep pointing at it
	owned    bool           // C_Initialize was ours, so C_Finalize is too

	// gate is held shared by every use of the module and alone by a restart:
	// PKCS#11 leaves C_Finalize beside other calls undefined.
	gate sync.RWMutex
	// epoch counts initialisations; a session of an earlier one is nobody's.
	epoch     atomic.Uint64
	restarted time.Time     // guarded by gate
	closed    bool          // guarded by gate
	patience  time.Duration // of Close, for calls that hang

	// logins lets one log-in happen at a time, because the log-in state belongs
	// to the process and not to a session. It is a channel to be waited for
	// with a context.
	logins chan struct{}

	mu     sync.Mutex
	tokens map[*Token]struct{}
	users  int // guarded by shelf.mu
}

// shelf holds the modules this process has opened. It is a global because what
// it describes is one: the dynamic linker maps a library once per process, and
// two owners of it would finalise under each other.
var shelf = struct {
	mu      sync.Mutex
	modules map[string]*Module
}{modules: map[string]*Module{}}

// Open loads and initialises the module at path. Opening the same path again
// gives the same Module; the last Close ends it.
func Open(path string) (*Module, error) { return open(path, "") }

// OpenReserved is Open for a module that wants a string in the reserved field
// of its initialisation arguments, as NSS softoken does. The string counts only
// for whoever opens the path first.
func OpenReserved(path, params string) (*Module, error) { return open(path, params) }

func open(path, params string) (*Module, error) {
	if abs, err := filepath.EvalSymlinks(path); err == nil {
		path = abs // two names of one library are one library
	}
	shelf.mu.Lock()
	defer shelf.mu.Unlock()
	if m := shelf.modules[path]; m != nil {
		m.users++
		return m, nil
	}
	api, err := Load(path)
	if err != nil {
		return nil, err
	}
	m, err := start(api, path, params)
	if err != nil {
		return nil, err
	}
	shelf.modules[path] = m
	return m, nil
}

// OpenOver initialises a module that is already loaded. Each call makes a
// Module of its own; it is for a caller that put something between, like the
// fault injection of hsmtest.
func OpenOver(api Cryptoki) (*Module, error) { return start(api, "", "") }

func start(api Cryptoki, path, params string) (*Module, error) {
	m := &Module{api: api, path: path, users: 1, patience: closePatience, logins: make(chan struct{}, 1), tokens: map[*Token]struct{}{}}
	if params != "" {
		m.reserved = unsafe.Pointer(C.CString(params))
	}
	if err := m.initialize(); err != nil {
		C.free(m.reserved)
		return nil, err
	}
	return m, nil
}

// initialize calls C_Initialize with operating-system locking and starts a new
// epoch. That somebody else initialised the library is no fault.
func (m *Module) initialize() error {
	var options []pkcs11.InitializeOption
	if m.reserved != nil {
		options = append(options, pkcs11.InitializeWithReserved(m.reserved))
	}
	err := m.api.Initialize(options...)
	switch {
	case errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)):
	case err != nil:
		return failed("C_Initialize", err)
	default:
		m.owned = true
	}
	m.epoch.Add(1)
	return nil
}

// Close gives the module back; the last user's Close closes its tokens and
// finalises it.
func (m *Module) Close() error {
	shelf.mu.Lock()
	defer shelf.mu.Unlock()
	if m.users == 0 {
		return nil
	}
	if m.users--; m.users > 0 {
		return nil
	}
	if m.path != "" {
		delete(shelf.modules, m.path)
	}
	var faults []error
	for _, t := range m.live() {
		faults = append(faults, t.close())
	}
	if !m.alone(m.patience) {
		return errors.Join(append(faults, &Error{Kind: Busy, Op: "C_Finalize", Detail: "a call into the module has not returned"})...)
	}
	defer m.gate.Unlock()
	m.closed = true
	if m.owned {
		err := m.api.Finalize()
		if !errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED)) {
			faults = append(faults, failed("C_Finalize", err))
		}
	}
	C.free(m.reserved)
	m.reserved = nil
	return errors.Join(faults...)
}

const (
	closePatience   = 5 * time.Second
	restartPatience = 2 * time.Second
	// restartPause keeps a token that stays away from turning every request
	// into a restart of the module.
	restartPause = time.Second
)

// alone takes the gate exclusively, or gives up: a call that hangs in the
// module must not hang everybody who would queue behind a waiting writer.
func (m *Module) alone(patience time.Duration) bool {
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if m.gate.TryLock() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// restart initialises the module again unless somebody did since epoch. With
// finalize it is first taken down, which costs every other token its sessions.
func (m *Module) restart(epoch uint64, finalize bool) error {
	if !m.alone(restartPatience) {
		return &Error{Kind: Busy, Op: "C_Initialize", Detail: "a call into the module has not returned"}
	}
	defer m.gate.Unlock()
	if m.closed {
		return &Error{Kind: Closed, Op: "C_Initialize"}
	}
	if m.epoch.Load() != epoch {
		return nil
	}
	if finalize {
		if time.Since(m.restarted) < restartPause || !m.owned {
			return nil
		}
		m.restarted = time.Now()
		// Whether a broken module takes itself down properly is shown by
		// whether it comes up again.
		_ = m.api.Finalize()
	}
	return m.initialize()
}

func (m *Module) live() []*Token {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []*Token
	for t := range m.tokens {
		list = append(list, t)
	}
	return list
}

// use runs fn while the module stays up, and gives up waiting (not the call)
// when the context ends. The goroutine that stays behind with a hanging call
// holds the gate, so Close knows of it.
func use[T any](ctx context.Context, m *Module, op string, fn func() (T, error)) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, gaveUp(op, ctx)
	}
	return await(ctx, op, func() (T, error) {
		m.gate.RLock()
		defer m.gate.RUnlock()
		if m.closed {
			return none, &Error{Kind: Closed, Op: op}
		}
		return fn()
	})
}

// await runs fn to its end, always, since fn gives back what its caller took;
// but it returns early when the context ends.
func await[T any](ctx context.Context, op string, fn func() (T, error)) (T, error) {
	if ctx.Done() == nil {
		return fn()
	}
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		v, err := fn()
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, gaveUp(op, ctx)
	}
}
