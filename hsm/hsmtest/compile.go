package hsmtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Compile makes a PKCS#11 module of C whose C_GetSlotList does what is given: a
// vendor's module that crashes, hangs or prints.
func Compile(t testing.TB, slots string) string {
	t.Helper()
	dir := t.TempDir()
	source := `#include <stdio.h>
#include <string.h>
#include <unistd.h>
typedef unsigned long rv;
struct list { unsigned char version[2]; void *call[68]; };
static struct list all;
static rv ok(void) { return 0; }
static rv unsupported(void) { return 0x54; }
static rv slots(unsigned char present, unsigned long *list, unsigned long *count) { ` + slots + ` *count = 0; return 0; }
rv C_GetFunctionList(struct list **l) {
	for (int i = 0; i < 68; i++) all.call[i] = (void *)unsupported;
	all.version[0] = 2; all.version[1] = 40;
	all.call[0] = (void *)ok; all.call[1] = (void *)ok; all.call[3] = (void *)C_GetFunctionList; all.call[4] = (void *)slots;
	*l = &all;
	return 0;
}
`
	file, library := filepath.Join(dir, "module.c"), filepath.Join(dir, "module.so")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-o", library, file).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v: %s", err, out)
	}
	return library
}
