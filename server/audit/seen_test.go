package audit_test

import (
	"path/filepath"
	"testing"

	"sealdesk/server/audit"
	"sealdesk/server/audit/audittest"
)

// Sizes at, before and after the borders of bundles, and a log that is whole.
func TestALogIsHeldAgainstEveryStateThatWasSeenOfIt(t *testing.T) {
	l, other := audittest.Sample(t, 600), audittest.Sample(t, 600)
	dir := filepath.Join(t.TempDir(), "log")
	l.Export(dir)
	key := verifier(t, l.VKey)
	judge := func(seen ...audit.Seen) (audit.LogReport, error) {
		return audit.VerifyLog(t.Context(), dir, key, audit.LogOptions{Seen: seen, Workers: 1})
	}
	for _, size := range []int{0, 1, 7, 255, 256, 257, 512, 513, 600} {
		ours, err := audit.SeenCheckpoint("old", l.CheckpointAt(size), key)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := judge(ours); err != nil || !r.Findings.OK() {
			t.Errorf("size %d: %v, %v", size, err, r.Findings.List)
		}
		theirs, err := audit.SeenCheckpoint("old", other.CheckpointAt(size), key)
		if err != nil {
			t.Fatal(err)
		}
		if size == 0 {
			theirs.Head.Root[0] ^= 1
		}
		r, err := judge(ours, theirs)
		if err != nil || len(r.Findings.List) != 1 {
			t.Errorf("another history of size %d: %v, %v", size, err, r.Findings.List)
		}
		wantFault(t, "another history", r.Findings, -1, audit.CheckpointPath)
	}
	for _, c := range []struct {
		log *audittest.Log
		ok  bool
	}{{l, true}, {other, false}} {
		seen, err := audit.SeenProof("old", c.log.Proof(c.log.Acts[adverseAct], 0, c.log.Checkpoint()), key)
		if err != nil || len(seen) != 2 {
			t.Fatal(err, seen)
		}
		r, err := judge(seen...)
		if err != nil || r.Findings.OK() != c.ok {
			t.Errorf("a proof: %v, %v", err, r.Findings.List)
		}
		if !c.ok {
			wantFault(t, "another entry", r.Findings, int64(c.log.Acts[adverseAct].Numbers[1]), "条目")
		}
	}
	later, err := audit.SeenCheckpoint("old", audittest.Sample(t, 601).CheckpointAt(601), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := judge(later); err == nil {
		t.Error("a log is judged against a state that it has not reached")
	}
}
