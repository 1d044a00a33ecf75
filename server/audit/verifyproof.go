package audit

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/hsm/seal"
)

// A ProofReport is the verdict over one proof file.
type ProofReport struct {
	Findings  Findings
	Statement [sha256.Size]byte // SHA-256 of statement.txt, as sha256sum prints it
	Kind      seal.Kind
	Title     string   // what the kind is called
	Record    string   // of the opened row; "" for a statement without a table
	Numbers   []uint64 // of the entries, in the signers' order
	Entries   []Entry
}

// VerifyProof verifies a proof against the log's key, the issuing authorities
// and the witness policy (the zero policy demands no witness).
func VerifyProof(p Proof, log note.Verifier, roots *x509.CertPool, policy Policy) ProofReport {
	report := ProofReport{Statement: sha256.Sum256(p.Statement)}
	statement, err := seal.ParseDetached(p.Statement)
	if err != nil {
		report.Findings.add(-1, nameStatement, "%s", sentence(err))
		return report
	}
	report.Kind = statement.Kind()
	if form, ok := seal.FormOf(report.Kind); ok {
		report.Title = form.Title
	}
	if len(p.Signers) != len(p.Opening.Signers) || len(p.Signers) == 0 {
		report.Findings.add(-1, nameOpening, "签署人数与条目数不同。")
		return report
	}
	c := proofCheck{proof: p, statement: statement, log: log, trust: seal.Trust{Roots: roots}, policy: policy, report: &report, heads: map[uint64]Hash{}}
	for i := range p.Signers {
		c.signer(i)
	}
	c.together()
	c.row()
	return report
}

// A proofCheck is one run over a proof.
type proofCheck struct {
	proof     Proof
	statement seal.Statement
	log       note.Verifier
	trust     seal.Trust
	policy    Policy
	report    *ProofReport
	heads     map[uint64]Hash // root by size, of the checkpoints
}

// signer verifies one seal with its entry and inclusion.
func (c *proofCheck) signer(i int) {
	s, salts, findings := c.proof.Signers[i], c.proof.Opening.Signers[i], &c.report.Findings
	entry, err := ParseEntry(s.Entry)
	if err != nil {
		findings.add(-1, nameEntry(i+1), "%s", sentence(err))
		return
	}
	at := int64(entry.Number)
	c.report.Entries = append(c.report.Entries, entry)
	c.report.Numbers = append(c.report.Numbers, entry.Number)
	c.inclusion(at, nameInclusion(i+1), s)
	if entry.Logged.Before(entry.Received) || entry.Logged.Sub(entry.Received) > MaxDelay {
		findings.add(at, labelLogged, "早于收到时间，或比它晚了 60 秒以上。")
	}
	if (Salted{salts.Statement, c.proof.Statement}).Digest() != entry.Statement {
		findings.add(at, labelStatement, "用 %s 的盐由 %s 算不出这个摘要。", nameOpening, nameStatement)
	}
	if (Salted{salts.Seal, s.Seal}).Digest() != entry.Seal {
		findings.add(at, labelSeal, "用 %s 的盐由 %s 算不出这个摘要。", nameOpening, nameSeal(i+1))
	}
	if entry.Signed != i+1 || entry.Signers != len(c.proof.Signers) {
		findings.add(at, labelProgress, "写的是 %d/%d，本文件中应为 %d/%d：签署人不齐或次序不对。",
			entry.Signed, entry.Signers, i+1, len(c.proof.Signers))
	}
	verified, err := seal.VerifyDetached(s.Seal, c.proof.Statement, c.trust, c.expect(), entry.Received)
	if err != nil {
		findings.add(at, nameSeal(i+1), "%s", sentence(err))
		return
	}
	for _, why := range signerFaults(verified, entry) {
		findings.add(at, why.Field, "%s", why.Sentence)
	}
}

// inclusion verifies an entry's place in the log and holds the checkpoints of
// the proof against each other: one size has one root.
func (c *proofCheck) inclusion(at int64, name string, s ProofSigner) {
	findings := &c.report.Findings
	receipt, err := ReceiptOf(s.Entry, s.Inclusion, c.log)
	if err != nil {
		findings.add(at, name, "%s", sentence(err))
		return
	}
	if err := c.policy.Check(receipt.Checkpoint); err != nil {
		findings.add(at, name, "%s", sentence(err))
	}
	head, err := OpenCheckpoint(receipt.Checkpoint, c.log)
	if err != nil {
		findings.add(at, name, "%s", sentence(err))
		return
	}
	if root, ok := c.heads[head.Size]; ok && root != head.Root {
		findings.add(at, name, "日志分叉：同为 %d 条条目的两个检查点，根不同。日志公钥给不同的人签了不同的日志，请保留本文件并向主管部门报告。", head.Size)
	}
	c.heads[head.Size] = head.Root
}

// expect takes portal and kind from the statement itself: a proof is of
// whatever it says, and the reader sees what that is.
func (c *proofCheck) expect() seal.Expect {
	return seal.Expect{Portal: portalOf(c.statement), Kind: c.statement.Kind()}
}

// portalOf gives the portal that a statement names.
func portalOf(s seal.Statement) string {
	h, err := s.Header()
	if err != nil {
		return "" // ParseDetached has refused such a header
	}
	return h.Portal
}

// signerFaults holds the seal's certificate, the text's kind and its signer lines
// against the entry: for which act, whose number, which key, how many.
func signerFaults(d seal.Detached, e Entry) []Finding {
	faults := Findings{List: purposeFaults(d.Statement.Kind(), e)}
	key := seal.Fingerprint(d.Certificate)
	if key != e.Key {
		faults.add(int64(e.Number), labelKey, "与签章所用证书的指纹不同。")
	}
	h, err := d.Statement.Header()
	if err != nil {
		faults.add(int64(e.Number), labelStatement, "%s", sentence(err))
		return faults.List
	}
	if d.Statement.Kind() == seal.Login {
		return faults.List // its text names nobody
	}
	if len(h.Signers) != e.Signers {
		faults.add(int64(e.Number), labelProgress, "陈述列明 %d 位签署人，条目写的是 %d 位。", len(h.Signers), e.Signers)
	}
	for _, s := range h.Signers {
		if s.Fingerprint == key && s.Staff != e.Actor {
			faults.add(int64(e.Number), labelActor, "与陈述中这把钥匙的签署人编号不同。")
		}
	}
	return faults.List
}

// together holds that different people and keys made the entries, in order and
// about one thing.
func (c *proofCheck) together() {
	entries := c.report.Entries
	for i, e := range entries {
		for _, before := range entries[:i] {
			if before.Key == e.Key || before.Actor == e.Actor {
				c.report.Findings.add(int64(e.Number), labelActor, "同一人员或同一把钥匙出现了两次。")
			}
			if before.Number >= e.Number {
				c.report.Findings.add(int64(e.Number), labelNumber, "签署人的条目没有按序号排列。")
			}
			if before.Subject != e.Subject {
				c.report.Findings.add(int64(e.Number), labelSubject, "与另一签署人的条目不同。")
			}
		}
	}
}

// row holds that the opened row is the one whose digest was signed. A batch
// without an opened row would prove nothing about anybody.
func (c *proofCheck) row() {
	row, findings := c.proof.Opening.Row, &c.report.Findings
	form, _ := seal.FormOf(c.statement.Kind())
	switch {
	case row == nil && form.Table:
		findings.add(-1, nameOpening, "批量陈述的证明应开启其中一行，这里没有。")
		return
	case row == nil:
		return
	case !form.Table:
		findings.add(-1, nameOpening, "这种陈述没有附件，却开启了一行。")
		return
	}
	c.report.Record = row.Record
	c.recordsOnce()
	digest := seal.AnnexRow{Record: row.Record, Salt: row.Salt, Cells: row.Cells}.Digest()
	spelled := hex.EncodeToString(digest[:])
	for _, signed := range c.statement.Text.Rows {
		if signed[1] == row.Record && signed[2] == spelled {
			return
		}
	}
	findings.add(-1, nameOpening, "所开启的一行与陈述中该记录所签的行摘要不符。")
}

// inParts are the kinds whose rows are parts of one record's text, kept apart so
// that they can be erased. In every other table a row is all that is said of a
// record.
var inParts = map[seal.Kind]bool{seal.SecurityLesson: true, seal.SecurityDrill: true, seal.IncidentReport: true, seal.IncidentNote: true, seal.RulesFiling: true}

// recordsOnce holds that a record stands in one row: beside a second one, which
// stays closed, the opened row would not be what was decided.
func (c *proofCheck) recordsOnce() {
	seen := map[string]bool{}
	for _, row := range c.statement.Text.Rows {
		if seen[row[1]] && !inParts[c.statement.Kind()] {
			c.report.Findings.add(-1, nameStatement, "记录 %s 在附件中列了两行，所开启的一行不是对它的全部结论。", row[1])
			return
		}
		seen[row[1]] = true
	}
}
