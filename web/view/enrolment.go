package view

import "time"

// OrderPost is the top-level form that carries an order to the agent on the
// person's own computer.
type OrderPost struct {
	// Action is the agent's address, like http://127.0.0.1:17890/enrol. Form: order.
	Action string
	// Order is base64 of the exact bytes; Digest their SHA-256, grouped.
	Order, Digest string
	// Expires is until when the answer counts.
	Expires time.Time
}

// Enrolments lists the tokens that wait for a certificate or for their holder.
type Enrolments struct {
	Frame
	Lead string
	Rows []EnrolmentLine
}

func (Enrolments) Template() string { return "key/enrolments" }

// EnrolmentLine is one token.
type EnrolmentLine struct {
	Serial, Label, Href string
	// For is whom it waits for; Since when it was assigned.
	For   string
	Since time.Time
	State Mark
}

// Enrolment is the ceremony of one token, one step at a time.
type Enrolment struct {
	Frame
	Back Link
	Lead string
	// Renewal tells that the holder renews the certificate herself.
	Renewal bool
	Facts   []Fact
	// Step is 1 make the key, 2 write the certificate, 3 take over; 0 with Barred or Done.
	Step int
	// Barred says why nothing can be done now, and what to do first.
	Barred string
	// Done: the key is in its holder's hands.
	Done bool
	// Order goes to the agent: at step 1 to make the pair, at 2 and 3 to write the certificate.
	Order OrderPost
	// Algorithm is of the pair to make; OtherAlgorithm leads to the other choice.
	Algorithm      string
	OtherAlgorithm Link
	// Installed: the agent says that the certificate is in the token.
	Installed bool
	// Drop is where a renewal that waits is given up; empty if none does. POST.
	Drop string
	// Takeover leads to the text that the holder seals with the key.
	Takeover string
	// Foreign takes a certificate of an external authority; nil if none is trusted.
	Foreign *ForeignForm
}

func (Enrolment) Template() string { return "key/enrolment" }

// ForeignForm takes a certificate that came with the token. POST.
// Form: certificate (PEM), confirmed = yes.
type ForeignForm struct {
	Action      string
	Certificate Field
}

// Takeover is the text by which the holder takes a key over; nobody need be
// signed in.
type Takeover struct {
	Gate
	Facts []Fact
	// Text is the exact text, Digest its SHA-256 grouped.
	Text, Digest string
	Expires      time.Time
	Agent        AgentPost
}

func (Takeover) Template() string { return "key/takeover" }
