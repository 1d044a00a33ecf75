package sheet

import (
	"context"
	"io"
	"slices"

	"sealdesk/server/registration"
)

// cellKind is what the file says a cell is, before any rule for cells.
type cellKind uint8

const (
	emptyCell cellKind = iota
	textCell
	numberCell // a number without date format
	dateCell   // a number with one
	isoDate    // a date written as text of the type d
	boolCell
	errorCell
	formulaCell
)

// cell is one cell as written: text with references resolved, numbers in the
// file's own spelling.
type cell struct {
	kind cellKind
	text string
}

// rawRow is one row with some known cell filled.
type rawRow struct {
	number int
	hidden bool
	merged int    // column (index of registration.Columns) of a merged range that touches the row, or -1
	cells  []cell // by index of registration.Columns
}

// Table is the sheet as read, before any row is judged.
type Table struct {
	rows     []rawRow
	notes    []Line // warnings about columns
	date1904 bool
}

// Len gives the number of rows with some known cell filled.
func (t *Table) Len() int { return len(t.rows) }

// Read applies the rules for files to the bytes of r. The error is a
// *FileFault if the file is refused, the context's if that is done, or that of
// r. It reads r in several passes and keeps nothing of it open.
func Read(ctx context.Context, r io.ReaderAt, size int64, lim Limits) (*Table, error) {
	a, err := inspect(ctx, r, size, lim)
	if err != nil {
		return nil, err
	}
	b, err := a.book(lim)
	if err != nil {
		return nil, err
	}
	w := &worksheet{ctx: ctx, book: b, lim: lim}
	if err := w.read(a); err != nil {
		return nil, err
	}
	if w.farColumn {
		return nil, refusal("too-many-columns")
	}
	if w.filled > lim.Rows {
		return nil, refusal("too-many-rows")
	}
	if w.head == nil {
		w.head = readHeader(nil)
	}
	if err := w.head.judge(); err != nil {
		return nil, err
	}
	if len(w.rows) == 0 {
		return nil, refusal("no-rows")
	}
	w.spread()
	return &Table{rows: w.rows, notes: w.head.notes(w.hidden), date1904: b.date1904}, nil
}

// spread marks the rows that merged ranges touch. For each leftmost column the
// ranges are swept in order of their first row, so the cost does not depend on
// how many overlap.
func (w *worksheet) spread() {
	byColumn := map[int][]area{}
	for _, m := range w.merges {
		for c := m.left; c <= min(m.right, w.lim.Columns); c++ {
			if f := w.head.field(c); f >= 0 {
				byColumn[c] = append(byColumn[c], m)
				break
			}
		}
	}
	for c := w.lim.Columns; c >= 1; c-- { // the leftmost of several is set last
		areas := byColumn[c]
		slices.SortFunc(areas, func(a, b area) int { return a.top - b.top })
		next, reach := 0, 0
		for i := range w.rows {
			n := w.rows[i].number
			for next < len(areas) && areas[next].top <= n {
				reach = max(reach, areas[next].bottom)
				next++
			}
			if n <= reach {
				w.rows[i].merged = w.head.field(c)
			}
		}
	}
}

var columns = registration.Columns
