package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sealdesk/server/audit"
	"sealdesk/server/audit/audittest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"auditverify": func() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// Each script finds a log of 300 entries with bodies, its key, authority,
// genesis fingerprint and two proofs, another log's key, and checkpoints and a
// proof of other histories that the same key signed.
func TestScripts(t *testing.T) {
	l, other, longer := audittest.Sample(t, 300), audittest.Sample(t, 270), audittest.Sample(t, 301)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			l.Export(filepath.Join(env.WorkDir, "log"))
			bodies := filepath.Join(env.WorkDir, "bodies")
			l.WriteBodies(bodies)
			foreign, err := audit.VerifierKey("log.example/other", make([]byte, 32))
			if err != nil {
				return err
			}
			files := map[string][]byte{
				"log.vkey": []byte(l.VKey + "\n"), "other.vkey": []byte(foreign + "\n"), "ca.pem": l.CAPEM, "other.pem": other.CAPEM,
				"genesis.txt": []byte(audit.GenesisFingerprint(l.Entries[0]) + "\n"), "wrong-genesis.txt": []byte(audit.GenesisFingerprint(l.Entries[1])),
				"batch.sealproof":   proofFile(t, l.Proof(l.Acts[2], 1, l.Checkpoint())),
				"adverse.sealproof": proofFile(t, l.Proof(l.Acts[3], 0, l.Checkpoint())),
				"early.checkpoint":  l.CheckpointAt(260), "forked.checkpoint": other.CheckpointAt(260),
				"forked.sealproof": proofFile(t, other.Proof(other.Acts[2], 1, other.Checkpoint())),
				"later.checkpoint": longer.CheckpointAt(301),
			}
			for name, data := range files {
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), data, 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "flip": flip, "summed": summed},
	})
}

func proofFile(t *testing.T, p audit.Proof) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := audit.WriteProof(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// code runs a command and compares its exit code: code N command args…
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command args...")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = fmt.Sprint(exit.ExitCode())
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// summed wants the SHA-256 of a zip's member in the last output.
func summed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: summed zip member")
	}
	z, err := zip.OpenReader(ts.MkAbs(args[0]))
	ts.Check(err)
	defer z.Close()
	data, err := fs.ReadFile(z, args[1])
	ts.Check(err)
	if want := fmt.Sprintf("%s 的 SHA-256：%x\n", args[1], sha256.Sum256(data)); !strings.Contains(ts.ReadFile("stdout"), want) {
		ts.Fatalf("the output lacks %s", want)
	}
}

// flip alters one byte in the middle of a file.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: flip file")
	}
	path := ts.MkAbs(args[0])
	b, err := os.ReadFile(path)
	ts.Check(err)
	b[len(b)/2] ^= 1
	ts.Check(os.WriteFile(path, b, 0o600))
}
