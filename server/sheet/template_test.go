package sheet

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"sealdesk/server/registration"
)

func TestTheTemplateHasEveryHeaderAndNoRow(t *testing.T) {
	var b bytes.Buffer
	if err := Template(&b); err != nil {
		t.Fatal(err)
	}
	wantLines(t, sample(t), b.Bytes(), "0 file no-rows")
	var titles []string
	eachCell(t, b.Bytes(), func(text string) { titles = append(titles, text) })
	for i, c := range registration.Columns() {
		if titles[i] != c.Header {
			t.Errorf("column %d is %s", i+1, titles[i])
		}
	}
	if len(titles) != 43 {
		t.Errorf("%d titles", len(titles))
	}
}

func TestAFilledTemplateIsAccepted(t *testing.T) {
	var b bytes.Buffer
	if err := Template(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	row := good()
	for i, c := range registration.Columns() {
		kind, text, ok := strings.Cut(row[c.Field], ":")
		if !ok {
			continue
		}
		ref := columnName(i+1) + "2"
		if kind == "t" {
			err = f.SetCellStr(SheetName, ref, text)
		} else {
			err = f.SetCellDefault(SheetName, ref, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var filled bytes.Buffer
	if err := f.Write(&filled); err != nil {
		t.Fatal(err)
	}
	wantLines(t, sample(t), filled.Bytes(), "2 accept pass")
}
