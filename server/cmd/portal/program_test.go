package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// shipped are our programs as they are shipped, each built once for all tests.
var shipped struct {
	sync.Mutex
	dir   string
	paths map[string]string
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "sealdesk-programs")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shipped.dir, shipped.paths = dir, map[string]string{}
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// program builds one of our programs.
func program(t *testing.T, name, path string) string {
	t.Helper()
	shipped.Lock()
	defer shipped.Unlock()
	if out, ok := shipped.paths[name]; ok {
		return out
	}
	out := filepath.Join(shipped.dir, name)
	if msg, err := exec.Command("go", "build", "-o", out, path).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v: %s", name, err, msg)
	}
	shipped.paths[name] = out
	return out
}
