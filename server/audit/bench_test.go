//go:build bench

package audit_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/audit"
)

const benchEntries = 1_000_000

// The figure auditverify-1m: verifying an export of 1,000,000 sealed entries
// of 1,000,000 subjects (tree, entries, chains; no bodies), on all cores as the
// program does it, against reading and SHA-256-hashing the same files one after
// another, as sha256sum does. The same opponent on all cores is printed beside
// it and counts for nothing.
func TestFigureAuditverify1M(t *testing.T) {
	if only := os.Getenv("ONLY"); only != "" && only != "auditverify-1m" {
		return // another figure was asked for
	}
	dir, key := millionEntries(t)
	files := filesOf(t, dir)
	rounds, burnt := map[string][]float64{}, map[string]float64{}
	timed := func(name string, run func()) {
		runtime.GC()
		start, before := time.Now(), processorTime(t)
		run()
		rounds[name] = append(rounds[name], time.Since(start).Seconds())
		burnt[name] += processorTime(t) - before
	}
	const ours, both, single = "auditverify log", "read + SHA-256, all cores", "read + SHA-256, one core"
	hashFiles(t, files, 1) // the files are in the page cache for everybody
	for range 5 {
		timed(ours, func() {
			report, err := audit.VerifyLog(t.Context(), dir, key, audit.LogOptions{})
			if err != nil || !report.Findings.OK() || report.Checkpoint.Size != benchEntries {
				t.Fatal(err, report.Findings.List)
			}
		})
		timed(both, func() { hashFiles(t, files, runtime.GOMAXPROCS(0)) })
		timed(single, func() { hashFiles(t, files, 1) })
	}
	for _, name := range []string{ours, both, single} {
		slices.Sort(rounds[name])
		r := rounds[name]
		fmt.Printf("%-26s median %.3f s, spread %.3f-%.3f s, processor time %.2f s, %d rounds, %d cores\n",
			name, r[2], r[0], r[4], burnt[name]/float64(len(r)), len(r), runtime.GOMAXPROCS(0))
	}
	var usage runtime.MemStats
	runtime.ReadMemStats(&usage)
	fmt.Printf("memory taken from the system: %d MiB; entries %d\n", usage.Sys>>20, benchEntries)
	fmt.Printf("opponent that counts: %s; against %s the ratio is %.2f\n", single, both, rounds[both][2]/rounds[ours][2])
	ratio, verdict := rounds[single][2]/rounds[ours][2], "short"
	if ratio >= 0.5 {
		verdict = "held"
	}
	fmt.Printf("bench\tauditverify-1m\tratio=%.2f\tgoal=0.5\t%s\n", ratio, verdict)
}

// processorTime is what this process has used of all cores, in seconds.
func processorTime(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

func millionEntries(t *testing.T) (string, note.Verifier) {
	t.Helper()
	pub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const origin = "log.sealdesk.example/bench"
	signer, err := audit.NewSigner(origin, pub, private)
	if err != nil {
		t.Fatal(err)
	}
	vkey, err := audit.VerifierKey(origin, pub)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "log")
	w, err := audit.NewExport(dir)
	if err != nil {
		t.Fatal(err)
	}
	digest := func(kind string, i int) audit.Digest { return sha256.Sum256(fmt.Append(nil, kind, i)) }
	start := time.Date(2024, 9, 23, 0, 0, 0, 0, time.UTC)
	for i := range benchEntries {
		received := start.Add(time.Duration(i) * 7 * time.Millisecond)
		key := digest("key", i%500)
		b, err := audit.Entry{Number: uint64(i), Previous: -1, Received: received, Logged: received.Add(5 * time.Millisecond),
			Act: "conclude", Actor: fmt.Sprintf("U%05d", i%500), Key: hex.EncodeToString(key[:]), Body: "341021",
			Subject: fmt.Sprintf("application/A2024-%07d", i), Signed: 1, Signers: 1,
			Statement: digest("text", i), Seal: digest("seal", i), State: digest("state", i)}.Print()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	checkpoint, err := audit.SignCheckpoint(audit.Checkpoint{Origin: origin, Size: w.Size(), Root: w.Root()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(checkpoint); err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return dir, verifier
}

func filesOf(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	var size int64
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files = append(files, path)
		info, err := d.Info()
		size += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%d files, %d MiB\n", len(files), size>>20)
	return files
}

// hashFiles is the opponent.
func hashFiles(t *testing.T, files []string, workers int) {
	var owned sync.WaitGroup
	work := make(chan string, 64)
	for range workers {
		owned.Go(func() {
			buffer := make([]byte, 1<<20)
			for path := range work {
				f, err := os.Open(path)
				if err != nil {
					t.Error(err)
					continue
				}
				h := sha256.New()
				for {
					n, err := f.Read(buffer)
					h.Write(buffer[:n])
					if err != nil {
						break
					}
				}
				h.Sum(nil)
				f.Close()
			}
		})
	}
	for _, path := range files {
		work <- path
	}
	close(work)
	owned.Wait()
}
