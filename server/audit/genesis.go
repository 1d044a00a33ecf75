package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// GenesisFingerprint is what `init` prints on paper: the SHA-256 of entry 0's
// bytes as 16 groups of four hex digits. The same digits come from any tool
// that prints a SHA-256.
func GenesisFingerprint(entry []byte) string {
	sum := sha256.Sum256(entry)
	digits := hex.EncodeToString(sum[:])
	var groups []string
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:i+4])
	}
	return strings.Join(groups, " ")
}

// sameFingerprint compares a printed fingerprint, as typed from paper (any
// spacing, either case), with an entry.
func sameFingerprint(printed, entry []byte) bool {
	typed := strings.ToLower(strings.Join(strings.Fields(string(printed)), ""))
	sum := sha256.Sum256(entry)
	return typed == hex.EncodeToString(sum[:])
}

// IsFingerprint reports whether a text can be a printed fingerprint at all.
func IsFingerprint(printed []byte) bool {
	typed := strings.ToLower(strings.Join(strings.Fields(string(printed)), ""))
	var d Digest
	return hexDigest([]byte(typed), &d)
}
