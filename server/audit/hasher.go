package audit

import "crypto/sha256"

// LeafHash is SHA-256(0x00 ‖ entry), the tree's hash of one entry.
func LeafHash(entry []byte) Hash {
	b := make([]byte, 1, 1+MaxEntry)
	return sha256.Sum256(append(b, entry...))
}

// leafHashInBundle hashes an entry where it lies behind its length: the byte
// before it is lent to the prefix, so that nothing is copied. b begins at the
// length and ends with the entry.
func leafHashInBundle(b []byte) Hash {
	lent := b[1]
	b[1] = 0
	h := sha256.Sum256(b[1:])
	b[1] = lent
	return h
}
