package view

import "time"

// Application is one record: what was entered, what was found, who acted, and
// what this person may do now. Actions that are nil are not shown.
type Application struct {
	Frame
	// Back leads to the list; Place is like 第 7 份，共 16 份待单签.
	Back  Link
	Place string
	// ID is the record's id; Name, School, Teaches make the heading.
	ID, Name, School, Teaches string
	// Lead is one sentence: kind, since when at this step.
	Lead            string
	State, Proposal Mark
	// Pack is the rule pack's name.
	Pack     string
	Findings []Finding
	// Verdict is the county's conclusion with the clauses it rests on; empty before.
	Verdict []Fact
	// Checks are the school's three checks in sentences; empty before review.
	Checks []Check
	// Groups hold the 23 compared fields; Facts the rest of the sheet's supplement.
	Groups      []FieldGroup
	Facts       []Fact
	Corrections []Correction
	// Proposed are values of a later sheet that wait for the school's correction.
	Proposed []FieldChange
	History  []Event
	// People are the four who act once each.
	People []Signer
	// Standing says in a sentence that the record is held or withdrawn.
	Standing string
	// Note says why this person can only read; empty when there is an action.
	Note string

	// Reveal asks for whole numbers; nil for those who may not.
	Reveal *ActForm

	Review    *ReviewSteps
	Conclude  *ConcludeForm
	Return    *ReturnForm
	NotAccept *NotAcceptForm
	Withdraw  *WithdrawForm
	Hold      *HoldForm
	Release   *ReleaseForm
	// Withdrawn or pending statements about this record that wait for a seal.
	Pending []Link
}

func (Application) Template() string { return "application/show" }

// Finding is one sentence of the rule engine.
type Finding struct {
	Mark Mark
	// Text is the sentence with its values; Rule its id; Clause the source.
	Text, Rule, Clause string
	// Answer is the school's answer in words, empty before review.
	Answer string
}

// Check is one of the school's three checks.
type Check struct{ Name, Text string }

// FieldGroup is a group of fields: 本人信息, 任教情况, 教师资格证书, 考核与培训.
type FieldGroup struct {
	Name   string
	Fields []ComparedField
}

// ComparedField is one of the 23 fields, paper against online form.
type ComparedField struct {
	// Field is the column's field name; Header its official Chinese header.
	Field, Header string
	// Online is the value as entered, masked where it is a number.
	Online string
	// Old is the value before correction, empty if there was none.
	Old string
	// Proposed is what a later sheet says otherwise, masked; empty for nothing.
	Proposed string
	// Result is same, differs, absent, or empty when not compared yet.
	Result string
	// Explained says why it differs or is absent.
	Explained Field
	// Error stands beside the choice.
	Error string
	// Correct leads to the correction of this field; empty when barred.
	Correct string
}

// Correction keeps old and new side by side.
type Correction struct {
	Header, Old, New, Reason, Evidence string
	Mended                             bool
	By                                 string
	At                                 time.Time
}

// Event is one log entry about the record.
type Event struct {
	// Dot is seal, refused, sight, power, or empty for a plain act.
	Dot string
	At  time.Time
	// What is the act; Note a second line.
	What, Note string
	Number     int64
	Href       string
	By         string
}

// ReviewSteps are the three checks of the school as a way to go. The parts of
// check 2 are shown one after another; a part counts as compared only when it
// was shown and posted.
type ReviewSteps struct {
	Steps []ReviewStep
}

// ReviewStep is one step with its state.
type ReviewStep struct {
	Text, Href string
	Mark       Mark
	Current    bool
}

// Review is one step of the school's review: one part of the comparison, the
// answers to the findings, or the conclusion.
type Review struct {
	Frame
	Back                      Link
	ID, Name, School, Teaches string
	Lead                      string
	Steps                     []ReviewStep
	// Action takes the step. POST. Form: step (the value below) and, for
	// compare: compared-FIELD = same, differs or absent, explained-FIELD;
	// for findings: answer-RULE = affirm or dispute, note-RULE;
	// for conclude: conclusion, reason. In each step: proposed-FIELD of Proposed.
	Action string
	// Step is compare-1 … compare-4, findings or conclude.
	Step string
	// One of the three is filled.
	Compare  *FieldGroup
	Findings []FindingAnswer
	Conclude *SchoolConclusion
	// Proposed are the words of later sheets that this step shows.
	Proposed []Proposal
	// Save is the button's word, like 保存，看下一组.
	Save string
	// Reveal asks for the whole numbers where the step compares them.
	Reveal *ActForm
}

func (Review) Template() string { return "application/review" }

// Proposal says which later sheet's word on a field was shown; its values are not
// in it.
type Proposal struct{ Field, In string }

// FindingAnswer is a finding with the reviewer's answer (R16).
type FindingAnswer struct {
	Finding Finding
	// Answer has affirm and dispute; Note is wanted for a dispute.
	Answer Choices
	Note   Field
}

// SchoolConclusion is check 3 (R19). None is chosen beforehand.
type SchoolConclusion struct {
	Conclusion Choices
	Reason     Field
	// Hint says that an adverse recommendation is signed singly.
	Hint string
	// Facts count what was compared and answered.
	Facts []Fact
}

// CorrectionForm mends one field (R18). POST.
// Form: field, new_value, reason, evidence, mended_at_source (1).
type CorrectionForm struct {
	Frame
	Back              Link
	ID, Name, School  string
	Lead              string
	Action            string
	FieldName, Header string
	Old               string
	// Proposed is what a later sheet says, masked; empty for nothing.
	Proposed         string
	New              Field
	Options          Choices // for a list field instead of New
	Hint             string
	Reason, Evidence Field
	Mended           bool
}

func (CorrectionForm) Template() string { return "application/correct" }

// ConcludeForm is the auditor's. No conclusion is chosen beforehand. POST.
// Form: conclusion = registered, deferred or failed; rule (repeated), reason,
// confirmer (staff id; wanted for deferred and failed).
type ConcludeForm struct {
	Action     string
	Conclusion Choices
	// Rules are the findings to rest the conclusion on.
	Rules Choices
	// Reason is wanted for an adverse conclusion and for one that differs from the proposal.
	Reason Field
	// Confirmer are the leads who may confirm; empty hides the choice.
	Confirmer Choices
	// Say is the reminder above the form, like the last day to tell the teacher.
	Say string
}

// ReturnForm sends the record back to the school. POST. Form: return_reason.
type ReturnForm struct {
	Action string
	Reason Field
}

// NotAcceptForm states that the record is out of scope. POST.
// Form: not_accept_reason, head (staff id of the school head who signs too).
type NotAcceptForm struct {
	Action string
	Reason Field
	Head   Choices
	// Clause is the finding it rests on.
	Clause string
}
