package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// CAPath is where a directory of bodies keeps the issuing authority's
// certificate (PEM). It counts only if the genesis statement names its
// fingerprint.
const CAPath = "ca.pem"

// BodyPath is where a directory of bodies keeps the body with this salted
// digest: the 16 bytes of salt, then the body.
func BodyPath(d Digest) string { return d.String()[:2] + "/" + d.String() }

// AnnexPath is where it keeps the annex of the statement with this digest. Of
// an annex whose rows were erased in part, the rows that are left.
func AnnexPath(statement Digest) string { return BodyPath(statement) + ".annex" }

// WriteBody writes a body where BodyPath says.
func WriteBody(dir string, s Salted) error {
	return writeFile(filepath.Join(dir, BodyPath(s.Digest())), append(s.Salt[:], s.Bytes...), 0o600)
}

// WriteAnnex writes the annex of a statement where AnnexPath says.
func WriteAnnex(dir string, statement Digest, annex []byte) error {
	return writeFile(filepath.Join(dir, AnnexPath(statement)), annex, 0o600)
}

// A BodyReport counts what was verified with the bodies.
type BodyReport struct {
	Seals    int // seals that hold over their statements
	Subjects int // records whose chain of states holds
	Rows     int // rows signed through annexes
	Opened   int // of those, rows whose text is still there
}

// A bodyCheck walks the log once more, with the bodies.
type bodyCheck struct {
	dir      string
	log      note.Verifier
	trust    seal.Trust
	further  seal.Trust        // authorities beside the institution's own
	enrolled map[string]bool   // fingerprints of their certificates that officers enrolled under a seal
	holders  map[string]string // whom the texts name as a key's signer
	portal   string
	subjects *Subjects
	sealed   map[sealKey]bool // (statement text, key) that were used
	done     map[[32]byte]Digest
	findings *Findings
	report   BodyReport
}

// A sealKey is a statement by its unsalted digest and who sealed it: a second
// salt must not make one text look like two.
type sealKey struct {
	text [32]byte
	key  string
}

// verifyBodies reads the bundles a second time, and hashes them again: what it
// judges has to be what the checkpoint signs.
func verifyBodies(ctx context.Context, dir, bodies string, log note.Verifier, head Checkpoint, findings *Findings) (BodyReport, error) {
	c := &bodyCheck{dir: bodies, log: log, subjects: NewSubjects(), sealed: map[sealKey]bool{}, done: map[[32]byte]Digest{},
		enrolled: map[string]bool{}, holders: map[string]string{}, findings: findings}
	size := head.Size
	var again Frontier
	for index := uint64(0); index*TileWidth < size; index++ {
		if err := ctx.Err(); err != nil {
			return c.report, fault.Wrap(err, fault.Unavailable, "验证被中断，无法判断。")
		}
		width := int(min(TileWidth, size-index*TileWidth))
		path := BundlePath(index, width)
		bundle, err := readWhole(filepath.Join(dir, path), width*(2+MaxEntry), nil)
		if err != nil {
			return c.report, fault.Wrap(err, fault.Unavailable, "读不到 %s，无法判断。", path)
		}
		entries, err := ParseBundle(bundle, width)
		if err != nil {
			return c.report, err
		}
		for _, b := range entries {
			again.Append(LeafHash(b))
			e, err := ParseEntry(b)
			if err != nil {
				return c.report, err
			}
			if going, err := c.entry(e); !going || err != nil {
				return c.report, err
			}
		}
	}
	if again.Root() != head.Root {
		return c.report, fault.New(fault.Unavailable, "核对期间条目包有改动，两次读到的不同，无法判断。请对不再改动的副本重新核对。")
	}
	if size > 0 && c.trust.Roots == nil {
		findings.add(0, labelStatement, "日志里没有启用陈述，签发机构无从确定，签章一份也没有核对。")
	}
	c.report.Subjects = c.subjects.Len()
	return c.report, nil
}

// entry verifies the bodies of one entry; false means that what follows cannot
// be judged.
func (c *bodyCheck) entry(e Entry) (bool, error) {
	at := int64(e.Number)
	var state *Salted
	if !e.State.IsZero() {
		s, err := c.body(e.State, at, labelState)
		if s == nil {
			return false, err
		}
		state = s
	}
	if err := c.subjects.Follow(e, state); err != nil {
		c.findings.add(at, labelState, "%s", sentence(err))
		return false, nil
	}
	if e.Signers == 0 {
		if _, sealed := sealedActs[e.Act]; sealed {
			c.findings.add(at, labelProgress, "%s 须有签章，这一条没有。", e.Act)
		}
		return true, nil
	}
	text, err := c.body(e.Statement, at, labelStatement)
	if text == nil {
		return err == nil, err
	}
	sealed, err := c.body(e.Seal, at, labelSeal)
	if sealed == nil {
		return err == nil, err
	}
	statement, err := seal.ParseDetached(text.Bytes)
	if err != nil {
		c.findings.add(at, labelStatement, "%s", sentence(err))
		return true, nil
	}
	if c.trust.Roots == nil {
		if going, err := c.genesis(e, statement); !going {
			return false, err
		}
	}
	c.once(e, text.Bytes)
	verified, own, err := c.verify(sealed.Bytes, text.Bytes, statement.Kind(), e.Received)
	if err != nil {
		c.findings.add(at, labelSeal, "%s", sentence(err))
		return true, nil
	}
	for _, f := range signerFaults(verified, e) {
		c.findings.add(f.Index, f.Field, "%s", f.Sentence)
	}
	c.holder(e, verified, own)
	c.report.Seals++
	if foreign := statement.Text.Get("证书指纹"); statement.Kind() == seal.KeyEnrol && foreign != "" {
		c.enrolled[foreign] = true
	}
	if e.Signed == e.Signers {
		return true, c.annex(e, statement)
	}
	return true, nil
}

// verify holds a seal against the institution's own authority; a certificate of
// a further one counts only from the officer's seal that names it on.
func (c *bodyCheck) verify(der, text []byte, kind seal.Kind, received time.Time) (verified seal.Detached, own bool, err error) {
	expect := seal.Expect{Portal: c.portal, Kind: kind}
	verified, err = seal.VerifyDetached(der, text, c.trust, expect, received)
	if err == nil || c.further.Roots == nil {
		return verified, true, err
	}
	foreign, other := seal.VerifyDetached(der, text, c.further, expect, received)
	if other != nil || !c.enrolled[seal.Fingerprint(foreign.Certificate)] {
		return verified, true, err
	}
	return foreign, false, nil
}

// holder remembers whom a text names for a key and holds a login, whose text
// names nobody, against it. The institution's own authority writes the staff
// number into the certificate; what others write there means something else.
func (c *bodyCheck) holder(e Entry, d seal.Detached, own bool) {
	key := seal.Fingerprint(d.Certificate)
	if d.Statement.Kind() != seal.Login {
		c.holders[key] = e.Actor // signerFaults held it against the text
		return
	}
	named := c.holders[key]
	if named == "" && own {
		named = d.Certificate.Subject.SerialNumber
	}
	if named != "" && named != e.Actor {
		c.findings.add(int64(e.Number), labelActor, "登录所用的钥匙是另一人的：与这把钥匙此前所签陈述或其证书所列的编号不同。")
	}
}

// once holds that a text is sealed once by a key, whatever its salt.
func (c *bodyCheck) once(e Entry, text []byte) {
	key := sealKey{Salted{Bytes: text}.plain(), e.Key}
	if c.sealed[key] {
		c.findings.add(int64(e.Number), labelStatement, "这把钥匙对同一份陈述的签署已经用过一次。")
	}
	c.sealed[key] = true
	if used, ok := c.done[key.text]; ok && used != e.Statement {
		c.findings.add(int64(e.Number), labelStatement, "同一份陈述换了盐再次使用。")
	}
	c.done[key.text] = e.Statement
}

// body reads a body and checks it against its digest. Nil without an error
// means that the fault is noted.
func (c *bodyCheck) body(d Digest, at int64, field string) (*Salted, error) {
	path := BodyPath(d)
	data, err := readWhole(filepath.Join(c.dir, path), 16+seal.MaxContent, nil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.findings.add(at, field, "原文目录里没有 %s。", path)
		return nil, nil
	case errors.Is(err, errTooLong) || err == nil && len(data) < 16:
		c.findings.add(at, field, "原文 %s 过长或过短。", path)
		return nil, nil
	case err != nil:
		return nil, fault.Wrap(err, fault.Unavailable, "读不到原文 %s，无法判断。", path)
	}
	s := &Salted{Salt: [16]byte(data[:16]), Bytes: data[16:]}
	if s.Digest() != d {
		c.findings.add(at, field, "原文 %s 与摘要不符。", path)
		return nil, nil
	}
	return s, nil
}

// annex checks the rows that are there against the digests that were signed.
func (c *bodyCheck) annex(e Entry, s seal.Statement) error {
	c.report.Rows += len(s.Text.Rows)
	path := AnnexPath(e.Statement)
	data, err := readWhole(filepath.Join(c.dir, path), seal.MaxContent, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // erased, or a statement without one
	}
	if err != nil && !errors.Is(err, errTooLong) {
		return fault.Wrap(err, fault.Unavailable, "读不到附件 %s，无法判断。", path)
	}
	annex, parseErr := seal.ParseAnnex(data)
	if err != nil || parseErr != nil || annex.IsZero() || strings.Join(annex.Columns, "、") != s.Text.Get("附件栏目") {
		c.findings.add(int64(e.Number), "附件", "附件 %s 不是规范写法，或栏目与陈述所列不同。", path)
		return nil
	}
	signed := map[[2]string]bool{}
	for _, r := range s.Text.Rows {
		signed[[2]string{r[1], r[2]}] = true
	}
	for i, row := range annex.Rows {
		d := row.Digest()
		line := [2]string{row.Record, hex.EncodeToString(d[:])}
		if !signed[line] {
			c.findings.add(int64(e.Number), "附件", "附件第 %d 行与陈述所签的行摘要不符。", i+1)
			return nil
		}
		delete(signed, line) // one signed line is opened by one row
		c.report.Opened++
	}
	return nil
}
