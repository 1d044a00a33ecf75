package store

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"sealdesk/server/audit"
)

// span is the piece of the tree between two sizes: what the frontier of the
// smaller one holds, and the leaves since. It computes the larger root and the
// inclusion proofs of its leaves with one hash per node, without reading tiles.
type span struct {
	from, to uint64
	left     map[[2]uint64]audit.Hash // the frontier's subtrees
	leaves   []audit.Hash
	made     map[[2]uint64]audit.Hash
}

func newSpan(frontier audit.Frontier, leaves []audit.Hash) (*span, error) {
	b, err := frontier.MarshalBinary()
	if err != nil {
		return nil, err
	}
	from := binary.BigEndian.Uint64(b)
	s := &span{from: from, to: from + uint64(len(leaves)), left: map[[2]uint64]audit.Hash{}, leaves: leaves, made: map[[2]uint64]audit.Hash{}}
	b = b[8:]
	at := uint64(0)
	for rest := from; rest > 0; {
		width := uint64(1) << (bits.Len64(rest) - 1)
		s.left[[2]uint64{at, at + width}] = audit.Hash(b[:32])
		b, at, rest = b[32:], at+width, rest-width
	}
	return s, nil
}

// node is the hash of the subtree over [lo, hi).
func (s *span) node(lo, hi uint64) (audit.Hash, error) {
	if lo >= s.from && hi-lo == 1 {
		return s.leaves[lo-s.from], nil
	}
	key := [2]uint64{lo, hi}
	if h, ok := s.left[key]; ok {
		return h, nil
	}
	if h, ok := s.made[key]; ok {
		return h, nil
	}
	// What ends at the smaller size may still be put together from the frontier's
	// subtrees; what ends before it, or is a leaf, was never in it.
	if hi < s.from || hi-lo == 1 {
		return audit.Hash{}, fmt.Errorf("span %d-%d: no node %d-%d", s.from, s.to, lo, hi)
	}
	mid := lo + split(hi-lo)
	left, err := s.node(lo, mid)
	if err != nil {
		return audit.Hash{}, err
	}
	right, err := s.node(mid, hi)
	if err != nil {
		return audit.Hash{}, err
	}
	h := tlog.NodeHash(left, right)
	s.made[key] = h
	return h, nil
}

// split is RFC 6962's k: the largest power of two below n.
func split(n uint64) uint64 { return 1 << (bits.Len64(n-1) - 1) }

func (s *span) root() (audit.Hash, error) {
	if s.to == 0 {
		return audit.EmptyRoot(), nil
	}
	return s.node(0, s.to)
}

// prove gives the path of a leaf of the span, from the leaf upwards.
func (s *span) prove(index uint64) (audit.InclusionProof, error) {
	p := audit.InclusionProof{Index: index, Size: s.to}
	if index < s.from || index >= s.to {
		return p, fmt.Errorf("span %d-%d: no leaf %d", s.from, s.to, index)
	}
	var down []audit.Hash
	for lo, hi := uint64(0), s.to; hi-lo > 1; {
		mid := lo + split(hi-lo)
		var beside audit.Hash
		var err error
		if index < mid {
			beside, err = s.node(mid, hi)
			hi = mid
		} else {
			beside, err = s.node(lo, mid)
			lo = mid
		}
		if err != nil {
			return p, err
		}
		down = append(down, beside)
	}
	for i := len(down) - 1; i >= 0; i-- {
		p.Hashes = append(p.Hashes, down[i])
	}
	return p, nil
}
