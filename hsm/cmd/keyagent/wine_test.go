package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// windows builds the program for Windows, cgo and all.
func windows(t *testing.T) string {
	t.Helper()
	compiler, err := exec.LookPath("x86_64-w64-mingw32-gcc")
	if err != nil {
		t.Fatal("the compiler for Windows is missing: apt-get install gcc-mingw-w64-x86-64")
	}
	program := filepath.Join(t.TempDir(), "keyagent.exe")
	cmd := exec.Command("go", "build", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1", "GOOS=windows", "GOARCH=amd64", "CC="+compiler)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build for Windows: %v: %s", err, out)
	}
	return program
}

// wine runs a program of Windows with a home of its own.
func wine(t *testing.T, home, program string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("wine64")
	if err != nil {
		if path = "/usr/lib/wine/wine64"; !executable(path) {
			t.Fatal("Wine is missing: apt-get install wine64")
		}
	}
	cmd := exec.Command(path, append([]string{program}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "WINEPREFIX=" + filepath.Join(home, "wine"), "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree=;mshtml="}
	return cmd
}

// prng is what Debian 12's Wine lacks of Windows and Go's runtime asks for: the
// system's random numbers under the name that newer Windows gives them.
const prng = `#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) { return SystemFunction036(data, (ULONG)length); }
`

// furnish makes Wine's folder and puts what is missing into it.
func furnish(t *testing.T, home string) {
	t.Helper()
	if out, err := wine(t, home, "cmd.exe", "/c", "exit").CombinedOutput(); err != nil {
		t.Fatalf("Wine does not start: %v: %s", err, out)
	}
	system := filepath.Join(home, "wine", "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(system); err == nil {
		return
	}
	source := filepath.Join(home, "prng.c")
	if err := os.WriteFile(source, []byte(prng), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("x86_64-w64-mingw32-gcc", "-shared", "-o", system, source, "-ladvapi32").CombinedOutput(); err != nil {
		t.Fatalf("mingw: %v: %s", err, out)
	}
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

func TestTheProgramForWindowsStartsUnderWine(t *testing.T) {
	program, home := windows(t), t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	config := filepath.Join(home, "agent.yaml")
	text := fmt.Sprintf("listen: %s\nphrase: 窗外新安江\nmodules: ['C:\\nowhere\\vendor.dll']\nportals:\n  - name: 黄山市教师资格定期注册签台\n    origin: https://127.0.0.1:1\n", address)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	at := `Z:` + strings.ReplaceAll(config, "/", `\`)
	defer func() { _ = wineserver(home).Run() }() // what Wine keeps in the background ends with the test

	furnish(t, home)
	out, err := wine(t, home, program, "doctor", "--config", at).CombinedOutput()
	exit, ok := err.(*exec.ExitError)
	if !ok || exit.ExitCode() != 1 {
		t.Fatalf("doctor ends with %v: %s", err, out)
	}
	for _, want := range []string{"驱动 vendor.dll：找不到或装不上钥匙的驱动模块", "连不上门户", "空着，可以用", "怎么办："} {
		if !strings.Contains(string(out), want) {
			t.Errorf("doctor does not say %q: %s", want, out)
		}
	}

	cmd := wine(t, home, program, "--config", at)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	// A browser of this Linux is no program of the Windows user: the agent
	// answers, and tells it nothing.
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get("http://" + address + "/")
		if err == nil {
			page, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusForbidden || !strings.Contains(string(page), "签名助手只为登录这台电脑的本人服务") || strings.Contains(string(page), "新安江") {
				t.Errorf("%d %v: %.400s", resp.StatusCode, err, page)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatalf("the agent does not answer: %v", err)
		}
	}
}

func wineserver(home string) *exec.Cmd {
	path := "/usr/lib/wine/wineserver"
	if found, err := exec.LookPath("wineserver"); err == nil {
		path = found
	}
	cmd := exec.Command(path, "-k")
	cmd.Env = []string{"HOME=" + home, "WINEPREFIX=" + filepath.Join(home, "wine")}
	return cmd
}
