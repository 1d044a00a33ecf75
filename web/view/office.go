package view

// Office is a page of the office side: people, roles and duties. It is made of
// facts, registers and the forms of the acts that this person may ask for here.
type Office struct {
	Frame
	Back Link
	// Heading is the page's h1, Lead one sentence under it.
	Heading, Lead string
	// Say is a warning above everything, empty for none.
	Say    string
	Tiles  []Tile
	Search *Search
	// Sections stand in the wide column, Forms in the narrow one.
	Sections []Section
	Forms    []ActForm
}

func (Office) Template() string { return "office/office" }

// Search narrows the page's main register. GET. Form: find, and state if there
// are choices.
type Search struct {
	Action, Label string
	Find          Field
	State         Choices
}

// Section is one box of an office page; what is empty is left out.
type Section struct {
	// ID is unique on the page.
	ID, Title, Small, Say string
	Facts                 []Fact
	Register              *Register
	Events                []Event
	// Empty is said when the section has nothing else.
	Empty string
	Form  *ActForm
	Go    Link
}

// Register is a table whose first column names the row.
type Register struct {
	Caption string
	Columns []string
	Rows    []RegisterRow
	Paging  Paging
}

// RegisterRow has one cell for each column.
type RegisterRow struct{ Cells []Cell }

// Cell is a text with a small second line, a link, or a state.
type Cell struct {
	Text, Sub, Href string
	Mark            Mark
	Mono            bool
}

// ActForm is the form of one act. POST.
type ActForm struct {
	// ID is unique on the page.
	ID, Title, Say, Action string
	Inputs                 []Input
	Button                 string
	// Upload sends a file.
	Upload bool
}

// Input is one field of an ActForm.
type Input struct {
	// Kind is text, area, day, select, radios, ticks, file or hidden.
	Kind              string
	Name, Label, Hint string
	Field             Field
	Choices           Choices
}
