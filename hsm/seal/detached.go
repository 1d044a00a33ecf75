package seal

import (
	"crypto/x509"
	"strconv"
	"time"
)

// Detached is a seal over a statement whose annex the verifier has not, or not
// whole: an offline check of one conclusion out of a batch. It is no Verified:
// an act needs the whole annex, since people signed after reading all of it.
type Detached struct {
	Statement   Statement // with an empty annex
	Certificate *x509.Certificate
	SigningTime time.Time // what the workstation's clock said; it decides nothing
}

// VerifyDetached checks all that Verify checks but the annex: its signed lines
// must be numbered, whole and as many as the text says, and remain digests.
func VerifyDetached(der, content []byte, trust Trust, expect Expect, received time.Time) (Detached, error) {
	sd, leaf, err := checkSeal(der, content, trust, received)
	if err != nil {
		return Detached{}, err
	}
	s, err := ParseDetached(content)
	if err != nil {
		return Detached{}, err
	}
	if err := s.checkExpected(expect, leaf, sd.attrs.at, received); err != nil {
		return Detached{}, err
	}
	return Detached{Statement: s, Certificate: leaf, SigningTime: sd.attrs.at}, nil
}

// ParseDetached reads a statement without its annex.
func ParseDetached(content []byte) (Statement, error) {
	t, err := Parse(content)
	if err != nil {
		return Statement{}, err
	}
	form, ok := FormOf(t.Kind)
	if !ok || !form.Statement {
		return Statement{}, refuse(BadKind, "签署文本")
	}
	s := Statement{Text: t}
	if _, err := s.Header(); err != nil {
		return Statement{}, err
	}
	if !form.Table {
		return s, nil
	}
	if t.Get(labelAnnexRows) != strconv.Itoa(len(t.Rows)) {
		return Statement{}, refuse(AnnexMismatch, "的行数")
	}
	for i, row := range t.Rows {
		var digest [32]byte
		if row[0] != strconv.Itoa(i+1) || !unhex(digest[:], row[2]) {
			return Statement{}, refuse(BadRow, line(len(t.Fields)+3+i))
		}
	}
	return s, nil
}
