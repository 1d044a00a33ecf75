package view

import "time"

// Numbers shows whole numbers once, in answer to the POST that asked for them.
// The page's own module masks them again when it is left.
type Numbers struct {
	Frame
	Back Link
	// Name and About say whose they are.
	Name, About string
	Shown       []ShownNumber
	// Number is the look's entry in the log, Reason what was typed for it.
	Number int64
	Reason string
	At     time.Time
	// Today is how many looks this person has had today, this one included.
	Today int
}

func (Numbers) Template() string { return "application/numbers" }

// ShownNumber is one number, whole and as it is masked again.
type ShownNumber struct{ Label, Whole, Masked string }
