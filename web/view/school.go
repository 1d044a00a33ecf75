package view

import "time"

// Board is the school handler's review board: what is ready to seal and what is not. POST.
// Form: application (repeated), do = sign.
type Board struct {
	Frame
	Heading, Lead string
	// Ready are reviews that are complete and go together under one seal.
	Ready []BoardRow
	// Single are complete but adverse: each is signed by itself through its link.
	Single []BoardRow
	// Open are not complete; Missing says what is missing.
	Open   []BoardRow
	Action string
	Max    int
	Sign   string
	// Paging of the open ones.
	Paging Paging
}

func (Board) Template() string { return "school/board" }

// BoardRow is one application on a board.
type BoardRow struct {
	ID, Href, Name, Teaches string
	// Proposal is the engine's, Conclusion the person's.
	Proposal, Conclusion Mark
	// Missing is like 还有 4 项未比对：性别、岗位类型….
	Missing string
	// Compared is how many of 23.
	Compared int
	Chosen   bool
	Error    string
	// Act leads to signing it singly.
	Act Link
}

// Sending is the school head's page: the whole school goes in one package. POST, no fields.
type Sending struct {
	Frame
	School, Lead string
	// Complete tells whether everything may go.
	Complete bool
	// Counts are by conclusion; Missing names those without one.
	Counts  []Fact
	Rows    []BoardRow
	Missing []BoardRow
	// SchoolID goes with the form; Others are other schools that this person sends for.
	SchoolID string
	Others   []Link
	// Left are reviewed, but another person has to send them; Missing says why.
	Left []BoardRow
	// Held are under a case: the rest does not wait for them.
	Held []BoardRow
	// Barred says why this person cannot send (reviewed a record, window shut); empty if they can.
	Barred string
	Action string
	Until  time.Time
	Paging Paging
}

func (Sending) Template() string { return "school/sending" }

// Confirmations are the adverse conclusions that wait for the lead's seal.
type Confirmations struct {
	Frame
	Lead string
	Rows []Confirmation
	// Done are the last ones confirmed or void.
	Done []Confirmation
}

func (Confirmations) Template() string { return "school/confirmations" }

// Confirmation is one act of two people.
type Confirmation struct {
	Href          string
	Name, School  string
	Kind          Mark
	First, Second string
	Asked         time.Time
	Expires       time.Time
	State         Mark
}

// Senders says who sends for which school beside its head. POST to Action:
// school, delegate, until, reason; to EndAction: delegation, end_reason. A lead
// chooses the school by GET first.
type Senders struct {
	Frame
	Lead   string
	Action string
	// School is a lead's choice; empty for a head. Chosen is the school the form is for, empty before the choice.
	School           Choices
	Chosen, ChosenID string
	Delegate         Choices
	Until, Reason    Field
	Rows             []SenderRow
	EndAction        string
	End              Choices
	EndReason        Field
}

func (Senders) Template() string { return "school/senders" }

// Mark puts a sentence beside its field.
func (v *Senders) Mark(field, text string) {
	switch field {
	case "school":
		v.School.Error = text
	case "delegate":
		v.Delegate.Error = text
	case "until":
		v.Until.Error = text
	case "reason":
		v.Reason.Error = text
	case "delegation":
		v.End.Error = text
	case "end_reason":
		v.EndReason.Error = text
	}
}

// SenderRow is one delegation.
type SenderRow struct {
	School, Delegate, Kind string
	From, Until            time.Time
	Reason, By             string
	State                  Mark
}

// Licences register the licence of private schools (R02). POST.
// Form: school, licence_no.
type Licences struct {
	Frame
	Lead   string
	Action string
	School Choices
	Number Field
	// Waiting are the schools whose rows wait.
	Waiting []LicenceRow
	Held    []LicenceRow
}

func (Licences) Template() string { return "school/licences" }

// LicenceRow is one private school.
type LicenceRow struct {
	School, Number string
	Rows           int
	Since          time.Time
}
