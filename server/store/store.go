package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	_ "github.com/mattn/go-sqlite3" // the embedded database
	gormmysql "gorm.io/driver/mysql"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// Store is one portal's door to the database. Several stores, in several
// processes, may share one database and then keep one log.
type Store struct {
	config   Config
	keys     Keys
	policy   *policy.Policy
	clock    func() time.Time
	log      *slog.Logger
	dialect  dialect
	cipher   *cipher
	commitDB *sql.DB
	read     *gorm.DB
	write    *gorm.DB // scratch that must last
	jotting  *gorm.DB // scratch that a power cut may take back

	ctx        context.Context // of the goroutines
	cancel     context.CancelFunc
	writing    sync.Locker // SQLite: one writer at a time, without polling
	committer  *committer
	signer     *signer
	power      *powers
	laws       laws
	ends       ends
	running    sync.WaitGroup // closures
	units      sync.Map       // id of a unit -> its kind
	keepsClock atomic.Bool    // groups are held to the database's clock
	mu         sync.RWMutex
	closed     bool
}

// Open connects, checks that the log continues what was last signed, signs in
// the HSM once, and starts the committer and the signer. The schema must be
// there: see Migrate.
func Open(ctx context.Context, c Config, k Keys, p *policy.Policy, clock func() time.Time) (*Store, error) {
	s := &Store{config: c.filled(), keys: k, policy: p, clock: clock, writing: nowhere{}}
	s.log = s.config.Logger
	var err error
	if s.cipher, err = newCipher(k); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "密钥环不完整，不能启动。请用 portal check 检查。")
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if err := s.connect(); err != nil {
		s.cancel()
		return nil, fault.Wrap(err, fault.Unavailable, "连接不上数据库，不能启动。请检查配置里的数据库地址和权限。")
	}
	if err := s.dialect.durable(ctx, s.ask); err != nil {
		s.disconnect()
		return nil, readable(err)
	}
	s.signer = newSigner(s)
	s.power = newPowers(s)
	if err := s.power.replay(ctx); err != nil {
		s.disconnect()
		return nil, err
	}
	if err := s.signer.prime(ctx); err != nil {
		s.disconnect()
		return nil, err
	}
	s.committer = &committer{store: s, queue: make(chan *act, s.config.Queue), stop: make(chan struct{}), done: make(chan struct{})}
	go s.signer.serve()
	go s.committer.serve()
	return s, nil
}

func (c Config) filled() Config {
	if c.MaxGroup <= 0 || c.MaxGroup > maxGroup {
		c.MaxGroup = maxGroup
	}
	if c.Queue <= 0 {
		c.Queue = maxQueue
	}
	if c.Readers <= 0 {
		c.Readers = 8
	}
	if c.Budget <= 0 {
		c.Budget = 250 * time.Millisecond
	}
	if c.ReadDSN == "" {
		c.ReadDSN = c.DSN
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// nowhere is the lock of a database that takes many writers.
type nowhere struct{}

func (nowhere) Lock()   {}
func (nowhere) Unlock() {}

// connect opens three pools: the committer's, the scratch writers', the readers'.
func (s *Store) connect() error {
	var driver, commit, scratch, read string
	var err error
	switch s.config.Driver {
	case SQLite:
		driver, commit, read = "sqlite3", sqliteDSN(s.config.DSN, true), sqliteDSN(s.config.ReadDSN, false)
		scratch = commit
		s.dialect, s.writing = sqliteDialect{}, &sync.Mutex{}
	case MySQL:
		driver = "mysql"
		s.dialect = mysqlDialect{}
		if commit, err = mysqlDSN(s.config.DSN, true, answerTime); err != nil {
			return err
		}
		if scratch, err = mysqlDSN(s.config.DSN, false, 0); err != nil {
			return err
		}
		if read, err = mysqlDSN(s.config.ReadDSN, false, 0); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no driver %q", s.config.Driver)
	}
	if s.commitDB, err = sql.Open(driver, commit); err != nil {
		return err
	}
	s.commitDB.SetMaxOpenConns(2)
	writers := 8
	if s.config.Driver == SQLite {
		writers = 1
	}
	if s.write, err = openGorm(driver, scratch, writers); err != nil {
		return err
	}
	s.jotting = s.write
	if s.config.Driver == SQLite {
		if s.jotting, err = openGorm(driver, sqliteJotting(s.config.DSN), writers); err != nil {
			return err
		}
	}
	s.read, err = openGorm(driver, read, s.config.Readers)
	return err
}

func openGorm(driver, dsn string, connections int) (*gorm.DB, error) {
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	settings := &gorm.Config{SkipDefaultTransaction: true, Logger: logger.Discard}
	if driver == "mysql" {
		return gorm.Open(gormmysql.New(gormmysql.Config{Conn: pool, SkipInitializeWithVersion: true}), settings)
	}
	return gorm.Open(gormsqlite.Dialector{Conn: pool, DriverName: driver}, settings)
}

// Close lets the group under way end, answers what waits, and waits for every
// goroutine of the store.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.committer.stop)
	<-s.committer.done
	close(s.signer.stop)
	<-s.signer.done
	s.running.Wait()
	s.disconnect()
	return nil
}

func (s *Store) disconnect() {
	s.cancel()
	s.commitDB.Close()
	for _, g := range []*gorm.DB{s.read, s.write, s.jotting} {
		if pool, err := g.DB(); err == nil {
			pool.Close()
		}
	}
}

// Commit runs work in one durable transaction and appends the entry it
// returns. It answers after both are on disk and a signed checkpoint covers the
// entry.
//
// A refusal has a kind and a sentence, and nothing was changed. A receipt
// without a checkpoint says that the act stands as that number and the
// signature follows: the HSM failed between. With an error of kind conflict, a
// receipt that is not zero is that of the earlier act on the same seal. When
// ctx ends first the act goes on, and its outcome is found by posting the same
// seal again.
func (s *Store) Commit(ctx context.Context, g policy.Grant, seals []seal.Verified, work Work, opts ...Option) (audit.Receipt, error) {
	a, err := s.admit(ctx, g, seals, work, opts)
	if err != nil {
		return audit.Receipt{}, err
	}
	if err := s.enqueue(a); err != nil {
		return audit.Receipt{}, err
	}
	select {
	case got := <-a.done:
		if got.earlier >= 0 {
			if r, err := s.receipt(ctx, uint64(got.earlier)); err == nil {
				got.receipt = r
			}
		}
		return got.receipt, got.err
	case <-ctx.Done():
		return audit.Receipt{}, fault.Wrap(ctx.Err(), fault.Unavailable, "等待超时，这项操作可能已经办成。请稍后再提交同一份签章查询结果，不会重复办理。")
	}
}

func (s *Store) enqueue(a *act) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return closing()
	}
	select {
	case s.committer.queue <- a:
		return nil
	default:
		return fault.New(fault.Unavailable, "现在办理的人太多，这一项没有受理，已填的内容仍在。请一分钟后再试。")
	}
}

// ask runs one SELECT on the read pool.
func (s *Store) ask(ctx context.Context, w want) ([][]any, error) {
	rows, err := s.read.WithContext(ctx).Raw(w.query, w.args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	return collect(rows)
}

// flush returns when all that was seen in the database before it is on disk.
func (s *Store) flush(ctx context.Context) error {
	steps := s.dialect.flush()
	if len(steps) == 0 {
		return nil
	}
	return s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		for _, step := range steps {
			if err := tx.Exec(step.query).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// halt is where the crash test kills the process.
func (s *Store) halt(point string) {
	if s.config.halt != nil {
		s.config.halt(point)
	}
}

// between gives the crash test its place between flush and COMMIT, which else
// share one packet.
func (s *Store) between(point string) func() {
	if s.config.halt == nil {
		return nil
	}
	return func() { s.config.halt(point) }
}
