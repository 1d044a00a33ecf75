package keyagent

import (
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/hsmtest"
)

func TestTheDoctorFindsAWellWorkstationWell(t *testing.T) {
	portal := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	defer portal.Close()
	trust := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: portal.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSceneTrusting(t, portal.URL, trust)
	hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	config := s.agent.config
	config.Portals = config.Portals[:1]
	var said strings.Builder
	if n := Doctor(t.Context(), config, s.agent.modules, &said); n != 0 {
		t.Errorf("%d faults: %s", n, said.String())
	}
	for _, want := range []string{"签名助手在 " + s.address + " 运行", "驱动 libsofthsm2.so 可用", "沈知远", "连得上，证书可信", "时钟与门户相符"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	s.unsigned(t)
}

func TestTheDoctorNamesEachFaultWithItsCure(t *testing.T) {
	late := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
	}))
	defer late.Close()
	trust := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: late.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("somebody else\n")) }))
	defer busy.Close()
	suite := hsmtest.SoftHSM(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	modules := OpenModules(program, []string{hsmtest.Compile(t, `*(volatile int *)0 = 1;`), "/nowhere/vendor.so", suite.Library})
	defer modules.Close()
	suite.NewToken(t, "empty", "135790")
	config := Config{Listen: strings.TrimPrefix(busy.URL, "http://"), Portals: []Portal{{Name: "甲", Origin: late.URL, CA: trust}, {Name: "乙", Origin: "https://127.0.0.1:1", CA: trust},
		{Name: "丙", Origin: late.URL, CA: hsmtest.CA(t).File(t)}}}
	var said strings.Builder
	n := Doctor(t.Context(), config, modules, &said)
	for _, want := range []string{"被别的程序占用", "驱动 module.so", "驱动 vendor.so", "钥匙 empty 里没有签名证书", "时钟与门户相差", "连不上门户 乙", "连不上门户 丙"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if n != 7 || strings.Count(said.String(), "怎么办：") != n {
		t.Errorf("%d faults: %s", n, said.String())
	}
}
