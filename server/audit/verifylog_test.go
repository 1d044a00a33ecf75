package audit_test

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/audit"
	"sealdesk/server/audit/audittest"
)

func verifier(t *testing.T, vkey string) note.Verifier {
	t.Helper()
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func rootsOf(l *audittest.Log) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(l.CA)
	return pool
}

func TestAnUntouchedLogVerifiesWithItsBodiesAndGenesis(t *testing.T) {
	for _, size := range []int{8, 256, 300, 600} {
		l := audittest.Sample(t, size)
		dir, bodies := filepath.Join(t.TempDir(), "log"), t.TempDir()
		l.Export(dir)
		l.WriteBodies(bodies)
		report, err := audit.VerifyLog(t.Context(), dir, verifier(t, l.VKey), audit.LogOptions{
			Genesis: []byte(audit.GenesisFingerprint(l.Entries[0])), Bodies: bodies})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings.List {
			t.Errorf("%d entries: %s", size, f)
		}
		if want := (audit.BodyReport{Seals: 6, Subjects: 7, Rows: 7, Opened: 7}); report.Bodies != want {
			t.Errorf("%d entries: bodies are %+v, want %+v", size, report.Bodies, want)
		}
	}
}

func TestALogWithoutEntriesVerifies(t *testing.T) {
	l := audittest.New(t)
	dir := filepath.Join(t.TempDir(), "log")
	l.Export(dir)
	report, err := audit.VerifyLog(t.Context(), dir, verifier(t, l.VKey), audit.LogOptions{})
	if err != nil || !report.Findings.OK() {
		t.Fatal(err, report.Findings)
	}
	report, err = audit.VerifyLog(t.Context(), dir, verifier(t, l.VKey), audit.LogOptions{Genesis: make([]byte, 64)})
	if err != nil || report.Findings.OK() {
		t.Error("a log without entry 0 verified against a genesis", err)
	}
}

func TestAnExportWithoutCheckpointCannotBeJudged(t *testing.T) {
	if _, err := audit.VerifyLog(t.Context(), t.TempDir(), verifier(t, audittest.New(t).VKey), audit.LogOptions{}); err == nil {
		t.Error("a verdict over an empty directory")
	}
}

func TestEveryAlteredByteOfAnExportIsFound(t *testing.T) {
	l := audittest.Sample(t, 9)
	dir := filepath.Join(t.TempDir(), "log")
	l.Export(dir)
	key := verifier(t, l.VKey)
	notVerified := func(what string) {
		t.Helper()
		report, err := audit.VerifyLog(t.Context(), dir, key, audit.LogOptions{Workers: 1})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if report.Findings.OK() {
			t.Errorf("%s: verified", what)
		}
		for _, f := range report.Findings.List {
			if f.Field == "" || f.Sentence == "" {
				t.Errorf("%s: finding without field or sentence: %+v", what, f)
			}
		}
	}
	for _, path := range []string{"checkpoint", "tile/0/000.p/9", "tile/entries/000.p/9"} {
		file := filepath.Join(dir, path)
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		write := func(b []byte) {
			if err := os.WriteFile(file, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for i := range whole {
			altered := append([]byte(nil), whole...)
			altered[i] ^= 1 << (i % 8)
			write(altered)
			notVerified("byte altered in " + path)
			if i%8 == 0 {
				write(append(append(append([]byte(nil), whole[:i]...), byte(i)), whole[i:]...))
				notVerified("byte inserted in " + path)
				write(append(append([]byte(nil), whole[:i]...), whole[i+1:]...))
				notVerified("byte removed from " + path)
				write(whole[:i])
				notVerified("file cut short: " + path)
			}
		}
		write(append(append([]byte(nil), whole...), 'x'))
		notVerified("byte added to " + path)
		if path != "checkpoint" {
			os.Remove(file)
			notVerified("file missing: " + path)
		}
		write(whole)
	}
}

func TestACheckpointThatClaimsMoreThanThereIsEndsSoon(t *testing.T) {
	l := audittest.Sample(t, 300)
	dir := filepath.Join(t.TempDir(), "log")
	l.Export(dir)
	signed, err := audit.SignCheckpoint(audit.Checkpoint{Origin: audittest.Origin, Size: 1<<53 - 1}, l.Signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, audit.CheckpointPath), signed, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for _, workers := range []int{1, 3} {
		report, err := audit.VerifyLog(ctx, dir, verifier(t, l.VKey), audit.LogOptions{Workers: workers})
		if err != nil || report.Findings.OK() || !report.Findings.Cut {
			t.Errorf("%d workers: %v, %d faults", workers, err, len(report.Findings.List))
		}
	}
}

func TestAPipeInTheExportIsNotWaitedFor(t *testing.T) {
	l := audittest.Sample(t, 9)
	for _, path := range []string{"checkpoint", "tile/0/000.p/9", "tile/entries/000.p/9"} {
		dir := filepath.Join(t.TempDir(), "log")
		l.Export(dir)
		file := filepath.Join(dir, path)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(file, 0o600); err != nil {
			t.Fatal(err)
		}
		told := make(chan error, 1)
		go func() {
			_, err := audit.VerifyLog(context.Background(), dir, verifier(t, l.VKey), audit.LogOptions{})
			told <- err
		}()
		select {
		case err := <-told:
			if err == nil {
				t.Errorf("%s: a verdict", path)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: the verifier waits for the pipe", path)
		}
	}
}
