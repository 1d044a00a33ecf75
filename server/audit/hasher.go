package audit

import "crypto/sha256"

// A leafHasher hashes leaves without allocating: the prefix byte and the entry
// are laid side by side in its own buffer.
type leafHasher struct{ buffer [1 + MaxEntry]byte }

func (h *leafHasher) hash(entry []byte) Hash {
	if len(entry) > MaxEntry {
		s := sha256.New()
		s.Write([]byte{0})
		s.Write(entry)
		var leaf Hash
		s.Sum(leaf[:0])
		return leaf
	}
	h.buffer[0] = 0
	n := copy(h.buffer[1:], entry)
	return sha256.Sum256(h.buffer[:1+n])
}
