package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"sealdesk/server/internal/fault"
)

// answerTime is how long the committer waits for each answer of the server. The
// connection keeps that time, not a context: the driver hands one that can end to
// a goroutine and back with every packet.
const answerTime = time.Minute

// mysqlDSN adds the parameters that the store's safety and speed hang on: whether
// many statements may come in one packet, and how long to wait for the server to
// take one or to answer it if the DSN does not say (zero: for ever).
func mysqlDSN(dsn string, packets bool, patience time.Duration) (string, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return "", fmt.Errorf("the DSN: %w", err)
	}
	c.InterpolateParams = true // one round trip, not two
	c.ClientFoundRows = true   // an unchanged row must not count as missing
	c.MultiStatements = packets
	c.ReadTimeout, c.WriteTimeout = cmp.Or(c.ReadTimeout, patience), cmp.Or(c.WriteTimeout, patience)
	c.Collation = "utf8mb4_bin"
	c.MaxAllowedPacket = 64 << 20
	return c.FormatDSN(), nil
}

type mysqlDialect struct{}

// open takes one connection out of the pool and fits it out.
func (mysqlDialect) open(ctx context.Context, db *sql.DB) (door, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	const fit = "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; SET SESSION innodb_lock_wait_timeout = 2; SET SESSION sql_mode = 'STRICT_ALL_TABLES'; SET SESSION autocommit = 0"
	if _, err := execRaw(ctx, conn, fit, nil); err != nil {
		conn.Close()
		return nil, err
	}
	return &mysqlDoor{conn: conn}, nil
}

type mysqlDoor struct {
	conn   *sql.Conn
	marked bool       // packets were sent that stand only with this transaction
	sent   chan error // of the packets that were sent ahead; nil when none is on its way
	at     int64      // the server's clock when the transaction began
}

// The server's clock, in ms since 1970, and whether what it commits is on disk:
// with a binary log, an act whose line there was lost is undone by recovery.
const (
	mysqlClock   = "CAST(ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS SIGNED)"
	mysqlDurable = "(@@innodb_flush_log_at_trx_commit = 1 AND (@@log_bin = 0 OR @@sync_binlog = 1))"
)

// durable refuses a server that would answer a COMMIT before it is on disk.
func (mysqlDialect) durable(ctx context.Context, ask asker) error {
	set, err := ask(ctx, want{"SELECT " + mysqlDurable, nil})
	if err != nil {
		return err
	}
	return flushes(set[0][0])
}

func flushes(cell any) error {
	if yes, err := cellOf(number, cell); err != nil || yes.(int64) != 1 {
		return fault.New(fault.Unavailable, "数据库没有设成每次提交都落盘，断电会丢掉已经回执的事项，现在不受理，没有任何改动。请系统管理员把 innodb_flush_log_at_trx_commit 设为 1（有二进制日志的，sync_binlog 也设为 1），不用重启。")
	}
	return nil
}

// begin is one round trip for the transaction, the head's lock, the server's
// clock and durability as they are now, the assertion that a transaction is
// really open, and everything the group declared to read.
// The session does not autocommit, so the first statement opens it; and should
// one ever be lost, nothing that follows is committed by itself.
func (d *mysqlDoor) begin(ctx context.Context, wants []want) ([][][]any, error) {
	query := strings.Builder{}
	query.WriteString(strings.Replace(headWant.query, " FROM", ", "+mysqlClock+", "+mysqlDurable+", @@in_transaction FROM", 1) + " FOR UPDATE")
	var args []any
	for _, w := range wants {
		query.WriteString("; " + w.query)
		args = append(args, w.args...)
	}
	sets, err := answers(ctx, d.conn, query.String(), args)
	if err != nil {
		return nil, err
	}
	d.marked = false
	if len(sets) != len(wants)+1 {
		return nil, fmt.Errorf("%d answers to %d questions", len(sets), len(wants)+1)
	}
	if len(sets[0]) == 1 {
		row := sets[0][0]
		said := row[len(row)-3:]
		if inside, err := cellOf(number, said[2]); err != nil || inside.(int64) != 1 {
			return nil, errors.New("the transaction did not begin")
		}
		if err := flushes(said[1]); err != nil {
			return nil, err
		}
		now, err := cellOf(number, said[0])
		if err != nil {
			return nil, err
		}
		d.at = now.(int64)
	}
	return sets, nil
}

func (d *mysqlDoor) clock() int64 { return d.at }

func (d *mysqlDoor) query(ctx context.Context, w want) ([][]any, error) {
	if err := d.settle(); err != nil {
		return nil, err
	}
	sets, err := answers(ctx, d.conn, w.query, w.args)
	if err != nil {
		return nil, err
	}
	return sets[0], nil
}

// packetBytes is about how much goes into one packet.
const packetBytes = 1 << 20

// ahead sends steps and does not wait: the server writes them while the next
// acts are judged.
func (d *mysqlDoor) ahead(ctx context.Context, steps []step) error {
	if err := d.settle(); err != nil {
		return err
	}
	d.sent = make(chan error, 1)
	go func(done chan<- error) {
		early, last := packets(steps)
		done <- d.send(ctx, append(early, last))
	}(d.sent)
	return nil
}

// settle waits for what was sent ahead.
func (d *mysqlDoor) settle() error {
	if d.sent == nil {
		return nil
	}
	err := <-d.sent
	d.sent = nil
	return err
}

// send runs packets that do not commit. The savepoint that the first of them
// begins with is gone should the transaction ever be lost, and finish asks for it.
func (d *mysqlDoor) send(ctx context.Context, list []step) error {
	for _, p := range list {
		if !d.marked {
			p.query = "SAVEPOINT grp; " + p.query
			d.marked = true
		}
		if _, err := execRaw(ctx, d.conn, p.query, p.args); err != nil {
			return counted(err)
		}
	}
	return nil
}

// finish sends as few packets as it can. The guard after an update makes the
// server itself stop before COMMIT when a row was missed, and so does the head if
// it is not as it was read. If packets went before, the last one begins with
// RELEASE SAVEPOINT, which fails if their transaction was lost; it ends with
// COMMIT.
func (d *mysqlDoor) finish(ctx context.Context, steps []step, between func()) error {
	early, last := packets(steps)
	if err := d.settle(); err != nil {
		return err
	}
	if err := d.send(ctx, early); err != nil {
		return err
	}
	if between != nil {
		if err := d.send(ctx, []step{last}); err != nil {
			return err
		}
		between()
		last = step{}
	}
	if d.marked {
		last.query = "RELEASE SAVEPOINT grp; " + last.query
	}
	_, err := execRaw(ctx, d.conn, last.query+"COMMIT", last.args)
	return counted(err)
}

// packets joins steps, each with its guard, into as few packets as their size
// allows; the last one is still open at both ends.
func packets(steps []step) (early []step, last step) {
	var query strings.Builder
	size, guard := 0, int64(-1)
	close := func() step {
		p := step{query: query.String(), args: last.args}
		query.Reset()
		last, size = step{}, 0
		return p
	}
	for _, s := range steps {
		n := len(s.query)
		for _, a := range s.args {
			n += sizeOf(a)
		}
		if size > 0 && size+n > packetBytes && guard < 0 {
			early = append(early, close())
		}
		if guard >= 0 && s.head { // the head's own UPDATE holds the guard of the one before it
			s.query = strings.Replace(s.query, "THEN ?", "THEN ? + "+counts(guard), 1)
		} else if guard >= 0 {
			query.WriteString("SELECT " + counts(guard) + "; ")
		}
		guard = s.rows
		query.WriteString(s.query + "; ")
		last.args = append(last.args, s.args...)
		size += n
	}
	if guard >= 0 { // nothing follows it in this packet
		query.WriteString("SELECT " + counts(guard) + "; ")
	}
	return early, close()
}

// counts is zero if the statement before matched so many rows, and else an
// error: an unsigned number does not go below zero.
func counts(rows int64) string {
	return fmt.Sprintf("(CAST(ROW_COUNT() = %d AS UNSIGNED) - 1)", rows)
}

// counted knows the errors of the guards, the rows' and the head's, from others.
func counted(err error) error {
	var e *mysql.MySQLError
	if errors.As(err, &e) && (e.Number == 1690 || e.Number == 1048) {
		return errors.Join(errCount, err)
	}
	return err
}

func sizeOf(a any) int {
	switch v := a.(type) {
	case string:
		return len(v) + 2
	case []byte:
		return len(v) + 10
	}
	return 12
}

func (d *mysqlDoor) rollback(ctx context.Context) error {
	if err := d.settle(); err != nil {
		return err
	}
	_, err := d.conn.ExecContext(ctx, "ROLLBACK")
	return err
}

// close ends the connection itself, not only its loan from the pool.
func (d *mysqlDoor) close() {
	d.settle() // the error does not matter: nothing of it will stand
	d.conn.Raw(func(any) error { return errDiscard })
	d.conn.Close()
}

// updateRows is how many rows one UPDATE carries: CASE looks through them one
// after the other.
const updateRows = 32

// update writes changed rows in statements of up to 32, each column by a CASE
// over the key. A join with the new values, which reads better, makes the
// server write them to a temporary table on disk as soon as one is a TEXT.
func (mysqlDialect) update(t *table, columns []int, changes []change) []step {
	var steps []step
	for len(changes) > 0 {
		n := min(len(changes), updateRows)
		if n == 1 {
			steps = append(steps, updateOne(t, columns, changes[0]))
		} else {
			steps = append(steps, updateMany(t, columns, changes[:n]))
		}
		changes = changes[n:]
	}
	return steps
}

// updateOne is the guarded UPDATE of one row.
func updateOne(t *table, columns []int, c change) step {
	var b strings.Builder
	b.WriteString("UPDATE " + t.name + " SET entry = ?")
	args := []any{c.entry}
	for _, j := range columns {
		b.WriteString(", " + t.columns[j].name + " = ?")
		args = append(args, c.row.stored[j])
	}
	return step{b.String() + " WHERE " + t.key() + " = ? AND entry = ?", append(args, c.row.id, c.before), 1, false}
}

func updateMany(t *table, columns []int, changes []change) step {
	var b strings.Builder
	var args []any
	cases := "CASE " + t.key() + strings.Repeat(" WHEN ? THEN ?", len(changes)) + " END"
	choose := func(value func(change) any) {
		first := value(changes[0])
		if !slices.ContainsFunc(changes, func(c change) bool { return !sameCell(value(c), first) }) {
			b.WriteString("?") // the same for all, as of a batch that is concluded
			args = append(args, first)
			return
		}
		b.WriteString(cases)
		for _, c := range changes {
			args = append(args, c.row.id, value(c))
		}
	}
	b.WriteString("UPDATE " + t.name + " SET ")
	for _, j := range columns {
		b.WriteString(t.columns[j].name + " = ")
		choose(func(c change) any { return c.row.stored[j] })
		b.WriteString(", ")
	}
	// entry comes last: MySQL assigns from left to right, and the guard below
	// has been read before any of it.
	b.WriteString("entry = ")
	choose(func(c change) any { return c.entry })
	b.WriteString(" WHERE " + t.key() + " IN (" + marks(len(changes)) + ") AND entry = ")
	for _, c := range changes {
		args = append(args, c.row.id)
	}
	choose(func(c change) any { return c.before })
	return step{b.String(), args, int64(len(changes)), false}
}

func (mysqlDialect) overlaps() bool { return true }

// flush: InnoDB shows a COMMIT before it is flushed. Its log is one, so whatever
// is written behind it is flushed behind it.
func (mysqlDialect) flush() []step {
	return []step{{"UPDATE log_head SET signed_size = signed_size + 1 WHERE id = 1", nil, 1, false},
		{"UPDATE log_head SET signed_size = signed_size - 1 WHERE id = 1", nil, 1, false}}
}

func (mysqlDialect) insertIgnore() string { return "INSERT IGNORE" }
func (mysqlDialect) now() string {
	return "(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(3)) DIV 1000)"
}

func (mysqlDialect) greatest(a string) string { return "GREATEST(" + a + ", ?)" }

// definite: the server answered, so nothing was committed. An error without an
// answer (the connection broke) leaves the outcome open.
func (mysqlDialect) definite(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number != 1053 && e.Number != 1927
}

// transient: a deadlock or a lock that took too long; the same act may succeed.
func (mysqlDialect) transient(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && (e.Number == 1213 || e.Number == 1205)
}

func (mysqlDialect) duplicate(err error) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == 1062
}
