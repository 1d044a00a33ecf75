package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/migrations"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// freePort is a port that nobody listens on just now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// newTown is a town in a folder of its own, not yet founded.
func newTown(t *testing.T) town {
	t.Helper()
	module, err := softHSM()
	if err != nil {
		t.Fatal(err)
	}
	town := town{dir: filepath.Join(t.TempDir(), "town"), module: module,
		staff: "localhost:" + freePort(t), public: "public.localhost:" + freePort(t), agent: "127.0.0.1:" + freePort(t)}
	t.Setenv("SOFTHSM2_CONF", town.path("softhsm2.conf"))
	return town
}

// founded is a town right after its ceremony, file by file: one ceremony serves
// every test that does not ask about the ceremony itself.
var founded struct {
	sync.Once
	files map[string][]byte
}

// standing is a founded town in a folder of its own, with its own addresses.
func standing(test *testing.T) town {
	test.Helper()
	founded.Do(func() {
		first := newTown(test)
		if err := first.build(context.Background()); err != nil {
			test.Fatal(err)
		}
		files := map[string][]byte{}
		if err := filepath.WalkDir(first.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, _ := filepath.Rel(first.dir, path)
			files[name], err = os.ReadFile(path)
			return err
		}); err != nil {
			test.Fatal(err)
		}
		founded.files = files
	})
	if founded.files == nil {
		test.Fatal("no town could be founded")
	}
	t := newTown(test)
	t.settle(test)
	return t
}

// settle puts the founded town's files into this one's folder.
func (t town) settle(test *testing.T) {
	test.Helper()
	for name, body := range founded.files {
		if err := os.MkdirAll(filepath.Dir(t.path(name)), 0o700); err != nil {
			test.Fatal(err)
		}
		if err := t.write(name, string(body)); err != nil {
			test.Fatal(err)
		}
	}
	if err := errors.Join(t.writeTokenConfig(), t.writeConfigs()); err != nil {
		test.Fatal(err)
	}
}

// onMariaDB rewrites the town's configuration for the production database,
// with the accounts of migrations/grants.sql.
func (t town) onMariaDB(test *testing.T) {
	test.Helper()
	server := storetest.Shared(test)
	root := storetest.MariaDB(test)
	name := root[strings.LastIndex(root, "/")+1:]
	raw, err := os.ReadFile(t.path("portal.yaml"))
	if err != nil {
		test.Fatal(err)
	}
	config := strings.Replace(string(raw), "driver: sqlite\n  dsn: "+t.path("sealdesk.db"),
		"driver: mysql\n  dsn: "+server.DSN("sealdesk_portal", name)+"\n  migrate_dsn: "+root, 1)
	if config == string(raw) {
		test.Fatal("the configuration names no SQLite file")
	}
	if err := t.write("portal.yaml", config); err != nil {
		test.Fatal(err)
	}
	c, err := readConfig(t.path("portal.yaml"))
	if err != nil {
		test.Fatal(err)
	}
	if err := store.Migrate(context.Background(), c.schema()); err != nil {
		test.Fatal(err)
	}
	server.Exec(test, strings.ReplaceAll(migrations.Grants, "{database}", name))
}

func TestATownOfRealProgramsLivesItsFirstDaysOnMariaDBUnderThePortalsOwnAccount(t *testing.T) {
	town := newTown(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := town.prepare(ctx); err != nil {
		t.Fatal(err)
	}
	town.onMariaDB(t)
	if err := town.found(ctx); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(town.path("portal.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := open(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	serving, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	ready := make(chan struct{})
	go func() { ended <- h.serve(serving, func() error { close(ready); return nil }) }()
	select {
	case <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	if err := town.firstDays(ctx, c); err != nil {
		t.Error(err)
	}
	report, err := h.store.CheckRecords(ctx)
	if err != nil {
		t.Error(err)
	}
	if len(report.Faults) > 0 || report.Rows < 3000 {
		t.Errorf("%d records, %d of them not as the log has them", report.Rows, len(report.Faults))
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestACityIsFoundedOnce(t *testing.T) {
	town := newTown(t)
	ctx := context.Background()
	if err := town.build(ctx); err != nil {
		t.Fatal(err)
	}
	if err := town.found(ctx); err == nil || !strings.Contains(err.Error(), "已经启用过") {
		t.Errorf("a second ceremony on the same HSM: %v", err)
	}
	for _, name := range []string{"ca.pem", "log.vkey", "people.csv", "softhsm2.conf", "portal.yaml", "agent.yaml"} {
		if _, err := os.Stat(town.path(name)); err != nil {
			t.Errorf("the town lacks %s", name)
		}
	}
	genesis, err := os.ReadFile(town.path("genesis.txt"))
	if err != nil || !strings.Contains(string(genesis), "sealdesk/v1 genesis") {
		t.Errorf("the statement of entry 0 was not shown: %v", err)
	}
	if strings.Contains(string(genesis), (&url.URL{Host: town.staff}).Host) {
		t.Error("the statement names the staff host (R56)")
	}
}
