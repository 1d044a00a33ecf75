package store

import (
	"strings"

	"sealdesk/server/disclosure"
)

func lookCells(l disclosure.Look, path string) []any {
	return []any{l.ID, l.Subject, path, strings.Join(l.Fields, " "), l.Reason, l.By, disclosure.HourOf(l.By, l.At), millis(l.At)}
}

func lookOf(row *row) disclosure.Look {
	r := reader{cells: row.plain}
	l := disclosure.Look{ID: r.text(), Subject: r.text()}
	r.any()
	l.Fields, l.Reason, l.By = strings.Fields(r.text()), r.text(), r.text()
	r.any()
	l.At = r.time()
	return l
}
