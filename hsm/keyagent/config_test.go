package keyagent

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
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

func TestThePortalsOfTheInstallationPackageJoinThePersonsOwn(t *testing.T) {
	dir := t.TempDir()
	own, folder := filepath.Join(dir, "agent.yaml"), filepath.Join(dir, "agent.d")
	put := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(own, "listen: 127.0.0.1:17890\nphrase: 窗外新安江\nmodules: [p11-kit]\n")
	put(filepath.Join(folder, "office.yaml"), "portals:\n  - name: 甲签台\n    origin: https://a.example\n    ca: a.pem\n")
	c, err := ReadConfig(own, filepath.Join(dir, "none"), folder)
	if err != nil || len(c.Portals) != 1 || c.Portals[0].CA != filepath.Join(folder, "a.pem") {
		t.Fatalf("%+v %v", c.Portals, err)
	}
	for text, want := range map[string]string{"portals: []\nlisten: 127.0.0.1:1\n": "重装签名助手", "portals:\n  - name: 甲签台\n    origin: https://b.example\n": "与前面重复"} {
		put(filepath.Join(folder, "second.yaml"), text)
		if _, err := ReadConfig(own, folder); err == nil || !strings.Contains(sentenceOf(err), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestModulesOfP11KitAreFoundAsItsConfigurationSays(t *testing.T) {
	dir := t.TempDir()
	system, own, libraries := filepath.Join(dir, "system"), filepath.Join(dir, "own"), filepath.Join(dir, "lib")
	for path, text := range map[string]string{
		system + "/vendor.module":   "# a comment\nmodule: vendor.so\n",
		system + "/absolute.module": "module: /opt/maker/pkcs11.so\nmanaged: yes\n",
		system + "/trust.module":    "module: vendor.so\ntrust-policy: yes\n",
		system + "/others.module":   "module: /opt/others.so\nenable-in: firefox, ssh\n",
		system + "/barred.module":   "module: /opt/barred.so\ndisable-in: keyagent\n",
		system + "/gone.module":     "module: gone.so\n",
		system + "/changed.module":  "module: /opt/old.so\n",
		own + "/changed.module":     "module: /opt/new.so\nenable-in: keyagent\n",
		libraries + "/vendor.so":    "",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Join(discover([]string{system, own, filepath.Join(dir, "none")}, []string{libraries}), " ")
	if want := libraries + "/vendor.so /opt/maker/pkcs11.so /opt/new.so"; !sameWords(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}

func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
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
