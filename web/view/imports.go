package view

import "time"

// Imports is the page where a sheet is taken in. POST multipart.
// Form: sheet (file), organ (when the person may import for several).
type Imports struct {
	Frame
	Heading, Lead string
	Action        string
	// Organ lets a person choose the body; empty hides it.
	Organ Choices
	// File is the fault beside the file's input.
	File Field
	// Blank leads to the empty sheet; Rules are the rules in short.
	Blank string
	Rules []string
	// Barred says why nothing can be taken in now; the form is not drawn then.
	Barred string
	// Jobs are the earlier imports of this person's bodies.
	Jobs   []ImportJob
	Paging Paging
}

func (Imports) Template() string { return "imports/upload" }

// ImportJob is one earlier import.
type ImportJob struct {
	Href   string
	File   string
	At     time.Time
	State  Mark
	Counts string
}

// ImportProgress is shown while a sheet is read.
type ImportProgress struct {
	Frame
	File string
	// Sentence says how far; Done and Total count rows, Total 0 means unknown.
	Sentence    string
	Done, Total int
	// Status is asked by our module once a second.
	// Answer: JSON, done, total, sentence, location (set when finished).
	Status string
	// Reload is this page's own address.
	Reload string
}

func (ImportProgress) Template() string { return "imports/progress" }

// ImportReport is the dry run: nothing is stored yet. POST.
// Form: choice = all, good or cancel.
type ImportReport struct {
	Frame
	Back   Link
	File   string
	Lead   string
	Counts ImportCounts
	// FileFaults refuse the whole file; no line follows then.
	FileFaults []ReportLine
	Lines      []ReportLine
	Paging     Paging
	// Changes are the rows that say otherwise than the records that are there.
	Changes []ChangedRow
	// Mended are the rows to decide on that were typed on a page since, each with
	// its columns: there the import is not what the file says.
	Mended []string
	// Download is the whole report as CSV.
	Download string
	Action   string
	// Choice is what to do; all is barred when a row is refused. Nil Items: already decided.
	Choice Choices
	// Filter narrows the lines. GET. Form: code.
	Filter       Choices
	FilterAction string
	// Same is set when the same file was imported before: 0 changes.
	Same string
}

func (ImportReport) Template() string { return "imports/report" }

// ImportCounts add up to the filled rows.
type ImportCounts struct {
	Rows, Accept, Refuse, Overdue, Wait, Warn int
	// Changed rows differ from what was imported before; Unchanged do not.
	Changed, Unchanged int
}

// ChangedRow is one row beside its record, field by field.
type ChangedRow struct {
	Row            int
	Name, ID, Href string
	// State is the record's; Way says how it takes the change, Note why not.
	State, Way Mark
	Note       string
	Fields     []FieldChange
}

// FieldChange is one value that differs, numbers masked.
type FieldChange struct{ Header, Old, New string }

// ReportLine is one line of the report; a cell's value stands in it only masked.
type ReportLine struct {
	// Row is the sheet's row number, 0 for the whole file.
	Row    int
	Mark   Mark
	Column string
	// Masked is the value as far as it may be shown.
	Masked string
	// What is wrong, and how to mend it.
	What, Mend string
	// Code is the report's code.
	Code string
}

// ImportResult is shown after the seal: what was stored.
type ImportResult struct {
	Frame
	Lead   string
	Counts ImportCounts
	Facts  []Fact
	Ways   []Link
}

func (ImportResult) Template() string { return "imports/result" }

// RejectedRows are the rows that were kept back, mendable on screen.
type RejectedRows struct {
	Frame
	Back   Link
	File   string
	Lead   string
	Rows   []RejectedRow
	Paging Paging
}

func (RejectedRows) Template() string { return "imports/rejected" }

// RejectedRow is one row with its faulty cells. POST to Action.
// Form: the field name of each cell.
type RejectedRow struct {
	Row    int
	Name   string
	State  Mark
	Action string
	Cells  []RejectedCell
	// Note says why a row cannot be mended here (overdue, waiting).
	Note string
}

// RejectedCell is one faulty cell.
type RejectedCell struct {
	// ID is unique on the page and the field's form name within its row's form.
	ID, Name, Header string
	Masked           string
	What, Mend       string
	// Closed is a cell that may not be typed here; Mend says how else.
	Closed bool
	Typed  Field
	// Options are given for a column with a list; the first should be an empty
	// 请选择, so that nothing is mended by leaving it.
	Options Choices
}
