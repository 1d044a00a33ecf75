package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// childMark names the file of the world that a child process is given. The
// test binary is its own child: another portal on the same database, which may
// be killed.
const childMark = "STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childMark); path != "" {
		if err := child(path); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A child reads commands: "arm POINT N" kills it at the N-th time at the point;
// "hold POINT" makes it say "at POINT" there and wait for "go"; "write FROM TO"
// returns those applications with eight writers, saying "ack I NUMBER" for each
// receipt and "done" at the end; "quit" ends it. Its clock may be shifted.
type childProcess struct {
	w    *storetest.World
	out  sync.Mutex
	mu   sync.Mutex
	kill string
	left int
	hold string
	held chan struct{}
}

func child(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	c := &childProcess{held: make(chan struct{})}
	if c.w, err = storetest.Unpack(b); err != nil {
		return err
	}
	if ms, err := strconv.Atoi(os.Getenv("STORE_TEST_SHIFT")); err == nil {
		c.w.Clock = func() time.Time { return time.Now().Add(time.Duration(ms) * time.Millisecond) }
	}
	if c.w.Store, err = store.Open(context.Background(), c.w.Config.WithHalt(c.halt), c.w.Keys, c.w.Policy, c.w.Clock); err != nil {
		return err
	}
	if err := c.w.Store.KeepClock(context.Background()); err != nil {
		return err
	}
	c.say("open")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch words[0] {
		case "arm":
			n, _ := strconv.Atoi(words[2])
			c.mu.Lock()
			c.kill, c.left = words[1], n
			c.mu.Unlock()
		case "hold":
			c.mu.Lock()
			c.hold = words[1]
			c.mu.Unlock()
		case "go":
			c.held <- struct{}{}
		case "write":
			from, _ := strconv.Atoi(words[1])
			to, _ := strconv.Atoi(words[2])
			go func() {
				c.write(from, to)
				c.say("done")
			}()
		case "quit":
			return c.w.Store.Close()
		}
	}
	if err := lines.Err(); err != nil && err != io.EOF {
		return err
	}
	return c.w.Store.Close()
}

func (c *childProcess) say(format string, args ...any) {
	c.out.Lock()
	fmt.Printf(format+"\n", args...)
	c.out.Unlock()
}

// halt is called by the store at each named point.
func (c *childProcess) halt(point string) {
	c.mu.Lock()
	if c.kill == point {
		if c.left--; c.left <= 0 {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	holding := c.hold == point
	if holding {
		c.hold = ""
	}
	c.mu.Unlock()
	if holding {
		c.say("at %s", point)
		<-c.held
	}
}

// write returns applications from..to, each under the one statement that it
// has, again and again until there is a receipt.
func (c *childProcess) write(from, to int) {
	next := make(chan int)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range next {
				for {
					number, err := returnOne(c.w, i)
					if err == nil {
						c.say("ack %d %d", i, number)
						break
					}
					if os.Getenv("STORE_TEST_LOUD") != "" {
						fmt.Fprintln(os.Stderr, "try", i, err)
					}
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	for i := from; i < to; i++ {
		next <- i
	}
	close(next)
	wait.Wait()
}

// returnOne sends one application back to its school. The statement of an
// application is always the same, so that a second try after a crash is the
// same act; the number is the act's, whichever try made it.
func returnOne(w *storetest.World, i int) (uint64, error) {
	p := w.People["U00005"]
	app := w.Application(i, "HS1")
	h := seal.Header{Portal: w.Keys.Portal, Institution: "341021", Nonce: [16]byte{1, byte(i), byte(i >> 8), byte(i >> 16)},
		Issued: epochOfTest(w), Expires: epochOfTest(w).Add(6 * time.Hour), Signers: []seal.Signer{{Staff: p.ID, Name: p.Name, Fingerprint: p.Fingerprint()}}}
	derive := func(a registration.Application) (seal.Statement, error) {
		return seal.New(seal.Return, h, []seal.Field{{Label: "计划年度", Value: strconv.Itoa(a.Year)}, {Label: "记录", Value: a.ID},
			{Label: "申请人", Value: a.Form.PersonName}, {Label: "学校", Value: a.School}, {Label: "理由", Value: "材料不全"}}, seal.Annex{})
	}
	text, err := derive(app)
	if err != nil {
		return 0, err
	}
	verified, err := w.TrySeal(text, p)
	if err != nil {
		return 0, err
	}
	g, err := w.TryGrant(p.ID, policy.ReturnToSchool, "341021")
	if err != nil {
		return 0, err
	}
	r, err := w.Store.Commit(context.Background(), g, []seal.Verified{verified}, func(tx *store.Tx) (audit.Entry, error) {
		a, err := tx.Application(app.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		again, err := derive(a)
		if err != nil {
			return audit.Entry{}, err
		}
		if err := tx.Derive(again); err != nil {
			return audit.Entry{}, err
		}
		if a.State == registration.ReturnedSchool {
			return audit.Entry{}, fault.New(fault.Conflict, "已经退回过。")
		}
		a.State, a.ReturnReason = registration.ReturnedSchool, "材料不全"
		return audit.Entry{Subject: "application/" + a.ID}, tx.Put(a)
	}, store.Reads(store.OfApplication(app.ID)))
	if fault.Is(err, fault.Conflict) && len(r.Entry) > 0 {
		err = nil // used before: the crash came between COMMIT and the answer
	}
	if err == nil && len(r.Checkpoint) > 0 {
		err = r.Verify(w.Keys.LogVerifier)
	}
	return r.Number, err
}

// epochOfTest is a moment that all processes of a test agree on.
func epochOfTest(w *storetest.World) time.Time {
	return w.People["U00005"].Certificate.NotBefore.AddDate(0, 1, 0).Add(-time.Minute)
}
