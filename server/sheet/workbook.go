package sheet

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// SheetName is the sheet on which the table stands; others are ignored.
const SheetName = "定期注册申请"

// workbook is what the workbook's own parts say about the sheet.
type workbook struct {
	sheet    string // lower-case part name
	date1904 bool
	dates    []bool // by cell style: is the number a date?
	strings  []string
}

// book finds the sheet (rule 8) and reads styles and shared strings.
func (a *archive) book(lim Limits) (*workbook, error) {
	main := a.main()
	if main == "" {
		return nil, refusal("damaged")
	}
	b := &workbook{}
	id, state, err := b.list(a, main)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, refusal("wrong-sheet")
	}
	if state != "" && state != "visible" {
		return nil, refusal("hidden-sheet")
	}
	kind, part := a.relation(main, func(r relation) bool { return r.id == id })
	if kind != "worksheet" {
		return nil, refusal("wrong-sheet")
	}
	b.sheet = part
	if _, part = a.relation(main, func(r relation) bool { return r.kind == "styles" }); part != "" {
		if err := b.styles(a, part); err != nil {
			return nil, err
		}
	}
	if _, part = a.relation(main, func(r relation) bool { return r.kind == "sharedStrings" }); part != "" {
		return b, b.shared(a, part, lim)
	}
	return b, nil
}

// list reads the workbook part: the relation id and state of our sheet, and
// the date system.
func (b *workbook) list(a *archive, main string) (id, state string, err error) {
	s, closing, err := a.open(main)
	if err != nil {
		return "", "", err
	}
	defer closing()
	for {
		kind, err := s.next()
		switch {
		case err != nil:
			return "", "", refusal("damaged")
		case kind == tokenEOF:
			return id, state, nil
		case kind != tokenStart:
		case s.is("workbookPr") && s.depth() == 2:
			b.date1904 = truth(s.attr("date1904"))
		case s.is("sheet") && s.depth() == 3 && id == "" && s.attr("name") == SheetName:
			id, state = s.attrPrefixed("id"), s.attr("state")
		}
	}
}

// truth reads an xsd:boolean.
func truth(text string) bool { return text == "1" || text == "true" || text == "on" }

// styles reads which cell styles show a number as a date.
func (b *workbook) styles(a *archive, part string) error {
	s, closing, err := a.open(part)
	if err != nil {
		return err
	}
	defer closing()
	custom := map[string]bool{}
	cells := false
	for {
		kind, err := s.next()
		switch {
		case err != nil:
			return refusal("damaged")
		case kind == tokenEOF:
			return nil
		case kind == tokenEnd && s.is("cellXfs"):
			cells = false
		case kind != tokenStart:
		case s.is("numFmt") && s.depth() == 3 && len(custom) < maxListed:
			custom[s.attr("numFmtId")] = dateCode(s.attr("formatCode"))
		case s.is("cellXfs") && s.depth() == 2:
			cells = true
		case s.is("xf") && cells && s.depth() == 3 && len(b.dates) < 1<<17:
			id := s.attr("numFmtId")
			n, err := strconv.Atoi(id)
			b.dates = append(b.dates, err == nil && builtInDate(n) || custom[id])
		}
	}
}

// builtInDate tells the date formats among those that a file need not define.
func builtInDate(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
}

// dateCode reports whether a number format shows a date: y, m, d, h or s
// outside quotes, brackets and escapes (\x, and _x and *x, whose second
// character is a width or a filler).
func dateCode(code string) bool {
	quoted, bracket, skip := false, false, false
	for _, c := range strings.ToLower(code) {
		switch {
		case skip:
			skip = false
		case quoted:
			quoted = c != '"'
		case c == '"':
			quoted = true
		case bracket:
			bracket = c != ']'
		case c == '[':
			bracket = true
		case c == '\\' || c == '_' || c == '*':
			skip = true
		case strings.ContainsRune("ymdhs", c):
			return true
		}
	}
	return false
}

// shared reads the shared strings: rich text joined, phonetic runs left out.
// The strings share one piece of memory.
func (b *workbook) shared(a *archive, part string, lim Limits) error {
	s, closing, err := a.open(part)
	if err != nil {
		return err
	}
	defer closing()
	var all strings.Builder
	var ends []int
	t := textReader{base: 2}
	for {
		kind, err := s.next()
		if err != nil {
			return refusal("damaged")
		}
		if kind == tokenEOF {
			break
		}
		switch {
		case kind == tokenStart && s.is("si") && s.depth() == 2:
			t.begin()
		case kind == tokenEnd && s.is("si") && s.depth() == 1:
			all.WriteString(unescape(t.text))
			if ends = append(ends, all.Len()); all.Len() > lim.Text || len(ends) > 2_000_000 {
				return refusal("too-large")
			}
		default:
			t.take(s, kind)
		}
	}
	b.strings = make([]string, len(ends))
	whole, from := all.String(), 0
	for i, end := range ends {
		b.strings[i], from = whole[from:end], end
	}
	return nil
}

// textReader collects the text of a string item (si, is) at depth base: of its
// t children and of the t in its runs r, not of phonetic runs rPh.
type textReader struct {
	base  int
	inT   bool
	runAt int // depth of the open r, 0 if none
	text  []byte
}

func (t *textReader) begin() { t.inT, t.runAt, t.text = false, 0, t.text[:0] }

func (t *textReader) take(s *scanner, kind tokenKind) {
	d := s.depth()
	switch {
	case kind == tokenText:
		if t.inT && len(t.text) <= maxTag {
			t.text = append(t.text, s.text...)
		}
	case kind == tokenStart && s.is("r") && d == t.base+1:
		t.runAt = d
	case kind == tokenStart && s.is("t"):
		t.inT = d == t.base+1 || t.runAt != 0 && d == t.runAt+1
	case kind == tokenEnd && s.is("t"):
		t.inT = false
	case kind == tokenEnd && s.is("r") && d == t.base:
		t.runAt = 0
	}
}

// unescape reads the _xHHHH_ by which spreadsheets write characters that XML
// cannot hold, so that a hidden control character is seen for what it is.
func unescape(text []byte) string {
	for i := 0; i+7 <= len(text); i++ {
		if _, ok := escaped(text[i:]); ok {
			return unescapeFrom(text, i)
		}
	}
	return string(text)
}

func unescapeFrom(text []byte, i int) string {
	out := append([]byte(nil), text[:i]...)
	for i < len(text) {
		u, ok := escaped(text[i:])
		if !ok {
			out = append(out, text[i])
			i++
			continue
		}
		i += 7
		if utf16.IsSurrogate(u) {
			low, _ := escaped(text[i:])
			if u = utf16.DecodeRune(u, low); u != utf8.RuneError {
				i += 7
			}
		}
		out = utf8.AppendRune(out, u)
	}
	return string(out)
}

func escaped(b []byte) (rune, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}
