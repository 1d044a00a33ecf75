package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// tries runs the portal and tells how it ended.
func (l *livingTown) tries(args ...string) (code int, said string) {
	l.t.Helper()
	cmd := exec.Command(l.portal, args...)
	cmd.Env = l.env
	out, err := cmd.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode(), string(out)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return 0, string(out)
}

func TestTheEmergencyCommandOfTheRealProgramsMakesAKeyInANewTokenThatHasNoPowerYet(t *testing.T) {
	l := foundTown(t)
	const person = "U00002"
	config, out := l.path("portal.yaml"), filepath.Join(t.TempDir(), "emergency.pem")
	args := []string{"emergency", "--config", config, "--staff", person, "--token", l.uri(spareLabel), "--out", out}
	c, err := readConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	entries := func() string { // how many records there are, and that the log has them so
		checked := l.run(l.portal, "check", "--records", "--config", config)
		if !strings.Contains(checked, "托管人：3 人中 2 人，现在 3 人可以签署") {
			t.Errorf("check does not say whether custodians could open an emergency: %s", checked)
		}
		_, line, _ := strings.Cut(checked, "记录：")
		return line
	}
	before := entries()
	said := l.run(l.portal, args...)
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" || len(bytes.TrimSpace(rest)) > 0 {
		t.Fatalf("the file is %.100q", raw)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if leaf.Subject.SerialNumber != person || !strings.Contains(said, seal.Fingerprint(leaf)) || !strings.Contains(said, "没有任何权力") {
		t.Errorf("for %s, and it says %s", leaf.Subject, said)
	}
	if verified, err := exec.Command("openssl", "verify", "-CAfile", l.path("ca.pem"), "-purpose", "any", out).CombinedOutput(); err != nil {
		t.Errorf("OpenSSL: %v: %s", err, verified)
	}
	pin, err := os.ReadFile(l.path("pins", spareLabel))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(said, strings.TrimSpace(string(pin))) {
		t.Error("the PIN is printed")
	}
	l.liesInToken(leaf)

	// The register and the log do not know it.
	h, err := open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.KeyInCustody(context.Background(), seal.Fingerprint(leaf)); !fault.Is(err, fault.NotFound) {
		t.Errorf("the register has it: %v", err)
	}
	h.Close()
	if after := entries(); after != before || !strings.Contains(after, "全部与日志相符") {
		t.Errorf("before: %s\nafter: %s", before, after)
	}

	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"over a file that is there": {args, 1, "已经存在"},
		"for nobody on file":        {[]string{"emergency", "--config", config, "--staff", "U99999", "--token", l.uri(spareLabel), "--out", out + "2"}, 1, "没有 U99999"},
		"for nobody at all":         {[]string{"emergency", "--config", config, "--token", l.uri(spareLabel)}, 2, "--staff"},
		"in no token":               {[]string{"emergency", "--config", config, "--staff", person, "--token", l.uri("none"), "--out", out + "3"}, 1, "做新钥匙"},
	} {
		if code, said := l.tries(c.args...); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: ends with %d: %s", name, code, said)
		}
	}
	for _, more := range []string{out + "2", out + "3"} {
		if _, err := os.Stat(more); err == nil {
			t.Errorf("%s was written", more)
		}
	}
}

// liesInToken asks the spare token itself.
func (l *livingTown) liesInToken(leaf *x509.Certificate) {
	l.t.Helper()
	m, err := hsm.Open(l.module)
	if err != nil {
		l.t.Fatal(err)
	}
	defer m.Close()
	infos, err := m.Tokens(context.Background())
	if err != nil {
		l.t.Fatal(err)
	}
	for _, i := range infos {
		if i.Label != spareLabel {
			continue
		}
		certs, err := m.Certificates(context.Background(), i.Slot)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, c := range certs {
			if c.Leaf.Equal(leaf) {
				return
			}
		}
	}
	l.t.Error("the certificate is not in the token")
}
