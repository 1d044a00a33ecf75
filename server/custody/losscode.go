package custody

import (
	"crypto/rand"
	"strings"

	"sealdesk/server/internal/fault"
)

// codeLetters leave out what is mistaken for another when read from paper.
const codeLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// codeLength letters of 5 bits each: 80 bits, beyond guessing whatever is tried.
const codeLength = 16

// NewLossCode makes the one-time code that reports a key lost without a key. It
// is shown once, on paper; the register keeps a keyed MAC of it.
func NewLossCode() string {
	raw := make([]byte, codeLength)
	rand.Read(raw)
	return LossCodeOf(raw)
}

// LossCodeOf spells a code out of sixteen random bytes.
func LossCodeOf(raw []byte) string {
	var b strings.Builder
	for i, r := range raw[:codeLength] {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(codeLetters[r&31])
	}
	return b.String()
}

// ParseLossCode brings a typed code into the spelling of NewLossCode; anything
// else is empty.
func ParseLossCode(text string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(text) {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		switch {
		case r == '-' || r == ' ' || r == '　':
			continue
		case !strings.ContainsRune(codeLetters, r):
			return ""
		}
		if n := len(strings.ReplaceAll(b.String(), "-", "")); n > 0 && n%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	if b.Len() != codeLength+codeLength/4-1 {
		return ""
	}
	return b.String()
}

// WithLossCode binds the MAC of a fresh code to the holder's own token; an
// earlier code no longer counts.
func (h Holding) WithLossCode(holder string, mark []byte) (Holding, error) {
	if holder == "" || holder != h.Token.Custodian || h.Key.Staff != holder {
		return h, fault.New(fault.Forbidden, "报失口令只发给钥匙的保管人本人。")
	}
	if h.Token.State != Issued {
		return h, fault.New(fault.Conflict, "钥匙 %s 现在是“%s”，不发报失口令。", h.Token.Serial, h.Token.State.Word())
	}
	h.Token.LossMark = mark
	return h, nil
}
