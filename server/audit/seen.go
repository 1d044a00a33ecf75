package audit

import (
	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/internal/fault"
)

// A Seen is a state of the log that the verifier was shown before, and of a
// proof the entry that stood in it. Only what somebody else kept can show that
// the holder of the log key signed two histories.
type Seen struct {
	Name   string // of the file, for the sentence of a fault
	Head   Checkpoint
	leaf   *Hash // nil for a checkpoint alone
	number uint64
}

// SeenCheckpoint takes a checkpoint of this log, as an export holds it.
func SeenCheckpoint(name string, signed []byte, log note.Verifier) (Seen, error) {
	head, err := OpenCheckpoint(signed, log)
	return Seen{Name: name, Head: head}, err
}

// SeenProof takes the entries of a proof under their checkpoints.
func SeenProof(name string, p Proof, log note.Verifier) ([]Seen, error) {
	var all []Seen
	for _, s := range p.Signers {
		r, err := ReceiptOf(s.Entry, s.Inclusion, log)
		if err != nil {
			return nil, err
		}
		one, err := SeenCheckpoint(name, r.Checkpoint, log)
		if err != nil {
			return nil, err
		}
		leaf := LeafHash(s.Entry)
		one.leaf, one.number = &leaf, r.Number
		all = append(all, one)
	}
	return all, nil
}

// expect refuses what a log of this size cannot be held against, and judges
// what was seen before there was any entry.
func (v *verification) expect(seen []Seen) error {
	for _, s := range seen {
		switch {
		case s.Head.Size > v.size:
			return fault.New(fault.Invalid, "%s 里的检查点有 %d 条条目，这份导出只有 %d 条，无法判断。请取那以后的导出再核对。", s.Name, s.Head.Size, v.size)
		case s.Head.Size == 0 && s.Head.Root != EmptyRoot():
			v.forked(s)
		}
	}
	v.seen = seen
	return nil
}

// recall holds a bundle, before it is added to the tree, against what was seen
// of it.
func (v *verification) recall(b *batch) {
	start := v.edge.Size()
	end := start + uint64(b.width)
	for _, s := range v.seen {
		if s.leaf != nil && start <= s.number && s.number < end && b.leaves[s.number-start] != *s.leaf {
			v.findings.add(int64(s.number), "条目", "与 %s 里的这一条不同：它给出以后，这一条被换过。", s.Name)
		}
		if s.Head.Size <= start || s.Head.Size > end {
			continue
		}
		then := v.edge.Frontier()
		for _, leaf := range b.leaves[:s.Head.Size-start] {
			then.Append(leaf)
		}
		if then.Root() != s.Head.Root {
			v.forked(s)
		}
	}
}

func (v *verification) forked(s Seen) {
	v.findings.add(-1, CheckpointPath, "日志分叉：%s 里的检查点有 %d 条条目，这份导出的前 %d 条算出的根与它不同。请把两份文件都保留下来，向主管部门报告。",
		s.Name, s.Head.Size, s.Head.Size)
}
