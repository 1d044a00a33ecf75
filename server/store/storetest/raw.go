package storetest

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3" // the driver that the store uses

	"sealdesk/server/store"
)

// Raw opens the world's database past the store, as somebody with the
// database's own tools would.
func (w *World) Raw(tb testing.TB) *sql.DB {
	tb.Helper()
	driver, dsn := "sqlite3", "file:"+w.Config.DSN+"?_busy_timeout=5000"
	if w.Config.Driver == store.MySQL {
		driver, dsn = "mysql", w.Config.DSN+"?interpolateParams=true&multiStatements=true&clientFoundRows=true"
	}
	db, err := sql.Open(driver, dsn)
	check(tb, err)
	tb.Cleanup(func() { db.Close() })
	return db
}

// Tables lists the database's tables.
func Tables(tb testing.TB, db *sql.DB, driver string) []string {
	tb.Helper()
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
	if driver == store.MySQL {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name"
	}
	rows, err := db.Query(query)
	check(tb, err)
	defer rows.Close()
	var list []string
	for rows.Next() {
		var name string
		check(tb, rows.Scan(&name))
		list = append(list, name)
	}
	check(tb, rows.Err())
	return list
}

// Columns lists a table's columns in order.
func Columns(tb testing.TB, db *sql.DB, table string) []string {
	tb.Helper()
	rows, err := db.Query("SELECT * FROM " + table + " LIMIT 0")
	check(tb, err)
	defer rows.Close()
	names, err := rows.Columns()
	check(tb, err)
	return names
}

// Digest is over every row of every record and of the log, but for what the
// signer adds by itself: equal digests mean that nothing was changed.
func (w *World) Digest(tb testing.TB) string {
	tb.Helper()
	db := w.Raw(tb)
	defer db.Close()
	h := sha256.New()
	for _, table := range Tables(tb, db, w.Config.Driver) {
		switch table {
		case "log_checkpoints", "goose_db_version", "sessions", "pendings", "drafts", "import_jobs", "import_rows", "throttles":
			continue
		}
		columns := Columns(tb, db, table)
		if table == "log_head" {
			columns = columns[:len(columns)-1] // signed_size
		}
		rows, err := db.Query("SELECT " + strings.Join(columns, ", ") + " FROM " + table + " ORDER BY 1, 2")
		check(tb, err)
		for rows.Next() {
			cells, places := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				places[i] = &cells[i]
			}
			check(tb, rows.Scan(places...))
			fmt.Fprintf(h, "%s %q\n", table, cells)
		}
		check(tb, rows.Err())
		rows.Close()
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
