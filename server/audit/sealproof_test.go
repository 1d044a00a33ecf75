package audit_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/server/audit"
	"sealdesk/server/audit/audittest"
)

func written(t testing.TB, p audit.Proof) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := audit.WriteProof(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readBack(b []byte) (audit.Proof, error) {
	return audit.ReadProof(bytes.NewReader(b), int64(len(b)))
}

// The acts of audittest.Sample that have proofs.
const (
	openingAct = 0
	loginAct   = 1
	batchAct   = 2
	adverseAct = 3
)

func TestAProofIsReadBackAndVerifiesForEveryShapeOfAct(t *testing.T) {
	l := audittest.Sample(t, 300)
	for i, act := range l.Acts {
		b := written(t, l.Proof(act, 0, l.Checkpoint()))
		if !bytes.Equal(b, written(t, l.Proof(act, 0, l.Checkpoint()))) {
			t.Errorf("act %d: the same proof gives other bytes", i)
		}
		p, err := readBack(b)
		if err != nil {
			t.Fatalf("act %d: %v", i, err)
		}
		report := audit.VerifyProof(p, verifier(t, l.VKey), rootsOf(l), audit.Policy{})
		if !report.Findings.OK() || len(report.Numbers) != len(act.Numbers) {
			t.Errorf("act %d: %v", i, report.Findings.List)
		}
	}
}

// The command is the one that the proof's README tells people to type. Of the
// authorities that the system trusts none may count.
func TestOpensslAcceptsTheSealsOfAProof(t *testing.T) {
	l := audittest.Sample(t, 20)
	dir, trusted := t.TempDir(), t.TempDir()
	p := l.Proof(l.Acts[adverseAct], 0, l.Checkpoint())
	write := func(dir, name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := ""
	for _, m := range membersOf(t, written(t, p)) {
		write(dir, m.name, m.data)
		if m.name == "README.txt" {
			_, command, _ = strings.Cut(string(m.data), "openssl ")
			command, _, _ = strings.Cut(command, "\n")
		}
	}
	write(trusted, "ca.pem", l.CAPEM)
	openssl := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("openssl", args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	openssl("rehash", trusted)
	openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=another",
		"-keyout", filepath.Join(trusted, "another.key"), "-out", filepath.Join(trusted, "another.pem"))
	verify := func(n int) error {
		cmd := exec.Command("openssl", strings.Fields(strings.ReplaceAll(command, "seal-n", "seal-"+strconv.Itoa(n)))...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "SSL_CERT_DIR="+trusted)
		return cmd.Run()
	}
	write(dir, "ca.pem", l.CAPEM)
	for n := 1; n <= 2; n++ {
		if err := verify(n); err != nil {
			t.Errorf("seal %d: %v", n, err)
		}
	}
	another, err := os.ReadFile(filepath.Join(trusted, "another.pem"))
	if err != nil {
		t.Fatal(err)
	}
	write(dir, "ca.pem", another)
	if verify(1) == nil {
		t.Error("openssl accepts the seal of an authority that only the system trusts")
	}
	write(dir, "ca.pem", l.CAPEM)
	text := append([]byte(nil), p.Statement...)
	text[len(text)-2] ^= 1
	write(dir, "statement.txt", text)
	if verify(1) == nil {
		t.Error("openssl accepts the seal over an altered statement")
	}
}

func TestAProofKeepsTheReadmeOfItsTime(t *testing.T) {
	l := audittest.Sample(t, 20)
	members := membersOf(t, written(t, l.Proof(l.Acts[adverseAct], 0, l.Checkpoint())))
	texts, err := filepath.Glob("readme/*.txt")
	if err != nil || len(texts) < 2 {
		t.Fatal(err, texts)
	}
	for _, path := range texts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		members[0] = member{"README.txt", text}
		if _, err := readBack(pack(t, members)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		members[0].data = append(text, "全部属实。\n"...)
		if _, err := readBack(pack(t, members)); err == nil {
			t.Errorf("%s with a line more is accepted", path)
		}
	}
}

func TestEveryAlteredByteOfAProofIsFound(t *testing.T) {
	l := audittest.Sample(t, 20)
	key, roots := verifier(t, l.VKey), rootsOf(l)
	whole := membersOf(t, written(t, l.Proof(l.Acts[batchAct], 1, l.Checkpoint())))
	for at := range whole {
		for i := range whole[at].data {
			altered := append([]member(nil), whole...)
			altered[at].data = append([]byte(nil), whole[at].data...)
			altered[at].data[i] ^= 1 << (i % 8)
			p, err := readBack(pack(t, altered))
			if err != nil {
				continue
			}
			report := audit.VerifyProof(p, key, roots, audit.Policy{})
			if report.Findings.OK() {
				t.Errorf("byte %d of %s altered: verified", i, whole[at].name)
			}
			for _, f := range report.Findings.List {
				if f.Field == "" || f.Sentence == "" {
					t.Errorf("byte %d of %s altered: %+v", i, whole[at].name, f)
				}
			}
		}
	}
}

func TestAProofThatDoesNotFitTogetherIsRefusedWithItsField(t *testing.T) {
	l := audittest.Sample(t, 300)
	other := audittest.Sample(t, 300)
	batch := func() audit.Proof { return l.Proof(l.Acts[batchAct], 0, l.Checkpoint()) }
	adverse := func() audit.Proof { return l.Proof(l.Acts[adverseAct], 0, l.Checkpoint()) }
	for name, c := range map[string]struct {
		field string
		proof func() audit.Proof
	}{
		"another person's row": {"opening.txt", func() audit.Proof {
			p := batch()
			p.Opening.Row.Record = "application/A2024-000002"
			return p
		}},
		"no row of a batch": {"opening.txt", func() audit.Proof {
			p := batch()
			p.Opening.Row = nil
			return p
		}},
		"a row of a single statement": {"opening.txt", func() audit.Proof {
			p := adverse()
			p.Opening.Row = batch().Opening.Row
			return p
		}},
		"the second signer missing": {"签署进度", func() audit.Proof {
			p := adverse()
			p.Signers, p.Opening.Signers = p.Signers[:1], p.Opening.Signers[:1]
			return p
		}},
		"the signers exchanged": {"签署进度", func() audit.Proof {
			p := adverse()
			p.Signers[0], p.Signers[1] = p.Signers[1], p.Signers[0]
			p.Opening.Signers[0], p.Opening.Signers[1] = p.Opening.Signers[1], p.Opening.Signers[0]
			return p
		}},
		"one seal twice": {"签章摘要", func() audit.Proof {
			p := adverse()
			p.Signers[1].Seal = p.Signers[0].Seal
			return p
		}},
		"another statement's entry": {"陈述摘要", func() audit.Proof {
			p := batch()
			p.Signers[0].Entry, p.Signers[0].Inclusion = adverse().Signers[0].Entry, adverse().Signers[0].Inclusion
			return p
		}},
		"another entry's inclusion": {"inclusion-1.tlog-proof", func() audit.Proof {
			p := batch()
			p.Signers[0].Inclusion = adverse().Signers[0].Inclusion
			return p
		}},
		"another log of the same key with other people": {"seal-1.p7s", func() audit.Proof {
			return other.Proof(other.Acts[batchAct], 0, other.Checkpoint())
		}},
	} {
		report := audit.VerifyProof(c.proof(), verifier(t, l.VKey), rootsOf(l), audit.Policy{})
		found := false
		for _, f := range report.Findings.List {
			found = found || f.Field == c.field
		}
		if !found {
			t.Errorf("%s: want a fault in %s, got %v", name, c.field, report.Findings.List)
		}
	}
	policy, err := audit.ParsePolicy([]byte("witness a "+witnessVKey+"\nquorum a\n"), verifier(t, l.VKey))
	if err != nil {
		t.Fatal(err)
	}
	if report := audit.VerifyProof(batch(), verifier(t, l.VKey), rootsOf(l), policy); report.Findings.OK() {
		t.Error("a proof without cosignature satisfies a policy that wants one")
	}
}

// witnessVKey is a public key of type 0x04 whose secret nobody kept.
const witnessVKey = "witness.example/w+46d9ff8c+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"

// The golden proof was made once and must verify for ever.
func TestTheGoldenProofStillVerifies(t *testing.T) {
	dir := filepath.Join("testdata", "proof")
	if os.Getenv("SEALDESK_WRITE_GOLDEN_PROOF") != "" {
		l := audittest.Sample(t, 300)
		for name, data := range map[string][]byte{"batch.sealproof": written(t, l.Proof(l.Acts[batchAct], 1, l.Checkpoint())),
			"adverse.sealproof": written(t, l.Proof(l.Acts[adverseAct], 0, l.Checkpoint())), "ca.pem": l.CAPEM, "log.vkey": []byte(l.VKey + "\n")} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	roots, err := audit.ParseRoots(read("ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"batch.sealproof", "adverse.sealproof"} {
		p, err := readBack(read(name))
		if err != nil {
			t.Fatal(err)
		}
		report := audit.VerifyProof(p, verifier(t, strings.TrimSpace(string(read("log.vkey")))), rootsOf(&audittest.Log{CA: roots[0]}), audit.Policy{})
		if !report.Findings.OK() {
			t.Errorf("%s: %v", name, report.Findings.List)
		}
	}
}

func FuzzReadProof(f *testing.F) {
	l := audittest.Sample(f, 12)
	f.Add(written(f, l.Proof(l.Acts[adverseAct], 0, l.Checkpoint())))
	f.Add(written(f, l.Proof(l.Acts[batchAct], 0, l.Checkpoint())))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := readBack(b)
		if err != nil {
			return
		}
		again, err := readBack(written(t, p))
		if err != nil || string(again.Statement) != string(p.Statement) || len(again.Signers) != len(p.Signers) {
			t.Errorf("a proof does not survive being written: %v", err)
		}
	})
}

func TestABatchThatDecidesTwiceOnARecordProvesNothingAboutIt(t *testing.T) {
	l := audittest.Sample(t, 8)
	twice := seal.Annex{Columns: []string{"申请人", "结论"}, Rows: []seal.AnnexRow{
		{Record: "application/A1", Salt: [16]byte{1}, Cells: []string{"方小虎", "合格"}}, {Record: "application/A1", Salt: [16]byte{2}, Cells: []string{"方小虎", "不合格"}}}}
	l.Seal("conclude", "batch/2024-2", seal.Conclude, []seal.Field{{Label: "计划年度", Value: "2024"}, {Label: "结论", Value: "注册合格"},
		{Label: "规则包", Value: "rules-1"}}, twice, l.People[2])
	parts := seal.Annex{Columns: []string{"项目", "内容"}, Rows: []seal.AnnexRow{
		{Record: "incident/1", Salt: [16]byte{3}, Cells: []string{"经过", "丢失"}}, {Record: "incident/1", Salt: [16]byte{4}, Cells: []string{"处置", "找回"}}}}
	l.Seal("record_incident", "incident/1", seal.IncidentReport, []seal.Field{{Label: "计划年度", Value: "2024"}, {Label: "事件编号", Value: "1"},
		{Label: "发现时间", Value: "2024-11-20T09:30"}, {Label: "可能泄露", Value: "否"}, {Label: "涉及人数", Value: "0"}}, parts, l.People[2])
	judge := func(act audittest.Act) audit.Findings {
		return audit.VerifyProof(l.Proof(act, 0, l.Checkpoint()), verifier(t, l.VKey), rootsOf(l), audit.Policy{}).Findings
	}
	wantFault(t, "two conclusions", judge(l.Acts[len(l.Acts)-2]), -1, "statement.txt")
	if f := judge(l.Acts[len(l.Acts)-1]); !f.OK() {
		t.Errorf("a text in two parts: %v", f.List)
	}
}

func TestTwoRootsOfOneSizeInAProofAreAFork(t *testing.T) {
	l := audittest.Sample(t, 20)
	p := l.Proof(l.Acts[adverseAct], 0, l.Checkpoint())
	number := l.Acts[adverseAct].Numbers[1]
	var other audit.Edge
	for i, b := range l.Entries {
		if i == 15 {
			e, err := audit.ParseEntry(b)
			if err != nil {
				t.Fatal(err)
			}
			e.Note = "x"
			if b, err = e.Print(); err != nil {
				t.Fatal(err)
			}
		}
		other.Append(audit.LeafHash(b))
	}
	signed, err := audit.SignCheckpoint(audit.Checkpoint{Origin: audittest.Origin, Size: other.Size(), Root: other.Root()}, l.Signer)
	if err != nil {
		t.Fatal(err)
	}
	inclusion, err := audit.ProveInclusion(t.Context(), audit.WithEdge(nil, &other), other.Size(), other.Root(), number)
	if err != nil {
		t.Fatal(err)
	}
	p.Signers[1].Inclusion = audit.Receipt{Number: number, Entry: l.Entries[number], Checkpoint: signed, Proof: inclusion}.TLogProof()
	findings := audit.VerifyProof(p, verifier(t, l.VKey), rootsOf(l), audit.Policy{}).Findings
	wantFault(t, "a fork", findings, int64(number), "inclusion-2.tlog-proof")
	for _, f := range findings.List {
		if !strings.Contains(f.Sentence, "日志分叉") {
			t.Error(f)
		}
	}
}
