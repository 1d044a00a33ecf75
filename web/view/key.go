package view

import "time"

// Keys is the board of keys. GET filter: name (serial, staff number), state,
// organ, due.
type Keys struct {
	Frame
	Lead string
	// Todo is what somebody has to do now, with where it is done.
	Todo []Due
	// Tiles count all keys by state.
	Tiles  []Tile
	Action string
	Find   Field
	State  Choices
	Organ  Choices
	Chips  []Chip
	Rows   []KeyRow
	Paging Paging
	Empty  string
	// Links lead to the pages of the register: delivery, requests, count.
	Links []Link
}

func (Keys) Template() string { return "key/keys" }

// Tile is a count with its word; Hot is drawn as a fault.
type Tile struct {
	Count int
	Text  string
	Hot   bool
	Href  string
}

// KeyRow is one token with the key in it.
type KeyRow struct {
	Serial, Label, Href string
	Holder, Number      string
	// To is who it is for, while it is on its way.
	To                  string
	Organisation, Roles string
	State               Mark
	// Until is the certificate's end; Soon marks one that ends within 30 days.
	Until time.Time
	Soon  bool
	Seen  time.Time
}

// Token is one token: what it is, what may be done with it, and its history.
// POST, form: do, reason, second, request.
type Token struct {
	Frame
	Back    Link
	Heading string
	State   Mark
	Facts   []Fact
	// Note says what the state asks for next.
	Note   string
	Form   *KeyForm
	Events []Event
	// Sheet is the printable hand-over sheet, empty if there is nothing to print.
	Sheet string
}

func (Token) Template() string { return "key/token" }

// KeyForm is what this person may do with the token.
type KeyForm struct {
	Action  string
	Do      Choices
	Reason  Field
	Second  Choices
	Request Choices
}

// HandoverSheet is printed and signed on paper by both hands.
type HandoverSheet struct {
	Frame
	Back         Link
	Title        string
	Facts        []Fact
	Giver, Taker string
	Events       []Event
}

func (HandoverSheet) Template() string { return "key/sheet" }

// MyKey is the page of one's own key and media. The forms: hand-over (taker,
// reason), a fresh loss code, proving the key in a count, media.
type MyKey struct {
	Frame
	Facts []Fact
	State Mark
	// Warn says that the certificate ends soon.
	Warn string
	// Renew leads to the renewal, where it is time for it or one waits.
	Renew Link
	// Prove is the count that waits for this key; empty action: none does.
	Prove      string
	ProveYear  string
	Proved     bool
	CodeAction string
	HasCode    bool
	Handover   *HandoverForm
	Media      []MediumRow
	Events     []Event
}

func (MyKey) Template() string { return "key/mine" }

// HandoverForm is the giver's. POST, form: taker, reason.
type HandoverForm struct {
	Action string
	Taker  Choices
	Reason Field
}

// LossSlip shows a fresh loss code once, to be printed and kept apart from the key.
type LossSlip struct {
	Frame
	Back Link
	Slip Slip
}

func (LossSlip) Template() string { return "key/slip" }

// Slip is the paper with the code on it.
type Slip struct {
	Code, Holder, Serial string
	At                   time.Time
}

// Taken tells the person who has just taken a key over that it is hers, and
// shows the first loss code, once. POST shows it; without a code it has not
// been shown yet.
type Taken struct {
	Gate
	Action string
	Slip   Slip
	Next   string
}

func (Taken) Template() string { return "key/taken" }

// Delivery begins the intake of new keys. POST multipart, file: sheet.
type Delivery struct {
	Frame
	Lead, Action, Blank string
}

func (Delivery) Template() string { return "key/delivery" }

// DeliveryReport is the dry run of a list. POST, form: only.
type DeliveryReport struct {
	Frame
	Back       Link
	ID, Digest string
	Counts     []Fact
	Bad, Fresh []DeliveryLine
	More       string
	Action     string
	// OnlyGood asks whether to take the good rows alone; Agreed: it was ticked.
	OnlyGood, Agreed bool
}

func (DeliveryReport) Template() string { return "key/report" }

// DeliveryLine is one row of the list.
type DeliveryLine struct {
	Row                   int
	Serial, Label, Vendor string
	What, Cure            string
}

// Lost reports a key lost without a key. POST, form: staff, code.
type Lost struct {
	Gate
	Action string
	Staff  Field
	// Done says that it is reported; Number is the log's.
	Done   string
	Number int64
}

func (Lost) Template() string { return "key/lost" }

// HandedOver tells the giver, whose key has ended, what to do with it.
type HandedOver struct {
	Gate
	Number string
}

func (HandedOver) Template() string { return "key/handedover" }

// Stocktakes is the yearly count. The forms: begin (year), count (serials),
// close (second, note).
type Stocktakes struct {
	Frame
	Lead string
	// Now is the open count.
	Open  *Count
	Begin *BeginForm
	Done  []Count
}

func (Stocktakes) Template() string { return "key/stocktake" }

// Count is one year's.
type Count struct {
	Year                               string
	Opened, Closed                     time.Time
	By                                 string
	Expected, Proved, Counted, Missing int
	Note                               string
	Gaps                               []KeyRow
	More                               string
	Count                              *CountForm
	Close                              *CloseForm
}

// BeginForm opens a count. POST, form: year.
type BeginForm struct {
	Action string
	Year   Field
}

// CountForm enters serials, one a line. POST, form: serials.
type CountForm struct {
	Action  string
	Serials Field
}

// CloseForm ends a count by two. POST, form: second, note.
type CloseForm struct {
	Action string
	Second Choices
	Note   Field
}

// Media is the register of media (R59). POST, form: medium, kind, custodian,
// encryption, location, contents. GET filter: find.
type Media struct {
	Frame
	Lead     string
	Action   string
	Find     Field
	Found    string // the answer about one number
	Rows     []MediumRow
	Register *RegisterForm
}

func (Media) Template() string { return "key/media" }

// RegisterForm enters a medium.
type RegisterForm struct {
	Action             string
	Medium, Custodian  Field
	Kind, Encryption   Choices
	Location, Contents Field
}

// MediumRow is one medium.
type MediumRow struct {
	ID, Href                       string
	Kind, Custodian, To            string
	Encryption, Location, Contents string
	State                          Mark
	Since                          time.Time
}

// Medium is one medium with its history. POST, form: do, taker, reason, second.
type Medium struct {
	Frame
	Back   Link
	State  Mark
	Row    MediumRow
	Facts  []Fact
	Form   *MediumForm
	Events []Event
}

func (Medium) Template() string { return "key/medium" }

// MediumForm is what this person may do with it.
type MediumForm struct {
	Action string
	Do     Choices
	Taker  Field
	Second Choices
	Reason Field
}
