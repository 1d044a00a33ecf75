package store_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// dam is a disk that keeps whoever flushes waiting while the file lies there.
const dam = `#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>
static void rest(void) { while (access("%s", F_OK) == 0) usleep(2000); }
int fsync(int fd) { rest(); return syscall(SYS_fsync, fd); }
int fdatasync(int fd) { rest(); return syscall(SYS_fdatasync, fd); }
`

// A COMMIT is seen before it is on disk. What is only seen is not signed, by
// whoever reads it, and a lost answer is not made up for by it.
func TestNothingIsSignedOrAnsweredBeforeItIsOnDisk(t *testing.T) {
	server, hold := dammed(t)
	base := storetest.New(t, store.MySQL)
	for name, patience := range map[string]string{"read by another": "", "looked up": "?readTimeout=700ms"} {
		t.Run(name, func(t *testing.T) {
			database := "t_" + strings.Fields(name)[0]
			server.Exec(t, "CREATE DATABASE "+database+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
			config := store.Config{Driver: store.MySQL, DSN: server.DSN("root", database)}
			config.DSN += patience
			w := base.Again(t, config.WithHalt(func(point string) {
				if point == "committed" { // whoever reads it signs it before its own signer has it
					time.Sleep(300 * time.Millisecond)
				}
			}))
			w.Config.DSN = server.DSN("root", database)
			a := w.Application(1, "HS1")
			w.Import(t, "U00003", "HS1", a)
			time.Sleep(300 * time.Millisecond) // the idle save
			size := sizeOfLog(t, w)
			if err := os.WriteFile(hold, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			defer os.Remove(hold)
			type answer struct {
				receipt audit.Receipt
				err     error
			}
			done, read := make(chan answer, 1), make(chan error, 1)
			go func() {
				r, err := accept(t, w, a.ID, reason(a.ID, "甲"))
				done <- answer{r, err}
			}()
			for sizeOfLog(t, w) == size { // until it is seen
				time.Sleep(5 * time.Millisecond)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			g := w.Grant(t, "U00003", policy.ViewReceipt, "HS1")
			if patience == "" {
				go func() {
					r, err := w.Store.Receipt(ctx, g, size)
					if err == nil {
						err = r.Verify(w.Keys.LogVerifier)
					}
					read <- err
				}()
			}
			select {
			case got := <-done:
				t.Fatalf("answered before it is on disk: %v", got.err)
			case err := <-read:
				t.Fatalf("signed before it is on disk: %v", err)
			case <-time.After(2 * time.Second):
			}
			os.Remove(hold)
			select {
			case got := <-done:
				if got.err != nil || got.receipt.Number != size || got.receipt.Verify(w.Keys.LogVerifier) != nil {
					t.Fatalf("act %d: %v, %v", got.receipt.Number, got.err, got.receipt.Verify(w.Keys.LogVerifier))
				}
			case <-time.After(15 * time.Second):
				t.Fatal("no answer after all was on disk")
			}
			if patience == "" {
				if err := <-read; err != nil {
					t.Fatal(err)
				}
			}
			b := w.Application(2, "HS1")
			w.Import(t, "U00003", "HS1", b)
			if sizeOfLog(t, w) != size+2 {
				t.Fatalf("%d entries for one act", sizeOfLog(t, w)-size-1)
			}
		})
	}
}

// dammed is a MariaDB whose flushes wait while the file exists.
func dammed(t *testing.T) (*storetest.Server, string) {
	t.Helper()
	// On a disk, wherever the other tests write: a server whose files lie in memory
	// flushes nothing.
	dir, err := os.MkdirTemp("/var/tmp", "dam")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	hold, source, library := filepath.Join(dir, "hold"), filepath.Join(dir, "dam.c"), filepath.Join(dir, "dam.so")
	if err := os.WriteFile(source, []byte(fmt.Sprintf(dam, hold)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-shared", "-fPIC", "-o", library, source).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	if err := storetest.Install(dir); err != nil {
		t.Fatal(err)
	}
	server, err := storetest.Start(dir, "LD_PRELOAD="+library)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(hold); server.Kill() })
	return server, hold
}

func sizeOfLog(t *testing.T, w *storetest.World) uint64 {
	t.Helper()
	var n uint64
	if err := w.Raw(t).QueryRow("SELECT COUNT(*) FROM log_entries").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
