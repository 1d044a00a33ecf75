package registration

import "time"

// State is where an application stands (domain section 5).
type State string

// States up to the conclusion; the city's part follows later. Waiting and
// Overdue rows are kept from the import but not yet (or never) in the round.
const (
	Waiting        State = "waiting" // for the school's licence (R02)
	Overdue        State = "overdue" // applied after the window (R14)
	Imported       State = "imported"
	NotAccepted    State = "not_accepted"
	InReview       State = "in_review"
	Reviewed       State = "reviewed"
	AtCounty       State = "at_county"
	ReturnedSchool State = "returned_school"
	Concluded      State = "concluded"
	Withdrawn      State = "withdrawn" // at the teacher's paper request
	Held           State = "held"      // under a case number; HeldFrom says where it stood
)

// Conclusion is what the county's audit, or the school's review, arrives at.
type Conclusion string

// The three conclusions of R23.
const (
	Registered Conclusion = "registered" // 注册合格
	Deferred   Conclusion = "deferred"   // 暂缓注册
	Failed     Conclusion = "failed"     // 注册不合格
)

// Application is one teacher's application in one plan year.
type Application struct {
	ID       string // 2024-341021-000123: year, unit, number
	Year     int
	Unit     string // the organ that audits it: a county, or 341000-SZ
	School   string // organisation id
	Path     string // its own handling path; moving a school does not drag it along
	State    State
	Form     Form // what the teacher entered, with the school's supplement and corrections
	Class    string
	RegKind  string
	Findings []Finding
	Outcome  Outcome
	Pack     string // the rule pack it was judged by
	ImportID string
	Early    Early // of a record that was let in before it was due (R05)
	// The people who acted on it: never one person twice (section 4).
	// These four are the present round's; Deeds keeps every round's.
	Reviewer, Sender, Auditor, Confirmer string
	Deeds                                Deeds // stored as Deeds.String()
	Round                                int   // 1, and one more with each return
	SchoolConclusion, Conclusion         Conclusion
	SchoolReason                         string
	ConclusionRules, Reason              string
	ReturnReason                         string
	HeldFrom                             State  // of a held record: where it goes back to
	HoldCase, HoldReason                 string // of the last hold
	Withdrawal                           Paper
	ImportedAt, UpdatedAt                time.Time
}

// Claim is what a row of a sheet would take: one person's place in the year,
// under one number of the national site.
type Claim struct {
	IDNumber Number
	ApplyNo  string
	School   string
}

// Claim is what the form would take.
func (f Form) Claim() Claim { return Claim{f.IDNumber, f.ApplyNo, f.SchoolCode} }

// Review is the school's three checks on one application (R16-R19).
type Review struct {
	ID          string // application id / round, a return begins a new round
	Application string
	Round       int
	Reviewer    string
	Compared    map[string]string // field -> same, differs, absent
	Explained   map[string]string // field -> why it differs or is absent
	Answers     map[string]string // rule id -> affirm or dispute: text
	Conclusion  Conclusion
	Reason      string
	At          time.Time
}

// Correction keeps the old value beside the new one for ever (R18).
type Correction struct {
	ID, Application, Field, Old, New, Reason, Evidence string
	MendedAtSource                                     bool
	By                                                 string
	At                                                 time.Time
}

// Window is one stage of one body's plan year: half-open, server's clock.
type Window struct {
	ID            string // 2024/341021/audit
	Year          int
	Org, Stage    string
	Opens, Closes time.Time
	Paper, Reason string // of the last amendment, empty before the first
}

// Import is one sheet that was taken in.
type Import struct {
	ID, Organ, FileDigest, Choice       string
	Year                                int
	Accepted, Refused, Overdue, Waiting int
	By                                  string
	At                                  time.Time
}

// Proposal is an act of several people that is not complete: one text names
// all signers, each seal is an entry, the last one makes the act.
type Proposal struct {
	ID         string // hex digest of the statement
	Kind       string
	Unit, Path string
	Subject    string // the record it is about
	Text       []byte // the statement's bytes
	Signers    []string
	Signed     []string
	State      string // open, done, void
	Note       string
	Expires    time.Time
}
