package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sealdesk/hsm/hsmtest"
)

// Two people of one terminal server, neither of them root.
const (
	hers = 20101
	his  = 20102
)

// as makes a command one of a user's processes.
func as(uid int, home string, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = "/", []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	return cmd
}

// homeOf is a folder that only this user reads.
func homeOf(t *testing.T, uid int) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "user") // t.TempDir lies in a folder of root's
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	give(t, dir, uid)
	return dir
}

// give makes everything in a folder the user's own.
func give(t *testing.T, dir string, uid int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, uid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// asRoot tells whether the test may start processes of two users, which only
// root may. For anybody else it has run by then, once more and by sudo.
func asRoot(t *testing.T) bool {
	t.Helper()
	if os.Getuid() == 0 {
		return true
	}
	out, err := exec.Command("sudo", "-n", "--preserve-env", os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as root: %v\n%s", err, out)
	}
	return false
}

// terminal is a terminal server: her home with the agent's program, her token
// and configuration in it, his home, and one loopback address.
type terminal struct {
	t                *testing.T
	her, his         string
	program, config  string
	address, library string
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &terminal{t: t, her: homeOf(t, hers), his: homeOf(t, his), address: l.Addr().String()}
	suite := hsmtest.SoftHSM(t)
	hsmtest.Person(t, suite, hsmtest.CA(t), "U01027", "沈知远")
	s.library = suite.Library
	program, err := os.ReadFile(build(t))
	if err != nil {
		t.Fatal(err)
	}
	s.program = filepath.Join(s.her, "keyagent")
	if err := os.WriteFile(s.program, program, 0o755); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(write(t, s.address, suite.Library))
	if err != nil {
		t.Fatal(err)
	}
	s.config = filepath.Join(s.her, "agent.yaml")
	if err := os.WriteFile(s.config, config, 0o600); err != nil {
		t.Fatal(err)
	}
	s.moveTokens(suite)
	give(t, s.her, hers)
	return s
}

// moveTokens copies the tokens into her home.
func (s *terminal) moveTokens(suite *hsmtest.Suite) {
	s.t.Helper()
	raw, err := os.ReadFile(suite.Conf)
	if err != nil {
		s.t.Fatal(err)
	}
	tokens := filepath.Join(s.her, "tokens")
	var lines []string
	for line := range strings.Lines(string(raw)) {
		if _, from, ok := strings.Cut(line, "directories.tokendir"); ok {
			if err := os.CopyFS(tokens, os.DirFS(strings.TrimSpace(strings.TrimLeft(from, " =")))); err != nil {
				s.t.Fatal(err)
			}
			line = "directories.tokendir = " + tokens + "\n"
		}
		lines = append(lines, line)
	}
	if err := os.WriteFile(filepath.Join(s.her, "softhsm2.conf"), []byte(strings.Join(lines, "")), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// agent starts her agent; its standard error comes with it.
func (s *terminal) agent(args ...string) (*exec.Cmd, *bytes.Buffer) {
	s.t.Helper()
	cmd := as(hers, s.her, s.program, append(args, "--config", s.config)...)
	cmd.Env = append(cmd.Env, "SOFTHSM2_CONF="+filepath.Join(s.her, "softhsm2.conf"))
	said := &bytes.Buffer{}
	cmd.Stderr = said
	return cmd, said
}

// page asks for a page of the address as a user.
func (s *terminal) page(uid int, more ...string) string {
	s.t.Helper()
	home := map[int]string{hers: s.her, his: s.his}[uid]
	out, err := as(uid, home, "curl", append([]string{"-sS", "-i", "--max-time", "20"}, more...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("curl as %d: %v: %s", uid, err, out)
	}
	return string(out)
}

func (s *terminal) answers() {
	s.t.Helper()
	for range 200 {
		out, err := as(hers, s.her, "curl", "-s", "http://"+s.address+"/healthz").Output()
		if err == nil && string(out) == "ok\n" {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatal("her agent does not answer her")
}

func TestAnotherUsersBrowserAndProgramsGetNothingFromHerAgent(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := newTerminal(t)
	cmd, said := s.agent()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Signal(syscall.SIGINT); _ = cmd.Wait() }()
	s.answers()
	at := "http://" + s.address
	if page := s.page(hers, at+"/"); !strings.Contains(page, "HTTP/1.1 200") || !strings.Contains(page, "沈知远") || !strings.Contains(page, "窗外新安江") {
		t.Errorf("she herself: %.300s", page)
	}
	order := []string{"-H", "Origin: https://localhost:8443", "--data-urlencode", "statement=c2VhbGRlc2s=", "--data-urlencode", "annex="}
	for what, more := range map[string][]string{"the page": {at + "/"}, "the health": {at + "/healthz"}, "a style sheet": {at + "/static/agent.css"},
		"a post": append(order, at+"/sign"), "an order": {"-H", "Origin: https://localhost:8443", "--data-urlencode", "order=c2VhbGRlc2s=", at + "/enrol"}} {
		page := s.page(his, more...)
		if !strings.HasPrefix(page, "HTTP/1.1 403") || !strings.Contains(page, "另一个用户") {
			t.Errorf("%s, asked by him: %.200s", what, page)
		}
		for _, secret := range []string{"沈知远", "窗外新安江", "U01027"} {
			if strings.Contains(page, secret) {
				t.Errorf("%s tells him %q", what, secret)
			}
		}
	}
	// His real browser, too.
	out, err := as(his, s.his, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+filepath.Join(s.his, "profile"),
		"--virtual-time-budget=5000", "--dump-dom", at+"/").Output()
	if err != nil || !strings.Contains(string(out), "另一个用户") || strings.Contains(string(out), "窗外新安江") || strings.Contains(string(out), "沈知远") {
		t.Errorf("his browser: %v: %.400s", err, out)
	}
	// And nobody takes the address from her while the agent runs.
	for _, bind := range []string{s.address, strings.Replace(s.address, "127.0.0.1", "0.0.0.0", 1)} {
		host, port, _ := strings.Cut(bind, ":")
		script := fmt.Sprintf("import socket\ns = socket.socket()\ns.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\ns.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)\ns.bind((%q, %s))\ns.listen()", host, port)
		if out, err := as(his, s.his, "/usr/bin/python3", "-c", script).CombinedOutput(); err == nil || !strings.Contains(string(out), "in use") {
			t.Errorf("he binds %s beside her agent: %v: %s", bind, err, out)
		}
	}
	if strings.Contains(said.String(), "panic") {
		t.Errorf("her agent says %s", said)
	}
}

// squatter is a program of his that took the address first and writes down
// whatever arrives. It answers as an agent would.
type squatter struct {
	mu  sync.Mutex
	got bytes.Buffer
}

func (q *squatter) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.got.Write(p)
}
func (q *squatter) text() string { q.mu.Lock(); defer q.mu.Unlock(); return q.got.String() }

func (s *terminal) squats() *squatter {
	s.t.Helper()
	_, port, _ := strings.Cut(s.address, ":")
	const script = `
import http.server, sys
class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("GET", self.path, flush=True)
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok\n")
    def do_POST(self):
        print("POST", self.path, self.rfile.read(int(self.headers.get("Content-Length", 0))), flush=True)
        self.send_response(200); self.end_headers(); self.wfile.write(b"ok\n")
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Agent).serve_forever()
`
	q := &squatter{}
	cmd := as(his, s.his, "/usr/bin/python3", "-c", script, port)
	cmd.Stdout, cmd.Stderr = q, q
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 200 {
		if resp, err := http.Get("http://" + s.address + "/up"); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			return q
		}
		time.Sleep(25 * time.Millisecond)
	}
	s.t.Fatal("his program does not listen")
	return nil
}

func TestAProgramOfAnotherUserThatBoundThePortFirstGetsNothingAndSheIsTold(t *testing.T) {
	if !asRoot(t) {
		return
	}
	s := newTerminal(t)
	q := s.squats()
	cmd, said := s.agent()
	err := cmd.Run()
	exit, ok := err.(*exec.ExitError)
	if !ok || exit.ExitCode() != 1 {
		t.Fatalf("her agent ends with %v", err)
	}
	for _, want := range []string{"另一个用户（编号 20102）", "不要输入 PIN"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("her agent does not say %q: %s", want, said)
		}
	}
	// The doctor is not taken in by a program that answers as an agent would.
	doctor, _ := s.agent("doctor")
	doctor.Stderr = nil
	out, err := doctor.Output()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 {
		t.Errorf("the doctor ends with %v", err)
	}
	if !strings.Contains(string(out), "被本机另一个用户（编号 20102）的程序占用") || strings.Contains(string(out), "签名助手在 "+s.address+" 运行") {
		t.Errorf("the doctor says %s", out)
	}
	if got := strings.TrimSpace(q.text()); got != "GET /up" {
		t.Errorf("his program got %q", got)
	}
}
