package store_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// A wire stands between the store and the server. When cut, it lets what the
// store says through and nothing back, and then breaks: the answer to COMMIT is
// lost, the COMMIT is not. When mute, it swallows one answer and stays. Away, it
// takes no new connection.
type wire struct {
	listener net.Listener
	to       string
	cut      atomic.Bool
	mute     atomic.Bool
	away     atomic.Bool
	lost     atomic.Int64
	wait     sync.WaitGroup
}

func newWire(t *testing.T, to string) (*wire, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, to: to}
	w.wait.Go(w.serve)
	t.Cleanup(func() { listener.Close(); w.wait.Wait() })
	return w, path
}

// throughWire is a world's configuration whose committer talks over a wire.
func throughWire(t *testing.T, w *storetest.World) (*wire, store.Config) {
	t.Helper()
	server, c := storetest.Shared(t), w.Config
	line, socket := newWire(t, server.Socket)
	c.DSN = strings.Replace(w.Config.DSN, server.Socket, socket, 1)
	c.ReadDSN = w.Config.DSN
	return line, c
}

// trouble is what happens to the wire at a point of the committer's way.
type trouble struct {
	point string
	what  *atomic.Bool
}

func (w *wire) serve() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", w.to)
		if err != nil || w.away.Load() {
			near.Close()
			continue
		}
		w.wait.Go(func() { io.Copy(far, near); far.Close(); near.Close() })
		w.wait.Go(func() {
			defer near.Close()
			defer far.Close()
			b := make([]byte, 64<<10)
			for {
				n, err := far.Read(b)
				if err != nil {
					return
				}
				if w.cut.Swap(false) {
					w.lost.Add(1)
					return
				}
				if w.mute.Swap(false) {
					w.lost.Add(1)
					continue
				}
				if _, err := near.Write(b[:n]); err != nil {
					return
				}
			}
		})
	}
}

// An answer is lost with its connection, or never comes on one that stays: the
// committer waits for it so long as its connection was told to.
func TestALostAnswerIsLookedUpAndTheActIsNotDoneTwice(t *testing.T) {
	w := storetest.New(t, store.MySQL)
	var ids []string
	for i := range 6 {
		w.Import(t, "U00003", "HS1", w.Application(i, "HS1"))
		ids = append(ids, w.Application(i, "HS1").ID)
	}
	w.Store.Close()
	line, through := throughWire(t, w)
	through.DSN += "?readTimeout=300ms"
	var next atomic.Pointer[trouble]
	s, err := store.Open(context.Background(), through.WithHalt(func(point string) {
		if t := next.Load(); t != nil && t.point == point && next.CompareAndSwap(t, nil) {
			t.what.Store(true)
		}
	}), w.Keys, w.Policy, w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.Store = s
	troubles := []*trouble{ // after "flushed" the next answer is COMMIT's, after "gathered" the first SELECT's
		{"flushed", &line.cut}, {"flushed", &line.mute}, nil, {"gathered", &line.cut}, {"gathered", &line.mute}, nil,
	}
	for i, id := range ids {
		next.Store(troubles[i])
		r, err := accept(t, w, id, reason(id, "甲"))
		if err != nil || r.Verify(w.Keys.LogVerifier) != nil {
			t.Fatalf("act %d: %v", i, err)
		}
	}
	if line.lost.Load() != 4 {
		t.Fatalf("%d answers were lost, not 4", line.lost.Load())
	}
	var acts int
	if err := w.Raw(t).QueryRow("SELECT COUNT(*) FROM log_entries WHERE act = 'accept'").Scan(&acts); err != nil || acts != len(ids) {
		t.Fatalf("%d acts in the log, %d were done: %v", acts, len(ids), err)
	}
	verifyExport(t, s, w.Keys.LogVerifier, w.CA())
}

// The answer to COMMIT is lost and the database stays away. Nobody takes that for
// a no, and nothing is let in; the act is answered when the database is back, or
// told that it may stand when the portal stops before.
func TestAnActOfWhichNobodyKnowsWhetherItStandsIsNotDoneAgain(t *testing.T) {
	for name, stops := range map[string]bool{"the database comes back": false, "the portal stops": true} {
		t.Run(name, func(t *testing.T) {
			w := storetest.New(t, store.MySQL)
			a, b := w.Application(1, "HS1"), w.Application(2, "HS1")
			w.Import(t, "U00003", "HS1", a, b)
			w.Store.Close()
			line, through := throughWire(t, w)
			var armed atomic.Bool
			s, err := store.Open(context.Background(), through.WithHalt(func(point string) {
				if point == "flushed" && armed.Swap(false) {
					line.away.Store(true)
					line.cut.Store(true)
				}
			}), w.Keys, w.Policy, w.Clock)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			w.Store = s
			armed.Store(true)
			done := make(chan error, 1)
			go func() {
				_, err := accept(t, w, a.ID, reason(a.ID, "甲"))
				done <- err
			}()
			for line.lost.Load() == 0 {
				time.Sleep(5 * time.Millisecond)
			}
			if _, err := accept(t, w, b.ID, reason(b.ID, "乙")); !fault.Is(err, fault.Unavailable) {
				t.Errorf("an act was let in: %v", err)
			}
			select {
			case err := <-done:
				t.Fatalf("answered by nobody who knows: %v", err)
			case <-time.After(time.Second):
			}
			if stops {
				s.Close()
			}
			line.away.Store(false)
			if err := <-done; stops != (err != nil) || stops && !strings.Contains(err.Error(), "可能已经办成") {
				t.Errorf("it was told %v", err)
			}
			var acts int
			if err := w.Raw(t).QueryRow("SELECT COUNT(*) FROM log_entries WHERE act = 'accept'").Scan(&acts); err != nil || acts != 1 {
				t.Errorf("%d entries for one act: %v", acts, err)
			}
			if !stops {
				if _, err := accept(t, w, b.ID, reason(b.ID, "乙")); err != nil {
					t.Errorf("it did not recover: %v", err)
				}
			}
		})
	}
}
