package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

func TestADatabaseThatWasPutBackToAnOlderStateIsNotServed(t *testing.T) {
	ctx := context.Background()
	c := storetest.Config(t, store.SQLite)
	c.Marker = filepath.Join(t.TempDir(), "checkpoint")
	w := storetest.Build(t, c)
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	older, err := os.ReadFile(c.DSN)
	if err != nil {
		t.Fatal(err)
	}
	open := func() error {
		s, err := store.Open(ctx, c, w.Keys, w.Policy, w.Clock)
		if err == nil {
			w.Store = s
		}
		return err
	}
	if err := open(); err != nil {
		t.Fatalf("the same database again: %v", err)
	}
	w.Import(t, "U00003", "HS1", w.Application(1, "HS1"))
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	newer, err := os.ReadFile(c.DSN)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.DSN, older, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, leftover := range []string{"-wal", "-shm"} {
		os.Remove(c.DSN + leftover)
	}
	if err := open(); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "旧的状态") {
		t.Fatalf("the older database is served: %v", err)
	}
	if err := os.WriteFile(c.DSN, newer, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(); err != nil {
		t.Fatalf("the newer database back again: %v", err)
	}
	w.Store.Close()
}
