package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/hsm"
	"sealdesk/policy"
	"sealdesk/server/internal/keyring"
)

// papers are the shares that the ceremony left, in the order of the list.
func (t town) papers(test *testing.T) []string {
	test.Helper()
	list, err := filepath.Glob(t.path("shares", "*.txt"))
	if err != nil || len(list) != len(demoCustodians) {
		test.Fatalf("%d papers: %v", len(list), err)
	}
	return list
}

// keyringActs are the entries about the keyring.
func keyringActs(t *testing.T, h *house) string {
	t.Helper()
	law, err := h.store.Policy(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	g, err := law.System(policy.RecoverKeyring)
	if err != nil {
		t.Fatal(err)
	}
	set, err := h.store.EntriesAbout(context.Background(), g, "log/keyring")
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, e := range set {
		acts = append(acts, e.Act+" "+e.Note)
	}
	return strings.Join(acts, "；")
}

func TestALostHSMIsRecoveredFromTheSharesOnPaper(t *testing.T) {
	town := standing(t)
	ctx := context.Background()
	c, err := readConfig(town.path("portal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	papers := town.papers(t)
	text, err := os.ReadFile(papers[1])
	if err != nil || !strings.Contains(string(text), "第 2 份，共 3 份，凑齐 2 份可以恢复") {
		t.Fatalf("the paper does not say what it is: %v", err)
	}
	h, err := open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	before, err := h.store.Staff(ctx, "U00031")
	if err != nil || before.Phone == "" {
		t.Fatalf("no encrypted field to lose: %v", err)
	}
	h.Close()
	ring, err := os.ReadFile(c.Keyring)
	if err != nil {
		t.Fatal(err)
	}
	run := func(r recovering) (string, error) {
		var told bytes.Buffer
		r.told = &told
		if r.typed == nil {
			r.typed = strings.NewReader("")
		}
		err := r.do(ctx, c)
		return told.String(), err
	}

	// The drill: nothing changes but for one entry.
	told, err := run(recovering{drill: true, papers: papers[:2]})
	if err != nil || !strings.Contains(told, "演练通过") {
		t.Fatalf("%s %v", told, err)
	}
	if now, _ := os.ReadFile(c.Keyring); !bytes.Equal(now, ring) {
		t.Error("the drill changed the keyring")
	}
	if _, err := run(recovering{drill: true, papers: papers[:1]}); err == nil || !strings.Contains(err.Error(), "凑齐 2 份") {
		t.Errorf("a drill with one share: %v", err)
	}
	if _, err := run(recovering{papers: papers[:2]}); err == nil || !strings.Contains(err.Error(), "不需要恢复") {
		t.Errorf("a recovery while the HSM still works: %v", err)
	}

	// The server's token is gone; a new, empty one stands in its place.
	backup := town.path("backup.wrapped")
	if err := os.WriteFile(backup, ring, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := hsm.Open(town.module)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.InitializeToken(ctx, "server2", []byte("87654321"), []byte("135790")); err != nil {
		t.Fatal(err)
	}
	if err := town.write("pins/server2", "135790\n"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.Keyring); err != nil { // the disk went with it
		t.Fatal(err)
	}
	c.HSM.Server = town.uri("server2")
	if _, err := open(ctx, c); err == nil {
		t.Fatal("the portal opens without its keyring")
	}
	if _, err := run(recovering{keyring: backup, papers: papers[2:]}); err == nil || !strings.Contains(err.Error(), "请再请 1 位") {
		t.Errorf("too few shares: %v", err)
	}
	if _, err := os.Stat(c.Keyring); err == nil {
		t.Fatal("a refused recovery left a keyring")
	}
	// Typed at the console: the first try has a wrong digit and is asked again.
	one, two := shareLines(t, papers[0]), shareLines(t, papers[2])
	wrong := strings.Replace(one, "1) ", "1) F", 1)
	told, err = run(recovering{keyring: backup, typed: strings.NewReader(wrong + "\n" + one + "\n" + two + "\n")})
	if err != nil || !strings.Contains(told, "第 1 行应有 16 位") || !strings.Contains(told, "密钥环已换成") {
		t.Fatalf("%s %v", told, err)
	}
	if h, err = open(ctx, c); err != nil {
		t.Fatal(err)
	}
	defer func() { h.Close() }()
	after, err := h.store.Staff(ctx, "U00031")
	if err != nil || after.Phone != before.Phone {
		t.Fatalf("the old encrypted field does not come back: %v", err)
	}
	if got := keyringActs(t, h); !strings.Contains(got, string(policy.RecoverKeyring)+" 恢复密钥 ") || !strings.Contains(got, string(policy.DrillRecovery)) {
		t.Errorf("the log has %q", got)
	}
	// The issuing key went with the token: people work on, nobody is enrolled.
	if err := h.certifyFor(ctx, "U00002", town.uri("server2"), town.path("e.pem")); err == nil || !strings.Contains(err.Error(), "没有签发密钥") {
		t.Errorf("a certificate without an issuing key: %v", err)
	}
	if _, err := (lostKey{}).Sign(nil, nil, nil); err == nil || !strings.Contains(err.Error(), "登录和签署照常") {
		t.Errorf("the lost key signs: %v", err)
	}
	h.Close()

	// New shares: the old papers open the new file no more.
	if _, err := run(recovering{renew: true, shares: town.path("shares")}); err == nil || !strings.Contains(err.Error(), "已经存在") {
		t.Errorf("papers over papers: %v", err)
	}
	if _, err := run(recovering{renew: true, shares: town.path("shares-2")}); err != nil {
		t.Fatal(err)
	}
	if _, err := run(recovering{drill: true, papers: papers[:2]}); err == nil || !strings.Contains(err.Error(), "属于恢复密钥") {
		t.Errorf("old papers after new ones: %v", err)
	}
	fresh, _ := filepath.Glob(town.path("shares-2", "*.txt"))
	if _, err := run(recovering{drill: true, papers: fresh[1:]}); err != nil {
		t.Errorf("the new papers: %v", err)
	}
	if h, err = open(ctx, c); err != nil {
		t.Fatal(err)
	}
	raw, _ := os.ReadFile(c.Keyring)
	if id, _, ok := keyring.Recovery(raw); !ok || !strings.Contains(keyringActs(t, h), string(policy.RenewShares)+" 恢复密钥 "+strings.ToUpper(id)) {
		t.Error("the log does not say that new shares were made")
	}
}

// shareLines are the five lines that a custodian types.
func shareLines(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := keyring.ParseShare(string(raw))
	if err != nil {
		t.Fatal(err)
	}
	return s.Print()
}
