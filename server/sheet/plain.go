package sheet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"sealdesk/server/internal/fault"
)

// PlainRow is one filled row of a plain table: the cells under the wanted
// titles as text, and which of them were numbers (whose last digits a
// spreadsheet may have lost).
type PlainRow struct {
	Number int // as the spreadsheet counts, the header is 1
	Cells  []string
	Digits []bool
}

// Plain reads a small table that is no application sheet: the first visible
// sheet, titles in row 1, columns found by title in any order. The file passes
// the same inspection as every other. optional titles may be missing; their
// cells are empty then.
func Plain(ctx context.Context, r io.ReaderAt, size int64, rows int, required []string, optional ...string) ([]PlainRow, error) {
	lim := DefaultLimits()
	_, err := inspect(ctx, r, size, lim)
	var refused *FileFault
	switch {
	case errors.As(err, &refused):
		return nil, fault.New(fault.Invalid, "%s%s", refused.lines()[0].Sentence, refused.lines()[0].Cure).At("sheet", "请换一份文件。")
	case err != nil:
		return nil, fault.Wrap(err, fault.Unavailable, "文件没有完整读到，请重新上传。")
	}
	raw := make([]byte, size)
	if _, err := r.ReadAt(raw, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Wrap(err, fault.Unavailable, "文件没有完整读到，请重新上传。")
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{UnzipSizeLimit: lim.Unpacked, UnzipXMLSizeLimit: lim.Unpacked, RawCellValue: true})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "文件读不出来。请用电子表格软件打开，另存为 .xlsx 后再上传。").At("sheet", "请换一份文件。")
	}
	defer f.Close()
	return plainRows(f, rows, required, optional)
}

func plainRows(f *excelize.File, limit int, required, optional []string) ([]PlainRow, error) {
	name := ""
	for _, s := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(s); err == nil && visible {
			name = s
			break
		}
	}
	all, err := f.GetRows(name)
	if name == "" || err != nil || len(all) == 0 {
		return nil, fault.New(fault.Invalid, "文件里没有可读的工作表。第一张可见的工作表第 1 行应是表头：%s。", strings.Join(required, "、")).At("sheet", "请换一份文件。")
	}
	places, err := titlesOf(all[0], required, optional)
	if err != nil {
		return nil, err
	}
	if err := noTricks(f, name, all[0], places, len(all)); err != nil {
		return nil, err
	}
	var list []PlainRow
	for i, cells := range all[1:] {
		row := PlainRow{Number: i + 2, Cells: make([]string, len(places)), Digits: make([]bool, len(places))}
		filled := false
		for j, at := range places {
			if at < 0 || at >= len(cells) {
				continue
			}
			row.Cells[j] = strings.TrimSpace(cells[at])
			filled = filled || row.Cells[j] != ""
			where, err := excelize.CoordinatesToCellName(at+1, i+2)
			if err != nil {
				return nil, err
			}
			kind, err := f.GetCellType(name, where)
			row.Digits[j] = err == nil && row.Cells[j] != "" && (kind == excelize.CellTypeNumber || kind == excelize.CellTypeUnset)
		}
		if !filled {
			continue
		}
		if list = append(list, row); len(list) > limit {
			return nil, fault.New(fault.Invalid, "表里超过 %d 行，请分成几份上传。", limit).At("sheet", "请分成几份。")
		}
	}
	if len(list) == 0 {
		return nil, fault.New(fault.Invalid, "表头下面没有一行内容。请核对后重新上传。").At("sheet", "表里没有内容。")
	}
	return list, nil
}

// noTricks refuses what makes a cell say other than what stands in it: merged
// cells, and formulas, whose shown value is the last one somebody's program kept.
func noTricks(f *excelize.File, name string, head []string, places []int, rows int) error {
	merged, err := f.GetMergeCells(name)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "合并的单元格读不出来。请取消合并后重新上传。").At("sheet", "请取消合并。")
	}
	if len(merged) > 0 {
		return fault.New(fault.Invalid, "表里有合并的单元格（从 %s 起），读不准。请取消合并，在每行各自填写后重新上传。", merged[0].GetStartAxis()).At("sheet", "请取消合并。")
	}
	for row := 2; row <= rows; row++ {
		for _, at := range places {
			if at < 0 {
				continue
			}
			where, err := excelize.CoordinatesToCellName(at+1, row)
			if err != nil {
				return err
			}
			if formula, err := f.GetCellFormula(name, where); err != nil || formula != "" {
				return fault.New(fault.Invalid, "第 %d 行的“%s”是公式。请复制这一格，用“选择性粘贴—数值”贴回后重新上传。", row, strings.TrimSpace(head[at])).At("sheet", "第 %d 行有公式。", row)
			}
		}
	}
	return nil
}

// titlesOf finds the column of each title, -1 for an optional one that is not
// there.
func titlesOf(head, required, optional []string) ([]int, error) {
	at := map[string]int{}
	for i, t := range head {
		t = strings.Join(strings.Fields(t), "")
		if _, twice := at[t]; twice && t != "" {
			return nil, fault.New(fault.Invalid, "表头“%s”出现了两次，不能判定以哪一列为准。请删去一列。", t).At("sheet", "表头重复。")
		}
		at[t] = i
	}
	var places []int
	for i, t := range append(append([]string{}, required...), optional...) {
		place, ok := at[t]
		switch {
		case ok:
		case i < len(required):
			return nil, fault.New(fault.Invalid, "表头里没有“%s”。第 1 行应有：%s。", t, strings.Join(required, "、")).At("sheet", "缺少表头“%s”。", t)
		default:
			place = -1
		}
		places = append(places, place)
	}
	return places, nil
}

// WritePlain writes a table of texts under a header row, guarded against
// formulas, every column as text.
func WritePlain(w io.Writer, name string, titles []string, rows [][]string) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	format := "@"
	style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return err
	}
	last, err := excelize.ColumnNumberToName(len(titles))
	if err != nil {
		return err
	}
	if err := f.SetColStyle(name, "A:"+last, style); err != nil {
		return err
	}
	for i, cells := range append([][]string{titles}, rows...) {
		for j, text := range cells {
			where, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if err := f.SetCellStr(name, where, Guard(text)); err != nil {
				return err
			}
		}
	}
	return f.Write(w)
}
