package audit

import (
	"encoding/hex"
	"strconv"
	"strings"

	"sealdesk/server/internal/fault"
)

// A SignerSalts opens the digests of one signer's entry.
type SignerSalts struct{ Statement, Seal [16]byte }

// A RowOpening opens one line of a batch statement: whose record, the line's
// salt and the cells that the signer read.
type RowOpening struct {
	Record string
	Salt   [16]byte
	Cells  []string
}

// An Opening holds the secrets of one proof: the salts of its entries and, for
// a statement with a table, the one row that it is about.
type Opening struct {
	Signers []SignerSalts
	Row     *RowOpening
}

const (
	openingHead   = "sealdesk/v1 opening"
	openingSigner = "签署"
	openingText   = "陈述盐"
	openingSeal   = "签章盐"
	openingRecord = "记录"
	openingSalt   = "行盐"
	openingCells  = "行文"
)

// print gives the opening's one spelling.
func (o Opening) print() ([]byte, error) {
	if len(o.Signers) == 0 || len(o.Signers) > maxSigners {
		return nil, fault.New(fault.Invalid, "开启文件应有 1 至 %d 位签署人。", maxSigners)
	}
	var b strings.Builder
	line := func(label, value string) { b.WriteString(label + ": " + value + "\n") }
	b.WriteString(openingHead + "\n")
	for i, s := range o.Signers {
		line(openingSigner, strconv.Itoa(i+1))
		line(openingText, hex.EncodeToString(s.Statement[:]))
		line(openingSeal, hex.EncodeToString(s.Seal[:]))
	}
	if o.Row != nil {
		cells := strings.Join(o.Row.Cells, "\t")
		if len(o.Row.Cells) == 0 || o.Row.Record == "" || strings.ContainsAny(o.Row.Record+cells, "\n\r") {
			return nil, fault.New(fault.Invalid, "开启文件的记录或行文写不成一行。")
		}
		line(openingRecord, o.Row.Record)
		line(openingSalt, hex.EncodeToString(o.Row.Salt[:]))
		line(openingCells, cells)
	}
	return []byte(b.String()), nil
}

// parseOpening reads an opening and refuses every other spelling.
func parseOpening(b []byte) (Opening, error) {
	wrong := func(line int) error {
		return fault.New(fault.Invalid, "第 %d 行写法不合规定。", line)
	}
	lines := strings.Split(string(b), "\n")
	if lines[0] != openingHead || lines[len(lines)-1] != "" {
		return Opening{}, wrong(1)
	}
	var o Opening
	at := 1
	value := func(label string) (string, bool) {
		v, ok := strings.CutPrefix(lines[at], label+": ")
		if ok {
			at++
		}
		return v, ok
	}
	for len(o.Signers) <= maxSigners {
		n, ok := value(openingSigner)
		if !ok {
			break
		}
		var s SignerSalts
		text, ok1 := value(openingText)
		sealed, ok2 := value(openingSeal)
		if n != strconv.Itoa(len(o.Signers)+1) || !ok1 || !ok2 || !parseSalt(text, &s.Statement) || !parseSalt(sealed, &s.Seal) {
			return Opening{}, wrong(at)
		}
		o.Signers = append(o.Signers, s)
	}
	if record, ok := value(openingRecord); ok {
		row := RowOpening{Record: record}
		salt, ok1 := value(openingSalt)
		cells, ok2 := value(openingCells)
		if !ok1 || !ok2 || !parseSalt(salt, &row.Salt) {
			return Opening{}, wrong(at)
		}
		row.Cells = strings.Split(cells, "\t")
		o.Row = &row
	}
	if at != len(lines)-1 {
		return Opening{}, wrong(at + 1)
	}
	if again, err := o.print(); err != nil || string(again) != string(b) {
		return Opening{}, fault.New(fault.Invalid, "不是规范写法：重新排印后与原文不同。")
	}
	return o, nil
}

func parseSalt(s string, salt *[16]byte) bool {
	if len(s) != 2*len(salt) || strings.ToLower(s) != s {
		return false
	}
	_, err := hex.Decode(salt[:], []byte(s))
	return err == nil
}
