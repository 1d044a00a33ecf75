package hsm_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

// watch counts open sessions and sees a session used by two at once.
type watch struct {
	hsm.Cryptoki
	mu          sync.Mutex
	busy        map[pkcs11.SessionHandle]bool
	open, most  int
	overlapping atomic.Int32
}

func (w *watch) OpenSession(slot, flags uint) (pkcs11.SessionHandle, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open++
	w.most = max(w.most, w.open)
	return w.Cryptoki.OpenSession(slot, flags)
}

func (w *watch) CloseSession(s pkcs11.SessionHandle) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	return w.Cryptoki.CloseSession(s)
}

func (w *watch) SignInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, o pkcs11.ObjectHandle) error {
	w.mu.Lock()
	if w.busy[s] {
		w.overlapping.Add(1)
	}
	w.busy[s] = true
	w.mu.Unlock()
	return w.Cryptoki.SignInit(s, m, o)
}

func (w *watch) Sign(s pkcs11.SessionHandle, data []byte) ([]byte, error) {
	sig, err := w.Cryptoki.Sign(s, data)
	w.mu.Lock()
	w.busy[s] = false
	w.mu.Unlock()
	return sig, err
}

func TestSixtyFourSignersShareFourSessionsAndNoneIsUsedByTwo(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "many", pin)
	api, err := hsm.Load(suite.Library)
	if err != nil {
		t.Fatal(err)
	}
	f := hsmtest.Between(api)
	w := &watch{Cryptoki: f, busy: map[pkcs11.SessionHandle]bool{}}
	m, err := hsm.OpenOver(w)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	token := hsmtest.Login(t, m, "many", pin)
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: "key"})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var bad atomic.Int32
	for range 64 {
		all.Go(func() {
			for range 10 {
				sig, err := key.SignContext(t.Context(), digest[:], crypto.SHA256)
				if err != nil || !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], sig) {
					bad.Add(1)
				}
			}
		})
	}
	all.Wait()
	if bad.Load() != 0 || w.overlapping.Load() != 0 || w.most > 4 {
		t.Errorf("%d bad signatures, %d overlaps, %d sessions", bad.Load(), w.overlapping.Load(), w.most)
	}
}

func TestSignersGoOnWhileSessionsDieUnderThem(t *testing.T) {
	f, _, _, key := faulty(t, "dying")
	var all sync.WaitGroup
	var good, bad atomic.Int32
	stop := make(chan struct{})
	for range 8 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				sig, err := key.SignContext(t.Context(), digest[:], crypto.SHA256)
				switch kind := hsm.KindOf(err); {
				case err == nil && ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], sig):
					good.Add(1)
				case kind == hsm.SessionDead || kind == hsm.NoKey || kind == hsm.ModuleCrashed:
					// Killed again during the one retry.
				default:
					bad.Add(1)
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		time.Sleep(5 * time.Millisecond)
		f.KillSessions()
	}
	close(stop)
	all.Wait()
	if bad.Load() != 0 || good.Load() < 20 {
		t.Errorf("%d good, %d bad", good.Load(), bad.Load())
	}
	signs(t, key)
}

func TestAFullQueueIsBusyAndALeftQueueIsCancelled(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "queue", pin)
	f, m := suite.Faulty(t)
	token, err := m.Login(t.Context(), hsm.TokenQuery{Label: "queue"}, []byte(pin), hsm.Options{Sessions: 1, Queue: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer token.Close()
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: "key"})
	if err != nil {
		t.Fatal(err)
	}
	gate := make(chan struct{})
	f.Hang("C_Sign", gate)
	before := f.Signatures()
	var holder, waiter sync.WaitGroup
	holder.Go(func() {
		if _, err := key.SignContext(context.Background(), digest[:], crypto.SHA256); err != nil {
			t.Error(err)
		}
	})
	for f.Signatures() == before {
		time.Sleep(time.Millisecond)
	}
	ctx, leave := context.WithCancel(t.Context())
	waiter.Go(func() {
		if _, err := key.SignContext(ctx, digest[:], crypto.SHA256); hsm.KindOf(err) != hsm.Cancelled {
			t.Errorf("the one who left: %v", err)
		}
	})
	for hsm.Waiting(token) == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := key.SignContext(t.Context(), digest[:], crypto.SHA256); hsm.KindOf(err) != hsm.Busy {
		t.Errorf("one more than the queue holds: %v", err)
	}
	leave()
	waiter.Wait()
	close(gate)
	holder.Wait()
	signs(t, key)
}

func TestCallersWhoseContextHasEndedCostThePoolNothing(t *testing.T) {
	f, m, token, key := faulty(t, "ended")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := f.Signatures()
	for range 20 {
		if _, err := key.SignContext(ctx, digest[:], crypto.SHA256); hsm.KindOf(err) != hsm.Cancelled {
			t.Fatal(err)
		}
		if _, err := m.InitializeToken(ctx, "never", []byte(hsmtest.SOPIN), []byte(pin)); hsm.KindOf(err) != hsm.Cancelled {
			t.Fatal(err)
		}
	}
	if err := token.Check(ctx); hsm.KindOf(err) != hsm.Cancelled {
		t.Error(err)
	}
	if f.Signatures() != before {
		t.Error("the token was asked")
	}
	signs(t, key)
}

// A context that ends at any moment of a call must give the place back too.
func TestCallersWhoLeaveAtAnyMomentCostThePoolNothing(t *testing.T) {
	_, _, _, key := faulty(t, "leaving")
	for i := range 200 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Microsecond)
		_, err := key.SignContext(ctx, digest[:], crypto.SHA256)
		cancel()
		if kind := hsm.KindOf(err); err != nil && kind != hsm.Timeout {
			t.Fatal(err)
		}
	}
	signs(t, key)
}

func TestACallThatHangsIsLeftInTimeAndItsSessionIsNotLost(t *testing.T) {
	f, _, _, key := faulty(t, "hang")
	gate := make(chan struct{})
	f.Hang("C_Sign", gate)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := key.SignContext(ctx, digest[:], crypto.SHA256)
	if hsm.KindOf(err) != hsm.Timeout || time.Since(start) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	signs(t, key) // another session works meanwhile
	close(gate)
	for range 10 {
		signs(t, key)
	}
}

func TestCloseGivesUpOnACallThatHangsButWipesThePIN(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "close", pin)
	f, m := suite.Faulty(t)
	hsm.SetPatience(m, 50*time.Millisecond)
	token, err := m.Login(t.Context(), hsm.TokenQuery{Label: "close"}, []byte(pin), hsm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: "key"})
	if err != nil {
		t.Fatal(err)
	}
	gate := make(chan struct{})
	f.Hang("C_Sign", gate)
	before := f.Signatures()
	var done sync.WaitGroup
	done.Go(func() { _, _ = key.Sign(nil, digest[:], crypto.SHA256) })
	for f.Signatures() == before {
		time.Sleep(time.Millisecond)
	}
	if err := token.Close(); hsm.KindOf(err) != hsm.Busy {
		t.Errorf("close: %v", err)
	}
	for _, b := range hsm.PINBytes(token) {
		if b != 0 {
			t.Fatal("the PIN is still there")
		}
	}
	close(gate)
	done.Wait()
	refuses(t, key, hsm.Closed)
}
