package sheet

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"sealdesk/server/internal/fault"
)

// plainTable reads a table of two titles after something was done to it.
func plainTable(t *testing.T, change func(f *excelize.File) error) ([]PlainRow, error) {
	t.Helper()
	var b bytes.Buffer
	if err := WritePlain(&b, "名册", []string{"编号", "姓名"}, [][]string{{"U1", "甲"}, {"U2", "乙"}}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := change(f); err != nil {
		t.Fatal(err)
	}
	var changed bytes.Buffer
	if err := f.Write(&changed); err != nil {
		t.Fatal(err)
	}
	return Plain(t.Context(), bytes.NewReader(changed.Bytes()), int64(changed.Len()), 10, []string{"编号", "姓名"})
}

func TestAPlainTableWithAFormulaOrMergedCellsIsRefused(t *testing.T) {
	for what, c := range map[string]struct {
		change   func(f *excelize.File) error
		sentence string
	}{
		"a formula":          {func(f *excelize.File) error { return f.SetCellFormula("名册", "B3", `"丙"&"丁"`) }, "第 3 行的“姓名”是公式"},
		"an invisible value": {func(f *excelize.File) error { return f.SetCellFormula("名册", "A2", "1+1") }, "第 2 行的“编号”是公式"},
		"merged cells":       {func(f *excelize.File) error { return f.MergeCell("名册", "A2", "A3") }, "合并的单元格（从 A2 起）"},
	} {
		if rows, err := plainTable(t, c.change); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.sentence) || rows != nil {
			t.Errorf("%s: %v %v", what, rows, err)
		}
	}
	// The twins: a formula beside the table's columns, and the table as it was.
	if rows, err := plainTable(t, func(f *excelize.File) error { return f.SetCellFormula("名册", "D2", "1+1") }); err != nil || len(rows) != 2 {
		t.Errorf("%v %v", rows, err)
	}
	if rows, err := plainTable(t, func(*excelize.File) error { return nil }); err != nil || len(rows) != 2 || rows[1].Cells[1] != "乙" {
		t.Errorf("%v %v", rows, err)
	}
}
