package store_test

import (
	"bufio"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/audit"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// points are all places around COMMIT and signature where a process may die.
var points = []string{"gathered", "begun", "judged", "flushed", "committed", "head-read", "signed", "answered"}

// A crash is one run: children on one database, and a parent that counts.
type crash struct {
	t      *testing.T
	w      *storetest.World
	file   string
	acked  map[int]uint64
	hits   map[string]int
	next   int // application that was not given out yet
	total  int
	server *storetest.Server // of its own, if the database is killed
}

// process is a running child.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

func newCrash(t *testing.T, c store.Config, applications int) *crash {
	t.Helper()
	k := &crash{t: t, w: storetest.Build(t, c), file: filepath.Join(t.TempDir(), "world.json"), acked: map[int]uint64{}, hits: map[string]int{}, total: applications}
	for from := 0; from < applications; from += 500 {
		var list []registration.Application
		for i := from; i < min(applications, from+500); i++ {
			list = append(list, k.w.Application(i, "HS1"))
		}
		k.w.Import(t, "U00003", "HS1", list...)
	}
	b, err := k.w.Carry()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(k.file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.w.Store.Close(); err != nil {
		t.Fatal(err)
	}
	return k
}

// start runs a child and waits until its store is open.
func (k *crash) start(env ...string) *process {
	k.t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), lines: make(chan string, 4096)}
	p.cmd.Env = append(append(os.Environ(), childMark+"="+k.file), env...)
	var errors strings.Builder
	p.cmd.Stderr = &errors
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		k.t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	go func() {
		s := bufio.NewScanner(out)
		for s.Scan() {
			p.lines <- s.Text()
		}
		close(p.lines)
	}()
	if line := <-p.lines; line != "open" {
		p.cmd.Wait()
		k.t.Fatalf("a child did not open its store: %q %s", line, errors.String())
	}
	return p
}

func (p *process) tell(format string, args ...any) { fmt.Fprintf(p.in, format+"\n", args...) }

// hear takes lines until one begins with a word, or the child is gone; it
// counts acknowledgements on the way.
func (k *crash) hear(p *process, until string) bool {
	k.t.Helper()
	patience := time.After(60 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				return false
			}
			words := strings.Fields(line)
			if words[0] == "ack" {
				i, _ := strconv.Atoi(words[1])
				number, _ := strconv.ParseUint(words[2], 10, 64)
				if before, twice := k.acked[i]; twice && before != number {
					k.t.Errorf("application %d was acknowledged as %d and as %d", i, before, number)
				}
				k.acked[i] = number
			}
			if words[0] == until {
				return true
			}
		case <-patience:
			p.cmd.Process.Kill()
			k.t.Fatalf("a child said nothing for 60 s, waiting for %q", until)
		}
	}
}

// killPortal lets a child die at a point, the n-th time it comes there.
func (k *crash) killPortal(point string, n int) {
	k.t.Helper()
	p := k.start()
	p.tell("arm %s %d", point, n)
	p.tell("write %d %d", k.next, k.total)
	if k.hear(p, "done") {
		k.t.Fatalf("the child wrote all that was left and never died at %s", point)
	}
	p.cmd.Wait()
	if status := p.cmd.ProcessState.String(); !strings.Contains(status, "killed") {
		k.t.Fatalf("at %s the child ended by itself: %s", point, status)
	}
	k.hits["portal "+point]++
	k.advance()
}

// advance gives out only what nobody acknowledged.
func (k *crash) advance() {
	for k.next < k.total {
		if _, ok := k.acked[k.next]; !ok {
			return
		}
		k.next++
	}
}

// killDatabase kills the server while the child stands at a point, starts it
// again and lets the same child go on.
func (k *crash) killDatabase(p *process, point string) {
	k.t.Helper()
	p.tell("hold %s", point)
	if !k.hear(p, "at") {
		k.t.Fatalf("the child died by itself before %s", point)
	}
	k.server.Kill()
	p.tell("go")
	time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
	again, err := storetest.Start(k.server.Dir)
	if err != nil {
		k.t.Fatal(err)
	}
	k.server = again
	k.hits["database "+point]++
}

// finish writes what is left, then holds the log and the records against what
// was acknowledged: none lost, none doubled, none half.
func (k *crash) finish(p *process) {
	k.t.Helper()
	if p == nil {
		p = k.start()
		p.tell("write %d %d", k.next, k.total)
	}
	if !k.hear(p, "done") {
		k.t.Fatal("the last child died")
	}
	p.tell("quit")
	p.cmd.Wait()
	k.judge()
}

func (k *crash) judge() {
	t := k.t
	t.Helper()
	s, err := store.Open(context.Background(), k.w.Config, k.w.Keys, k.w.Policy, k.w.Clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	db := k.w.Raw(t)
	rows, err := db.Query("SELECT number, subject FROM log_entries WHERE act = 'return_to_school' ORDER BY number")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	entries := map[string]uint64{}
	for rows.Next() {
		var number uint64
		var subject string
		if err := rows.Scan(&number, &subject); err != nil {
			t.Fatal(err)
		}
		if _, twice := entries[subject]; twice {
			t.Errorf("%s was returned twice", subject)
		}
		entries[subject] = number
	}
	if len(k.acked) != k.total {
		t.Errorf("%d of %d acts were acknowledged", len(k.acked), k.total)
	}
	for i, number := range k.acked {
		if subject := "application/" + k.w.Application(i, "HS1").ID; entries[subject] != number {
			t.Errorf("act %d was acknowledged as %d and is %d in the log: lost", i, number, entries[subject])
		}
	}
	report, err := s.CheckRecords(context.Background())
	if err != nil || len(report.Faults) > 0 {
		t.Errorf("records and log differ, half an act: %v %v", report.Faults, err)
	}
	verifyExport(t, s, k.w.Keys.LogVerifier, k.w.CA())
	k.histogram()
}

// verifyExport exports the log with its bodies and lets the independent
// verifier of server/audit judge it: the tree, the entries among themselves,
// every seal over its statement, every record's chain of states.
func verifyExport(t *testing.T, s *store.Store, log note.Verifier, ca []byte) {
	t.Helper()
	dir, bodies := filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "bodies")
	if err := s.ExportLog(context.Background(), dir, bodies); err != nil {
		t.Fatal(err)
	}
	pemBytes := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca})
	if err := os.WriteFile(filepath.Join(bodies, audit.CAPath), pemBytes, 0o600); err != nil {
		t.Fatal(err)
	}
	report, err := audit.VerifyLog(context.Background(), dir, log, audit.LogOptions{Bodies: bodies})
	if err != nil || !report.Findings.OK() || report.Bodies.Seals == 0 || report.Bodies.Subjects == 0 {
		t.Fatalf("the exported log does not verify: %v %v %+v", report.Findings, err, report.Bodies)
	}
}

func (k *crash) histogram() {
	names := make([]string, 0, len(k.hits))
	for name := range k.hits {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Printf("kills, %s (%d acts, %d acknowledged):\n", k.w.Config.Driver, k.total, len(k.acked))
	for _, name := range names {
		fmt.Printf("  %-22s %4d %s\n", name, k.hits[name], strings.Repeat("#", min(60, k.hits[name])))
	}
}

// crashRounds is how many databases are killed to pieces, each point five times
// in each; `make soak` raises it. A round has a database of its own: a log that
// grows for hours would only make every start slower.
var crashRounds = 1

const crashTimes = 5

func TestCrashOfThePortalAtAnyPointLosesDoublesAndHalvesNothing(t *testing.T) {
	for _, driver := range []string{store.SQLite, store.MySQL} {
		t.Run(driver, func(t *testing.T) {
			for range crashRounds {
				crashPortal(t, driver)
			}
		})
	}
}

func crashPortal(t *testing.T, driver string) {
	k := newCrash(t, storetest.Config(t, driver), crashTimes*len(points)*60+500)
	for range crashTimes {
		for _, point := range points {
			k.killPortal(point, 1+rand.IntN(4))
		}
	}
	k.finish(nil)
	k.complete("portal ")
}

func TestCrashOfTheDatabaseAtAnyPointLosesDoublesAndHalvesNothing(t *testing.T) {
	for range crashRounds {
		crashDatabase(t)
	}
}

func crashDatabase(t *testing.T) {
	dir, err := os.MkdirTemp("", "mdb")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := storetest.Install(dir); err != nil {
		t.Fatal(err)
	}
	server, err := storetest.Start(dir)
	if err != nil {
		t.Fatal(err)
	}
	server.Exec(t, "CREATE DATABASE crash CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	k := newCrash(t, store.Config{Driver: store.MySQL, DSN: server.DSN("root", "crash")}, crashTimes*len(points)*80+500)
	k.server = server
	defer func() { k.server.Kill() }()
	p := k.start()
	p.tell("write 0 %d", k.total)
	for range crashTimes {
		for _, point := range points {
			k.killDatabase(p, point)
		}
	}
	k.finish(p)
	k.complete("database ")
}

// complete says which point was hit less often than it should have been.
func (k *crash) complete(side string) {
	k.t.Helper()
	for _, point := range points {
		if k.hits[side+point] < crashTimes {
			k.t.Errorf("%s%s was hit %d times", side, point, k.hits[side+point])
		}
	}
}
