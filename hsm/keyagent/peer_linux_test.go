package keyagent

import (
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"sealdesk/hsm/hsmtest"
)

// anotherUser makes what follows come from a user who is not the agent's: a
// real process of nobody's, or, where tests may not change their user, an agent
// that belongs to somebody else.
func (s *scene) anotherUser(script string) *exec.Cmd {
	cmd := exec.Command("/bin/bash", "-c", script)
	cmd.Dir = "/"
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	} else {
		s.agent.uid = os.Getuid() + 1
	}
	return cmd
}

func TestAnotherUsersSocketIsRefused(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	host, port, _ := strings.Cut(s.address, ":")
	body := form(text, annex).Encode()
	for _, head := range []string{
		"POST /sign HTTP/1.1\r\nOrigin: " + portalOrigin + "\r\nContent-Type: application/x-www-form-urlencoded\r\n",
		"GET / HTTP/1.1\r\n",
		"GET /healthz HTTP/1.1\r\n",
	} {
		send := body
		if strings.HasPrefix(head, "GET") {
			send = ""
		}
		cmd := s.anotherUser(`exec 3<>/dev/tcp/` + host + `/` + port + `; cat >&3; cat <&3`)
		cmd.Stdin = strings.NewReader(head + "Host: " + s.address + "\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(send)) + "\r\n\r\n" + send)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(out), "HTTP/1.1 403 ") || !strings.Contains(string(out), foreignPeer.sentence) {
			t.Errorf("%.20q got %.60q", head, out)
		}
		if strings.Contains(string(out), testPhrase) {
			t.Error("the phrase is told to another user")
		}
	}
	s.unsigned(t)
	s.nothingOpen(t)
	s.agent.uid = os.Getuid()
	if a := s.do(http.MethodPost, "/sign", body, from(portalOrigin)); a.StatusCode != http.StatusSeeOther {
		t.Errorf("our own user is refused: %d", a.StatusCode)
	}
}

func TestASocketThatIsNotInTheTableIsRefused(t *testing.T) {
	if _, err := socketOwner(netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2")); err == nil {
		t.Error("an owner was found")
	}
	for at, want := range map[string][2]string{
		"127.0.0.1:17890": {"0100007F:45E2", "0000000000000000FFFF00000100007F:45E2"},
		"[::1]:80":        {"00000000000000000000000001000000:0050", "00000000000000000000000001000000:0050"},
	} {
		ap := netip.MustParseAddrPort(at)
		if procAddress(ap, false) != want[0] || procAddress(ap, true) != want[1] {
			t.Errorf("%s is spelt %s, %s", at, procAddress(ap, false), procAddress(ap, true))
		}
	}
}
