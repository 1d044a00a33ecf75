package sheet

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"sealdesk/server/registration"
)

// templateRows is how far down a template's formats and lists reach; a pasted
// column keeps them.
const templateRows = 2000

// Template writes an empty application sheet: the official headers in row 1,
// text columns formatted as text so that no number loses its last digits, date
// columns as dates, and the words of the list columns to choose from.
func Template(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", SheetName); err != nil {
		return err
	}
	styles := map[registration.Kind]int{}
	for kind, format := range map[registration.Kind]string{
		registration.TextKind: "@", registration.ListKind: "@", registration.NumberKind: "0.0",
		registration.DateKind: "yyyy-mm-dd", registration.TimeKind: "yyyy-mm-dd hh:mm:ss",
	} {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			return err
		}
		styles[kind] = id
	}
	for i, c := range columns() {
		if err := templateColumn(f, i+1, c, styles[c.Kind]); err != nil {
			return err
		}
	}
	return f.Write(w)
}

func templateColumn(f *excelize.File, number int, c registration.Column, style int) error {
	name, err := excelize.ColumnNumberToName(number)
	if err != nil {
		return err
	}
	if err := f.SetColStyle(SheetName, name, style); err != nil {
		return err
	}
	if err := f.SetColWidth(SheetName, name, name, 18); err != nil {
		return err
	}
	if err := f.SetCellStr(SheetName, name+"1", Guard(c.Header)); err != nil {
		return err
	}
	words := registration.Words(c.Field)
	if len(words) == 0 {
		return nil
	}
	choice := excelize.NewDataValidation(true)
	choice.Sqref = fmt.Sprintf("%s2:%s%d", name, name, templateRows)
	if err := choice.SetDropList(words); err != nil {
		return err
	}
	return f.AddDataValidation(SheetName, choice)
}

// reportTitles are the columns of the report for people.
var reportTitles = []any{"行号", "结果", "栏目", "代码", "原值（已遮蔽）", "问题", "改正办法", "对象类别", "注册类型", "规则", "建议"}

var kindWords = map[LineKind]string{File: "文件被拒", Refuse: "行被拒", Overdue: "逾期", Wait: "等候", Accept: "可导入", Warn: "提醒"}

// Word names the kind of line for a page.
func (k LineKind) Word() string { return kindWords[k] }

// WriteXLSX writes the report for a person: WriteCSV's lines with the
// sentences, the cures and the masked values.
func (r *Report) WriteXLSX(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	const name = "导入报告"
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	out, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := out.SetColWidth(6, 7, 48); err != nil {
		return err
	}
	if err := out.SetRow("A1", reportTitles); err != nil {
		return err
	}
	for i, l := range r.Lines {
		cell, err := excelize.CoordinatesToCellName(1, i+2)
		if err != nil {
			return err
		}
		cells := []any{l.Row}
		for _, text := range []string{l.Kind.Word(), l.Column, l.Code, l.Masked, l.Sentence, l.Cure,
			l.Scope, l.RegKind, l.Findings, string(l.Outcome)} {
			cells = append(cells, Guard(text))
		}
		if err := out.SetRow(cell, cells); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}
