package org

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// day is how a date is written in the reference files.
const day = "2006-01-02"

// shanghai is the zone of every day and year in these files.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// faults gathers one sentence per faulty line, so that a file is mended in one go.
type faults struct {
	file string
	list []fault.Field
}

func (f *faults) at(line int, format string, args ...any) {
	f.list = append(f.list, fault.Field{Name: fmt.Sprintf("第 %d 行", line), Sentence: fmt.Sprintf(format, args...)})
}

// err is nil, or one refusal of the whole file that carries every line's fault.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	e := fault.New(fault.Invalid, "%s有 %d 处错误，整份没有读入。第一处在%s：%s", f.file, len(f.list), f.list[0].Name, f.list[0].Sentence)
	e.Fields = f.list
	return e
}

// record is one line of a reference file by column name.
type record struct {
	line  int
	cells map[string]string
}

func (r record) get(column string) string { return r.cells[column] }

// read takes a CSV file apart: UTF-8, the given columns in their order, every
// line as long as the header. A column that ends in _ stands for that prefix
// and a year. It gives the header as it was written.
func read(file string, r io.Reader, columns []string) (header []string, list []record, err error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	header, err = in.Read()
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "%s读不出表头。请用 UTF-8 编码的 CSV 文件，第一行是列名。", file)
	}
	if !sameHeader(header, columns) {
		return nil, nil, fault.New(fault.Invalid, "%s的表头不对，应依次为 %s。", file, strings.Join(columns, ","))
	}
	bad := &faults{file: file}
	for line := 2; ; line++ {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			bad.at(line, "引号或换行不合 CSV 格式，从这一行起读不下去。")
			break
		}
		if line, _ = in.FieldPos(0); len(cells) != len(header) {
			bad.at(line, "应有 %d 列，实有 %d 列。", len(header), len(cells))
			continue
		}
		rec := record{line, make(map[string]string, len(cells))}
		sound := true
		for i, cell := range cells {
			if !utf8.ValidString(cell) || cell != "" && seal.CheckValue(cell) != nil {
				bad.at(line, "%s 列含有不能使用的字符，或前后有空格。请删去后再导入。", header[i])
				sound = false
			}
			rec.cells[header[i]] = cell
		}
		if sound {
			list = append(list, rec)
		}
	}
	return header, list, bad.err()
}

// sameHeader compares names; a wanted name ending in _ takes four digits more.
func sameHeader(header, columns []string) bool {
	if len(header) != len(columns) {
		return false
	}
	for i, want := range columns {
		have := header[i]
		if strings.HasSuffix(want, "_") {
			year, ok := strings.CutPrefix(have, want)
			if !ok || len(year) != 4 || strings.Trim(year, "0123456789") != "" || year < "2000" {
				return false
			}
		} else if have != want {
			return false
		}
	}
	return true
}

// identifier allows what can stand in a path and in a record number.
func identifier(id string) bool {
	return id != "" && len(id) <= 32 &&
		strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == "" && id[0] != '-'
}
