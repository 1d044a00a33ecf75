package store_test

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sealdesk/migrations"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

func TestEveryTableAndColumnIsClassifiedAsRecordLogOrScratch(t *testing.T) {
	for _, driver := range []string{store.SQLite, store.MySQL} {
		t.Run(driver, func(t *testing.T) {
			w := &storetest.World{Config: storetest.Config(t, driver)}
			if err := store.Migrate(context.Background(), w.Config); err != nil {
				t.Fatal(err)
			}
			db := w.Raw(t)
			classes := store.Classes()
			for _, table := range storetest.Tables(t, db, driver) {
				if table == "goose_db_version" {
					continue
				}
				want, ok := classes[table]
				if !ok {
					t.Errorf("the table %s is neither record, log nor scratch", table)
					continue
				}
				// A column that a later migration adds stands last in the database; every
				// query names its columns, so their order says nothing.
				got := storetest.Columns(t, db, table)
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("%s has the columns %v, classified are %v", table, got, want)
				}
				delete(classes, table)
			}
			for table := range classes {
				t.Errorf("the table %s is classified but not in the database", table)
			}
		})
	}
}

func TestEachTableSaysInTheDatabaseWhatItIs(t *testing.T) {
	w := &storetest.World{Config: storetest.Config(t, store.MySQL)}
	if err := store.Migrate(context.Background(), w.Config); err != nil {
		t.Fatal(err)
	}
	db := w.Raw(t)
	for table := range store.Classes() {
		var comment string
		if err := db.QueryRow("SELECT table_comment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?", table).Scan(&comment); err != nil {
			t.Fatal(err)
		}
		class, _, _ := strings.Cut(comment, ":")
		if _, record := store.RecordTables()[table]; record != (class == "record") || class != "record" && class != "log" && class != "scratch" {
			t.Errorf("%s is commented %q", table, comment)
		}
	}
}

// The accounts of migrations/grants.sql on a real server: what the portal may
// not do to the log, it cannot.
func TestThePortalsAccountCannotChangeWhatStandsInTheLog(t *testing.T) {
	w := storetest.New(t, store.MySQL)
	server := storetest.Shared(t)
	rest := w.Config.DSN[strings.LastIndex(w.Config.DSN, "/")+1:]
	server.Exec(t, strings.ReplaceAll(migrations.Grants, "{database}", rest))
	if err := w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	portal := *w
	portal.Config.DSN = server.DSN("sealdesk_portal", rest)
	db := portal.Raw(t)
	for _, table := range []string{"log_entries", "log_bodies", "log_tiles", "log_checkpoints", "log_head"} {
		first := storetest.Columns(t, db, table)[0]
		column := storetest.Columns(t, db, table)[1]
		statements := []string{"DELETE FROM " + table, "TRUNCATE TABLE " + table, "DROP TABLE " + table,
			"ALTER TABLE " + table + " ADD COLUMN more INT", "ALTER TABLE " + table + " DROP PRIMARY KEY",
			"RENAME TABLE " + table + " TO gone", "CREATE INDEX more ON " + table + " (" + first + ")",
			"CREATE TRIGGER tr BEFORE INSERT ON " + table + " FOR EACH ROW SET @a = 1",
			"REPLACE INTO " + table + " SELECT * FROM " + table}
		if table != "log_head" {
			statements = append(statements, "UPDATE "+table+" SET "+column+" = "+column,
				"INSERT INTO "+table+" SELECT * FROM "+table+" ON DUPLICATE KEY UPDATE "+column+" = VALUES("+column+")")
		} else {
			statements = append(statements, "INSERT INTO log_head SELECT 2, size, root, frontier, epoch, logged, hmac, signed_size FROM log_head")
		}
		for _, s := range statements {
			_, err := db.Exec(s)
			if err == nil || !strings.Contains(err.Error(), "denied") {
				t.Errorf("%s: %v", s, err)
			}
		}
	}
	if _, err := db.Exec("DELETE FROM applications"); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("records can be deleted: %v", err)
	}
	s, err := store.Open(context.Background(), portal.Config, w.Keys, w.Policy, w.Clock)
	if err != nil {
		t.Fatalf("with the rights of grants.sql the portal does not open: %v", err)
	}
	defer s.Close()
	portal.Store = s
	portal.Import(t, "U00003", "HS1", w.Application(1, "HS1"))
	if _, err := portal.Store.CheckRecords(context.Background()); err != nil {
		t.Fatal(err)
	}
	public := *w
	public.Config.DSN = server.DSN("sealdesk_public", rest)
	if _, err := public.Raw(t).Exec("SELECT * FROM applications"); err == nil || !strings.Contains(err.Error(), "denied") {
		t.Errorf("the public account reads applications: %v", err)
	}
}

func TestWithoutMariaDBTheTestsFailAndNameThePackage(t *testing.T) {
	if _, err := exec.LookPath("mariadb-install-db"); err != nil {
		t.Fatal("apt-get install mariadb-server")
	}
	t.Setenv("PATH", t.TempDir())
	if err := storetest.Install(t.TempDir()); err == nil || !strings.Contains(err.Error(), "mariadb-server") {
		t.Fatalf("says %v", err)
	}
}
