package view

import "time"

// List is the register of applications.
type List struct {
	Frame
	// Heading is the page's name for this person's work: 申请审核, 学校审查, 复核….
	Heading string
	// Lead is one sentence: how many, since when, by when.
	Lead string
	// Filter is the form above the register. GET.
	Filter ListFilter
	// Chips are the filters in force.
	Chips []Chip
	// Rows are at most one page, in the list's order; Order names that order.
	Rows  []ListRow
	Order string
	// Paging by cursor.
	Paging Paging
	// Batch is the sticky bar; nil when this person cannot sign a batch here.
	Batch *Batch
	// Empty says why there is nothing and what to do, used when Rows is empty.
	Empty string
}

func (List) Template() string { return "application/list" }

// ListFilter is posted by GET. Form: outcome, school, state, kind, name.
type ListFilter struct {
	Action                       string
	Outcome, School, State, Kind Choices
	// Name is a prefix of the teacher's name.
	Name Field
}

// ListRow is one application. It never holds a birth date or a whole number.
type ListRow struct {
	// ID is the record's id, posted when the box is ticked.
	ID, Href string
	Name     string
	School   string
	// Teaches is stage and subject, like 初中数学.
	Teaches string
	// Kind is 首次注册 or 定期注册.
	Kind string
	// Hours are training hours as printed, 不计 for a first registration.
	Hours string
	// Since is when the record came to this step; Days the working days since.
	Since time.Time
	Days  int
	// State is the application's state; Proposal the rule engine's.
	State    Mark
	Proposal Mark
	// Choosable draws a box; Why says why there is none.
	Choosable bool
	Why       string
	Chosen    bool
	// Error is what is wrong with this row after a refused batch.
	Error string
}

// Batch is the form around the register. POST.
// Form: application (repeated), do = view or sign, list (the list's own address).
type Batch struct {
	Action string
	// List is the address to come back to.
	List string
	// Rule is one sentence about what may go together.
	Rule string
	// View and Sign are the words of the two buttons; an empty one is not drawn.
	View, Sign string
	// Max is the greatest number of rows in one batch.
	Max int
}
