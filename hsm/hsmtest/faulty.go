package hsmtest

import (
	"sync"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
)

// Faulty stands between hsm and a real module. It counts every call, and on
// command refuses one, delays it, closes the sessions, pulls the token, or lets
// the whole module die. What it is not told to spoil goes to the real module.
//
// Calls are named as PKCS#11 spells them: "C_Sign".
type Faulty struct {
	api hsm.Cryptoki

	// life is held shared by each call into a real session and alone by what
	// closes sessions: SoftHSM crashes when one is closed in the middle of a
	// signature. It is taken before mu.
	life sync.RWMutex

	mu       sync.Mutex
	counts   map[string]int
	rules    []*rule
	sessions map[pkcs11.SessionHandle]uint // slot of each session opened through it
	pulled   map[uint]bool
	down     uint // CKR that every call answers, 0 when up
	stubborn bool // C_Initialize fails too
	flags    uint // extra token flags
}

type rule struct {
	call  string
	code  uint
	skip  int
	times int
	delay time.Duration
	gate  <-chan struct{}
}

// Between makes a Faulty over a module that is loaded and initialised.
func Between(api hsm.Cryptoki) *Faulty {
	return &Faulty{api: api, counts: map[string]int{}, sessions: map[pkcs11.SessionHandle]uint{}, pulled: map[uint]bool{}}
}

// Faulty opens the Suite's SoftHSM once more through a Faulty, until tb ends.
// The real module stays initialised; C_Initialize and C_Finalize through the
// Faulty only end its own sessions.
func (s *Suite) Faulty(tb testing.TB) (*Faulty, *hsm.Module) {
	tb.Helper()
	api, err := hsm.Load(s.Library)
	if err != nil {
		tb.Fatal(err)
	}
	f := Between(api)
	m, err := hsm.OpenOver(f)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		f.Heal()
		if err := m.Close(); err != nil {
			tb.Errorf("closing the faulty module: %v", err)
		}
	})
	return f, m
}

// Fail makes the next calls answer with a CKR code: skip lets that many pass
// first, times is how many are spoiled, negative for all.
func (f *Faulty) Fail(call string, code uint, skip, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &rule{call: call, code: code, skip: skip, times: times})
}

// Delay makes each such call take that much longer.
func (f *Faulty) Delay(call string, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &rule{call: call, times: -1, delay: d})
}

// Hang makes the next such call wait until gate is closed.
func (f *Faulty) Hang(call string, gate <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, &rule{call: call, times: 1, gate: gate})
}

// TokenFlags adds flags to what C_GetTokenInfo tells, like
// CKF_USER_PIN_FINAL_TRY.
func (f *Faulty) TokenFlags(flags uint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flags = flags
}

// Die makes every call answer code. A C_Initialize revives the module, unless
// it is stubborn.
func (f *Faulty) Die(code uint, stubborn bool) {
	f.life.Lock()
	defer f.life.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closeAll()
	f.down, f.stubborn = code, stubborn
}

// Restart is what a service behind the module does when it starts again: the
// sessions are gone and the module wants C_Initialize.
func (f *Faulty) Restart() { f.Die(pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED, false) }

// KillSessions closes every session under its user, as an idle timeout does.
// The real module then answers for itself.
func (f *Faulty) KillSessions() {
	f.life.Lock()
	defer f.life.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closeAll()
}

// Pull takes the token out of its slot, Return puts it back: its sessions are
// gone, and it wants its PIN again.
func (f *Faulty) Pull(slot uint) {
	f.life.Lock()
	defer f.life.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closeAll()
	f.pulled[slot] = true
}

// Return puts a pulled token back.
func (f *Faulty) Return(slot uint) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.pulled, slot)
}

// Heal forgets every fault.
func (f *Faulty) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules, f.down, f.stubborn, f.flags = nil, 0, false, 0
	clear(f.pulled)
}

// Calls is how often a call was made, spoiled ones included.
func (f *Faulty) Calls(call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.counts[call]
}

// Signatures is how often C_Sign was called: what an attack must not raise.
func (f *Faulty) Signatures() int { return f.Calls("C_Sign") }

// closeAll really closes what was opened here; the caller holds life and mu.
func (f *Faulty) closeAll() {
	for s := range f.sessions {
		_ = f.api.CloseSession(s)
	}
	clear(f.sessions)
}

// before counts a call and says with what it is to be spoiled, or nil.
func (f *Faulty) before(call string) error {
	f.mu.Lock()
	f.counts[call]++
	code, wait, gate := f.down, time.Duration(0), (<-chan struct{})(nil)
	for _, r := range f.rules {
		if r.call != call || r.times == 0 || code != 0 {
			continue
		}
		if r.skip > 0 {
			r.skip--
			continue
		}
		if r.times > 0 {
			r.times--
		}
		code, wait = r.code, wait+r.delay
		if r.gate != nil {
			gate = r.gate
		}
	}
	f.mu.Unlock()
	time.Sleep(wait)
	if gate != nil {
		<-gate
	}
	if code != 0 {
		return pkcs11.Error(code)
	}
	return nil
}

// in is before for a call in a session, whose token may be pulled. When it
// answers nil, the caller holds life.
func (f *Faulty) in(call string, s pkcs11.SessionHandle) error {
	if err := f.before(call); err != nil {
		return err
	}
	f.life.RLock()
	f.mu.Lock()
	defer f.mu.Unlock()
	slot, open := f.sessions[s]
	var err error = pkcs11.Error(pkcs11.CKR_SESSION_HANDLE_INVALID)
	switch {
	case open:
		err = f.present(slot)
	case len(f.pulled) > 0:
		err = pkcs11.Error(pkcs11.CKR_DEVICE_REMOVED)
	}
	if err != nil {
		f.life.RUnlock()
	}
	return err
}

// present refuses a slot whose token is pulled; the caller holds mu.
func (f *Faulty) present(slot uint) error {
	if f.pulled[slot] {
		return pkcs11.Error(pkcs11.CKR_TOKEN_NOT_PRESENT)
	}
	return nil
}
