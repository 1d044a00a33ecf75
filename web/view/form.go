package view

// Refusal says that what was posted was not done. The page repeats the form
// with what was typed.
type Refusal struct {
	// Title is the sentence of what was not done, like 更正没有提交，3 处要改.
	Title string
	// Kept says what was kept, like 填写的内容都在。 Empty hides it.
	Kept string
	// Request is the number of the request, to report when help is wanted.
	// Empty hides it.
	Request string
	// Faults are the sentences, in the order of the fields on the page.
	Faults []Fault
}

// Fault is one sentence and the field that it is about.
type Fault struct {
	// Field is the id of the input, which is its form name; for radios and
	// checkboxes the group's. Empty: the sentence links nowhere.
	Field string
	Text  string
}

// Field is one value as typed, and what is wrong with it.
type Field struct {
	Value string
	// Error is the sentence beside the field, empty if nothing is wrong.
	Error string
}

// Choices is a select, radios or checkboxes.
type Choices struct {
	Items []Choice
	Error string
}

// Choice is one of them.
type Choice struct {
	// Value is what is posted, Text what is read.
	Value, Text string
	// Hint stands under a radio or checkbox.
	Hint string
	// Chosen is selected or checked.
	Chosen bool
	// Barred cannot be chosen; its Hint says why.
	Barred bool
}

// Chip is a filter in force, with the address of the list without it.
type Chip struct{ Text, Href string }

// AgentPost is the top-level form that carries a statement to the agent on
// the person's own computer.
type AgentPost struct {
	// Action is the agent's address, like http://127.0.0.1:17890/sign.
	Action string
	// Statement and Annex are base64 of the exact bytes; Annex is sent empty if there is none.
	// Form: statement, annex.
	Statement, Annex string
}
