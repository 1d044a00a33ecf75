package seal

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// Statement is a text of a kind that people sign, with its annex.
type Statement struct {
	Text  Text
	Annex Annex
}

// labels that New writes itself.
const (
	labelAnnexColumns = "附件栏目"
	labelAnnexRows    = "附件行数"
)

// New makes a statement: head, the given fields in the form's order, the lines
// that describe the annex, foot, and one signed row per annex row. Fields of a
// label that may repeat keep the order in which they are given.
func New(kind Kind, h Header, fields []Field, annex Annex) (Statement, error) {
	form, ok := FormOf(kind)
	if !ok || !form.Statement {
		return Statement{}, refuse(BadKind, "签署文本")
	}
	own, err := h.fields(form)
	if err != nil {
		return Statement{}, err
	}
	if form.Table {
		own = append(own, Field{labelAnnexColumns, strings.Join(annex.Columns, columnComma)},
			Field{labelAnnexRows, strconv.Itoa(len(annex.Rows))})
	}
	for i, f := range fields {
		mine := slices.ContainsFunc(own, func(o Field) bool { return o.Label == f.Label })
		if mine || form.place(f.Label) < 0 || isHeader(f.Label) {
			return Statement{}, refuse(BadLabel, "第 "+strconv.Itoa(i+1)+" 个栏目")
		}
	}
	s := Statement{Text: Text{Kind: kind, Fields: make([]Field, 0, len(own)+len(fields))}, Annex: annex}
	for _, label := range form.Labels {
		for _, list := range [][]Field{own, fields} { // no label is in both
			for _, f := range list {
				if f.Label == label.Name {
					s.Text.Fields = append(s.Text.Fields, f)
				}
			}
		}
	}
	if form.Table {
		s.Text.Rows = signedRows(annex)
	}
	if err := s.check(); err != nil {
		return Statement{}, err
	}
	return s, nil
}

// signedRows are the table lines that sign an annex.
func signedRows(a Annex) [][]string {
	var rows [][]string
	for i, r := range a.Rows {
		d := r.Digest()
		rows = append(rows, []string{strconv.Itoa(i + 1), r.Record, hex.EncodeToString(d[:])})
	}
	return rows
}

// ParseStatement reads a statement and its annex, both canonical. Every annex
// row must match its signed line; a kind without a table has no annex byte.
func ParseStatement(text, annex []byte) (Statement, error) {
	t, err := Parse(text)
	if err != nil {
		return Statement{}, err
	}
	a, err := ParseAnnex(annex)
	if err != nil {
		return Statement{}, err
	}
	s := Statement{Text: t, Annex: a}
	if err := s.check(); err != nil {
		return Statement{}, err
	}
	return s, nil
}

// check holds what a statement asks beyond the rules of its text.
func (s Statement) check() error {
	form, ok := FormOf(s.Text.Kind)
	if !ok || !form.Statement {
		return refuse(BadKind, "签署文本")
	}
	if err := s.Text.check(form); err != nil {
		return err
	}
	if _, err := s.Header(); err != nil {
		return err
	}
	if err := s.Annex.check(); err != nil {
		return err
	}
	if !form.Table {
		if !s.Annex.IsZero() {
			return refuse(AnnexMismatch, "")
		}
		return nil
	}
	return s.checkAnnex()
}

func (s Statement) checkAnnex() error {
	if s.Text.Get(labelAnnexColumns) != strings.Join(s.Annex.Columns, columnComma) {
		return refuse(AnnexMismatch, "的栏目")
	}
	if s.Text.Get(labelAnnexRows) != strconv.Itoa(len(s.Annex.Rows)) || len(s.Text.Rows) != len(s.Annex.Rows) {
		return refuse(AnnexMismatch, "的行数")
	}
	for i, want := range signedRows(s.Annex) {
		row := s.Text.Rows[i]
		for c := range want {
			if row[c] != want[c] {
				return refuse(AnnexMismatch, "第 "+strconv.Itoa(i+1)+" 条")
			}
		}
	}
	return nil
}

// Kind is the statement's purpose.
func (s Statement) Kind() Kind { return s.Text.Kind }

// Bytes are the bytes that are shown, hashed, signed and stored.
func (s Statement) Bytes() ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return s.Text.Print()
}

// Digest is the SHA-256 of Bytes.
func (s Statement) Digest() ([32]byte, error) {
	b, err := s.Bytes()
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(b), nil
}
