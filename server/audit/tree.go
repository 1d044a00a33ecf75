package audit

import (
	"encoding/binary"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"sealdesk/server/internal/fault"
)

// A Hash is a node of the RFC 6962 Merkle tree.
type Hash = tlog.Hash

// EmptyRoot is the root of the tree without leaves: SHA-256 of nothing.
func EmptyRoot() Hash {
	h, _ := tlog.TreeHash(0, nil) // cannot fail: nothing is read
	return h
}

// A Frontier is the compact range [0, Size): what must be kept of a tree to go
// on appending and to know its root. The zero value is the empty tree. It is a
// plain value but for one slice: Clone before trying what may be rolled back.
type Frontier struct {
	size  uint64
	nodes []Hash // roots of the perfect subtrees, left to right: one per set bit of size
}

// Size is the number of leaves.
func (f *Frontier) Size() uint64 { return f.size }

// Append adds one leaf.
func (f *Frontier) Append(leaf Hash) { f.appendSubtree(leaf, 0) }

// appendSubtree adds a perfect subtree of 2^height leaves; size must be a
// multiple of that.
func (f *Frontier) appendSubtree(root Hash, height int) {
	for n := f.size >> height; n&1 == 1; n >>= 1 {
		last := len(f.nodes) - 1
		root = tlog.NodeHash(f.nodes[last], root)
		f.nodes = f.nodes[:last]
	}
	f.nodes = append(f.nodes, root)
	f.size += 1 << height
}

// Root is the tree's root.
func (f *Frontier) Root() Hash {
	last := len(f.nodes) - 1
	if last < 0 {
		return EmptyRoot()
	}
	root := f.nodes[last]
	for i := last - 1; i >= 0; i-- {
		root = tlog.NodeHash(f.nodes[i], root)
	}
	return root
}

// Clone gives an independent copy.
func (f *Frontier) Clone() Frontier {
	return Frontier{size: f.size, nodes: append([]Hash(nil), f.nodes...)}
}

// MarshalBinary gives the size, 8 bytes big-endian, and the subtree roots from
// left to right, 32 bytes each.
func (f *Frontier) MarshalBinary() ([]byte, error) {
	b := binary.BigEndian.AppendUint64(nil, f.size)
	for _, h := range f.nodes {
		b = append(b, h[:]...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote; the number of roots must be
// what the size demands.
func (f *Frontier) UnmarshalBinary(b []byte) error {
	if len(b) < 8 {
		return fault.New(fault.Invalid, "日志树的边界只有 %d 字节，读不出大小。", len(b))
	}
	size := binary.BigEndian.Uint64(b)
	b = b[8:]
	if size > maxNumber || len(b) != bits.OnesCount64(size)*tlog.HashSize {
		return fault.New(fault.Invalid, "日志树的边界与它写明的大小 %d 不符。", size)
	}
	nodes := make([]Hash, len(b)/tlog.HashSize)
	for i := range nodes {
		copy(nodes[i][:], b[i*tlog.HashSize:])
	}
	f.size, f.nodes = size, nodes
	return nil
}

// An InclusionProof leads from a leaf to the root of a tree.
type InclusionProof struct {
	Index  uint64
	Size   uint64 // of the tree
	Hashes []Hash
}

// VerifyInclusion reports whether the entry stands at the proof's index in the
// tree of the proof's size with this root.
func VerifyInclusion(p InclusionProof, root Hash, entry []byte) error {
	if p.Size > maxNumber || p.Index >= p.Size {
		return fault.New(fault.Invalid, "包含证明的位置 %d 不在大小为 %d 的日志之内。", p.Index, p.Size)
	}
	if err := tlog.CheckRecord(p.Hashes, int64(p.Size), root, int64(p.Index), LeafHash(entry)); err != nil {
		return fault.Wrap(err, fault.Invalid, "第 %d 号条目的包含证明不成立：由它算不出检查点的根。", p.Index)
	}
	return nil
}

// A ConsistencyProof leads from the root of a smaller tree to that of a larger
// one that begins with the same leaves.
type ConsistencyProof struct {
	From, To uint64 // sizes
	Hashes   []Hash
}

// VerifyConsistency reports whether the tree (To, newRoot) begins with all the
// leaves of the tree (From, oldRoot).
func VerifyConsistency(p ConsistencyProof, oldRoot, newRoot Hash) error {
	switch {
	case p.To > maxNumber || p.From > p.To:
		return fault.New(fault.Invalid, "一致性证明的大小 %d 至 %d 不成立。", p.From, p.To)
	case p.From == 0:
		if len(p.Hashes) != 0 || oldRoot != EmptyRoot() {
			return fault.New(fault.Invalid, "空日志的一致性证明应为空，且旧根为空树的根。")
		}
		return nil
	}
	if err := tlog.CheckTree(p.Hashes, int64(p.To), newRoot, int64(p.From), oldRoot); err != nil {
		return fault.Wrap(err, fault.Invalid, "一致性证明不成立：大小为 %d 的日志不是由大小为 %d 的日志续写而成。", p.To, p.From)
	}
	return nil
}
