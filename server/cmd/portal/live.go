package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"sealdesk/hsm"
	"sealdesk/server/internal/desk"
	"sealdesk/server/sheet/sample"
)

// live starts portal and agent, lets the people of a fresh town work through
// their first days, checks the town's own log and stays until it is told to
// end.
func (t town) live(ctx context.Context, fresh bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := readConfig(t.path("portal.yaml"))
	if err != nil {
		return err
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	agent, err := t.startAgent(ctx)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- agent.Wait() }()
	defer func() { cancel(); <-ended }()
	return h.serve(ctx, func() error {
		if fresh || !exists(t.path("lived")) {
			if err := t.firstDays(ctx, c); err != nil {
				return fmt.Errorf("小城的头几天没有过完：%w", err)
			}
			if err := t.write("lived", time.Now().Format(time.RFC3339)+"\n"); err != nil {
				return err
			}
		}
		if err := t.verdict(ctx, h); err != nil {
			return err
		}
		t.welcome()
		return nil
	})
}

// startAgent runs the keyagent as a program of its own, as on a workstation.
func (t town) startAgent(ctx context.Context) (*exec.Cmd, error) {
	path, err := sibling("keyagent")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, "--config", t.path("agent.yaml"))
	log, err := os.OpenFile(t.path("agent.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = append(os.Environ(), "SOFTHSM2_CONF="+t.path("softhsm2.conf"))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd, cmd.Start()
}

// resident is one of the town's people at a desk.
type resident struct {
	*desk.Desk
	token *hsm.Token
}

// sit signs a person in, with the key in their token.
func (t town) sit(ctx context.Context, c config, staff string) (resident, error) {
	roots, err := readPool(c.CA)
	if err != nil {
		return resident{}, err
	}
	token, err := hsm.OpenURI(ctx, t.uri(staff), hsm.Options{Sessions: 1})
	if err != nil {
		return resident{}, told("打开 "+staff+" 的令牌", err)
	}
	key, err := token.Signer(ctx, hsm.KeyQuery{Label: staffKeyLabel})
	if err != nil {
		token.Close()
		return resident{}, told(staff+" 的钥匙", err)
	}
	leaf, err := token.Certificate(ctx, hsm.KeyQuery{Label: staffKeyLabel})
	if err != nil {
		token.Close()
		return resident{}, told(staff+" 的证书", err)
	}
	r := resident{desk.New(c.Staff.Origin, roots, leaf, key), token}
	if err := r.SignIn(ctx); err != nil {
		r.leave()
		return resident{}, fmt.Errorf("%s 登录：%w", staff, err)
	}
	return r, nil
}

func (r resident) leave() {
	r.Leave()
	r.token.Close()
}

// verdict exports the town's log and lets auditverify, a program of its own,
// say whether it holds.
func (t town) verdict(ctx context.Context, h *house) error {
	dir, err := os.MkdirTemp(t.dir, "export-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := h.export(ctx, filepath.Join(dir, "log"), filepath.Join(dir, "bodies")); err != nil {
		return err
	}
	path, err := sibling("auditverify")
	if err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, path, "log", "--vkey", t.path("log.vkey"), "--bodies", filepath.Join(dir, "bodies"), filepath.Join(dir, "log")).CombinedOutput()
	fmt.Printf("auditverify log：%s", out)
	if err != nil {
		return errors.New("小城自己的日志没有通过核验")
	}
	return nil
}

// welcome says what a person can do now.
func (t town) welcome() {
	fmt.Printf("\n小城已经开门。\n  1. 让浏览器信任 %s（Chromium：设置 → 隐私与安全 → 安全 → 管理证书 → 授权机构 → 导入）\n", t.path("ca.pem"))
	fmt.Printf("  2. 打开 https://%s ，按“用钥匙登录”，在紫框页面里选人、输入 PIN\n  3. 人员、令牌与 PIN：%s\n", t.staff, t.path("people.csv"))
	if people, err := t.people(); err == nil {
		for _, p := range people {
			fmt.Printf("     %-10s %-8s %-10s 令牌 %s  PIN %s\n", p[0], p[1], p[2], p[3], p[4])
		}
	}
	if pin, err := os.ReadFile(t.path("pins", spareLabel)); err == nil {
		fmt.Printf("     %-10s 空钥匙，在安全保密管理员的库里，可以发给还没有钥匙的人   令牌 %s  PIN %s\n", "（备用）", spareLabel, strings.TrimSpace(string(pin)))
	}
	fmt.Printf("  4. 证明文件：在回执页下载，用 bin/auditverify proof --vkey %s --ca %s 文件 核验\n按 Ctrl-C 结束；make demo-clean 忘掉这座小城。\n\n", t.path("log.vkey"), t.path("ca.pem"))
	fmt.Printf("ready staff=https://%s public=https://%s agent=http://%s\n", t.staff, t.public, t.agent)
}

func (t town) people() ([][]string, error) {
	f, err := os.Open(t.path("people.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) < 1 {
		return nil, err
	}
	return lines[1:], nil
}

// firstDays brings applications to every stage that the clock allows, by real
// acts sealed with the people's tokens through the portal's own pages.
func (t town) firstDays(ctx context.Context, c config) error {
	fmt.Println("小城的头几天：导入申请表，学校受理、审查、上报，区县审核……")
	lead, err := t.sit(ctx, c, "U00031")
	if err != nil {
		return err
	}
	defer lead.leave()
	raw, err := sample.Read("applications-341021.xlsx")
	if err != nil {
		return err
	}
	if err := lead.importSheet(ctx, "applications-341021.xlsx", raw); err != nil {
		return fmt.Errorf("导入：%w", err)
	}
	if err := t.answerFor(ctx, c, "U00436", "HS10195"); err != nil {
		return fmt.Errorf("签署责任书：%w", err)
	}
	for _, school := range []struct {
		handler, head, id string
		until             string
	}{{"U00455", "U00456", "HS10205", "sent"}, {"U00407", "U00408", "HS10181", "sent"}, {"U00435", "U00436", "HS10195", "accepted"}} {
		if err := t.schoolDays(ctx, c, school.handler, school.head, school.id, school.until); err != nil {
			return fmt.Errorf("学校 %s：%w", school.id, err)
		}
	}
	auditor, err := t.sit(ctx, c, "U00028")
	if err != nil {
		return err
	}
	defer auditor.leave()
	ids, err := auditor.listed(ctx, "/applications?state=at_county&outcome=pass&school=HS10205")
	if err != nil {
		return err
	}
	if _, err := auditor.sealForm(ctx, "/applications", url.Values{"application": ids, "do": {"sign"}}); err != nil {
		return fmt.Errorf("审核：%w", err)
	}
	return nil
}
