package revocation

import (
	"crypto/x509"
	"regexp"
)

// idNumber is the shape of a resident's ID number (GB 11643-1999).
var idNumber = regexp.MustCompile(`[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]`)

// HoldsIDNumber reports whether a certificate carries what has the shape and
// the check character of an ID number, anywhere in what it signs: in the
// subject, an alternative name, a private extension. Such a certificate shows
// the number to whoever sees a seal.
func HoldsIDNumber(c *x509.Certificate) bool {
	raw := c.RawTBSCertificate
	for _, text := range [][]byte{raw, withoutZeros(raw)} { // UTF-8 and the like; BMPString
		for at := 0; at < len(text); {
			found := idNumber.FindIndex(text[at:])
			if found == nil {
				break
			}
			if checked(text[at+found[0] : at+found[1]]) {
				return true
			}
			at += found[0] + 1
		}
	}
	return false
}

func withoutZeros(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, c := range b {
		if c != 0 {
			out = append(out, c)
		}
	}
	return out
}

// checked is the check character by mod 11-2.
func checked(number []byte) bool {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(number[i]-'0') * w
	}
	want := "10X98765432"[sum%11]
	last := number[17]
	if last == 'x' {
		last = 'X'
	}
	return last == want
}
