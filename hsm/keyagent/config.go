package keyagent

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Config is agent.yaml. The list of portals is shipped with the installation;
// the agent never learns a portal from a request.
type Config struct {
	Listen  string   `yaml:"listen"`  // ADDRESS:PORT, a loopback address
	Phrase  string   `yaml:"phrase"`  // the person's own, shown in the frame
	Modules []string `yaml:"modules"` // absolute paths of PKCS#11 libraries, or p11-kit for all that it lists
	Portals []Portal `yaml:"portals"`

	Log *slog.Logger `yaml:"-"` // nil: nothing is logged
}

// Portal is one portal that may ask for seals: the name that its statements
// carry, and the only origin that may post them and gets the seal back.
type Portal struct {
	Name   string `yaml:"name"`
	Origin string `yaml:"origin"`
	CA     string `yaml:"ca"` // PEM file with the issuer of the portal's TLS certificate; empty: the system's list
}

// ConfigError says what is wrong with the configuration and how to mend it.
type ConfigError struct {
	sentence string
	cause    error
}

func (e *ConfigError) Error() string {
	if e.cause != nil {
		return "keyagent: configuration: " + e.sentence + ": " + e.cause.Error()
	}
	return "keyagent: configuration: " + e.sentence
}

func (e *ConfigError) Unwrap() error { return e.cause }

// Sentence is for the person who keeps the configuration.
func (e *ConfigError) Sentence() string { return e.sentence }

func misconfigured(format string, args ...any) error {
	return &ConfigError{sentence: fmt.Sprintf(format, args...)}
}

func misconfiguredBy(cause error, format string, args ...any) error {
	return &ConfigError{fmt.Sprintf(format, args...), cause}
}

// ReadConfig reads and checks an agent.yaml. The portals in the files of the
// folders, which the installation package brought, join its own.
func ReadConfig(path string, folders ...string) (Config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, &ConfigError{"读不到配置文件；请用 --config 指明 agent.yaml 的位置，并核对它的权限", err}
	}
	var c Config
	if err := decodeOne(b, &c, "listen、phrase、modules、portals"); err != nil {
		return c, err
	}
	c.Portals = besides(path, c.Portals)
	for _, folder := range folders {
		more, err := packaged(folder)
		if err != nil {
			return c, err
		}
		c.Portals = append(c.Portals, more...)
	}
	return c, c.check()
}

// packaged reads the portals of a folder's files; a folder that is not there
// brings none.
func packaged(folder string) ([]Portal, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, misconfiguredBy(err, "文件夹 %s 的名字不能用", folder)
	}
	var all []Portal
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, misconfiguredBy(err, "读不到安装包带来的门户名单 %s；请核对它的权限", path)
		}
		var list struct {
			Portals []Portal `yaml:"portals"`
		}
		if err := decodeOne(b, &list, "portals"); err != nil {
			return nil, misconfiguredBy(err, "安装包带来的门户名单 %s 不能用；请重装签名助手", path)
		}
		all = append(all, besides(path, list.Portals)...)
	}
	return all, nil
}

// besides takes the certificates' paths from the folder of their file.
func besides(path string, portals []Portal) []Portal {
	for i := range portals {
		if ca := &portals[i].CA; *ca != "" && !filepath.IsAbs(*ca) {
			*ca = filepath.Join(filepath.Dir(path), *ca)
		}
	}
	return portals
}

// ParseConfig reads the text of an agent.yaml; unknown keys are refused.
func ParseConfig(b []byte) (Config, error) {
	var c Config
	if err := decodeOne(b, &c, "listen、phrase、modules、portals"); err != nil {
		return Config{}, err
	}
	return c, c.check()
}

// decodeOne reads one YAML document that has these columns and no other.
func decodeOne(b []byte, into any, columns string) error {
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return &ConfigError{"配置文件不是合格的 YAML，或有不认识的栏目；栏目只有 " + columns, err}
	}
	if err := d.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return misconfigured("配置文件里有不止一份 YAML 文档；请只留一份")
	}
	return nil
}

// originSpelling keeps origins to the form in which browsers send them; it
// also keeps them harmless inside a Content-Security-Policy.
var originSpelling = regexp.MustCompile(`^https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[1-9][0-9]{0,4})?$`)

func (c Config) check() error {
	at, err := netip.ParseAddrPort(c.Listen)
	if err != nil || at.String() != c.Listen || at.Port() == 0 {
		return misconfigured("listen 要写成“地址:端口”，例如 127.0.0.1:17890")
	}
	if !at.Addr().IsLoopback() || at.Addr().Zone() != "" || at.Addr().Is4In6() {
		return misconfigured("listen 必须是本机回环地址（127.0.0.1 或 [::1]）；签名助手不能让别的电脑连上")
	}
	if n := utf8.RuneCountInString(c.Phrase); n < 2 || n > 40 || strings.TrimSpace(c.Phrase) != c.Phrase {
		return misconfigured("phrase 要写本人自己定的一句暗语，2 至 40 个字，首尾没有空格")
	}
	if len(c.Modules) == 0 {
		return misconfigured("modules 是空的；请写上钥匙厂家 PKCS#11 驱动文件的完整路径")
	}
	for i, m := range c.Modules {
		if m != p11kit && !filepath.IsAbs(m) {
			return misconfigured("modules 第 %d 项不是完整路径；请从根目录或盘符写起", i+1)
		}
	}
	return c.checkPortals()
}

func (c Config) checkPortals() error {
	if len(c.Portals) == 0 {
		return misconfigured("portals 是空的；请写上准许使用签名助手的门户，各有 name 和 origin")
	}
	seen := map[string]bool{}
	for i, p := range c.Portals {
		if p.Name == "" || strings.TrimSpace(p.Name) != p.Name || seen[p.Name] {
			return misconfigured("portals 第 %d 项的 name 是空的、首尾有空格或与前面重复；请照门户的正式名称写", i+1)
		}
		seen[p.Name] = true
		if !originSpelling.MatchString(p.Origin) || strings.HasSuffix(p.Origin, ":443") {
			return misconfigured("portals 第 %d 项的 origin 写法不对；要写成 https://主机名 或 https://主机名:端口，小写，末尾不带斜线，不写默认端口 443", i+1)
		}
	}
	return nil
}

// portal finds a portal by the name that a statement carries.
func (c Config) portal(name string) (Portal, bool) {
	for _, p := range c.Portals {
		if p.Name == name {
			return p, true
		}
	}
	return Portal{}, false
}

func (c Config) listsOrigin(origin string) bool {
	for _, p := range c.Portals {
		if p.Origin == origin {
			return true
		}
	}
	return false
}
