package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// Annex carries the readable rows of a batch beside its statement. The
// statement's lines sign each row's salted digest, so one row can be opened
// for one teacher without telling anything about the others.
type Annex struct {
	Columns []string
	Rows    []AnnexRow
}

// AnnexRow is one row: whose record, the salt, and the cells people read. A
// cell may be empty.
type AnnexRow struct {
	Record string
	Salt   [16]byte
	Cells  []string
}

const (
	annexMagic   = "sealdesk/v1 annex"
	labelColumns = "栏目"
	labelRows    = "行数"
	columnComma  = "、" // joins column names, so none contains it
)

// Digest is SHA-256(salt ‖ cells joined by TAB).
func (r AnnexRow) Digest() [32]byte {
	h := sha256.New()
	h.Write(r.Salt[:])
	h.Write([]byte(strings.Join(r.Cells, "\t")))
	return [32]byte(h.Sum(nil))
}

// IsZero says that there is no annex at all, as with acts signed singly.
func (a Annex) IsZero() bool { return len(a.Columns) == 0 && len(a.Rows) == 0 }

func (a Annex) check() error {
	if a.IsZero() {
		return nil
	}
	if len(a.Columns) == 0 {
		return refuse(BadAnnex, "的栏目")
	}
	for _, c := range a.Columns {
		if err := checkValue(c, "附件的栏目"); err != nil {
			return err
		}
		if strings.Contains(c, columnComma) {
			return refuse(BadAnnex, "的栏目")
		}
	}
	for i, r := range a.Rows {
		where := "附件第 " + strconv.Itoa(i+1) + " 条"
		if err := checkValue(r.Record, where); err != nil {
			return err
		}
		if len(r.Cells) != len(a.Columns) {
			return refuse(BadAnnex, "第 "+strconv.Itoa(i+1)+" 条")
		}
		for _, c := range r.Cells {
			if err := checkCell(c, where); err != nil {
				return err
			}
		}
	}
	return nil
}

// Print gives the annex's only spelling; no annex prints as no byte.
func (a Annex) Print() ([]byte, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	if a.IsZero() {
		return nil, nil
	}
	var b bytes.Buffer
	b.WriteString(annexMagic + "\n")
	b.WriteString(labelColumns + colon + strings.Join(a.Columns, columnComma) + "\n")
	b.WriteString(labelRows + colon + strconv.Itoa(len(a.Rows)) + "\n\n")
	for _, r := range a.Rows {
		b.WriteString(r.Record)
		b.WriteByte('\t')
		b.WriteString(hex.EncodeToString(r.Salt[:]))
		for _, c := range r.Cells {
			b.WriteByte('\t')
			b.WriteString(c)
		}
		b.WriteByte('\n')
	}
	if b.Len() > MaxContent {
		return nil, refuse(TooLarge, "附件")
	}
	return b.Bytes(), nil
}

// ParseAnnex reads an annex in its only spelling and refuses every other one.
func ParseAnnex(b []byte) (Annex, error) {
	if len(b) == 0 {
		return Annex{}, nil
	}
	if len(b) > MaxContent {
		return Annex{}, refuse(TooLarge, "附件")
	}
	all, err := lines(b)
	if err != nil {
		return Annex{}, refuse(BadAnnex, "末行")
	}
	if len(all) < 4 || all[0] != annexMagic || all[3] != "" {
		return Annex{}, refuse(BadAnnex, "开头")
	}
	columns, ok := strings.CutPrefix(all[1], labelColumns+colon)
	if !ok {
		return Annex{}, refuse(BadAnnex, "的栏目")
	}
	rows := all[4:]
	if all[2] != labelRows+colon+strconv.Itoa(len(rows)) {
		return Annex{}, refuse(BadAnnex, "的行数")
	}
	a := Annex{Columns: strings.Split(columns, columnComma)}
	for i, s := range rows {
		row, err := parseAnnexRow(s, "第 "+strconv.Itoa(i+1)+" 条")
		if err != nil {
			return Annex{}, err
		}
		a.Rows = append(a.Rows, row)
	}
	if err := a.check(); err != nil {
		return Annex{}, err
	}
	return a, nil
}

func parseAnnexRow(s, where string) (AnnexRow, error) {
	cells := strings.Split(s, "\t")
	if len(cells) < 3 {
		return AnnexRow{}, refuse(BadAnnex, where)
	}
	row := AnnexRow{Record: cells[0], Cells: cells[2:]}
	if !unhex(row.Salt[:], cells[1]) {
		return AnnexRow{}, refuse(BadAnnex, where)
	}
	return row, nil
}

// unhex fills dst from lower-case hex of exactly its length.
func unhex(dst []byte, s string) bool {
	if len(s) != 2*len(dst) {
		return false
	}
	for i := range dst {
		high, low := nibble(s[2*i]), nibble(s[2*i+1])
		if high|low > 15 {
			return false
		}
		dst[i] = high<<4 | low
	}
	return true
}

// nibble is the value of a lower-case hex digit, more than 15 for anything else.
func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 0xff
}
