package main

import (
	"crypto/x509"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// limitsOfProof is what a verified proof does not show.
const limitsOfProof = "没有证明：持钥匙的就是本人；所办的事正确；之后没有另一条目撤销或更正它；" +
	"此前条目无改动、钥匙由谁保管、“收到”的时间属实（由保管日志的一方所记，只与“入册”核对过；须另核对日志导出）。\n"

// A proofTrust is what the flags of proof say.
type proofTrust struct {
	key        note.Verifier
	roots      *x509.CertPool
	policy     audit.Policy
	policyFile string
}

func runProof(args []string, out, errs io.Writer) int {
	flags := newFlags("proof")
	vkey := flags.String("vkey", "", "")
	ca := flags.String("ca", "", "")
	policy := flags.String("policy", "", "")
	if code, done := parse(flags, args, out, errs); done {
		return code
	}
	if flags.NArg() == 0 {
		return doubt(errs, fault.New(fault.Invalid, "应给出至少一个证明文件。"))
	}
	trust, err := readProofTrust(*vkey, *ca, *policy)
	if err != nil {
		return doubt(errs, err)
	}
	worst := holds
	for _, path := range flags.Args() {
		switch code := trust.verify(path, out, errs); {
		case code == fails, worst == holds:
			worst = code
		}
	}
	return worst
}

func readProofTrust(vkey, ca, policy string) (proofTrust, error) {
	t := proofTrust{roots: x509.NewCertPool(), policyFile: policy}
	var err error
	if t.key, err = readKey(vkey); err != nil {
		return t, err
	}
	pem, err := readTrust("ca", ca)
	if err != nil {
		return t, err
	}
	certs, err := audit.ParseRoots(pem)
	if err != nil {
		return t, err
	}
	for _, c := range certs {
		t.roots.AddCert(c)
	}
	t.policy, err = readPolicy(policy, t.key)
	return t, err
}

// verify gives its verdict over one file. A file that cannot be opened cannot
// be judged; one that can be read and is no proof does not hold.
func (t proofTrust) verify(path string, out, errs io.Writer) int {
	f, err := openFile(path, "证明文件")
	if err != nil {
		return doubt(errs, err)
	}
	defer f.Close()
	proof, err := audit.ReadProof(f, f.size)
	if err != nil {
		var findings audit.Findings
		findings.Add(-1, "证明文件", err)
		printFindings(out, path, findings)
		return fails
	}
	report := audit.VerifyProof(proof, t.key, t.roots, t.policy)
	if !report.Findings.OK() {
		printFindings(out, path, report.Findings)
		return fails
	}
	printProof(out, path, report, witnessed(t.policyFile, t.policy))
	return holds
}

func printProof(out io.Writer, path string, report audit.ProofReport, witnesses string) {
	var numbers []string
	for _, n := range report.Numbers {
		numbers = append(numbers, strconv.FormatUint(n, 10))
	}
	last := report.Entries[len(report.Entries)-1]
	record := ""
	if report.Record != "" {
		record = "，其中记录 " + report.Record + " 一行"
	}
	fmt.Fprintf(out, "成立：%s：%s%s，第 %s 号条目，收到 %s。\n", named(path), report.Title, record,
		strings.Join(numbers, "、"), audit.SpellTime(last.Received))
	fmt.Fprintf(out, "statement.txt 的 SHA-256：%x\n", report.Statement)
	fmt.Fprintf(out, "证明了：应签署的 %d 位签署人的钥匙都签署了 statement.txt；条目在这个日志之中；%s。\n", len(numbers), witnesses)
	fmt.Fprint(out, limitsOfProof)
}
