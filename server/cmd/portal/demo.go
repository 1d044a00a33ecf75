package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/csv"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"sealdesk/hsm"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/sheet/sample"
)

// town is the demo: a directory that holds everything of a small invented
// city, made at the first start and lived in from then on.
type town struct {
	dir                  string
	staff, public, agent string // addresses as the user gave them: host:port
	tls                  string // the TLS road's, empty for none
	module               string // PKCS#11 module of the tokens
}

func demo(ctx context.Context, args []string) error {
	var t town
	fs := flag.NewFlagSet("portal demo", flag.ContinueOnError)
	fs.StringVar(&t.dir, "dir", ".demo", "小城所在的目录")
	fs.StringVar(&t.staff, "staff", "localhost:8443", "内部门户地址")
	fs.StringVar(&t.public, "public", "public.localhost:8444", "公开检查点地址")
	fs.StringVar(&t.agent, "agent", "127.0.0.1:17890", "签名助手地址")
	fs.StringVar(&t.tls, "tls", "", "证书登录地址（TLS 路），如 localhost:8445；不写就不开")
	if err := fs.Parse(args); err != nil {
		return err
	}
	var err error
	if t.dir, err = filepath.Abs(t.dir); err != nil {
		return err
	}
	if t.module, err = softHSM(); err != nil {
		return err
	}
	// The module reads its configuration when it is loaded.
	if err := os.Setenv("SOFTHSM2_CONF", t.path("softhsm2.conf")); err != nil {
		return err
	}
	fresh := !exists(t.path("founded"))
	if fresh {
		if err := t.build(ctx); err != nil {
			return fmt.Errorf("建小城没有成功：%w（make demo-clean 后可以重来）", err)
		}
	}
	return t.live(ctx, fresh)
}

func (t town) path(parts ...string) string {
	return filepath.Join(append([]string{t.dir}, parts...)...)
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func softHSM() (string, error) {
	for _, pattern := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0], nil
		}
	}
	return "", errors.New("没有找到 SoftHSM：请安装 Debian 软件包 softhsm2")
}

// build makes tokens, configuration, keys, entry 0 and TLS certificates.
func (t town) build(ctx context.Context) error {
	if err := t.prepare(ctx); err != nil {
		return err
	}
	return t.found(ctx)
}

// prepare makes tokens and configuration.
func (t town) prepare(ctx context.Context) error {
	if exists(t.dir) && exists(t.path("portal.yaml")) {
		return fmt.Errorf("%s 里有一次没有建完的小城", t.dir)
	}
	for _, d := range []string{t.dir, t.path("tokens"), t.path("pins"), t.path("source")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	if err := t.writeTokenConfig(); err != nil {
		return err
	}
	if err := t.sources(); err != nil {
		return err
	}
	if err := t.makeTokens(ctx); err != nil {
		return err
	}
	return t.writeConfigs()
}

// writeTokenConfig tells SoftHSM where the town's tokens lie.
func (t town) writeTokenConfig() error {
	return t.write("softhsm2.conf", fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n", t.path("tokens")))
}

// found holds the key ceremony and issues the TLS certificates.
func (t town) found(ctx context.Context) error {
	c, err := readConfig(t.path("portal.yaml"))
	if err != nil {
		return err
	}
	fmt.Println("密钥仪式：在 SoftHSM 里生成服务器密钥和人员钥匙，两位安全保密管理员签署第 0 条日志……")
	var text strings.Builder
	if _, err := found(ctx, c, sources{organisations: t.path("source/organisations.csv"), staff: t.path("source/staff.csv"),
		windows: t.path("source/windows.csv"), sheets: t.path("source/sheets.csv"), tokens: t.path("source/tokens.csv"), statement: &text,
		custodians: t.path("source/custodians.csv"), quorum: 2, shares: t.path("shares")}); err != nil {
		return err
	}
	if err := t.write("genesis.txt", text.String()); err != nil {
		return err
	}
	if err := t.serverCertificates(ctx, c); err != nil {
		return err
	}
	return t.write("founded", time.Now().Format(time.RFC3339)+"\n")
}

func (t town) write(name, body string) error {
	return os.WriteFile(t.path(name), []byte(body), 0o600)
}

// sources copies the city's files; review and audit are open from the day of
// the first start, applications as the sheets have them.
func (t town) sources() error {
	for _, name := range []string{"organisations.csv", "staff.csv", "sheets.csv", "headers.csv"} {
		body, err := sample.Read(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := t.write("source/"+name, string(body)); err != nil {
			return err
		}
	}
	if err := t.write("source/custodians.csv", "staff_id\n"+strings.Join(demoCustodians, "\n")+"\n"); err != nil {
		return err
	}
	windows, err := sample.OpenWindows(time.Now())
	if err != nil {
		return err
	}
	return t.write("source/windows.csv", string(windows))
}

// makeTokens initialises a token for the log, one for the server, one for each
// of the people and an empty one to spare, with PINs of their own.
func (t town) makeTokens(ctx context.Context) error {
	m, err := hsm.Open(t.module)
	if err != nil {
		return told("打开 SoftHSM", err)
	}
	defer m.Close()
	make := func(label string) (pin string, err error) {
		pin = digits(6)
		so := digits(8)
		if _, err := m.InitializeToken(ctx, label, []byte(so), []byte(pin)); err != nil {
			return "", told("初始化令牌 "+label, err)
		}
		return pin, t.write("pins/"+label, pin+"\n")
	}
	for _, label := range []string{"log", "server"} {
		if _, err := make(label); err != nil {
			return err
		}
	}
	var people, tokens strings.Builder
	p, k := csv.NewWriter(&people), csv.NewWriter(&tokens)
	p.Write([]string{"name", "roles", "organisation", "token_label", "pin"})
	k.Write([]string{"staff_id", "uri"})
	residents, err := sample.People()
	if err != nil {
		return err
	}
	for _, r := range residents {
		pin, err := make(r.Staff)
		if err != nil {
			return err
		}
		p.Write([]string{r.Name, r.Roles, r.Organisation, r.Staff, pin})
		k.Write([]string{r.Staff, t.uri(r.Staff)})
	}
	if _, err := make(spareLabel); err != nil {
		return err
	}
	k.Write([]string{"", t.uri(spareLabel)})
	p.Flush()
	k.Flush()
	if err := t.write("people.csv", people.String()); err != nil {
		return err
	}
	return t.write("source/tokens.csv", tokens.String())
}

// spareLabel is the token that nobody has yet: it is in the security officer's
// store, for whoever tries an enrolment.
const spareLabel = "spare"

// uri names a token of the town with the file its PIN comes from.
func (t town) uri(label string) string {
	return fmt.Sprintf("pkcs11:token=%s?module-path=%s&pin-source=file:%s", label, escape(t.module), escape(t.path("pins", label)))
}

// escape spells a path as RFC 7512 wants it in a query.
func escape(path string) string {
	return strings.ReplaceAll(url.PathEscape(path), "%2F", "/")
}

func digits(n int) string {
	var b strings.Builder
	for range n {
		d, err := rand.Int(rand.Reader, big.NewInt(10))
		if err != nil {
			panic(err) // crypto/rand does not fail on a system that runs
		}
		b.WriteString(d.String())
	}
	return b.String()
}

// demoCustodians hold the town's shares, and any two of them open an emergency.
var demoCustodians = []string{"U00002", "U00006", "U00031"}

const demoName = "黄山市教师资格定期注册签台（演示）"

// sites are the town's listeners by the name of their part of portal.yaml.
func (t town) sites() [][2]string {
	list := [][2]string{{"staff", t.staff}, {"public", t.public}}
	if t.tls != "" {
		list = append(list, [2]string{"tls", t.tls})
	}
	return list
}

func (t town) writeConfigs() error {
	var sites strings.Builder
	for _, s := range t.sites() {
		name, address := s[0], s[1]
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return fmt.Errorf("地址 %q 应写成 主机:端口", address)
		}
		fmt.Fprintf(&sites, "%s:\n  listen: 127.0.0.1:%s\n  origin: https://%s\n  certificate: %s.pem\n  key: %s.key\n", name, port, address, name, name)
	}
	portal := fmt.Sprintf(`name: %s
year: %d
agent: http://%s
%sdatabase:
  driver: sqlite
  dsn: %s
hsm:
  log: %s
  server: %s
log:
  origin: demo.invalid/teacher-registration
  key: log.vkey
ca: ca.pem
keyring: keyring.wrapped
`, demoName, sample.Year, t.agent, sites.String(), t.path("sealdesk.db"), t.uri("log"), t.uri("server"))
	if err := t.write("portal.yaml", portal); err != nil {
		return err
	}
	return t.write("agent.yaml", fmt.Sprintf("listen: %s\nphrase: 新安江畔，松风满袖\nmodules:\n  - %s\nportals:\n  - name: %s\n    origin: https://%s\n    ca: ca.pem\n",
		t.agent, t.module, demoName, t.staff))
}

// serverCertificates issues the TLS certificates of both listeners from the
// same CA, so that a browser has one thing to trust.
func (t town) serverCertificates(ctx context.Context, c config) error {
	v, err := openVault(ctx, c)
	if err != nil {
		return err
	}
	defer v.Close()
	caKey, err := v.server.Signer(ctx, hsm.KeyQuery{Label: labelCA})
	if err != nil {
		return told("签发密钥", err)
	}
	raw, err := os.ReadFile(c.CA)
	if err != nil {
		return err
	}
	ca, err := issuing.ReadPEM(raw)
	if err != nil {
		return err
	}
	for _, s := range t.sites() {
		name, address := s[0], s[1]
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return err
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return err
		}
		cert, err := issuing.Server(ca, caKey, &key.PublicKey, host, time.Now())
		if err != nil {
			return err
		}
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			return err
		}
		if err := t.write(name+".pem", string(issuing.PEM(cert, ca))); err != nil {
			return err
		}
		if err := t.write(name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))); err != nil {
			return err
		}
	}
	return nil
}

// sibling is a program that was built beside this one.
func sibling(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), name)
	if _, err := exec.LookPath(path); err != nil {
		return "", fmt.Errorf("没有找到 %s：先运行 make build", path)
	}
	return path, nil
}
