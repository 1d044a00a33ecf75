package sheet

import (
	"slices"
	"strings"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// timeField is evidence: it says when the national site took the application,
// and by it a row is in time or late. Nobody types it here.
const timeField = "applied_at"

// Opens reports whether the line's cell may be typed on a page: one that is
// refused, but for the time of applying and for a row that merged cells hide.
func (l Line) Opens() bool {
	return l.Kind == Refuse && l.Column != registration.HeaderOf(timeField) && l.Code != "merged-cell"
}

// PageCure tells how the line's cell is mended by somebody at a page.
func (l Line) PageCure() string {
	if l.Column == registration.HeaderOf(timeField) {
		return "“" + l.Column + "”以全国系统的记录为准，不能在页面上填写。请从全国系统重新导出申请表，或在全国系统更正后再导出，然后重新上传。"
	}
	return l.Cure
}

// Mend judges a refused row again with what was typed into its refused cells,
// by field: dates as 2006-01-02, numbers in decimals. What is typed elsewhere and
// differs from the cell refuses the whole. A cell that was refused for its kind (a
// number where text belongs, a formula) and was not typed anew is refused again.
// seen holds the numbers of the other rows of the import, nil for none; it is not
// changed.
func Mend(ref Reference, organ string, now time.Time, refused Row, typed map[string]string, seen *Seen) (Row, error) {
	j, err := newJudge(&ref, organ, now)
	if err != nil {
		return Row{}, err
	}
	if err := refused.takes(typed); err != nil {
		return Row{}, err
	}
	if seen != nil {
		for k := range seen.ids {
			j.seen.ids[k] = true
		}
		for k := range seen.applies {
			j.seen.applies[k] = true
		}
	}
	raw := rawRow{number: refused.Number, merged: -1, cells: make([]cell, len(columns()))}
	var mended []string
	for i, c := range columns() {
		line, bad := refused.fault(c.Header)
		text, anew := typed[c.Field]
		switch {
		case bad && line.Opens() && anew && text != "":
			raw.cells[i] = asTyped(c.Kind, text)
			if _, otherKind := kindFaults[line.Code]; otherKind || text != refused.Cells[c.Field] {
				mended = append(mended, c.Field)
			}
		case bad:
			if line.Code == "merged-cell" {
				raw.merged = i
			}
			raw.cells[i] = asWritten(c.Kind, line.Code, refused.Cells[c.Field])
		default:
			raw.cells[i] = asTyped(c.Kind, refused.Cells[c.Field])
		}
		if slices.Contains(refused.Mended, c.Field) && !slices.Contains(mended, c.Field) {
			mended = append(mended, c.Field)
		}
	}
	out := j.check(raw).row(raw)
	out.Mended = mended
	return out, nil
}

// fault is the line that refuses a column's cell.
func (r Row) fault(header string) (Line, bool) {
	i := slices.IndexFunc(r.Lines, func(l Line) bool { return l.Kind == Refuse && l.Column == header })
	if i < 0 {
		return Line{}, false
	}
	return r.Lines[i], true
}

// takes refuses what was typed elsewhere than into an open cell. The same text as
// in the cell changes nothing and is passed over.
func (r Row) takes(typed map[string]string) error {
	f := fault.New(fault.Invalid, "第 %d 行有不能在页面上改的栏，什么都没有改。", r.Number)
	for _, c := range columns() {
		text := typed[c.Field]
		line, bad := r.fault(c.Header)
		switch {
		case text == "" || text == r.Cells[c.Field] || bad && line.Opens():
		case c.Field == timeField:
			f = f.At(c.Field, "%s", Line{Column: c.Header}.PageCure())
		case bad:
			f = f.At(c.Field, "%s", line.PageCure())
		default:
			f = f.At(c.Field, "“%s”没有被拒收，页面上只改拒收的栏。确要改的，请在全国系统更正后重新导出、重新上传。", c.Header)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// asTyped gives a typed text the kind that its column wants, if it is spelled
// so; otherwise it stays text and the rules for cells refuse it.
func asTyped(kind registration.Kind, s string) cell {
	trimmed := strings.Trim(s, blanks)
	switch kind {
	case registration.DateKind, registration.TimeKind:
		if _, _, code := isoInstant(trimmed); code == "" {
			return cell{isoDate, trimmed}
		}
	case registration.NumberKind:
		if _, ok := parseNumber(trimmed); ok {
			return cell{numberCell, trimmed}
		}
	}
	return text(s)
}

// kindFaults are the codes that refuse a cell for its kind, with a kind that is
// refused so.
var kindFaults = map[string]cellKind{
	"formula": formulaCell, "cell-error": errorCell, "wrong-type": boolCell, "number-cell": numberCell,
	"number-text": textCell, "date-text": textCell, "date-number": numberCell, "number-date": isoDate,
}

// asWritten is a refused cell that nobody typed anew.
func asWritten(kind registration.Kind, code, s string) cell {
	if as, ok := kindFaults[code]; ok {
		return cell{as, s}
	}
	return asTyped(kind, s)
}
