package storetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver that the store uses
)

// A Server is one real MariaDB on a unix socket in a directory of its own.
type Server struct {
	Dir, Socket string
	cmd         *exec.Cmd
	exited      chan error
}

// shared is the one server of a test process. It ends with the process: a test
// binary has no last test that could stop it, so a watcher does (see watch).
var shared struct {
	sync.Mutex
	server *Server
	err    error
}

// MariaDB gives the DSN of a fresh, migrated-by-nobody database on the test
// process's one MariaDB, and drops it when the test ends.
func MariaDB(tb testing.TB) string {
	tb.Helper()
	server := Shared(tb)
	name := "t_" + token()
	server.Exec(tb, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	tb.Cleanup(func() { server.Exec(tb, "DROP DATABASE "+name) })
	return server.DSN("root", name)
}

// Shared gives the process's one server, started when first asked for.
func Shared(tb testing.TB) *Server {
	tb.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = startShared()
	}
	if shared.err != nil {
		tb.Fatalf("MariaDB: %v", shared.err)
	}
	return shared.server
}

func startShared() (*Server, error) {
	dir, err := os.MkdirTemp("", "mdb")
	if err != nil {
		return nil, err
	}
	if err := Install(dir); err != nil {
		return nil, err
	}
	s, err := Start(dir)
	if err != nil {
		return nil, err
	}
	return s, s.watch()
}

// watch starts a shell that ends the server and removes its directory when
// this process is gone, however it went.
func (s *Server) watch() error {
	script := fmt.Sprintf("while kill -0 %d 2>/dev/null; do sleep 1; done; kill -9 %d 2>/dev/null; sleep 1; rm -rf '%s'",
		os.Getpid(), s.cmd.Process.Pid, s.Dir)
	return exec.Command("setsid", "sh", "-c", script).Start()
}

// Install makes an empty data directory under dir.
func Install(dir string) error {
	if _, err := exec.LookPath("mariadb-install-db"); err != nil {
		return errors.New("not installed; the tests need it: apt-get install mariadb-server")
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	cmd := exec.Command("mariadb-install-db", "--no-defaults", "--datadir="+filepath.Join(dir, "data"),
		"--auth-root-authentication-method=normal", "--skip-test-db", "--user="+account())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, tail(out))
	}
	return nil
}

// Start runs the server over an installed directory and waits until it
// answers. Durability is as in production: each COMMIT is flushed. env is added to
// its environment.
func Start(dir string, env ...string) (*Server, error) {
	binary, err := exec.LookPath("mariadbd")
	if err != nil {
		return nil, errors.New("not installed; the tests need it: apt-get install mariadb-server")
	}
	s := &Server{Dir: dir, Socket: filepath.Join(dir, "s"), exited: make(chan error, 1)}
	os.Remove(s.Socket)
	out, err := os.OpenFile(filepath.Join(dir, "out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	s.cmd = exec.Command(binary, "--no-defaults", "--user="+account(), "--datadir="+filepath.Join(dir, "data"),
		"--socket="+s.Socket, "--pid-file="+filepath.Join(dir, "pid"), "--skip-networking", "--max-connections=700", "--back-log=700",
		"--innodb-buffer-pool-size=256M", "--innodb-log-file-size=256M", "--innodb-flush-log-at-trx-commit=1",
		"--performance-schema=OFF", "--character-set-server=utf8mb4")
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Env = out, out, append(os.Environ(), env...)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { s.exited <- s.cmd.Wait() }()
	return s, s.answer(30 * time.Second)
}

func (s *Server) answer(patience time.Duration) error {
	db, err := sql.Open("mysql", s.DSN("root", ""))
	if err != nil {
		return err
	}
	defer db.Close()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(s.Socket); err != nil {
			continue
		}
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
	}
	out, _ := os.ReadFile(filepath.Join(s.Dir, "out"))
	return fmt.Errorf("it did not answer: %s", tail(out))
}

// Kill ends the server at once, as a power cut would, and waits until it is gone.
func (s *Server) Kill() {
	s.cmd.Process.Kill()
	<-s.exited
}

// DSN names a database on this server.
func (s *Server) DSN(account, database string) string {
	return account + "@unix(" + s.Socket + ")/" + database
}

// Exec runs one statement as the server's root.
func (s *Server) Exec(tb testing.TB, statement string) {
	tb.Helper()
	db, err := sql.Open("mysql", s.DSN("root", "")+"?multiStatements=true")
	if err != nil {
		tb.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		tb.Fatalf("%s: %v", statement, err)
	}
}

// account is who runs the server: it refuses root unless told so by name.
func account() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "root"
}

func tail(out []byte) string {
	s := strings.TrimSpace(string(out))
	if len(s) > 600 {
		s = s[len(s)-600:]
	}
	return s
}

func token() string {
	var b [6]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
