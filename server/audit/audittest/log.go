// Package audittest makes a small log with invented people for tests of the
// log and of what reads it: real seals over real statements, made with keys in
// memory, and the export, bodies and proofs that a portal would give out.
//
// It is for tests only: its log key comes from a fixed seed.
package audittest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/hsm/seal"
	"sealdesk/server/audit"
)

// Origin is the log's name and its key's.
const Origin = "log.sealdesk.example/test"

// Start is when the log begins.
var Start = time.Date(2024, 11, 20, 2, 0, 0, 0, time.UTC)

// A Person has a key of their own.
type Person struct {
	Staff, Name string
	Cert        *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Fingerprint names the person's key.
func (p Person) Fingerprint() string { return seal.Fingerprint(p.Cert) }

// An Act is a sealed statement with all that its proof needs.
type Act struct {
	Statement audit.Salted
	Annex     seal.Annex
	Seals     []audit.Salted
	Numbers   []uint64
}

// A Log is the whole of a small log.
type Log struct {
	t       testing.TB
	CA      *x509.Certificate
	CAPEM   []byte
	People  []Person
	Signer  note.Signer
	VKey    string
	Entries [][]byte
	Acts    []Act

	bodies   []audit.Salted
	caKey    *ecdsa.PrivateKey
	last     map[string]int64 // entry chain
	states   map[string]int64 // state chain
	edge     audit.Edge
	tiles    tileMap
	received time.Time
}

// New begins a log with an authority and four people, and no entry.
func New(t testing.TB) *Log {
	t.Helper()
	l := &Log{t: t, last: map[string]int64{}, states: map[string]int64{}, tiles: tileMap{}, received: Start}
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	pub := key.Public().(ed25519.PublicKey)
	signer, err := audit.NewSigner(Origin, pub, key)
	l.must(err)
	l.Signer = signer
	l.VKey, err = audit.VerifierKey(Origin, pub)
	l.must(err)
	l.newAuthority()
	for _, p := range []Person{{Staff: "U00001", Name: "潘亮辉"}, {Staff: "U00002", Name: "李浩"},
		{Staff: "U00003", Name: "程云溪"}, {Staff: "U00004", Name: "吴一帆"}} {
		l.People = append(l.People, l.enrol(p, pkix.Name{CommonName: p.Staff}))
	}
	return l
}

// Sample is a log of every shape of entry: an opening by two, a login, a
// counted refusal, a batch, an adverse conclusion by two, and then unsealed
// entries until there are size of them.
func Sample(t testing.TB, size int) *Log {
	t.Helper()
	l := New(t)
	ca := seal.Fingerprint(l.CA)
	l.Seal("genesis", "log/"+Origin, seal.Genesis, []seal.Field{{Label: "日志名称", Value: Origin}, {Label: "日志公钥", Value: l.VKey},
		{Label: "签发机构", Value: ca}, {Label: "规则", Value: "rules-1"}, {Label: "政策", Value: "policy-1"}, {Label: "来源文件", Value: "staff.csv"}},
		l.annex("staff/U00001", "staff/U00002", "staff/U00003", "staff/U00004"), l.People[0], l.People[1])
	l.Seal("login", "staff/U00003", seal.Login, nil, seal.Annex{}, l.People[2])
	l.Plain("refusal", "", "一分钟内另有 3 次拒绝")
	l.Seal("conclude", "batch/2024-1", seal.Conclude, []seal.Field{{Label: "计划年度", Value: "2024"},
		{Label: "结论", Value: "注册合格"}, {Label: "规则包", Value: "rules-1"}},
		l.annex("application/A2024-000001", "application/A2024-000002", "application/A2024-000003"), l.People[2])
	l.SealInTurn([]string{"conclude", "confirm"}, "application/A2024-000002", seal.ConcludeAdverse, []seal.Field{{Label: "计划年度", Value: "2024"},
		{Label: "记录", Value: "application/A2024-000002"}, {Label: "申请人", Value: "方小虎"}, {Label: "学校", Value: "新安小学"},
		{Label: "任教学科", Value: "语文"}, {Label: "结论", Value: "暂缓注册"}, {Label: "规则包", Value: "rules-1"},
		{Label: "规则发现", Value: "F2 学时不足"}, {Label: "依据", Value: "第七条"}, {Label: "理由", Value: "培训学时不足"}},
		seal.Annex{}, l.People[2], l.People[3])
	for len(l.Entries) < size {
		l.Plain("read", fmt.Sprintf("application/A2024-%06d", len(l.Entries)%40), "")
	}
	return l
}

func (l *Log) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// annex makes one row per record.
func (l *Log) annex(records ...string) seal.Annex {
	a := seal.Annex{Columns: []string{"申请人", "结论"}}
	for i, r := range records {
		a.Rows = append(a.Rows, seal.AnnexRow{Record: r, Salt: audit.Salt(nil).Salt, Cells: []string{fmt.Sprintf("张%d", i), "合格"}})
	}
	return a
}

// Seal appends one entry of the act per signer; the last one leaves a state with
// the annex's records, or the subject when there is no annex.
func (l *Log) Seal(act, subject string, kind seal.Kind, fields []seal.Field, annex seal.Annex, signers ...Person) {
	l.t.Helper()
	acts := make([]string, len(signers))
	for i := range acts {
		acts[i] = act
	}
	l.SealInTurn(acts, subject, kind, fields, annex, signers...)
}

// SealInTurn is Seal with an act of each signer's own.
func (l *Log) SealInTurn(acts []string, subject string, kind seal.Kind, fields []seal.Field, annex seal.Annex, signers ...Person) {
	l.t.Helper()
	h := seal.Header{Portal: "签台测试", Institution: "歙县教育局", Nonce: audit.Salt(nil).Salt, Issued: l.received, Expires: l.received.Add(time.Hour)}
	for _, p := range signers {
		h.Signers = append(h.Signers, seal.Signer{Staff: p.Staff, Name: p.Name, Fingerprint: p.Fingerprint()})
	}
	if kind == seal.Login {
		h.Institution, h.Signers = "", nil
	}
	s, err := seal.New(kind, h, fields, annex)
	l.must(err)
	text, err := s.Bytes()
	l.must(err)
	done := Act{Statement: audit.Salt(text), Annex: annex}
	for i, p := range signers {
		der, err := seal.Sign(text, p.Cert, nil, p.key, l.received)
		l.must(err)
		sealed := audit.Salt(der)
		e := l.next(acts[i], subject)
		e.Actor, e.Key, e.Signed, e.Signers = p.Staff, p.Fingerprint(), i+1, len(signers)
		e.Statement, e.Seal = done.Statement.Digest(), sealed.Digest()
		if i == len(signers)-1 {
			state := l.state(e, annex)
			e.State = state.Digest()
			l.bodies = append(l.bodies, state)
		}
		done.Seals, done.Numbers = append(done.Seals, sealed), append(done.Numbers, e.Number)
		l.append(e)
	}
	l.Acts = append(l.Acts, done)
	l.bodies = append(append(l.bodies, done.Statement), done.Seals...)
}

// Again appends a second use of an act's statement by one of its signers, with
// new salts, as a portal that cheats could.
func (l *Log) Again(act Act, p Person) {
	l.t.Helper()
	text := audit.Salt(act.Statement.Bytes)
	der, err := seal.Sign(text.Bytes, p.Cert, nil, p.key, l.received)
	l.must(err)
	sealed := audit.Salt(der)
	e := l.next("conclude", "batch/2024-1")
	e.Actor, e.Key, e.Signed, e.Signers = p.Staff, p.Fingerprint(), 1, 1
	e.Statement, e.Seal = text.Digest(), sealed.Digest()
	l.append(e)
	l.bodies = append(l.bodies, text, sealed)
}

// Plain appends an unsealed entry.
func (l *Log) Plain(act, subject, remark string) {
	l.t.Helper()
	e := l.next(act, subject)
	e.Actor, e.Note = "U00003", remark
	l.append(e)
}

func (l *Log) next(act, subject string) audit.Entry {
	l.received = l.received.Add(1234 * time.Millisecond)
	e := audit.Entry{Number: uint64(len(l.Entries)), Previous: -1, Received: l.received, Logged: l.received.Add(17 * time.Millisecond),
		Act: act, Body: "341021", Subject: subject}
	if before, ok := l.last[subject]; ok && subject != "" {
		e.Previous = before
	}
	l.last[subject] = int64(e.Number)
	return e
}

func (l *Log) append(e audit.Entry) {
	l.t.Helper()
	b, err := e.Print()
	l.must(err)
	l.Entries = append(l.Entries, b)
	for _, tile := range l.edge.Append(audit.LeafHash(b)) {
		l.tiles[tile.Path()] = tile.Data
	}
}

func (l *Log) state(e audit.Entry, annex seal.Annex) audit.Salted {
	l.t.Helper()
	records := []string{e.Subject}
	if !annex.IsZero() {
		records = nil
		for _, r := range annex.Rows {
			if !slices.Contains(records, r.Record) {
				records = append(records, r.Record)
			}
		}
	}
	s := audit.State{Number: e.Number, Act: e.Act}
	for _, r := range records {
		row := audit.StateRow{Subject: r, Previous: -1, Digest: audit.Salt([]byte(r + e.Act)).Digest()}
		if before, ok := l.states[r]; ok {
			row.Previous = before
		}
		l.states[r] = int64(e.Number)
		s.Rows = append(s.Rows, row)
	}
	b, err := s.Print()
	l.must(err)
	return audit.Salt(b)
}

// Checkpoint is the signed state of the whole log.
func (l *Log) Checkpoint() []byte {
	l.t.Helper()
	b, err := audit.SignCheckpoint(audit.Checkpoint{Origin: Origin, Size: l.edge.Size(), Root: l.edge.Root()}, l.Signer)
	l.must(err)
	return b
}

// CheckpointAt is what the signed state was when there were so many entries.
func (l *Log) CheckpointAt(size int) []byte {
	l.t.Helper()
	var then audit.Frontier
	for _, e := range l.Entries[:size] {
		then.Append(audit.LeafHash(e))
	}
	b, err := audit.SignCheckpoint(audit.Checkpoint{Origin: Origin, Size: then.Size(), Root: then.Root()}, l.Signer)
	l.must(err)
	return b
}

// Export writes the log as tlog-tiles.
func (l *Log) Export(dir string) {
	l.t.Helper()
	w, err := audit.NewExport(dir)
	l.must(err)
	for _, e := range l.Entries {
		l.must(w.Add(e))
	}
	l.must(w.Close(l.Checkpoint()))
}

// WriteBodies writes the bodies beside the log.
func (l *Log) WriteBodies(dir string) {
	l.t.Helper()
	for _, b := range l.bodies {
		l.must(audit.WriteBody(dir, b))
	}
	for _, a := range l.Acts {
		if !a.Annex.IsZero() {
			b, err := a.Annex.Print()
			l.must(err)
			l.must(audit.WriteAnnex(dir, a.Statement.Digest(), b))
		}
	}
	l.must(writeFile(filepath.Join(dir, audit.CAPath), l.CAPEM))
}

// Proof makes the proof of one act, opening the annex row with this index if
// there is an annex. The checkpoint may carry cosignatures.
func (l *Log) Proof(act Act, row int, checkpoint []byte) audit.Proof {
	l.t.Helper()
	p := audit.Proof{Statement: act.Statement.Bytes}
	for i, n := range act.Numbers {
		inclusion, err := audit.ProveInclusion(l.t.Context(), audit.WithEdge(l.tiles, &l.edge), l.edge.Size(), l.edge.Root(), n)
		l.must(err)
		r := audit.Receipt{Number: n, Entry: l.Entries[n], Checkpoint: checkpoint, Proof: inclusion}
		p.Signers = append(p.Signers, audit.ProofSigner{Seal: act.Seals[i].Bytes, Entry: l.Entries[n], Inclusion: r.TLogProof()})
		p.Opening.Signers = append(p.Opening.Signers, audit.SignerSalts{Statement: act.Statement.Salt, Seal: act.Seals[i].Salt})
	}
	if !act.Annex.IsZero() {
		r := act.Annex.Rows[row]
		p.Opening.Row = &audit.RowOpening{Record: r.Record, Salt: r.Salt, Cells: r.Cells}
	}
	return p
}

func (l *Log) newAuthority() {
	l.t.Helper()
	var err error
	l.caKey, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	l.must(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Sealdesk Test CA"},
		NotBefore: Start.AddDate(-1, 0, 0), NotAfter: Start.AddDate(50, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	l.CA = l.certify(template, template, &l.caKey.PublicKey)
	l.CAPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.CA.Raw})
}

// Enrol certifies one more person, with this serial number in the subject.
func (l *Log) Enrol(staff, serial string) Person {
	l.t.Helper()
	p := l.enrol(Person{Staff: staff, Name: "汪一"}, pkix.Name{CommonName: staff, SerialNumber: serial})
	l.People = append(l.People, p)
	return p
}

func (l *Log) enrol(p Person, subject pkix.Name) Person {
	l.t.Helper()
	var err error
	p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	l.must(err)
	p.Cert = l.certify(&x509.Certificate{SerialNumber: big.NewInt(int64(len(l.People) + 2)), Subject: subject,
		NotBefore: Start.AddDate(0, -1, 0), NotAfter: Start.AddDate(40, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, l.CA, &p.key.PublicKey)
	return p
}

func (l *Log) certify(template, parent *x509.Certificate, pub *ecdsa.PublicKey) *x509.Certificate {
	l.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, l.caKey)
	l.must(err)
	cert, err := x509.ParseCertificate(der)
	l.must(err)
	return cert
}
