package sheet

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"sealdesk/server/registration"
)

// LineKind is what a line of the report says of its row.
type LineKind string

// The kinds of lines.
const (
	File    LineKind = "file"    // the file is refused
	Refuse  LineKind = "refuse"  // the row is rejected and kept mendable
	Overdue LineKind = "overdue" // kept on the overdue list (R14)
	Wait    LineKind = "wait"    // waits for the school's licence (R02)
	Accept  LineKind = "accept"  // goes into the import
	Warn    LineKind = "warn"    // worth a look, the row stands
)

// Line is one line of the report. No field holds a value of a cell; Column of
// an unknown-column holds the header as the sheet writes it.
type Line struct {
	Row            int // the sheet's own number; 1 the header, 0 the file
	Kind           LineKind
	Column, Code   string
	Scope, RegKind string
	Findings       string // rule ids, separated by a space
	Outcome        registration.Outcome
	Sentence, Cure string // in Chinese: what is wrong, how to mend it
	Masked         string // the kind and length of what was written, of a faulty cell
}

// Row is one row as judged.
type Row struct {
	Number   int
	Kind     LineKind // Refuse, Overdue, Wait or Accept
	Form     registration.Form
	Scope    string
	RegKind  string
	Findings []registration.Finding
	Outcome  registration.Outcome
	Cells    map[string]string // field -> text as written, of rows that are not accepted; mendable
	Lines    []Line
	Mended   []string `json:",omitempty"` // fields that were typed on a page since: there the row is not the file's
}

// Counts are the figures above the report.
type Counts struct {
	Rows, Accepted, Refused, Overdue, Waiting, Warnings int
	Outcomes                                            map[registration.Outcome]int
}

// Report is the outcome of a dry run. Nothing is stored by making it.
type Report struct {
	Lines  []Line
	Rows   []Row
	Digest [32]byte // SHA-256 of the file
	Counts Counts
	starts []int // where each row's lines begin in Lines
}

// Refused reports whether the file itself was refused.
func (r *Report) Refused() bool { return len(r.Lines) > 0 && r.Lines[0].Kind == File }

// Clean reports whether every row is accepted.
func (r *Report) Clean() bool {
	return !r.Refused() && r.Counts.Accepted == r.Counts.Rows
}

func (r *Report) add(row Row) {
	from := len(r.Lines)
	r.Lines = append(r.Lines, row.Lines...)
	row.Lines = nil // share cuts it from the report's when that no longer grows
	r.Rows = append(r.Rows, row)
	r.starts = append(r.starts, from)
	c := &r.Counts
	c.Rows++
	switch row.Kind {
	case Accept:
		c.Accepted++
		c.Outcomes[row.Outcome]++
	case Refuse:
		c.Refused++
	case Overdue:
		c.Overdue++
	case Wait:
		c.Waiting++
	}
	for _, l := range r.Lines[from:] {
		if l.Kind == Warn {
			c.Warnings++
		}
	}
}

// share gives each row its lines, a part of the report's.
func (r *Report) share() {
	for i, end := len(r.Rows)-1, len(r.Lines); i >= 0; i-- {
		r.Rows[i].Lines = r.Lines[r.starts[i]:end:end]
		end = r.starts[i]
	}
	r.starts = nil
}

// WriteCSV writes the report in the form of SPEC.md: UTF-8, LF, a line each.
func (r *Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"row", "line", "column", "code", "scope_class", "reg_kind", "findings", "outcome"}); err != nil {
		return err
	}
	for _, l := range r.Lines {
		err := out.Write([]string{strconv.Itoa(l.Row), string(l.Kind), Guard(l.Column), l.Code,
			l.Scope, l.RegKind, l.Findings, string(l.Outcome)})
		if err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Guard makes a text harmless in a spreadsheet: one that begins like a
// formula gets an apostrophe in front. White space in front does not hide the
// sign, since spreadsheets strip it.
func Guard(text string) string {
	if t := strings.TrimLeft(text, blanks); t != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(t)[0]) {
		return "'" + text
	}
	return text
}
