package sheet

import (
	"bytes"
	"context"
	"strconv"
	"strings"
)

const (
	lastRow    = 1048576
	lastColumn = 16384
	maxMerges  = 200_000
	maxCell    = 256 << 10 // bytes; a spreadsheet's cell ends at 32,767 characters
)

// area is a merged range or a run of hidden columns, bounds inclusive.
type area struct{ top, left, bottom, right int }

// worksheet reads the sheet's part as a stream and keeps the known columns.
type worksheet struct {
	ctx  context.Context
	book *workbook
	lim  Limits

	head      *header // nil before row 1
	rows      []rawRow
	merges    []area
	hidden    []area // columns
	filled    int    // rows below the header with any filled cell
	farColumn bool
	kept      int // bytes of inline text

	titles []cell // of row 1, by column
	row    rawRow // the row being read
	inRow  bool
	known  bool // some known cell of it is filled
	any    bool // some cell of it is filled
	atRow  int
	atCol  int
	open   bool // a cell is being read
	c      openCell
}

// openCell is the cell between its tags.
type openCell struct {
	kind    string
	style   int
	formula bool
	inV     bool
	inIs    bool
	value   []byte
	is      textReader
}

func (w *worksheet) read(a *archive) error {
	s, closing, err := a.open(w.book.sheet)
	if err != nil {
		return err
	}
	defer closing()
	w.c.is.base = 5
	inData := false
	for {
		kind, err := s.next()
		if err != nil {
			return refusal("damaged")
		}
		d := s.depth()
		switch {
		case kind == tokenEOF:
			return nil
		case kind == tokenStart && d == 2:
			inData = s.is("sheetData")
		case inData:
			if err := w.data(s, kind, d); err != nil {
				return err
			}
		case kind == tokenStart && d == 3:
			if err := w.aside(s); err != nil {
				return err
			}
		}
	}
}

// aside reads what stands beside the data: hidden columns and merged ranges.
func (w *worksheet) aside(s *scanner) error {
	switch {
	case s.is("col"):
		from, err1 := strconv.Atoi(s.attr("min"))
		to, err2 := strconv.Atoi(s.attr("max"))
		if err1 == nil && err2 == nil && truth(s.attr("hidden")) && len(w.hidden) < lastColumn {
			w.hidden = append(w.hidden, area{left: from, right: to})
		}
	case s.is("mergeCell"):
		m, ok := parseArea(s.attr("ref"))
		if !ok {
			return refusal("damaged")
		}
		if w.merges = append(w.merges, m); len(w.merges) > maxMerges {
			return refusal("too-large")
		}
	}
	return nil
}

// data reads rows (depth 3), cells (4) and their values (5).
func (w *worksheet) data(s *scanner, kind tokenKind, d int) error {
	switch {
	case kind == tokenText:
		if w.open && (w.c.inV || w.c.inIs) {
			return w.content(s)
		}
	case kind == tokenStart && d == 3 && s.is("row"):
		return w.startRow(s)
	case kind == tokenEnd && d == 2 && w.inRow:
		w.inRow = false
		w.endRow()
	case kind == tokenStart && d == 4 && w.inRow && s.is("c"):
		return w.startCell(s)
	case kind == tokenEnd && d == 3 && w.open:
		w.open = false
		return w.endCell()
	case w.open && kind == tokenStart && d == 5:
		w.c.inV, w.c.inIs = s.is("v"), s.is("is")
		if w.c.inIs {
			w.c.is.begin()
		}
		w.c.formula = w.c.formula || s.is("f")
	case w.open && kind == tokenEnd && d == 4:
		w.c.inV, w.c.inIs = false, w.c.inIs && !s.is("is")
	case w.open && w.c.inIs:
		w.c.is.take(s, kind)
	}
	return nil
}

func (w *worksheet) content(s *scanner) error {
	if w.c.inIs {
		w.c.is.take(s, tokenText)
	} else {
		w.c.value = append(w.c.value, s.text...)
	}
	if len(w.c.value) > maxCell || len(w.c.is.text) > maxCell {
		return refusal("too-large")
	}
	return nil
}

func (w *worksheet) startRow(s *scanner) error {
	n := w.atRow + 1
	if r := s.attr("r"); r != "" {
		var err error
		if n, err = strconv.Atoi(r); err != nil || n <= w.atRow {
			return refusal("damaged") // rows out of order hide one another
		}
	}
	if n > lastRow {
		return refusal("damaged")
	}
	if n&0xFF == 0 {
		if err := w.ctx.Err(); err != nil {
			return err
		}
	}
	w.inRow, w.known, w.any = true, false, false
	w.atRow, w.atCol = n, 0
	if n == 1 {
		w.titles = make([]cell, w.lim.Columns+1)
	} else if w.head == nil {
		w.head = readHeader(w.titles)
	}
	cells := w.row.cells
	if cells == nil || len(cells) != len(columns()) {
		cells = make([]cell, len(columns()))
	}
	clear(cells)
	w.row = rawRow{number: n, hidden: truth(s.attr("hidden")), merged: -1, cells: cells}
	return nil
}

func (w *worksheet) endRow() {
	if w.atRow == 1 {
		w.head = readHeader(w.titles)
		return
	}
	if !w.any {
		return
	}
	if w.filled++; w.known && w.filled <= w.lim.Rows {
		w.rows = append(w.rows, w.row)
		w.row.cells = nil
	}
}

func (w *worksheet) startCell(s *scanner) error {
	col := w.atCol + 1
	if r := s.attr("r"); r != "" {
		c, row, ok := parseRef(r)
		if !ok || row != w.atRow || c <= w.atCol {
			return refusal("damaged")
		}
		col = c
	}
	if col > lastColumn {
		return refusal("damaged")
	}
	w.atCol, w.open = col, true
	w.c.kind, w.c.formula, w.c.inV, w.c.inIs = s.attr("t"), false, false, false
	w.c.value = w.c.value[:0]
	w.c.is.begin()
	w.c.style = 0
	if st := s.attr("s"); st != "" {
		n, err := strconv.Atoi(st)
		if err != nil || n < 0 {
			return refusal("damaged")
		}
		w.c.style = n
	}
	return nil
}

func (w *worksheet) endCell() error {
	c, err := w.close()
	if err != nil || c.kind == emptyCell {
		return err
	}
	switch {
	case w.atCol > w.lim.Columns:
		w.farColumn = true
	case w.atRow == 1:
		w.titles[w.atCol] = c
	default:
		w.any = true
		if f := w.head.field(w.atCol); f >= 0 && w.filled < w.lim.Rows {
			w.known = true
			w.row.cells[f] = c
			return w.budget(c)
		}
	}
	return nil
}

// budget counts text that is not shared.
func (w *worksheet) budget(c cell) error {
	if w.c.kind != "s" {
		if w.kept += len(c.text); w.kept > w.lim.Text {
			return refusal("too-large")
		}
	}
	return nil
}

// close gives the cell as written; blanks only are nothing.
func (w *worksheet) close() (cell, error) {
	value := bytes.TrimSpace(w.c.value)
	if w.c.formula {
		return cell{formulaCell, string(value)}, nil
	}
	switch w.c.kind {
	case "s":
		if len(value) == 0 {
			return cell{}, nil
		}
		i, err := strconv.Atoi(string(value))
		if err != nil || i < 0 || i >= len(w.book.strings) {
			return cell{}, refusal("damaged")
		}
		return text(w.book.strings[i]), nil
	case "inlineStr":
		return text(unescape(w.c.is.text)), nil
	case "str":
		return text(unescape(w.c.value)), nil
	}
	if len(value) == 0 {
		return cell{}, nil
	}
	switch w.c.kind {
	case "b":
		return cell{boolCell, string(value)}, nil
	case "e":
		return cell{errorCell, string(value)}, nil
	case "d":
		return cell{isoDate, string(value)}, nil
	case "", "n":
		if w.c.style < len(w.book.dates) && w.book.dates[w.c.style] {
			return cell{dateCell, string(value)}, nil
		}
		return cell{numberCell, string(value)}, nil
	}
	return cell{}, refusal("damaged")
}

func text(s string) cell {
	if strings.Trim(s, blanks) == "" {
		return cell{}
	}
	return cell{textCell, s}
}

// blanks are trimmed from both ends of a text.
const blanks = " \t\r\n\u00A0\u3000"

// parseRef reads A1.
func parseRef(ref string) (col, row int, ok bool) {
	i := 0
	for i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && i < 4 {
		col = col*26 + int(ref[i]-'A') + 1
		i++
	}
	row, err := strconv.Atoi(ref[i:])
	return col, row, err == nil && col >= 1 && col <= lastColumn && row >= 1 && row <= lastRow
}

// parseArea reads A1:B2 or A1.
func parseArea(ref string) (m area, ok bool) {
	from, to, two := strings.Cut(ref, ":")
	if !two {
		to = from
	}
	var ok1, ok2 bool
	m.left, m.top, ok1 = parseRef(from)
	m.right, m.bottom, ok2 = parseRef(to)
	return m, ok1 && ok2 && m.left <= m.right && m.top <= m.bottom
}
