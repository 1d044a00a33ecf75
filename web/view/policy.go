package view

import "time"

// Policy is who may do what: the policy in force as a matrix, what was sealed
// before, what waits.
type Policy struct {
	Frame
	Lead  string
	Facts []Fact
	// Unknown says that the program knows acts which the policy does not;
	// each line is one, in words. Empty hides the notice.
	Unknown []string
	// Change leads to the form for a new policy; zero for those who only read.
	Change Link
	Open   []PolicyOpen
	Matrix PolicyMatrix
	Past   []PolicyLine
}

func (Policy) Template() string { return "policy/policy" }

// PolicyOpen is a change that waits for its second signature.
type PolicyOpen struct {
	What, First, Second string
	Expires             time.Time
	// Href leads the second signer to it; empty for others.
	Href string
	// State stands where there is nothing to do for the reader.
	State Mark
}

// PolicyLine is one sealed policy.
type PolicyLine struct {
	Number, Reason, By string
	From, Sealed       time.Time
	State              Mark
	// File downloads it, Receipt leads to its entry; either may be zero.
	File, Receipt Link
}

// PolicyMatrix is role × act; a cell names the reach.
type PolicyMatrix struct {
	Caption string
	// Roles are the columns, by code; Names their words.
	Roles, Names []string
	Rows         []PolicyRow
	// All shows every row when only the changed ones are listed; empty hides it.
	All Link
}

// PolicyRow is one act.
type PolicyRow struct {
	Act, Code string
	Cells     []PolicyCell
}

// PolicyCell is one reach; Was is what stood there before, when Changed.
type PolicyCell struct {
	Now, Was string
	Changed  bool
}

// PolicyForm takes a whole file. POST multipart.
// Form: policy_file, source, when, effective, reason, confirmer.
type PolicyForm struct {
	Frame
	Action    string
	Back      Link
	Carried   string
	Source    Choices
	File      Field
	When      Choices
	Effective Field
	Reason    Field
	Confirmer Choices
}

func (PolicyForm) Template() string { return "policy/new" }

// PolicyChange is what a new policy would change, before anybody signs it.
type PolicyChange struct {
	Frame
	Lead           string
	Facts          []Fact
	Added, Removed []string
	People         []PolicyPerson
	Paging         Paging
	// Summary says how many gain and lose.
	Summary string
	Matrix  PolicyMatrix
	// Seal posts the change to be written as a statement; empty for a reader.
	Seal string
	// Sign leads the second signer to the text; zero for others.
	Sign Link
	Back Link
}

func (PolicyChange) Template() string { return "policy/change" }

// PolicyPerson is one person whom the change touches.
type PolicyPerson struct {
	Name, Number, Organisation, Roles string
	Gains, Loses                      []string
}
