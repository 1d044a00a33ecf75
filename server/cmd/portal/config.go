package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"gopkg.in/yaml.v3"
)

// config is portal.yaml. Relative paths are taken from the file's folder. No
// secret stands in it: PINs are named by the pin-source of a pkcs11: URI.
type config struct {
	Name   string `yaml:"name"`   // the portal's name in every statement; names no host
	Year   int    `yaml:"year"`   // plan year
	Agent  string `yaml:"agent"`  // origin of the keyagent on the workstations
	Staff  site   `yaml:"staff"`  // all business
	TLS    *site  `yaml:"tls"`    // the TLS road, for browsers that see the token; absent: none
	Public site   `yaml:"public"` // the checkpoint, later publicity

	Database struct {
		Driver  string `yaml:"driver"` // sqlite or mysql
		DSN     string `yaml:"dsn"`
		ReadDSN string `yaml:"read_dsn"`
		// MigrateDSN is the account that may change the schema; the portal's own
		// may not (migrations/grants.sql). Used by migrate alone, and by init on
		// SQLite, which has no accounts.
		MigrateDSN string `yaml:"migrate_dsn"`
	} `yaml:"database"`

	HSM struct {
		Log    string `yaml:"log"`    // pkcs11: URI of the token that holds only the log key
		Server string `yaml:"server"` // pkcs11: URI of the token with CA and wrapping key
	} `yaml:"hsm"`

	Log struct {
		Origin string `yaml:"origin"` // names no staff host (R56)
		Key    string `yaml:"key"`    // verifier key file, written by init
	} `yaml:"log"`

	CA string `yaml:"ca"` // certificate of the issuing CA, written by init
	// External are authorities whose certificates some tokens come with. Only
	// these addresses are asked whether a certificate still holds, never one
	// that a certificate names.
	External struct {
		Grace       time.Duration `yaml:"grace"` // how long a good answer lasts while the authority is silent, at most 72h
		Authorities []struct {
			Name        string `yaml:"name"`
			Certificate string `yaml:"certificate"` // of the authority that signs people's certificates, PEM
			CRL         string `yaml:"crl"`         // addresses, http or https; at least one
			OCSP        string `yaml:"ocsp"`
		} `yaml:"authorities"`
	} `yaml:"external"`
	Keyring string `yaml:"keyring"` // wrapped secrets, written by init

	dir string
}

// site is one listener: where it binds and the one host name it answers to.
type site struct {
	Listen      string `yaml:"listen"` // IP:port
	Origin      string `yaml:"origin"` // https://host[:port]
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// named is a listener with the name of its part of the file.
type named struct {
	name string
	site *site
}

func (c *config) sites() []named {
	list := []named{{"staff", &c.Staff}, {"public", &c.Public}}
	if c.TLS != nil {
		list = append(list, named{"tls", c.TLS})
	}
	return list
}

// readConfig reads and checks; each fault is a sentence with its cure.
func readConfig(path string) (config, error) {
	var c config
	raw, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("读不到配置文件 %s：%w；用 --config 指出它的位置", path, err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil {
		return c, fmt.Errorf("配置文件 %s 写法有误：%w；请对照 README 的样例改正", path, err)
	}
	if c.dir, err = filepath.Abs(filepath.Dir(path)); err != nil {
		return c, err
	}
	for i := range c.External.Authorities {
		if a := &c.External.Authorities[i]; a.Certificate != "" && !filepath.IsAbs(a.Certificate) {
			a.Certificate = filepath.Join(c.dir, a.Certificate)
		}
	}
	files := []*string{&c.Log.Key, &c.CA, &c.Keyring}
	for _, s := range c.sites() {
		files = append(files, &s.site.Certificate, &s.site.Key)
	}
	for _, p := range files {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(c.dir, *p)
		}
	}
	return c, c.check()
}

func (c *config) check() error {
	var faults []error
	need := func(value, name, cure string) {
		if value == "" {
			faults = append(faults, fmt.Errorf("配置缺少 %s：%s", name, cure))
		}
	}
	need(c.Name, "name", "写上签台的名称，它出现在每份陈述里")
	need(c.HSM.Log, "hsm.log", "写上日志密钥所在令牌的 pkcs11: URI")
	need(c.HSM.Server, "hsm.server", "写上服务器令牌的 pkcs11: URI")
	need(c.Log.Origin, "log.origin", "写上日志名称，不可含内部主机名")
	need(c.Log.Key, "log.key", "写上日志公钥文件")
	need(c.CA, "ca", "写上签发机构证书文件")
	need(c.Keyring, "keyring", "写上密钥环文件")
	if c.Year < 2024 || c.Year > 2100 {
		faults = append(faults, fmt.Errorf("配置 year 是 %d：写上四位的计划年度，如 2024", c.Year))
	}
	if c.Database.Driver != "sqlite" && c.Database.Driver != "mysql" {
		faults = append(faults, fmt.Errorf("配置 database.driver 是 %q：只能写 sqlite 或 mysql", c.Database.Driver))
	}
	if c.Database.Driver == "sqlite" && c.Database.DSN != "" && !filepath.IsAbs(c.Database.DSN) {
		faults = append(faults, errors.New("SQLite 的 database.dsn 要写绝对路径"))
	}
	for _, s := range c.sites() {
		name, s := s.name, s.site
		if _, _, err := net.SplitHostPort(s.Listen); err != nil {
			faults = append(faults, fmt.Errorf("配置 %s.listen 是 %q：写成 IP:端口", name, s.Listen))
		}
		if u, err := url.Parse(s.Origin); err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" {
			faults = append(faults, fmt.Errorf("配置 %s.origin 是 %q：写成 https://主机[:端口]，末尾不加斜线", name, s.Origin))
		}
	}
	if u, err := url.Parse(c.Agent); err != nil || u.Scheme != "http" || u.Host == "" || u.Path != "" {
		faults = append(faults, fmt.Errorf("配置 agent 是 %q：写成 http://127.0.0.1:端口", c.Agent))
	}
	if c.Staff.Origin == c.Public.Origin {
		faults = append(faults, errors.New("staff 与 public 用了同一个地址：两者必须是不同的主机（R56）"))
	}
	return errors.Join(faults...)
}
