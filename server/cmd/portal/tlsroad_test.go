package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sealdesk/server/internal/desk"
)

// travelled is a town with the TLS road open, served until the test ends.
func travelled(t *testing.T) town {
	t.Helper()
	town := standing(t)
	town.tls = "localhost:" + freePort(t)
	if err := town.writeConfigs(); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(town.path("portal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := town.serverCertificates(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	h, err := open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	serving, stop := context.WithCancel(context.Background())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- h.serve(serving, func() error { close(ready); return nil }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		h.Close()
	})
	return town
}

// holder is a resident's token, name and PIN.
func (t town) holder(test *testing.T, role string) (token, name, pin string) {
	test.Helper()
	raw, err := os.ReadFile(t.path("people.csv"))
	if err != nil {
		test.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		test.Fatal(err)
	}
	for _, r := range rows[1:] {
		if r[1] == role {
			return r[3], r[0], r[4]
		}
	}
	test.Fatalf("nobody in town is %s", role)
	return
}

// run gives what a program prints. Its input stays open until it ends by
// itself: a peer that hangs up takes its request back.
func run(t *testing.T, env []string, in, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(stdin, in) // a program that does not read is no fault
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out.Bytes())
	}
	return out.String()
}

func TestCurlWithOpenSSLsPKCS11EngineWorksOnTheTLSRoad(t *testing.T) {
	town := travelled(t)
	token, name, pin := town.holder(t, "CA")
	object := "pkcs11:token=" + token + ";pin-value=" + pin
	jar := filepath.Join(t.TempDir(), "cookies")
	curl := func(args ...string) string {
		return run(t, []string{"PKCS11_MODULE_PATH=" + town.module}, "", "curl", append([]string{"--silent", "--show-error", "--engine", "pkcs11",
			"--key-type", "ENG", "--cert-type", "ENG", "--key", object, "--cert", object, "--tlsv1.3", "--cacert", town.path("ca.pem"),
			"--cookie", jar, "--cookie-jar", jar}, args...)...)
	}
	if page := curl("https://" + town.tls + "/sign-in"); !strings.Contains(page, name) {
		t.Fatalf("the sign-in page does not name the holder: %.300s", desk.Page{Body: []byte(page)}.Text("main"))
	}
	if where := curl("--output", os.DevNull, "--write-out", "%{http_code} %{redirect_url}", "--data", "back=/applications", "https://"+town.tls+"/sign-in"); where != "303 https://"+town.tls+"/applications" {
		t.Fatalf("signing in answers %s", where)
	}
	if page := curl("https://" + town.tls + "/applications"); !strings.Contains(page, "申请") || !strings.Contains(page, name) {
		t.Errorf("the list is not served")
	}
}

func TestGnuTLSWithTheTokenIsServedOnTheTLSRoad(t *testing.T) {
	town := travelled(t)
	token, name, pin := town.holder(t, "CA")
	host, port, _ := strings.Cut(town.tls, ":")
	object := "pkcs11:token=" + token + ";object=" + staffKeyLabel
	out := run(t, []string{"GNUTLS_PIN=" + pin}, "GET /sign-in HTTP/1.1\r\nHost: "+town.tls+"\r\nConnection: close\r\n\r\n", "gnutls-cli", "--provider", town.module,
		"--x509certfile", object+";type=cert", "--x509keyfile", object+";type=private", "--x509cafile", town.path("ca.pem"),
		"--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3", "--sni-hostname", host, "--verify-hostname", host, "-p", port, "127.0.0.1")
	if !strings.Contains(out, "HTTP/1.1 200") || !strings.Contains(out, name) {
		t.Errorf("gnutls-cli is not served:\n%.2000s", out)
	}
}

// screen is a virtual display with a headed Chromium whose NSS knows the
// PKCS#11 module and one token: its dialogs are real windows, answered from the
// keyboard.
type screen struct {
	*tab
	display string
	token   string // folder of the token that is plugged in
}

func startScreen(t *testing.T, town town, label string) screen {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1366x768x24", "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{write}
	if err := x.Start(); err != nil {
		t.Fatalf("Xvfb is missing: apt-get install xvfb: %v", err)
	}
	write.Close()
	t.Cleanup(func() { x.Process.Kill(); x.Wait() })
	number := make([]byte, 16)
	n, err := read.Read(number)
	if err != nil {
		t.Fatal(err)
	}
	s := screen{display: ":" + strings.TrimSpace(string(number[:n]))}
	desk := t.TempDir()
	s.token = plugIn(t, town, label, desk)
	conf := filepath.Join(desk, "softhsm2.conf")
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+desk+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	home := newHome(t, town.path("ca.pem"))
	run(t, nil, "\n", "modutil", "-force", "-dbdir", "sql:"+nssOf(home), "-add", "token", "-libfile", town.module)
	c := startAt(t, home, chromedp.Flag("headless", false), chromedp.Env("DISPLAY="+s.display, "SOFTHSM2_CONF="+conf))
	s.tab = &tab{chromium: c, t: t, ctx: c.ctx, downloads: t.TempDir()}
	return s
}

// plugIn copies a resident's token to where the browser's module looks.
func plugIn(t *testing.T, town town, label, to string) string {
	t.Helper()
	tokens, err := filepath.Glob(town.path("tokens", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range tokens {
		object, err := os.ReadFile(filepath.Join(from, "token.object"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(object, []byte(label)) {
			continue
		}
		to = filepath.Join(to, filepath.Base(from))
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		return to
	}
	t.Fatalf("no token is labelled %s", label)
	return ""
}

// keys sends keystrokes to the window that has the keyboard.
func (s screen) keys(args ...string) {
	s.t.Helper()
	run(s.t, []string{"DISPLAY=" + s.display}, "", "xdotool", args...)
}

// unlock types the PIN into Chromium's dialog and takes the one certificate
// that it then offers.
func (s screen) unlock(pin, words string) {
	s.t.Helper()
	s.keys("search", "--sync", "--onlyvisible", "--name", "Unlock Security Device", "mousemove", "--window", "%1", "200", "60")
	s.keys("sleep", "0.5", "type", pin)
	s.keys("key", "Return")
	for end := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(s.ctx, time.Second)
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.querySelector('main').innerText"))
		cancel()
		if err == nil && strings.Contains(text, words) {
			return
		}
		if time.Now().After(end) {
			s.fail("the page after the PIN does not come", err)
		}
		s.keys("key", "Return")
	}
}

func TestBrowserWithTheTokensOwnPINDialogWorksOnTheTLSRoadWhileTheTokenIsThere(t *testing.T) {
	town := travelled(t)
	token, name, pin := town.holder(t, "CA")
	s := startScreen(t, town, token)
	ctx, cancel := context.WithTimeout(s.ctx, 3*time.Second) // the page comes after the dialogs
	chromedp.Run(ctx, chromedp.Navigate("https://"+town.tls+"/sign-in"))
	cancel()
	s.unlock(pin, name)
	s.picture("tls-sign-in")
	s.press(button("登录"), "")
	s.open("https://" + town.tls + "/applications")
	s.see("申请")

	// Pulled out: nothing more is served, though the page's session goes on.
	away := s.token + ".pulled"
	if err := os.Rename(s.token, away); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	ctx, cancel = context.WithTimeout(s.ctx, 20*time.Second)
	_, err := chromedp.Run(ctx, chromedp.Navigate("https://"+town.tls+"/windows"))
	cancel()
	if err == nil {
		t.Fatalf("without the token a page is served: %s", s.location())
	}
	t.Logf("without the token: %v", err)
}
