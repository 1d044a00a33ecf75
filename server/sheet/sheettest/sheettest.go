// Package sheettest fills application sheets for tests as an office would: into
// the template that the portal hands out.
package sheettest

import (
	"bytes"
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"sealdesk/server/registration"
	"sealdesk/server/sheet"
)

// Row is one row: by field, what somebody writes into the template's cell,
// dates as 2006-01-02, the time of applying as 2006-01-02 15:04:05.999. A "#"
// in front makes a number of it in whatever column.
type Row map[string]string

// RowOf writes a form down.
func RowOf(f registration.Form) Row {
	row := Row{}
	for _, c := range registration.Columns() {
		row[c.Field] = f.Show(c.Field)
		if n, ok := f.Field(c.Field).(*registration.Number); ok {
			row[c.Field] = n.Plain()
		}
	}
	return row
}

// With is the row with some cells written otherwise, field and text in turn.
func (r Row) With(pairs ...string) Row {
	next := maps.Clone(r)
	for i := 0; i < len(pairs); i += 2 {
		next[pairs[i]] = pairs[i+1]
	}
	return next
}

// Fill gives the template with these rows from row 2 on, as a file's bytes.
func Fill(tb testing.TB, rows ...Row) []byte {
	tb.Helper()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	var blank, filled bytes.Buffer
	must(sheet.Template(&blank))
	f, err := excelize.OpenReader(&blank)
	must(err)
	defer f.Close()
	for n, row := range rows {
		for i, c := range registration.Columns() {
			at, err := excelize.CoordinatesToCellName(i+1, n+2)
			must(err)
			if text := row[c.Field]; text != "" {
				value, err := cellOf(c.Kind, text)
				must(err)
				must(f.SetCellValue(sheet.SheetName, at, value))
			}
		}
	}
	must(f.Write(&filled))
	return filled.Bytes()
}

// cellOf is a text as the value that a spreadsheet keeps for it; days count
// from 30 December 1899.
func cellOf(kind registration.Kind, text string) (any, error) {
	layout := "2006-01-02"
	switch {
	case strings.HasPrefix(text, "#"):
		return strconv.ParseFloat(text[1:], 64)
	case kind == registration.NumberKind:
		return strconv.ParseFloat(text, 64)
	case kind == registration.TimeKind:
		layout = "2006-01-02 15:04:05.999"
	case kind != registration.DateKind:
		return text, nil
	}
	moment, err := time.Parse(layout, text)
	return float64(moment.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC))) / float64(24*time.Hour), err
}
