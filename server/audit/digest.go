package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"sealdesk/server/internal/fault"
)

// none is how every text of the log spells "there is none".
const none = "无"

// A Digest is a SHA-256. The zero value means "none" and is spelled 无; no
// bytes are known that hash to it.
type Digest [sha256.Size]byte

// IsZero reports whether there is no digest.
func (d Digest) IsZero() bool { return d == Digest{} }

// String is the lower-case hex, or 无.
func (d Digest) String() string {
	if d.IsZero() {
		return none
	}
	return hex.EncodeToString(d[:])
}

// ParseDigest reads what String prints and nothing else.
func ParseDigest(s string) (Digest, error) {
	if s == none {
		return Digest{}, nil
	}
	var d Digest
	if !hexDigest([]byte(s), &d) || d.IsZero() {
		return Digest{}, fault.New(fault.Invalid, "摘要应为 64 位小写十六进制数字，或“无”。")
	}
	return d, nil
}

// Salted is a body as it lies beside the log: its bytes behind a 128-bit salt,
// so that nobody who can guess the bytes can check the guess against a leaf.
type Salted struct {
	Salt  [16]byte
	Bytes []byte
}

// Salt puts a fresh random salt before bytes. It keeps the slice.
func Salt(bytes []byte) Salted {
	s := Salted{Bytes: bytes}
	rand.Read(s.Salt[:]) // never fails: the runtime stops the program instead
	return s
}

// Digest is SHA-256(salt ‖ bytes).
func (s Salted) Digest() Digest {
	h := sha256.New()
	h.Write(s.Salt[:])
	h.Write(s.Bytes)
	var d Digest
	h.Sum(d[:0])
	return d
}

// zone is Asia/Shanghai as the texts spell it. The country has kept +08:00
// without summer time since 1991, before any time that the log can hold.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// timeLayout is the one spelling of a time: milliseconds, +08:00.
const timeLayout = "2006-01-02T15:04:05.000+08:00"

// Moment cuts a time to what the log can spell: milliseconds, Asia/Shanghai.
func Moment(t time.Time) time.Time { return t.In(zone).Truncate(time.Millisecond) }

// plain is the SHA-256 of the bytes without their salt.
func (s Salted) plain() [sha256.Size]byte { return sha256.Sum256(s.Bytes) }
