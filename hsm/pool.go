package hsm

import (
	"context"
	"errors"
	"time"

	"github.com/miekg/pkcs11"
)

// session is one PKCS#11 session, in the hands of one goroutine or idle.
type session struct {
	handle pkcs11.SessionHandle
	gen    uint64 // of the Token
	epoch  uint64 // of the Module
}

// notOpened marks an error met before any session was had, the only kind for
// which restarting the module is worth the disturbance.
type notOpened struct{ error }

func (n notOpened) Unwrap() error { return n.error }

// do runs fn with a session of its own. An error that a fresh session may cure
// is tried again: first with a new session in a new log-in, then, if none can
// be had, after a restart of the module. fn may therefore run up to three
// times.
func do[T any](ctx context.Context, t *Token, op string, fn func(session) (T, error)) (T, error) {
	var none T
	if err := t.borrow(ctx, op); err != nil {
		return none, err
	}
	return await(ctx, op, func() (T, error) {
		defer func() { <-t.lent }()
		for try := 1; ; try++ {
			epoch := t.mod.epoch.Load()
			v, err := attempt(ctx, t, op, fn)
			if err == nil || try == 3 || !recoverable(err) || ctx.Err() != nil {
				return v, plain(err)
			}
			if !t.heal(err, epoch, try) {
				return v, plain(err)
			}
		}
	})
}

// plain takes the internal mark off an error.
func plain(err error) error {
	if n, ok := err.(notOpened); ok {
		return n.error
	}
	return err
}

// borrow waits for one of the pool's places.
func (t *Token) borrow(ctx context.Context, op string) error {
	if ctx.Err() != nil {
		return gaveUp(op, ctx)
	}
	select {
	case t.lent <- struct{}{}:
		return nil
	default:
	}
	if t.waiting.Add(1) > t.queue {
		t.waiting.Add(-1)
		return &Error{Kind: Busy, Op: op, Detail: "too many callers wait for a session"}
	}
	defer t.waiting.Add(-1)
	select {
	case t.lent <- struct{}{}:
		return nil
	case <-t.ended:
		return &Error{Kind: Closed, Op: op}
	case <-ctx.Done():
		return gaveUp(op, ctx)
	}
}

func attempt[T any](ctx context.Context, t *Token, op string, fn func(session) (T, error)) (T, error) {
	t.mod.gate.RLock()
	defer t.mod.gate.RUnlock()
	var none T
	if t.mod.closed {
		return none, &Error{Kind: Closed, Op: op}
	}
	s, err := t.take(ctx)
	if err != nil {
		return none, notOpened{err}
	}
	v, err := fn(s)
	if e := (*Error)(nil); errors.As(err, &e) && e.Code != 0 {
		// Whatever went wrong may have left an operation open in it.
		t.closeSession(s)
		return v, err
	}
	t.put(s)
	return v, err
}

// take is an idle session, or a new one.
func (t *Token) take(ctx context.Context) (session, error) {
	epoch := t.mod.epoch.Load()
	t.mu.Lock()
	if t.epoch != epoch { // the module was restarted: nothing that we hold is ours
		t.epoch, t.known, t.idle, t.open = epoch, false, nil, 0
		t.gen++
	}
	if n := len(t.idle); n > 0 && !t.shut {
		s := t.idle[n-1]
		t.idle = t.idle[:n-1]
		t.mu.Unlock()
		return s, nil
	}
	t.mu.Unlock()
	return t.connect(ctx, false)
}

// put gives a session back; one that has become stale is closed.
func (t *Token) put(s session) {
	t.mu.Lock()
	keep := !t.shut && s.gen == t.gen
	if keep {
		t.idle = append(t.idle, s)
	}
	t.mu.Unlock()
	if !keep {
		t.closeSession(s)
	}
}

// closeSession closes what is still ours: after a restart of the module the
// same number may be somebody else's session.
func (t *Token) closeSession(s session) {
	if s.epoch != t.mod.epoch.Load() {
		return
	}
	_ = t.mod.api.CloseSession(s.handle) // it may be dead already, that is why it goes
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open--; t.open == 0 {
		// The last one takes the log-in with it, and with that the handles.
		t.gen++
	}
}

// heal prepares the next try and says whether there is a point in it.
func (t *Token) heal(err error, epoch uint64, try int) bool {
	e := (*Error)(nil)
	errors.As(err, &e)
	_, early := err.(notOpened)

	t.mu.Lock()
	t.gen++
	t.known = false
	stale := t.idle
	t.idle = nil
	t.mu.Unlock()
	t.mod.gate.RLock()
	for _, s := range stale {
		t.closeSession(s)
	}
	t.mod.gate.RUnlock()

	switch {
	case e.Code == pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED:
		return t.mod.restart(epoch, false) == nil
	case !early:
		return try == 1
	case e.Kind == TokenRemoved && len(t.mod.live()) > 1:
		// Other tokens still work: do not take them down to look for this one.
		return try == 1
	case try == 1 && e.Kind != TokenRemoved:
		return true
	}
	return t.mod.restart(epoch, true) == nil
}

// Close waits for the sessions that are in use, closes all of them, logs out
// unless another Token of this process is on the same token, and wipes the PIN.
// A call that hangs in the module makes it return Busy after five seconds; the
// PIN is wiped all the same.
func (t *Token) Close() error {
	err := t.close()
	if t.ownsModule && !t.moduleClosed.Swap(true) {
		err = errors.Join(err, t.mod.Close())
	}
	return err
}

func (t *Token) close() error {
	t.mu.Lock()
	if t.shut {
		t.mu.Unlock()
		return nil
	}
	t.shut = true
	close(t.ended)
	t.mu.Unlock()
	t.wipe()

	late := time.NewTimer(t.mod.patience)
	defer late.Stop()
	for range cap(t.lent) {
		select {
		case t.lent <- struct{}{}:
		case <-late.C:
			t.leave()
			return &Error{Kind: Busy, Op: "C_CloseSession", Detail: "a call into the module has not returned"}
		}
	}
	t.release()
	return nil
}

func (t *Token) leave() {
	t.mod.mu.Lock()
	delete(t.mod.tokens, t)
	t.mod.mu.Unlock()
}

// release ends every idle session and the log-in.
func (t *Token) release() {
	t.mod.gate.RLock()
	defer t.mod.gate.RUnlock()
	t.leave()
	t.mu.Lock()
	idle := t.idle
	t.idle = nil
	t.mu.Unlock()
	if len(idle) > 0 && len(t.siblings()) == 0 && idle[0].epoch == t.mod.epoch.Load() {
		_ = t.mod.api.Logout(idle[0].handle) // closing the last session logs out too
	}
	for _, s := range idle {
		t.closeSession(s)
	}
}
