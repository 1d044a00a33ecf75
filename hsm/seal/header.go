package seal

import (
	"encoding/hex"
	"strings"
	"time"
)

// Header is what every statement carries: for which portal and body, who
// signs, and from when until when the text may be signed. Kind login has
// neither Institution nor Signers: nobody is known yet.
type Header struct {
	Portal, Institution string
	Signers             []Signer
	Nonce               [16]byte
	// Issued and Expires are kept to the millisecond; what is finer is cut.
	Issued, Expires time.Time
}

// Signer is one person who is asked to sign: staff number, name, and the
// fingerprint of the certificate that must be used.
type Signer struct{ Staff, Name, Fingerprint string }

const (
	labelPortal      = "门户"
	labelInstitution = "机构"
	labelSigner      = "签署人"
	labelMatter      = "事项"
	labelNonce       = "随机数"
	labelIssued      = "出具时间"
	labelExpires     = "有效至"
)

// timeLayout is RFC 3339 with exactly three decimals; the offset is always
// +08:00, so each millisecond has one spelling.
const timeLayout = "2006-01-02T15:04:05.000-07:00"

var beijing = time.FixedZone("+08:00", 8*60*60)

// PrintTime gives the spelling of a moment in texts: RFC 3339, milliseconds,
// +08:00.
func PrintTime(t time.Time) string {
	return t.In(beijing).Truncate(time.Millisecond).Format(timeLayout)
}

// ParseTime reads what PrintTime prints and nothing else.
func ParseTime(s string) (time.Time, error) {
	t, ok := digits(s)
	var again [len(timeLayout)]byte
	if !ok || string(t.AppendFormat(again[:0], timeLayout)) != s {
		return time.Time{}, refuse(BadHeader, "时间")
	}
	return t, nil
}

// digits takes the digits of a time from their places; whether everything
// around them is as it should be, printing it again shows.
func digits(s string) (time.Time, bool) {
	if len(s) != len(timeLayout) {
		return time.Time{}, false
	}
	ok := true
	number := func(from, to int) (n int) {
		for _, c := range []byte(s[from:to]) {
			ok = ok && c >= '0' && c <= '9'
			n = 10*n + int(c-'0')
		}
		return n
	}
	t := time.Date(number(0, 4), time.Month(number(5, 7)), number(8, 10), number(11, 13), number(14, 16), number(17, 19),
		number(20, 23)*int(time.Millisecond), beijing)
	return t, ok
}

func isHeader(label string) bool {
	switch label {
	case labelPortal, labelInstitution, labelSigner, labelMatter, labelNonce, labelIssued, labelExpires:
		return true
	}
	return false
}

// fields prints the header for a form; Header reads the same lines back.
func (h Header) fields(form Form) ([]Field, error) {
	if (form.Kind == Login || form.Order) && len(h.Signers) > 0 {
		return nil, refuse(BadHeader, "“"+labelSigner+"”")
	}
	if form.Kind == Login && h.Institution != "" {
		return nil, refuse(BadHeader, "“"+labelInstitution+"”")
	}
	all := []Field{{labelPortal, h.Portal}}
	if form.Kind != Login {
		all = append(all, Field{labelInstitution, h.Institution})
	}
	for _, s := range h.Signers {
		all = append(all, Field{labelSigner, s.String()})
	}
	return append(all, Field{labelMatter, form.Title}, Field{labelNonce, hex.EncodeToString(h.Nonce[:])},
		Field{labelIssued, PrintTime(h.Issued)}, Field{labelExpires, PrintTime(h.Expires)}), nil
}

// Header reads the statement's own header lines.
func (s Statement) Header() (Header, error) { return s.Text.header() }

func (t Text) header() (Header, error) {
	form, ok := FormOf(t.Kind)
	if !ok || t.Get(labelMatter) != form.Title {
		return Header{}, refuse(BadHeader, "“"+labelMatter+"”")
	}
	h := Header{Portal: t.Get(labelPortal), Institution: t.Get(labelInstitution)}
	if !unhex(h.Nonce[:], t.Get(labelNonce)) {
		return Header{}, refuse(BadHeader, "“"+labelNonce+"”")
	}
	var err error
	if h.Issued, err = ParseTime(t.Get(labelIssued)); err != nil {
		return Header{}, refuse(BadHeader, "“"+labelIssued+"”")
	}
	if h.Expires, err = ParseTime(t.Get(labelExpires)); err != nil || !h.Expires.After(h.Issued) {
		return Header{}, refuse(BadHeader, "“"+labelExpires+"”")
	}
	seen := map[string]bool{}
	for _, v := range t.All(labelSigner) {
		signer, ok := parseSigner(v)
		if !ok || seen[signer.Staff] || seen[signer.Fingerprint] {
			return Header{}, refuse(BadHeader, "“"+labelSigner+"”")
		}
		seen[signer.Staff], seen[signer.Fingerprint] = true, true
		h.Signers = append(h.Signers, signer)
	}
	return h, nil
}

const (
	staffOpen  = "（"
	staffClose = "） 钥匙 "
)

// String is the signer's line: name（staff） 钥匙 fingerprint.
func (s Signer) String() string { return s.Name + staffOpen + s.Staff + staffClose + s.Fingerprint }

// parseSigner reads from the right, so a name with brackets stays whole.
func parseSigner(v string) (Signer, bool) {
	i := strings.LastIndex(v, staffClose)
	if i < 0 {
		return Signer{}, false
	}
	j := strings.LastIndex(v[:i], staffOpen)
	if j <= 0 {
		return Signer{}, false
	}
	s := Signer{Name: v[:j], Staff: v[j+len(staffOpen) : i], Fingerprint: v[i+len(staffClose):]}
	var digest [32]byte
	if !unhex(digest[:], s.Fingerprint) || !staffNumber(s.Staff) || strings.HasSuffix(s.Name, " ") {
		return Signer{}, false
	}
	return s, true
}

// staffNumber keeps numbers to plain ASCII, at most 64 long, so that brackets
// and look-alikes cannot hide in them.
func staffNumber(s string) bool {
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' || r == '_' || r == '.') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}
