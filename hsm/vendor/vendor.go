// Package vendor runs a vendor's PKCS#11 module in a process of its own. It
// exists because such a module is code that nobody here has read: one that
// crashes or hangs must cost a signature, not the agent and its other modules.
//
// It promises: the module is loaded in the child alone; when the child dies or a
// call lasts too long, every call under way ends with CKR_GENERAL_ERROR, which
// hsm heals by initialising again, in a fresh child; the child ends with its
// parent; a frame that held a PIN is wiped on both sides. What the agent never
// calls (encryption, keys of symmetric ciphers) is not carried.
//
// Frames go over the child's standard input and output: four bytes of length,
// then a number that pairs answer and call, the call, its values. See wire.go.
package vendor

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
)

// Command is the hidden word after the program's name by which it becomes a
// child; the module's path follows.
const Command = "module"

// crashed is what every call answers when there is no child to ask.
var crashed = pkcs11.Error(pkcs11.CKR_GENERAL_ERROR)

// How long a call may last: one in which a person may have to act (a PIN typed
// on the token, a key being made), and any other.
const (
	personal = 110 * time.Second
	ordinary = 20 * time.Second
)

// Open runs program as the child that loads the module at path.
func Open(program, path string) (*hsm.Module, error) {
	return hsm.OpenOver(&remote{program: program, path: path, patience: ordinary})
}

// remote is a module in a child; it satisfies hsm.Cryptoki.
type remote struct {
	program, path string
	patience      time.Duration // of an ordinary call

	mu    sync.Mutex
	child *child // nil before C_Initialize and after C_Finalize
}

var _ hsm.Cryptoki = (*remote)(nil)

// child is one running process.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser

	writing sync.Mutex
	mu      sync.Mutex
	waiting map[uint64]chan []byte
	next    uint64
	dead    bool
	ended   chan struct{}
}

func start(program, path string) (*child, error) {
	cmd := exec.Command(program, Command, path)
	cmd.Stderr = io.Discard // of what a vendor writes there, nothing is known
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &child{cmd: cmd, in: in, waiting: map[uint64]chan []byte{}, ended: make(chan struct{})}
	go c.hear(out)
	return c, nil
}

// hear hands answers to those who wait, until the child ends.
func (c *child) hear(out io.Reader) {
	defer close(c.ended)
	r := bufio.NewReader(out)
	for {
		frame, err := readFrame(r)
		if err != nil {
			break
		}
		d := &decoder{b: frame}
		id := d.number()
		c.mu.Lock()
		answer := c.waiting[id]
		delete(c.waiting, id)
		c.mu.Unlock()
		if answer == nil || d.bad {
			break // it answers what nobody asked
		}
		answer <- d.b
	}
	c.mu.Lock()
	c.dead = true
	for _, answer := range c.waiting {
		close(answer)
	}
	clear(c.waiting)
	c.mu.Unlock()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait() // that it was killed is no news
}

// end lets the child go and waits for it.
func (c *child) end() {
	_ = c.in.Close()
	select {
	case <-c.ended:
	case <-time.After(2 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.ended
	}
}

// ask sends a call and waits for its answer.
func (c *child) ask(call call, e *encoder, patience time.Duration) (*decoder, error) {
	answer := make(chan []byte, 1)
	c.mu.Lock()
	if c.dead {
		c.mu.Unlock()
		return nil, crashed
	}
	c.next++
	id := c.next
	c.waiting[id] = answer
	c.mu.Unlock()
	var head encoder
	head.number(id)
	head.number(uint64(call))
	c.writing.Lock()
	err := writeFrame(c.in, head.b, e.b)
	c.writing.Unlock()
	clear(e.b) // there may be a PIN in it
	if err != nil {
		_ = c.cmd.Process.Kill()
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case body, ok := <-answer:
		if !ok {
			return nil, crashed
		}
		d := &decoder{b: body}
		if code := d.number(); code != 0 {
			return nil, pkcs11.Error(code)
		}
		return d, nil
	case <-late.C:
		_ = c.cmd.Process.Kill() // it hangs; whoever else waits is told by hear
		<-c.ended
		return nil, crashed
	}
}

func (r *remote) call(what call, e *encoder) (*decoder, error) {
	r.mu.Lock()
	c := r.child
	r.mu.Unlock()
	if c == nil {
		clear(e.b)
		return nil, pkcs11.Error(pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED)
	}
	patience := r.patience
	switch what {
	case callLogin, callSign, callGenerateKeyPair, callInitToken, callInitPIN:
		patience = personal
	}
	d, err := c.ask(what, e, patience)
	if err == nil && d.bad {
		err = crashed
	}
	return d, err
}

// Initialize starts a child, unless one runs.
func (r *remote) Initialize(...pkcs11.InitializeOption) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.child != nil {
		r.child.mu.Lock()
		dead := r.child.dead
		r.child.mu.Unlock()
		if !dead {
			return pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)
		}
		r.child.end()
		r.child = nil
	}
	c, err := start(r.program, r.path)
	if err != nil {
		return &hsm.Error{Kind: hsm.ModuleCrashed, Op: "start of the module's process", Detail: err.Error()}
	}
	if _, err := c.ask(callInitialize, &encoder{}, ordinary); err != nil {
		c.end()
		if errors.Is(err, pkcs11.Error(codeNoModule)) {
			return &hsm.Error{Kind: hsm.NoModule, Op: "dlopen", Detail: "cannot load " + r.path}
		}
		return err
	}
	r.child = c
	return nil
}

// Finalize ends the child; the module goes with it.
func (r *remote) Finalize() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.child == nil {
		return pkcs11.Error(pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED)
	}
	_, _ = r.child.ask(callFinalize, &encoder{}, 5*time.Second) // it ends whatever it says
	r.child.end()
	r.child = nil
	return nil
}

// Serve is the child: it loads the module and answers until its input ends.
func Serve(path string) int {
	in, out := os.Stdin, quiet()
	api, err := hsm.Load(path)
	if err != nil {
		api = nil
	}
	s := &server{api: api, out: out}
	r := bufio.NewReader(in)
	for {
		frame, err := readFrame(r)
		if err != nil {
			return 0 // the parent is done
		}
		// Calls run side by side, as hsm makes them: one that hangs holds up
		// nobody else.
		go s.answer(frame)
	}
}
