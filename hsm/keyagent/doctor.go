package keyagent

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"sealdesk/hsm/seal"
)

// doctor writes what it sees and counts what is wrong.
type doctor struct {
	out    io.Writer
	faults int
}

func (d *doctor) fine(format string, args ...any) { fmt.Fprintf(d.out, "好　"+format+"\n", args...) }

// fault says what is wrong and how to mend it.
func (d *doctor) fault(cure, format string, args ...any) {
	d.faults++
	fmt.Fprintf(d.out, "坏　"+format+"\n　　怎么办："+cure+"\n", args...)
}

// maxSkew is how far this computer's clock may be from a portal's: a seal's
// signing time counts up to ten minutes (hsm/seal).
const maxSkew = 5 * time.Minute

// Doctor looks at everything that signing needs, without a PIN, and gives the
// number of faults. It takes no port and changes nothing.
func Doctor(ctx context.Context, config Config, modules *Modules, out io.Writer) int {
	d := &doctor{out: out}
	d.address(ctx, config)
	d.tokens(ctx, modules)
	roads, err := roadsTo(config.Portals)
	if err != nil {
		d.fault("照上面的话改正名单，再试。", "门户名单：%s", sentenceOf(err))
		return d.faults
	}
	for _, p := range config.Portals {
		d.portal(ctx, p, roads[p.Name])
		roads[p.Name].CloseIdleConnections()
	}
	return d.faults
}

// address asks whether an agent answers there, or whether one could.
func (d *doctor) address(ctx context.Context, config Config) {
	if uid, found := strangerAt(netip.MustParseAddrPort(config.Listen), os.Getuid()); found {
		d.fault("在那个地址出现的页面都不是您的签名助手，不要输入 PIN；请告诉系统管理员，查出并关掉那个程序。", "%s 被本机另一个用户（编号 %d）的程序占用", config.Listen, uid)
		return
	}
	client := &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	if body, err := get(ctx, client, "http://"+config.Listen+"/healthz"); err == nil {
		if body == "ok\n" {
			d.fine("签名助手在 %s 运行", config.Listen)
			return
		}
		d.fault("查出是哪个程序，关掉它，再启动签名助手；查不出的，告诉安全保密管理员。", "%s 被别的程序占用", config.Listen)
		return
	}
	l, err := net.Listen("tcp", config.Listen)
	if err != nil {
		d.fault("查出是哪个程序（或哪位用户）占用了它，关掉以后再启动签名助手。", "%s 开不了，也没有签名助手应答", config.Listen)
		return
	}
	_ = l.Close()
	d.fault("启动签名助手：Linux 用 systemctl --user start keyagent，Windows 从“开始”菜单启动。", "签名助手没有运行；%s 空着，可以用", config.Listen)
}

// get reads a short page.
func get(ctx context.Context, client *http.Client, address string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	return string(b), err
}

func (d *doctor) tokens(ctx context.Context, modules *Modules) {
	if len(modules.list) == 0 {
		d.fault("装上钥匙厂家的驱动，把它的 PKCS#11 库写进 agent.yaml 的 modules。", "没有一个驱动")
	}
	tokens, faults := modules.poll(ctx)
	broken := map[string]bool{}
	for _, f := range faults {
		broken[f.name] = true
		d.fault("重装这个驱动；不用它的，从 agent.yaml 的 modules 里删去。", "驱动 %s：%s", f.name, sentenceOf(f.err))
	}
	for _, m := range modules.list {
		if !broken[m.source.Name] {
			d.fine("驱动 %s 可用", m.source.Name)
		}
	}
	if len(tokens) == 0 {
		d.fault("把 USB 钥匙插好，等指示灯亮起，再试；换一个 USB 口，不经过扩展坞。", "没有插着的钥匙")
	}
	for _, t := range tokens {
		d.token(t)
	}
}

func (d *doctor) token(t token) {
	name := orUnnamed(t.info.Label)
	switch {
	case t.err != nil:
		d.fault("拔下重新插好，再试；仍然这样的，带上它找安全保密管理员。", "钥匙 %s：%s", name, sentenceOf(t.err))
		return
	case len(t.certs) == 0:
		d.fault("带上它找安全保密管理员，把证书写进去。", "钥匙 %s 里没有签名证书", name)
		return
	}
	for _, c := range t.certs {
		if problem := problemOf(t, c.Leaf, time.Now()); problem != "" {
			d.fault("照上面的话办。", "钥匙 %s，证书 %s：%s", name, orUnnamed(c.Leaf.Subject.CommonName), problem)
			continue
		}
		d.fine("钥匙 %s，证书 %s，有效至 %s，指纹 %s", name, orUnnamed(c.Leaf.Subject.CommonName), day(c.Leaf.NotAfter), seal.Fingerprint(c.Leaf)[:16])
	}
}

// portal asks for the portal's own sign of life, under the CA of the list.
func (d *doctor) portal(ctx context.Context, p Portal, road *http.Transport) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: road, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Origin+"/healthz", nil)
	if err != nil {
		d.fault("改正名单里的 origin。", "门户 %s：地址 %s 不能用", p.Name, p.Origin)
		return
	}
	resp, err := client.Do(req)
	if err != nil {
		d.fault("看网线和网络；证书不被信任的，核对名单里的 ca 是不是这个门户的；再不行，告诉系统管理员。", "连不上门户 %s（%s）：%v", p.Name, p.Origin, err)
		return
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		d.fault("告诉系统管理员。", "门户 %s（%s）应答 %d", p.Name, p.Origin, resp.StatusCode)
		return
	}
	d.fine("门户 %s（%s）连得上，证书可信", p.Name, p.Origin)
	theirs, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		d.fault("告诉系统管理员：应答没有 Date。", "门户 %s 没有说它的时间", p.Name)
		return
	}
	if skew := time.Since(theirs); skew > maxSkew || skew < -maxSkew {
		d.fault("校准这台电脑的时钟（日期、时间、时区）；签章时间相差 10 分钟以上的会被退回。", "这台电脑的时钟与门户相差 %s", skew.Round(time.Second))
		return
	}
	d.fine("时钟与门户相符")
}
