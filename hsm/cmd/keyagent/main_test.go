package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sealdesk/hsm/hsmtest"
)

// build makes the program as it is shipped.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "keyagent")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return program
}

func write(t *testing.T, listen, module string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent.yaml")
	config := fmt.Sprintf("listen: %s\nphrase: 窗外新安江\nmodules: [%s]\nportals:\n  - name: 黄山市教师资格定期注册签台\n    origin: https://localhost:8443\n", listen, module)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheProgramShowsItsTokensLogsInJSONAndEndsCleanlyOnInterrupt(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	hsmtest.Person(t, suite, hsmtest.CA(t), "U01027", "沈知远")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command(build(t), "--config", write(t, address, suite.Library))
	cmd.Env = suite.Env()
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	page, err := status(address)
	if err != nil {
		_ = cmd.Process.Kill() // it never answered
		t.Fatal(err)
	}
	if !strings.Contains(page, "沈知远") || !strings.Contains(page, "窗外新安江") {
		t.Error("the status page does not show the key or the phrase")
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after an interrupt: %v: %s", err, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a log line is no JSON: %s", line)
		}
	}
	if !strings.Contains(log.String(), `"msg":"ended"`) {
		t.Error("the log does not say that it ended")
	}
}

func status(address string) (string, error) {
	var last error
	for range 200 {
		resp, err := http.Get("http://" + address + "/")
		if err == nil {
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			return string(b), err
		}
		last = err
		time.Sleep(25 * time.Millisecond)
	}
	return "", last
}

func TestABadConfigurationEndsTheProgramWithASentence(t *testing.T) {
	program := build(t)
	for _, c := range []struct{ path, want string }{
		{filepath.Join(t.TempDir(), "none.yaml"), "读不到配置文件"},
		{write(t, "0.0.0.0:17890", "/x.so"), "必须是本机回环地址"},
		{write(t, "127.0.0.1:17890", "x.so"), "不是完整路径"},
	} {
		out, err := exec.Command(program, "--config", c.path).CombinedOutput()
		if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 || !strings.Contains(string(out), c.want) {
			t.Errorf("%v: %s", err, out)
		}
	}
}

func TestTheDoctorEndsWithOneAndACureWhenSomethingIsWrong(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	hsmtest.Person(t, suite, hsmtest.CA(t), "U01027", "沈知远")
	cmd := exec.Command(build(t), "doctor", "--config", write(t, "127.0.0.1:1", suite.Library))
	cmd.Env = suite.Env()
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 1 {
		t.Errorf("ends with %v", err)
	}
	for _, want := range []string{"沈知远", "怎么办：", "连不上门户"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("it does not say %q: %s", want, out)
		}
	}
}
