package view

import "time"

// Home is what waits for the person, by deadline.
type Home struct {
	Frame
	// Lead is one sentence: how many, since when, by when.
	Lead string
	// Due is sorted by deadline, the nearest first.
	Due []Due
	// Overdue lists what passed its deadline and keeps its state.
	Overdue []Overdue
	// Funnel shows how far this organisation's applications are; nil hides it.
	Funnel *Funnel
	// Receipts are the person's own last ones.
	Receipts []ReceiptLine
	// Officer says, for the three officers, that no business data is shown to them; empty for others.
	Officer string
}

func (Home) Template() string { return "home/home" }

// Due is one line of work.
type Due struct {
	// What is the work, Count how many; Unit its measure word (份 if empty).
	What  string
	Count int
	Unit  string
	// Note explains in one sentence; may be empty.
	Note string
	// Since is when the oldest of them began to wait; zero leaves it out.
	Since time.Time
	// Until is the exclusive end; zero means no deadline.
	Until time.Time
	// Act leads to the work; Quiet draws the button as a secondary one.
	Act   Link
	Quiet bool
}

// Overdue is one thing that somebody must decide.
type Overdue struct {
	Mark Mark
	What Link
	Note string
}

// Funnel is a bar for each step; the same numbers stand in a table below.
type Funnel struct {
	// Title is like 歙县 2024 年申请走到哪一步.
	Title string
	Steps []Step
}

// Step is one bar.
type Step struct {
	Name  string
	Count int
	// Note stands under the bar, like 43 份在 4 所学校.
	Note string
	// Mine colours the step at which the person works.
	Mine bool
}

// ReceiptLine is one earlier act of the person.
type ReceiptLine struct {
	Number int64
	Href   string
	What   string
	At     time.Time
	// State is like 已入检查点, or 回执稍后补上.
	State string
}
