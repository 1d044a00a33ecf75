package view

import "time"

// Windows are the plan's stages for each body, half-open in the server's clock.
type Windows struct {
	Frame
	Lead  string
	Plan  string
	Units []UnitWindows
	// Amend is the form for one window; nil for those who only read.
	Amend *AmendForm
	// Days are the year's holidays and worked weekends, nil while none are set;
	// SetDays is the city lead's form, nil for the others.
	Days    []Fact
	SetDays *DaysForm
}

func (Windows) Template() string { return "plan/windows" }

// UnitWindows are one body's windows.
type UnitWindows struct {
	Unit    string
	Windows []Window
}

// Window is one stage.
type Window struct {
	// ID names the window, like 2024/341021/audit; Stage is its Chinese name.
	ID, Stage     string
	Opens, Closes time.Time
	State         Mark
	// Amended tells of the last amendment: reason and paper number.
	Amended string
	// Href chooses the window for the form; empty when barred.
	Href string
}

// AmendForm changes one window by a signed amendment. POST.
// Form: window, opens, closes (2024-11-30T00:00, Asia/Shanghai), reason, paper.
type AmendForm struct {
	Action string
	Window Choices
	Opens  Field
	Closes Field
	Reason Field
	Paper  Field
	// Outer says the outer limit and who may go beyond it.
	Outer string
}

// DaysForm sets the year's holidays and worked weekends, both lists whole. POST.
// Form: off, on (2024-10-01 each), days_paper, days_reason.
type DaysForm struct {
	Action                 string
	Off, On, Paper, Reason Field
}

// Mark puts a sentence beside its field.
func (f *DaysForm) Mark(field, text string) {
	switch field {
	case "off":
		f.Off.Error = text
	case "on":
		f.On.Error = text
	case "days_paper":
		f.Paper.Error = text
	case "days_reason":
		f.Reason.Error = text
	}
}
