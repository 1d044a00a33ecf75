package sheet

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sealdesk/server/registration"
)

// halfWidth lists the columns whose full-width ASCII becomes half-width.
var halfWidth = map[string]bool{"apply_no": true, "id_number": true, "cert_number": true, "school_code": true}

// middleDots are the look-alikes of the dot in names.
var middleDots = strings.NewReplacer("\u2022", "·", "\u2027", "·", "\u30FB", "·", "\uFF65", "·", "\u22C5", "·")

// readCell puts one cell into the form (rules for cells 2-5) and gives the
// code of its fault and whether the text was changed on the way.
func (c *rowCheck) readCell(i int, raw cell) (code string, changed bool) {
	col := &columns()[i]
	switch raw.kind {
	case formulaCell:
		return "formula", false
	case errorCell:
		return "cell-error", false
	case boolCell:
		return "wrong-type", false
	case emptyCell:
		if col.Must {
			return "empty", false
		}
		return "", false
	}
	switch col.Kind {
	case registration.TextKind, registration.ListKind:
		return c.readText(col, raw)
	case registration.NumberKind:
		return c.readNumber(col, raw), false
	}
	return c.readDate(col, raw), false
}

func (c *rowCheck) readText(col *registration.Column, raw cell) (code string, changed bool) {
	if raw.kind != textCell {
		return "number-cell", false
	}
	s := strings.Trim(norm.NFC.String(raw.text), blanks)
	for _, r := range s {
		if r < ' ' || r > '~' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return "forbidden-char", false
		}
	}
	if halfWidth[col.Field] {
		s = registration.HalfWidth(s)
	}
	switch col.Field {
	case "id_number":
		s = strings.ToUpper(s)
	case "person_name":
		s = middleDots.Replace(s)
	}
	if s != "" && strings.IndexByte("=+-@", s[0]) >= 0 {
		return "formula-like", false
	}
	switch v := c.form.Field(col.Field).(type) {
	case *string:
		*v = s
		return "", s != raw.text
	case *registration.Number:
		*v = registration.Number(s)
		return "", s != raw.text
	}
	word, ok := registration.CodeOf(col.Field, s)
	if !ok {
		return "not-in-list", false
	}
	*c.form.Field(col.Field).(*registration.Code) = word
	return "", s != raw.text
}

// parseNumber reads the spelling that a file may use for a number.
func parseNumber(text string) (float64, bool) {
	if strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

func (c *rowCheck) readNumber(col *registration.Column, raw cell) string {
	switch raw.kind {
	case textCell:
		return "number-text"
	case dateCell, isoDate:
		return "number-date"
	}
	f, ok := parseNumber(raw.text)
	if !ok {
		return "wrong-type"
	}
	// A spreadsheet counts 15 digits; what a file has beyond them is the noise
	// of binary fractions, not a second decimal.
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	if f < 0 || f > 1e8 {
		return "out-of-range"
	}
	n, ok := registration.ParseTenths(strconv.FormatFloat(f, 'f', -1, 64))
	if !ok {
		return "decimals"
	}
	switch v := c.form.Field(col.Field).(type) {
	case **registration.Tenths:
		*v = &n
	case **int: // the deferral's year, whose own check comes later
		c.deferral = &n
	}
	return ""
}

func (c *rowCheck) readDate(col *registration.Column, raw cell) string {
	switch raw.kind {
	case textCell:
		return "date-text"
	case numberCell:
		return "date-number"
	}
	midnight, clock, code := raw.instant(c.j.date1904)
	if code != "" {
		return code
	}
	if v, ok := c.form.Field(col.Field).(**registration.Date); ok {
		d := registration.DateOf(midnight)
		*v = &d
		return ""
	}
	*c.form.Field(col.Field).(*time.Time) = midnight.Add(clock)
	return ""
}

// instant gives the day of a date cell in Shanghai and the time of that day,
// rounded to the millisecond (which may make it the next day's first).
func (raw cell) instant(date1904 bool) (midnight time.Time, clock time.Duration, code string) {
	if raw.kind == isoDate {
		return isoInstant(raw.text)
	}
	f, ok := parseNumber(raw.text)
	if !ok {
		return midnight, 0, "wrong-type"
	}
	midnight = time.Date(1899, 12, 30, 0, 0, 0, 0, registration.Shanghai)
	last := 2958466.0
	switch {
	case date1904:
		midnight, last = time.Date(1904, 1, 1, 0, 0, 0, 0, registration.Shanghai), 2957004.0
	case f < 60: // the 29 February 1900 that spreadsheets believe in comes later
		midnight = midnight.AddDate(0, 0, 1)
	}
	if f < 0 || f >= last {
		return midnight, 0, "out-of-range"
	}
	whole := math.Floor(f)
	return midnight.AddDate(0, 0, int(whole)), time.Duration(math.Round((f-whole)*86400e3)) * time.Millisecond, ""
}

// isoInstant reads a date cell of the kind d. A Z at its end says that the
// file has no zone, not that the time is Greenwich's.
func isoInstant(text string) (midnight time.Time, clock time.Duration, code string) {
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, registration.Shanghai); err == nil {
			y, m, d := t.Date()
			midnight = time.Date(y, m, d, 0, 0, 0, 0, registration.Shanghai)
			return midnight, t.Sub(midnight).Round(time.Millisecond), ""
		}
	}
	return midnight, 0, "wrong-type"
}
