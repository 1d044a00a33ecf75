package storetest

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3" // the driver that the store uses

	"sealdesk/server/store"
)

// Raw opens the world's database past the store, as somebody with the
// database's own tools would.
func (w *World) Raw(tb testing.TB) *sql.DB {
	tb.Helper()
	db := w.past(tb)
	tb.Cleanup(func() { db.Close() })
	return db
}

func (w *World) past(tb testing.TB) *sql.DB {
	tb.Helper()
	driver, dsn := "sqlite3", "file:"+w.Config.DSN+"?_busy_timeout=5000"
	if w.Config.Driver == store.MySQL {
		driver, dsn = "mysql", w.Config.DSN+"?interpolateParams=true&multiStatements=true&clientFoundRows=true"
	}
	db, err := sql.Open(driver, dsn)
	check(tb, err)
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

// unwatched are the tables that Digest leaves out: what is scratch, or what the
// signer adds by itself.
var unwatched = map[string]bool{"log_checkpoints": true, "goose_db_version": true, "sessions": true, "pendings": true, "drafts": true,
	"import_jobs": true, "import_rows": true, "throttles": true, "revocation_answers": true}

// watched is a connection past the store and the questions that Digest asks.
type watched struct {
	db      *sql.DB
	queries []string // one a table
}

func (w *World) watch(tb testing.TB) *watched {
	if w.watched != nil {
		return w.watched
	}
	see := &watched{db: w.past(tb)}
	for _, table := range Tables(tb, see.db, w.Config.Driver) {
		if unwatched[table] {
			continue
		}
		columns := Columns(tb, see.db, table)
		if table == "log_head" {
			columns = columns[:len(columns)-1] // signed_size
		}
		see.queries = append(see.queries, "SELECT "+strings.Join(columns, ", ")+" FROM "+table+" ORDER BY 1, 2")
	}
	w.watched = see
	return see
}

// unwatch ends with the world, not with the part of a test that asked first.
func (w *World) unwatch() {
	if w.watched != nil {
		w.watched.db.Close()
	}
}

// Digest is over every row of every record and of the log, but for what the
// signer adds by itself: equal digests mean that nothing was changed.
func (w *World) Digest(tb testing.TB) string {
	tb.Helper()
	see := w.watch(tb)
	h := sha256.New()
	var line []byte
	for _, query := range see.queries {
		rows, err := see.db.Query(query)
		check(tb, err)
		columns, err := rows.Columns()
		check(tb, err)
		cells, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			places[i] = &cells[i]
		}
		h.Write([]byte(query))
		for rows.Next() {
			check(tb, rows.Scan(places...))
			line = line[:0]
			for _, c := range cells {
				line = appendCell(line, c)
			}
			h.Write(line)
		}
		check(tb, rows.Err())
		rows.Close()
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// appendCell spells a cell with its kind and its length, so that no two rows
// spell alike.
func appendCell(line []byte, cell any) []byte {
	switch v := cell.(type) {
	case nil:
		return append(line, "-\n"...)
	case int64:
		return append(strconv.AppendInt(append(line, 'i'), v, 10), '\n')
	case []byte:
		return append(append(strconv.AppendInt(append(line, 'b'), int64(len(v)), 10), ' '), v...)
	case string:
		return append(append(strconv.AppendInt(append(line, 's'), int64(len(v)), 10), ' '), v...)
	}
	return fmt.Appendf(line, "%T %v\n", cell, cell)
}
