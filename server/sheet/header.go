package sheet

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sealdesk/server/registration"
)

// header is row 1 with each column's field.
type header struct {
	fields  []int // by column from 1: index of registration.Columns, or -1
	titles  []cell
	doubled int // index of the first field that stands twice, or -1
}

// titleFields maps every header and synonym, made comparable, to its field.
var titleFields = sync.OnceValue(func() map[string]int {
	m := map[string]int{}
	for i, c := range columns() {
		m[bare(c.Header)] = i
		for _, s := range c.Synonyms {
			m[bare(s)] = i
		}
	}
	return m
})

// bare makes two spellings of one title equal: NFC, half-width, no white
// space at all.
func bare(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, registration.HalfWidth(norm.NFC.String(title)))
}

// readHeader finds the fields of row 1's titles (by column; nil for no row).
func readHeader(titles []cell) *header {
	h := &header{fields: make([]int, len(titles)), titles: titles, doubled: -1}
	seen := map[int]bool{}
	for c := range titles {
		h.fields[c] = -1
		if titles[c].kind == emptyCell {
			continue
		}
		f, ok := titleFields()[bare(titles[c].text)]
		if !ok {
			continue
		}
		if seen[f] && h.doubled < 0 {
			h.doubled = f
		}
		seen[f] = true
		h.fields[c] = f
	}
	return h
}

// field gives the field of a column, -1 for none.
func (h *header) field(column int) int {
	if h == nil || column >= len(h.fields) {
		return -1
	}
	return h.fields[column]
}

// judge is rule 10 as far as it refuses the file.
func (h *header) judge() error {
	present := map[int]bool{}
	for _, f := range h.fields {
		if f >= 0 {
			present[f] = true
		}
	}
	if len(present) == 0 {
		return &FileFault{Code: "no-header", Row: 1}
	}
	if h.doubled >= 0 {
		return &FileFault{Code: "duplicate-column", Row: 1, Columns: []string{columns()[h.doubled].Header}}
	}
	var missing []string
	for i, c := range columns() {
		if c.Required && !present[i] {
			missing = append(missing, c.Header)
		}
	}
	if missing != nil {
		return &FileFault{Code: "missing-column", Row: 1, Columns: missing}
	}
	return nil
}

// notes are the warnings about columns: hidden ones in their official order,
// then unknown ones from left to right.
func (h *header) notes(hidden []area) []Line {
	var out []Line
	warn := func(column, code string) {
		out = append(out, newLine(Line{Row: 1, Kind: Warn, Column: column, Code: code}))
	}
	covered := map[int]bool{}
	for c, f := range h.fields {
		for _, a := range hidden {
			if f >= 0 && a.left <= c && c <= a.right {
				covered[f] = true
			}
		}
	}
	for i, c := range columns() {
		if covered[i] {
			warn(c.Header, "hidden-column")
		}
	}
	for c, f := range h.fields {
		if f < 0 && h.titles[c].kind != emptyCell {
			warn(h.titles[c].text, "unknown-column")
		}
	}
	return out
}
