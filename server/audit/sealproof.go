package audit

import (
	"archive/zip"
	"bytes"
	_ "embed" // the README of a proof is a file of its own
	"fmt"
	"io"
	"strconv"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// A Proof is what a .sealproof file holds: one statement with its seals and
// their entries, and what opens the digests.
type Proof struct {
	Statement []byte
	Signers   []ProofSigner // in the order of their progress, 1/n to n/n
	Opening   Opening
}

// A ProofSigner is one seal, its entry and the entry's inclusion.
type ProofSigner struct {
	Seal      []byte // CMS, DER
	Entry     []byte // canonical bytes of the leaf
	Inclusion []byte // C2SP tlog-proof, see Receipt.TLogProof
}

//go:embed readme/proof.txt
var proofReadme []byte

//go:embed readme/proof-1.txt
var proofReadme1 []byte

// knownReadme reports a README that this format has, or had when the proof was
// given out: a proof has to hold for ever.
func knownReadme(text []byte) bool {
	return bytes.Equal(text, proofReadme) || bytes.Equal(text, proofReadme1)
}

// Names of the members of a proof file.
const (
	nameStatement = "statement.txt"
	nameOpening   = "opening.txt"
	nameReadme    = "README.txt"
)

func nameSeal(n int) string      { return "seal-" + strconv.Itoa(n) + ".p7s" }
func nameEntry(n int) string     { return "entry-" + strconv.Itoa(n) + ".txt" }
func nameInclusion(n int) string { return "inclusion-" + strconv.Itoa(n) + ".tlog-proof" }

// Bounds of a proof file and its members, in bytes.
const (
	maxProof  = 32 << 20
	maxSeal   = 64 << 10
	maxReadme = 64 << 10
)

// limitOf says how large a member may be; 0 marks a name that has no place.
func limitOf(name string) int {
	switch name {
	case nameStatement, nameOpening:
		return seal.MaxContent
	case nameReadme:
		return maxReadme
	}
	for _, kind := range []struct {
		prefix, suffix string
		limit          int
	}{{"seal-", ".p7s", maxSeal}, {"entry-", ".txt", MaxEntry}, {"inclusion-", ".tlog-proof", maxCheckpoint}} {
		middle, ok1 := strings.CutPrefix(name, kind.prefix)
		middle, ok2 := strings.CutSuffix(middle, kind.suffix)
		n, ok3 := decimal([]byte(middle))
		if ok1 && ok2 && ok3 && n >= 1 && n <= maxSigners {
			return kind.limit
		}
	}
	return 0
}

// WriteProof writes a proof file. The same proof gives the same bytes.
func WriteProof(w io.Writer, p Proof) error {
	if len(p.Signers) == 0 || len(p.Signers) > maxSigners || len(p.Signers) != len(p.Opening.Signers) {
		return fault.New(fault.Invalid, "证明文件的签署人数不成立。")
	}
	opening, err := p.Opening.print()
	if err != nil {
		return err
	}
	z := zip.NewWriter(w)
	add := func(name string, data []byte) {
		if err != nil {
			return
		}
		if len(data) == 0 || len(data) > limitOf(name) {
			err = fault.New(fault.Invalid, "证明文件的 %s 是空的或过大。", name)
			return
		}
		var f io.Writer
		if f, err = z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate}); err == nil {
			_, err = f.Write(data)
		}
	}
	add(nameReadme, proofReadme)
	add(nameStatement, p.Statement)
	add(nameOpening, opening)
	for i, s := range p.Signers {
		add(nameSeal(i+1), s.Seal)
		add(nameEntry(i+1), s.Entry)
		add(nameInclusion(i+1), s.Inclusion)
	}
	if err != nil {
		return err
	}
	return z.Close()
}

// ReadProof reads a proof file from anybody: it refuses names that have no
// place, names that stand twice, members that are too large, encrypted or
// missing, a file that is anything beside one plain zip, since another program
// could unpack another statement out of it, and an accompanying README that is
// not one of this format, since people would read it beside the verdict.
// It verifies nothing.
func ReadProof(r io.ReaderAt, size int64) (Proof, error) {
	if size > maxProof {
		return Proof{}, fault.New(fault.Invalid, "证明文件超过 %d 字节。", maxProof)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return Proof{}, fault.Wrap(err, fault.Invalid, "证明文件不是完好的 zip 文件。")
	}
	if len(z.File) > 3+3*maxSigners {
		return Proof{}, fault.New(fault.Invalid, "证明文件里的文件太多。")
	}
	members := map[string][]byte{}
	for i, f := range z.File {
		if members[f.Name], err = readMember(f, members); err != nil {
			return Proof{}, fault.Wrap(err, fault.Invalid, "证明文件里的第 %d 个文件不能接受：%s", i+1, sentence(err))
		}
	}
	if err := (&archive{in: r, size: size}).check(z.File); err != nil {
		return Proof{}, err
	}
	return assembleProof(members)
}

func readMember(f *zip.File, members map[string][]byte) ([]byte, error) {
	limit := limitOf(f.Name)
	switch _, twice := members[f.Name]; {
	case limit == 0:
		return nil, fault.New(fault.Invalid, "名称不在证明文件的清单之内。")
	case twice:
		return nil, fault.New(fault.Invalid, "%s 出现了两次。", f.Name)
	case f.Flags&1 != 0 || f.Method != zip.Store && f.Method != zip.Deflate:
		return nil, fault.New(fault.Invalid, "%s 加了密或用了不支持的压缩方法。", f.Name)
	case !f.Mode().IsRegular(): // it would be unpacked as a link, or as a folder
		return nil, fault.New(fault.Invalid, "%s 不是普通文件。", f.Name)
	case f.UncompressedSize64 > uint64(limit):
		return nil, fault.New(fault.Invalid, "%s 过大，上限 %d 字节。", f.Name, limit)
	}
	in, err := f.Open()
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s 打不开。", f.Name)
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s 已损坏。", f.Name)
	}
	if len(data) == 0 || len(data) > limit {
		return nil, fault.New(fault.Invalid, "%s 是空的或过大。", f.Name)
	}
	return data, nil
}

func assembleProof(members map[string][]byte) (Proof, error) {
	take := func(name string) ([]byte, error) {
		data, ok := members[name]
		if !ok {
			return nil, fault.New(fault.Invalid, "证明文件缺少 %s。", name)
		}
		delete(members, name)
		return data, nil
	}
	readme, err := take(nameReadme)
	if err != nil {
		return Proof{}, err
	}
	if !knownReadme(readme) {
		return Proof{}, fault.New(fault.Invalid, "证明文件的 %s 不是本格式的说明，可能被改动。", nameReadme)
	}
	var p Proof
	if p.Statement, err = take(nameStatement); err != nil {
		return Proof{}, err
	}
	opening, err := take(nameOpening)
	if err != nil {
		return Proof{}, err
	}
	if p.Opening, err = parseOpening(opening); err != nil {
		return Proof{}, fault.Wrap(err, fault.Invalid, "证明文件的 %s：%s", nameOpening, sentence(err))
	}
	for n := 1; n <= len(p.Opening.Signers); n++ {
		var s ProofSigner
		for _, part := range []struct {
			name string
			into *[]byte
		}{{nameSeal(n), &s.Seal}, {nameEntry(n), &s.Entry}, {nameInclusion(n), &s.Inclusion}} {
			if *part.into, err = take(part.name); err != nil {
				return Proof{}, err
			}
		}
		p.Signers = append(p.Signers, s)
	}
	if len(members) > 0 {
		return Proof{}, fault.New(fault.Invalid, "证明文件里的签署人比 %s 所列的多 %d 个文件。", nameOpening, len(members))
	}
	return p, nil
}

// String names a proof without telling what is in it.
func (p Proof) String() string { return fmt.Sprintf("proof of %d signers", len(p.Signers)) }
