package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/csv"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// livingTown is a town in which portal and keyagent run as the programs that
// are shipped, and nobody has worked yet.
type livingTown struct {
	town
	t                            *testing.T
	portal, keyagent, auditverif string // the built programs
	client                       *http.Client
	env                          []string
	teachers                     []string // names that were seen in the register
	running                      map[string]*process
}

// process is a program that was started; gone is closed when it has ended, and
// then err says how.
type process struct {
	cmd  *exec.Cmd
	gone chan struct{}
	err  error
}

// kill ends a running program at once, as a crash does.
func (l *livingTown) kill(path string) {
	l.t.Helper()
	p := l.running[path]
	if p == nil {
		l.t.Fatalf("%s does not run", path)
	}
	delete(l.running, path)
	if err := p.cmd.Process.Kill(); err != nil {
		l.t.Fatal(err)
	}
	<-p.gone
}

// foundTown builds the three programs and starts portal and keyagent in a town
// right after its ceremony.
func foundTown(t *testing.T) *livingTown {
	t.Helper()
	l := &livingTown{t: t, portal: program(t, "portal", "."), keyagent: program(t, "keyagent", "../../../hsm/cmd/keyagent"), auditverif: program(t, "auditverify", "../auditverify")}
	l.town = standing(t)
	l.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + l.dir, "SOFTHSM2_CONF=" + l.path("softhsm2.conf")}
	ca, err := os.ReadFile(l.path("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	l.client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	l.start(l.portal, "serve", "--config", l.path("portal.yaml"))
	l.start(l.keyagent, "--config", l.path("agent.yaml"))
	l.answers("https://" + l.staff + "/readyz")
	l.answers("http://" + l.agent + "/")
	return l
}

// journal collects what a program says; it is printed when the test failed.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

// tail is the end of what was said.
func (j *journal) tail() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	said := j.b.Bytes()
	return string(said[max(0, len(said)-4000):])
}

// start runs a program until the test ends; it must end in order.
func (l *livingTown) start(path string, args ...string) {
	l.t.Helper()
	cmd := exec.Command(path, args...)
	said := &journal{}
	cmd.Env, cmd.Stdout, cmd.Stderr = l.env, said, said
	if err := cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	p := &process{cmd: cmd, gone: make(chan struct{})}
	go func() { p.err = cmd.Wait(); close(p.gone) }()
	if l.running == nil {
		l.running = map[string]*process{}
	}
	l.running[path] = p
	l.t.Cleanup(func() {
		if l.running[path] != p { // it was killed
			return
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			l.t.Errorf("%s had ended before it was told to: %v", path, err)
		}
		select {
		case <-p.gone:
			if p.err != nil {
				l.t.Errorf("%s did not end in order: %v", path, p.err)
			}
		case <-time.After(30 * time.Second):
			l.t.Errorf("%s does not end", path)
			_ = cmd.Process.Kill()
			<-p.gone
		}
		if l.t.Failed() {
			l.t.Logf("%s said:\n%s", path, said.tail())
		}
	})
}

// answers waits until an address does.
func (l *livingTown) answers(url string) {
	l.t.Helper()
	var last error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		resp, err := l.client.Get(url)
		if last = err; err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	l.t.Fatalf("%s does not answer: %v", url, last)
}

// run runs a program to its end, which must be a success, and gives its words.
func (l *livingTown) run(path string, args ...string) string {
	l.t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = l.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		l.t.Fatalf("%s %v: %v\n%s", path, args, err, out)
	}
	return string(out)
}

// pin is what the ceremony wrote down for a person's token.
func (l *livingTown) pin(staff string) string {
	l.t.Helper()
	raw, err := os.ReadFile(l.path("people.csv"))
	if err != nil {
		l.t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, line := range lines[1:] {
		if line[3] == staff {
			return line[4]
		}
	}
	l.t.Fatalf("people.csv has no token of %s", staff)
	return ""
}
