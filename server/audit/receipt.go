package audit

import (
	"golang.org/x/mod/sumdb/note"

	tlogproof "github.com/transparency-dev/formats/proof"

	"sealdesk/server/internal/fault"
)

// A Receipt is what an act gets: its entry, and the proof that the signed
// checkpoint covers it.
type Receipt struct {
	Number     uint64
	Entry      []byte // canonical bytes of the leaf
	Checkpoint []byte // signed note
	Proof      InclusionProof
}

// Verify reports whether the log with this key vouches for the receipt.
func (r Receipt) Verify(log note.Verifier) error {
	_, err := r.open(log)
	return err
}

func (r Receipt) open(log note.Verifier) (Entry, error) {
	c, err := OpenCheckpoint(r.Checkpoint, log)
	if err != nil {
		return Entry{}, err
	}
	e, err := ParseEntry(r.Entry)
	if err != nil {
		return Entry{}, err
	}
	if e.Number != r.Number || r.Proof.Index != r.Number || r.Proof.Size != c.Size {
		return Entry{}, fault.New(fault.Invalid, "回执的序号 %d 与条目、包含证明或检查点不一致。", r.Number)
	}
	return e, VerifyInclusion(r.Proof, c.Root, r.Entry)
}

// TLogProof spells the receipt's proof as a C2SP tlog-proof; the entry itself
// is not in it.
func (r Receipt) TLogProof() []byte {
	return tlogproof.TLogProof{Index: r.Number, Hashes: hashesOf(r.Proof), Checkpoint: r.Checkpoint}.Marshal()
}

func hashesOf(p InclusionProof) [][32]byte {
	hashes := make([][32]byte, len(p.Hashes))
	for i, h := range p.Hashes {
		hashes[i] = h
	}
	return hashes
}

// ReceiptOf joins an entry and its tlog-proof to a receipt and verifies it.
// Only the canonical spelling of the proof is accepted, without extra data.
func ReceiptOf(entry, proof []byte, log note.Verifier) (Receipt, error) {
	if len(proof) > maxCheckpoint {
		return Receipt{}, fault.New(fault.Invalid, "包含证明超过 %d 字节。", maxCheckpoint)
	}
	var p tlogproof.TLogProof
	if err := p.Unmarshal(proof); err != nil {
		return Receipt{}, fault.Wrap(err, fault.Invalid, "包含证明不是 C2SP tlog-proof 格式。")
	}
	if p.ExtraData != nil || string(p.Marshal()) != string(proof) {
		return Receipt{}, fault.New(fault.Invalid, "包含证明不是规范写法。")
	}
	c, err := OpenCheckpoint(p.Checkpoint, log)
	if err != nil {
		return Receipt{}, err
	}
	r := Receipt{Number: p.Index, Entry: entry, Checkpoint: p.Checkpoint,
		Proof: InclusionProof{Index: p.Index, Size: c.Size}}
	for _, h := range p.Hashes {
		r.Proof.Hashes = append(r.Proof.Hashes, h)
	}
	return r, r.Verify(log)
}
