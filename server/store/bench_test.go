//go:build bench

package store_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/figure"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// The store's figures. Each is a ratio of rates, ours to a bare opponent's, in
// the same run: five interleaved rounds or more, each side on a fresh database,
// medians compared. The opponent uses the same driver, the same connection parameters
// (parameters interpolated by the driver, so one round trip a statement; SQLite:
// statements kept prepared by the connection), a
// pool of as many connections as there are writers (SQLite: one, as it lets one
// writer in), and the same durability, read back from the server. It writes the
// same bytes to the same tables - the guarded UPDATE of the application, the
// entry row, the statement, seal and state bodies - in a durable transaction of
// its own per act, and makes no tree, no head and no signature. Seals are
// verified before the clock starts, on both sides.

// load is so many acts of one auditor, each returning one application.
type load struct {
	w    *storetest.World
	apps []registration.Application
	ders [][]byte
	text []seal.Statement
	byte [][]byte
}

func newLoad(t *testing.T, driver string, n int) *load {
	l := &load{w: storetest.New(t, driver)}
	p := l.w.People["U00005"]
	for i := range n {
		a := l.w.Application(i, "HS1")
		l.apps = append(l.apps, a)
		text := l.statement(t, l.w, a)
		v := l.w.Seal(t, text, p)[0]
		l.text, l.ders, l.byte = append(l.text, text), append(l.ders, v.DER()), append(l.byte, v.Content())
	}
	return l
}

// statement is the text as the act derives it from the row.
func (l *load) statement(t *testing.T, w *storetest.World, a registration.Application) seal.Statement {
	return w.Statement(t, seal.Return, "甲县教育局（341021）", []storetest.Person{w.People["U00005"]}, fieldsOf(a), seal.Annex{})
}

func fieldsOf(a registration.Application) []seal.Field {
	return []seal.Field{{Label: "计划年度", Value: fmt.Sprint(a.Year)}, {Label: "记录", Value: a.ID}, {Label: "申请人", Value: a.Form.PersonName},
		{Label: "学校", Value: a.Form.SchoolName}, {Label: "理由", Value: "材料不全：" + string(a.State) + "，请补齐继续教育学时证明后重新上报。"}}
}

// again is the text derived from a row inside the transaction: nonce and times
// from the sealed text, everything else from the row.
func again(h seal.Header, a registration.Application) (seal.Statement, error) {
	return seal.New(seal.Return, h, fieldsOf(a), seal.Annex{})
}

// fresh is a world with the load's applications in it.
func (l *load) fresh(t *testing.T, c store.Config, keys store.Keys) *storetest.World {
	base := *l.w
	base.Keys = keys
	w := base.Again(t, c)
	for from := 0; from < len(l.apps); from += 500 {
		w.Import(t, "U00003", "HS1", l.apps[from:min(len(l.apps), from+500)]...)
	}
	return w
}

// ours commits the load with so many writers and gives acts per second.
func (l *load) ours(t *testing.T, w *storetest.World, writers int) float64 {
	seals := make([]seal.Verified, len(l.apps))
	for i := range seals {
		seals[i] = w.Verify(t, l.ders[i], l.byte[i], nil, seal.Return)
	}
	g := w.Grant(t, "U00005", policy.ReturnToSchool, "341021")
	return figure.Race(writers, len(l.apps), func(i int) error {
		id := l.apps[i].ID
		h, err := l.text[i].Header()
		if err != nil {
			return err
		}
		subject := "application/" + id
		r, err := w.Store.Commit(context.Background(), g, []seal.Verified{seals[i]}, func(tx *store.Tx) (audit.Entry, error) {
			a, err := tx.Application(id)
			if err != nil {
				return audit.Entry{}, err
			}
			text, err := again(h, a)
			if err != nil {
				return audit.Entry{}, err
			}
			if err := tx.Derive(text); err != nil {
				return audit.Entry{}, err
			}
			a.State, a.ReturnReason, a.UpdatedAt = registration.ReturnedSchool, "材料不全", tx.Received()
			return audit.Entry{Subject: subject}, tx.Put(a)
		}, store.Reads(store.OfApplication(id)))
		if err == nil && len(r.Checkpoint) == 0 {
			err = fmt.Errorf("no checkpoint")
		}
		return err
	})
}

// theirs does the same writes bare.
func (l *load) theirs(t *testing.T, w *storetest.World, writers int) float64 {
	db := bare(t, w)
	db.SetMaxOpenConns(writers)
	db.SetMaxIdleConns(writers)
	defer db.Close()
	if w.Config.Driver == store.SQLite {
		db.SetMaxOpenConns(1)
	} else {
		var warm []*sql.Conn // the pool is warm, as the committer's connection is
		for range writers {
			c, err := db.Conn(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			warm = append(warm, c)
		}
		for _, c := range warm {
			c.Close()
		}
	}
	var first int64
	if err := db.QueryRow("SELECT MAX(number) + 1 FROM log_entries").Scan(&first); err != nil {
		t.Fatal(err)
	}
	entries := map[string]int64{}
	rows, err := db.Query("SELECT id, entry FROM applications")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var id string
		var at int64
		if err := rows.Scan(&id, &at); err != nil {
			t.Fatal(err)
		}
		entries[id] = at
	}
	rows.Close()
	leaf, state := make([]byte, 700), make([]byte, 300)
	for i := range leaf {
		leaf[i] = 'a' + byte(i%26)
	}
	copy(state, leaf)
	salt := make([]byte, 16)
	return figure.Race(writers, len(l.apps), func(i int) error {
		a := l.apps[i]
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		number, now := first+int64(i), time.Now().UnixMilli()
		result, err := tx.Exec("UPDATE applications SET state = ?, return_reason = ?, updated_at = ?, entry = ? WHERE id = ? AND entry = ?",
			"returned_school", "材料不全", now, number, a.ID, entries[a.ID])
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("%d rows: %w", n, err)
		}
		digest := make([]byte, 32)
		rand.Read(digest)
		if _, err := tx.Exec("INSERT INTO log_entries (number, leaf, previous, received, logged, act, actor, body, subject, path, statement) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			number, leaf, -1, now, now, "return_to_school", "U00005", "341021", "application/"+a.ID, "/341000/341021/", digest); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO log_bodies (number, kind, salt, seed, body) VALUES (?,?,?,?,?),(?,?,?,?,?),(?,?,?,?,?)",
			number, "statement", salt, []byte{}, l.byte[i], number, "seal", salt, []byte{}, l.ders[i], number, "state", salt, salt, state); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// bare opens the database as the store does, without the store.
func bare(t *testing.T, w *storetest.World) *sql.DB {
	driver, dsn := "sqlite3", "file:"+w.Config.DSN+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_busy_timeout=5000&_foreign_keys=1&_stmt_cache_size=32"
	if w.Config.Driver == store.MySQL {
		driver, dsn = "mysql", w.Config.DSN+"?interpolateParams=true&clientFoundRows=true&collation=utf8mb4_bin&maxAllowedPacket=67108864"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// durable reads back what both sides promise the disk.
func durable(t *testing.T, w *storetest.World) {
	query, want := "PRAGMA synchronous", "2"
	if w.Config.Driver == store.MySQL {
		query, want = "SELECT @@innodb_flush_log_at_trx_commit", "1"
	}
	var got string
	if err := bare(t, w).QueryRow(query).Scan(&got); err != nil || got != want {
		t.Fatalf("%s is %s: %v", query, got, err)
	}
}

func benchCommit(t *testing.T, driver, name string, writers, acts, rounds int, goal float64) {
	if !figure.Wanted(name) {
		return
	}
	l := newLoad(t, driver, acts)
	var ours, theirs []float64
	for range rounds {
		w := l.fresh(t, storetest.Config(t, driver), l.w.Keys)
		durable(t, w)
		ours = append(ours, l.ours(t, w, writers))
		w.Store.Close()
		o := l.fresh(t, storetest.Config(t, driver), l.w.Keys)
		o.Store.Close()
		theirs = append(theirs, l.theirs(t, o, writers))
	}
	figure.Rates(name, ours, theirs, goal, "acts/s")
}

func TestFigureCommit(t *testing.T) {
	for _, b := range []struct {
		driver, name          string
		writers, acts, rounds int
		goal                  float64
	}{
		// One writer waits for the disk and nothing else, and a disk's speed drifts
		// within seconds: more rounds, and shorter ones.
		{store.MySQL, "commit-1-mariadb", 1, 600, 15, 0.6},
		{store.MySQL, "commit-64-mariadb", 64, 6400, figure.Rounds, 1.3},
		{store.MySQL, "commit-256-mariadb", 256, 7680, figure.Rounds, 1.5},
		{store.SQLite, "commit-1-sqlite", 1, 600, 15, 0.45},
		{store.SQLite, "commit-64-sqlite", 64, 6400, figure.Rounds, 1.5},
		{store.SQLite, "commit-256-sqlite", 256, 7680, figure.Rounds, 1.5},
	} {
		benchCommit(t, b.driver, b.name, b.writers, b.acts, b.rounds, b.goal)
	}
}

// slow is a log key in an HSM that takes its time.
type slow struct {
	crypto.Signer
	delay time.Duration
}

func (s slow) Sign(r io.Reader, msg []byte, opts crypto.SignerOpts) ([]byte, error) {
	time.Sleep(s.delay)
	return s.Signer.Sign(r, msg, opts)
}

// slowKeys are the world's keys but for a log key of the same origin with a delay.
func slowKeys(t *testing.T, k store.Keys, delay time.Duration) store.Keys {
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if k.LogSigner, err = audit.NewSigner(k.Origin, pub, slow{private, delay}); err != nil {
		t.Fatal(err)
	}
	vkey, err := audit.VerifierKey(k.Origin, pub)
	if err != nil {
		t.Fatal(err)
	}
	k.LogVerifier, err = note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFigureSlowHSM(t *testing.T) {
	for _, driver := range []struct{ driver, name string }{{store.MySQL, "mariadb"}, {store.SQLite, "sqlite"}} {
		five := "commit-256-" + driver.name + "-hsm5"
		if !figure.Wanted(five) && !figure.Wanted("commit-256-"+driver.name+"-hsm50") {
			continue
		}
		l := newLoad(t, driver.driver, 7680)
		var without, with5, with50 []float64
		for range figure.Rounds {
			for _, side := range []struct {
				delay time.Duration
				to    *[]float64
			}{{0, &without}, {5 * time.Millisecond, &with5}, {50 * time.Millisecond, &with50}} {
				w := l.fresh(t, storetest.Config(t, driver.driver), slowKeys(t, l.w.Keys, side.delay))
				*side.to = append(*side.to, l.ours(t, w, 256))
				w.Store.Close()
			}
		}
		figure.Rates(five, with5, without, 0.8, "acts/s")
		figure.Rates("commit-256-"+driver.name+"-hsm50", with50, without, 0, "acts/s")
	}
}
