// Package hsmtest gives tests real PKCS#11 tokens, people with certificates on
// them, and a layer between Sealdesk and a module that refuses, delays, counts
// or dies on command. It exists because a fake token would prove nothing, and
// because SoftHSM cannot do everything a USB key does: it never locks a PIN and
// nobody can pull it.
//
// It promises that a missing SoftHSM fails the test, with the name of the
// package to install; nothing is skipped. It is for tests only.
package hsmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sealdesk/hsm"
)

// SOPIN is the security officer's PIN of every token made here.
const SOPIN = "00001234"

// Suite is a SoftHSM with a token directory of its own. SoftHSM reads its
// configuration from an environment variable when it is initialised, so a
// process has one Suite at a time: tests that run together share it (take
// labels that differ), and when the last of them ends, it is thrown away. Do
// not open the module yourself before SoftHSM was called.
type Suite struct {
	Dir     string // holds softhsm2.conf and tokens/
	Conf    string // path of softhsm2.conf
	Library string // path of libsofthsm2.so
	Module  *hsm.Module
}

var current struct {
	sync.Mutex
	suite *Suite
	users int
}

// SoftHSM is the process's Suite, for as long as tb runs.
func SoftHSM(tb testing.TB) *Suite {
	tb.Helper()
	current.Lock()
	defer current.Unlock()
	if current.suite == nil {
		s, err := newSuite(ModulePath(tb))
		if err != nil {
			tb.Fatalf("SoftHSM: %v", err)
		}
		current.suite = s
	}
	current.users++
	tb.Cleanup(func() {
		current.Lock()
		defer current.Unlock()
		if current.users--; current.users > 0 {
			return
		}
		if err := current.suite.Module.Close(); err != nil {
			tb.Errorf("closing SoftHSM: %v", err)
		}
		os.RemoveAll(current.suite.Dir)
		current.suite = nil
	})
	return current.suite
}

func newSuite(library string) (*Suite, error) {
	dir, err := os.MkdirTemp("", "softhsm")
	if err != nil {
		return nil, err
	}
	s := &Suite{Dir: dir, Conf: filepath.Join(dir, "softhsm2.conf"), Library: library}
	tokens := filepath.Join(dir, "tokens")
	if err := os.Mkdir(tokens, 0o700); err != nil {
		return nil, err
	}
	conf := fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n", tokens)
	if err := os.WriteFile(s.Conf, []byte(conf), 0o600); err != nil {
		return nil, err
	}
	if err := os.Setenv("SOFTHSM2_CONF", s.Conf); err != nil {
		return nil, err
	}
	s.Module, err = hsm.Open(library)
	return s, err
}

// ModulePath finds SoftHSM's library, or fails the test.
func ModulePath(tb testing.TB) string {
	tb.Helper()
	return find(tb, "softhsm2", "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/*/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")
}

func find(tb testing.TB, aptPackage string, patterns ...string) string {
	tb.Helper()
	for _, p := range patterns {
		if found, _ := filepath.Glob(p); len(found) > 0 {
			return found[0]
		}
	}
	tb.Fatalf("%s not found: apt-get install %s", filepath.Base(patterns[0]), aptPackage)
	return ""
}

// Env is the environment in which another program sees this Suite's tokens.
func (s *Suite) Env() []string { return append(os.Environ(), "SOFTHSM2_CONF="+s.Conf) }

// NewToken makes an initialised token with a user PIN.
func (s *Suite) NewToken(tb testing.TB, label, pin string) hsm.TokenInfo {
	tb.Helper()
	info, err := s.Module.InitializeToken(tb.Context(), label, []byte(SOPIN), []byte(pin))
	if err != nil {
		tb.Fatalf("new token %q: %v", label, err)
	}
	return info
}

// Login logs in to a token of this Suite until tb ends.
func (s *Suite) Login(tb testing.TB, label, pin string) *hsm.Token {
	tb.Helper()
	return Login(tb, s.Module, label, pin)
}

// Login logs in to a token of any module until tb ends.
func Login(tb testing.TB, m *hsm.Module, label, pin string) *hsm.Token {
	tb.Helper()
	t, err := m.Login(tb.Context(), hsm.TokenQuery{Label: label}, []byte(pin), hsm.Options{})
	if err != nil {
		tb.Fatalf("log in to %q: %v", label, err)
	}
	tb.Cleanup(func() {
		if err := t.Close(); err != nil {
			tb.Errorf("close token %q: %v", label, err)
		}
	})
	return t
}

// URI is the RFC 7512 URI of a key in this Suite, with a PIN file that only
// its owner can read, in a directory of tb.
func (s *Suite) URI(tb testing.TB, label, object, pin string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "pin")
	if err := os.WriteFile(file, []byte(pin+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	return fmt.Sprintf("pkcs11:token=%s;object=%s?module-path=%s&pin-source=file:%s", label, object, s.Library, file)
}

// NSSLabel is the label of the token that NSS makes.
const NSSLabel = "NSS Certificate DB"

// NSS is a second, independent module: NSS softoken over a fresh database with
// that PIN, until tb ends. Its only writable token is labelled NSSLabel.
func NSS(tb testing.TB, pin string) *hsm.Module {
	tb.Helper()
	library := find(tb, "libnss3", "/usr/lib/*/libsoftokn3.so", "/usr/lib/*/nss/libsoftokn3.so", "/usr/lib64/libsoftokn3.so")
	certutil, err := exec.LookPath("certutil")
	if err != nil {
		tb.Fatal("certutil not found: apt-get install libnss3-tools")
	}
	dir := tb.TempDir()
	secret := filepath.Join(dir, "pin")
	if err := os.WriteFile(secret, []byte(pin+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	if out, err := exec.Command(certutil, "-N", "-d", "sql:"+dir, "-f", secret).CombinedOutput(); err != nil {
		tb.Fatalf("certutil: %v: %s", err, strings.TrimSpace(string(out)))
	}
	m, err := hsm.OpenReserved(library, fmt.Sprintf("configdir='sql:%s' certPrefix='' keyPrefix='' secmod='secmod.db' flags=", dir))
	if err != nil {
		tb.Fatalf("NSS softoken: %v", err)
	}
	tb.Cleanup(func() {
		if err := m.Close(); err != nil {
			tb.Errorf("closing NSS softoken: %v", err)
		}
	})
	return m
}
