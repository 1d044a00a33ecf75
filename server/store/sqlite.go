package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"strings"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// errDiscard makes database/sql throw a connection away.
var errDiscard = driver.ErrBadConn

// sqliteDSN: WAL, each COMMIT flushed, immediate transactions for the writers
// and a read-only, deferred pool (with immediate, readers fail on the writer).
func sqliteDSN(path string, write bool) string {
	q := url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"5000"}, "_foreign_keys": {"1"}}
	if write {
		q.Set("_txlock", "immediate")
	} else {
		q = url.Values{"_busy_timeout": {"5000"}, "_query_only": {"1"}, "mode": {"ro"}, "_txlock": {"deferred"}}
	}
	q.Set("_stmt_cache_size", "32") // a statement that comes again is not parsed again
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// sqliteJotting is for scratch that a power cut may take back: in WAL mode
// NORMAL leaves the flush to the next write that must last, or to the
// checkpoint. The file stays whole; at worst the newest such writes are gone.
func sqliteJotting(path string) string {
	return strings.Replace(sqliteDSN(path, true), "_synchronous=FULL", "_synchronous=NORMAL", 1)
}

type sqliteDialect struct{}

func (sqliteDialect) open(ctx context.Context, db *sql.DB) (door, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &sqliteDoor{conn}, nil
}

// durable: the connections are opened so (sqliteDSN).
func (sqliteDialect) durable(context.Context, asker) error { return nil }

type sqliteDoor struct{ conn *sql.Conn }

func (d *sqliteDoor) begin(ctx context.Context, wants []want) ([][][]any, error) {
	if _, err := execRaw(ctx, d.conn, "BEGIN IMMEDIATE", nil); err != nil {
		return nil, err
	}
	sets := make([][][]any, 0, len(wants)+1)
	for _, w := range append([]want{headWant}, wants...) {
		set, err := d.query(ctx, w)
		if err != nil {
			return nil, err
		}
		sets = append(sets, set)
	}
	return sets, nil
}

func (d *sqliteDoor) clock() int64 { return 0 }

func (d *sqliteDoor) query(ctx context.Context, w want) ([][]any, error) {
	rows, err := d.conn.QueryContext(ctx, w.query, w.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return collect(rows)
}

func (d *sqliteDoor) ahead(ctx context.Context, steps []step) error {
	for _, s := range steps {
		result, err := execRaw(ctx, d.conn, s.query, s.args)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || s.rows >= 0 && n != s.rows {
			return errors.Join(errCount, err)
		}
	}
	return nil
}

func (d *sqliteDoor) finish(ctx context.Context, steps []step, between func()) error {
	if err := d.ahead(ctx, steps); err != nil {
		return err
	}
	if between != nil {
		between()
	}
	_, err := execRaw(ctx, d.conn, "COMMIT", nil)
	return err
}

func (d *sqliteDoor) rollback(ctx context.Context) error {
	_, err := execRaw(ctx, d.conn, "ROLLBACK", nil)
	return err
}

func (d *sqliteDoor) close() {
	d.conn.Raw(func(any) error { return errDiscard })
	d.conn.Close()
}

// parameters is how many a statement of SQLite may carry.
const parameters = 30000

func (sqliteDialect) flush() []step { return nil }

// update is one UPDATE…FROM (VALUES …) per so many rows as fit.
func (sqliteDialect) update(t *table, columns []int, changes []change) []step {
	width := 3 + len(columns)
	var set strings.Builder
	set.WriteString("UPDATE " + t.name + " SET entry = v.column3")
	for j, index := range columns {
		set.WriteString(", " + t.columns[index].name + " = v.column" + decimal(4+j))
	}
	group := "(" + strings.Repeat("?,", width-1) + "?)"
	var steps []step
	if len(changes) == 1 {
		return []step{updateOne(t, columns, changes[0])}
	}
	for len(changes) > 0 {
		n := min(len(changes), parameters/width)
		args := make([]any, 0, n*width)
		for _, c := range changes[:n] {
			args = append(args, c.row.id, c.before, c.entry)
			for _, j := range columns {
				args = append(args, c.row.stored[j])
			}
		}
		steps = append(steps, step{set.String() + " FROM (VALUES " + strings.Repeat(group+",", n-1) + group + ") AS v WHERE " +
			t.name + "." + t.key() + " = v.column1 AND " + t.name + ".entry = v.column2", args, int64(n), false})
		changes = changes[n:]
	}
	return steps
}

func (sqliteDialect) overlaps() bool       { return false }
func (sqliteDialect) insertIgnore() string { return "INSERT OR IGNORE" }
func (sqliteDialect) now() string          { return "CAST(unixepoch('subsec') * 1000 AS INTEGER)" }

func (sqliteDialect) greatest(a string) string { return "MAX(" + a + ", ?)" }

func (sqliteDialect) definite(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.Code != sqlite3.ErrIoErr
}

func (sqliteDialect) transient(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.Code == sqlite3.ErrBusy || e.Code == sqlite3.ErrLocked)
}

func (sqliteDialect) duplicate(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}
