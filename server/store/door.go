package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A step is one statement of the group's flush. rows is how many rows it must
// match; less means that the database is not as it was read, and nothing of
// the group may stand. -1: no matter.
type step struct {
	query string
	args  []any
	rows  int64
	head  bool // it is the head's, always the last
}

// want is one SELECT that a transaction begins with.
type want struct {
	query string
	args  []any
}

// door is the committer's own connection. It passes SELECT, INSERT, UPDATE and
// SAVEPOINT only: on MariaDB any DDL commits the open transaction, even when
// it is denied.
type door interface {
	// begin opens the transaction, locks the head, and answers the wants.
	begin(ctx context.Context, wants []want) ([][][]any, error)
	// clock is the database's when the transaction began, in ms since 1970; zero
	// if it has none of its own.
	clock() int64
	query(ctx context.Context, w want) ([][]any, error)
	// ahead begins to run steps of the open transaction and may return before
	// they are done; whatever is called next waits for them and has their error.
	ahead(ctx context.Context, steps []step) error
	// finish runs the steps and commits. An error from a server that answered
	// is a definite no; any other leaves the outcome unknown. between, if not
	// nil, is called between the last write and COMMIT.
	finish(ctx context.Context, steps []step, between func()) error
	rollback(ctx context.Context) error
	close()
}

var headWant = want{query: "SELECT size, root, frontier, epoch, logged, hmac, signed_size FROM log_head WHERE id = 1"}

// errCount says that a guarded statement met fewer rows than were read.
var errCount = errors.New("a guarded update did not match the rows that were read")

// dialect holds what differs between the two databases.
type dialect interface {
	open(ctx context.Context, db *sql.DB) (door, error)
	durable(ctx context.Context, ask asker) error
	overlaps() bool // a group may begin while the COMMIT before it is not answered
	// flush are steps that leave everything as it is and whose COMMIT is answered
	// when all that was seen before them is on disk; none if nothing is seen earlier.
	flush() []step
	update(t *table, columns []int, changes []change) []step
	insertIgnore() string
	greatest(a string) string
	now() string // the database's clock as an expression, in ms since 1970
	definite(err error) bool
	transient(err error) bool
	duplicate(err error) bool
}

// change is one row's update: the entry that was read guards it.
type change struct {
	row    *row
	before int64
	entry  int64
}

// collect reads all rows of one result set, copying what the driver reuses.
func collect(rows *sql.Rows) ([][]any, error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]any
	for rows.Next() {
		cells, places := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			places[i] = &cells[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		all = append(all, cells)
	}
	return all, rows.Err()
}

// insert makes multi-row INSERTs of at most limit parameters each.
func insert(verb string, t *table, rows [][]any, limit int) []step {
	var steps []step
	for len(rows) > 0 {
		width := len(rows[0])
		n := min(len(rows), max(1, limit/width))
		args := make([]any, 0, n*width)
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		group := "(" + strings.Repeat("?,", width-1) + "?)"
		steps = append(steps, step{verb + " INTO " + t.name + " (" + t.selection() + ") VALUES " +
			strings.Repeat(group+",", n-1) + group, args, -1, false})
		rows = rows[n:]
	}
	return steps
}

// selection is the column list of a record table, entry last.
func (t *table) selection() string { return selections[t] }

// selections are spelled once: a group asks for them each time.
var selections = func() map[*table]string {
	lists := map[*table]string{}
	for _, t := range tables {
		lists[t] = strings.Join(t.names(), ",")
	}
	return lists
}()

func (t *table) names() []string {
	list := make([]string, 0, len(t.columns)+1)
	for _, c := range t.columns {
		list = append(list, c.name)
	}
	if t.class == isRecord {
		list = append(list, "entry")
	}
	return list
}

// byKey selects rows of a record table by their keys.
func (t *table) byKey(ids []string) want {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return want{"SELECT " + t.selection() + " FROM " + t.name + " WHERE " + t.key() + " IN (?" + strings.Repeat(",?", len(ids)-1) + ")", args}
}

// answers runs SELECTs in one packet on a driver connection and gives the rows
// of each; statements that answer without columns count for none. It goes past
// database/sql, which would look at every cell three times.
func answers(ctx context.Context, conn *sql.Conn, query string, args []any) (sets [][][]any, err error) {
	err = conn.Raw(func(raw any) error {
		queryer, ok := raw.(driver.QueryerContext)
		if !ok {
			return fmt.Errorf("%T answers no packet", raw)
		}
		rows, err := queryer.QueryContext(ctx, query, named(args))
		if err != nil {
			return err
		}
		defer rows.Close()
		for {
			if n := len(rows.Columns()); n > 0 {
				set, err := rowsOf(rows, n)
				if err != nil {
					return err
				}
				sets = append(sets, set)
			}
			more, ok := rows.(driver.RowsNextResultSet)
			if !ok || !more.HasNextResultSet() {
				return nil
			}
			if err := more.NextResultSet(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
	return sets, err
}

// rowsOf reads one result set; the driver lends its bytes until the next row.
func rowsOf(rows driver.Rows, width int) ([][]any, error) {
	var set [][]any
	lent := make([]driver.Value, width)
	for {
		if err := rows.Next(lent); errors.Is(err, io.EOF) {
			return set, nil
		} else if err != nil {
			return nil, err
		}
		size := 0
		for _, v := range lent {
			if b, ok := v.([]byte); ok {
				size += len(b)
			}
		}
		cells, own := make([]any, width), make([]byte, 0, size)
		for i, v := range lent {
			if b, ok := v.([]byte); ok {
				from := len(own)
				own = append(own, b...)
				v = own[from:len(own):len(own)]
			}
			cells[i] = v
		}
		set = append(set, cells)
	}
}

func named(args []any) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i, a := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	return list
}

// execRaw runs one packet on a driver connection, past database/sql, which
// hides the counts of all statements but the last.
func execRaw(ctx context.Context, conn *sql.Conn, query string, args []any) (driver.Result, error) {
	var result driver.Result
	err := conn.Raw(func(raw any) (err error) {
		exec, ok := raw.(driver.ExecerContext)
		if !ok {
			return fmt.Errorf("%T executes no packet", raw)
		}
		result, err = exec.ExecContext(ctx, query, named(args))
		return err
	})
	return result, err
}
