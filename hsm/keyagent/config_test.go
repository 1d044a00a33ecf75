package keyagent

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodConfig = `listen: 127.0.0.1:17890
phrase: 窗外新安江
modules: [/usr/lib/softhsm/libsofthsm2.so]
portals:
  - name: 黄山市教师资格定期注册签台
    origin: https://localhost:8443
`

func TestTheConfigurationIsReadWholeOrRefusedWithASentence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(path, []byte(goodConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := ReadConfig(path)
	if err != nil || c.Portals[0].Origin != portalOrigin || c.Phrase != testPhrase || len(c.Modules) != 1 {
		t.Fatalf("%+v %v", c, err)
	}
	for _, k := range []struct{ from, to, want string }{
		{"127.0.0.1:17890", "0.0.0.0:17890", "必须是本机回环地址"},
		{"127.0.0.1:17890", "192.168.1.5:17890", "必须是本机回环地址"},
		{"127.0.0.1:17890", "'[::ffff:127.0.0.1]:17890'", "必须是本机回环地址"},
		{"127.0.0.1:17890", "localhost:17890", "地址:端口"},
		{"127.0.0.1:17890", "127.0.0.1:0", "地址:端口"},
		{"127.0.0.1:17890", "127.0.0.1", "地址:端口"},
		{"窗外新安江", "''", "phrase"},
		{"[/usr/lib/softhsm/libsofthsm2.so]", "[]", "modules 是空的"},
		{"/usr/lib/softhsm/libsofthsm2.so", "libsofthsm2.so", "不是完整路径"},
		{"https://localhost:8443", "http://localhost:8443", "origin 写法不对"},
		{"https://localhost:8443", "https://localhost:8443/", "origin 写法不对"},
		{"https://localhost:8443", "https://localhost:443", "origin 写法不对"},
		{"https://localhost:8443", "https://Localhost", "origin 写法不对"},
		{"https://localhost:8443", "'https://a.example; script-src *'", "origin 写法不对"},
		{"https://localhost:8443", "'*'", "origin 写法不对"},
		{"name: 黄山市教师资格定期注册签台", "name: ''", "name 是空的"},
		{"listen:", "listne:", "不认识的栏目"},
		{"portals:", "portals: []\nx:", "不认识的栏目"},
		{goodConfig, goodConfig + "  - name: 黄山市教师资格定期注册签台\n    origin: https://b.example\n", "与前面重复"},
		{goodConfig, goodConfig + "---\nlisten: 127.0.0.1:1\n", "不止一份"},
		{goodConfig, "", "不是合格的 YAML"},
	} {
		_, err := ParseConfig([]byte(strings.Replace(goodConfig, k.from, k.to, 1)))
		if e := (*ConfigError)(nil); !errors.As(err, &e) || !strings.Contains(e.Sentence(), k.want) {
			t.Errorf("%q for %q: %v", k.to, k.from, err)
		}
	}
	if _, err := ReadConfig(path + ".none"); err == nil {
		t.Error("a missing file is no error")
	}
}

func TestASecondAgentOnTheSameAddressIsRefused(t *testing.T) {
	s := newScene(t)
	second, err := New(s.agent.config, ModulesFrom())
	if err != nil {
		t.Fatal(err)
	}
	e := (*ConfigError)(nil)
	if err := second.Serve(t.Context()); !errors.As(err, &e) || !strings.Contains(e.Sentence(), "已经在运行") {
		t.Errorf("%v", err)
	}
}

// Whatever fields accepts, the standard library reads the same way.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"", "once=a&key=b&pin=123456", "pin=%E5%AF%86+%26", "pin=a&pin=b", "pin", "pin=%", "pin=%zz", "&", "pin=&once="} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := fields(bytes.Clone(body), "once", "key", "pin")
		if err != nil {
			return
		}
		if bytes.ContainsRune(body, ';') { // the library refuses what we only do not split at
			return
		}
		want, err := url.ParseQuery(string(body))
		if err != nil || len(want) != len(got) {
			t.Fatalf("%q: %v, the library %v %v", body, got, want, err)
		}
		for name, value := range got {
			if len(want[name]) != 1 || want[name][0] != string(value) {
				t.Fatalf("%q: %s is %q, the library %q", body, name, value, want[name])
			}
		}
	})
}

// What decode64 accepts is the only spelling of its value.
func FuzzBase64(f *testing.F) {
	for _, s := range []string{"", "QQ==", "QR==", "QQ", "QUJD", "QU\nJD", "-_=="} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := decode64(b)
		if err == nil && base64.StdEncoding.EncodeToString(out) != string(b) {
			t.Fatalf("%q is read as %q", b, out)
		}
	})
}

func TestPINsAreDecodedInPlaceSoThatClearingTheBodyClearsThem(t *testing.T) {
	body := []byte("once=x&pin=12%2634%205")
	got, err := fields(body, "once", "pin")
	if err != nil || string(got["pin"]) != "12&34 5" {
		t.Fatalf("%q %v", got, err)
	}
	pin := got["pin"]
	clear(body)
	if string(pin) != "\x00\x00\x00\x00\x00\x00\x00" {
		t.Error("the PIN outlives its body")
	}
}
