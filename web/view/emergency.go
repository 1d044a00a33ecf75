package view

import "time"

// Emergency is the custodians' and officers' page: who together may open an
// emergency, and every one that was ever called.
type Emergency struct {
	Frame
	Lead string
	List CustodianList
	Open []PolicyOpen
	Rows []EmergencyLine
	// Quiet says why nothing can be called now; empty if it can.
	Quiet string
	// Call is a custodian's form, Change the security officer's; nil for others.
	Call   *EmergencyForm
	Change *CustodianForm
}

func (Emergency) Template() string { return "emergency/emergency" }

// CustodianList is the list in force; no Number means that there is none.
type CustodianList struct {
	Number, Quorum string
	Since          time.Time
	People         []string
	// Mine tells whether the reader is on it.
	Mine bool
}

// EmergencyLine is one emergency.
type EmergencyLine struct {
	Number, Person, Key, Token, Reason string
	Called, Deadline                   time.Time
	// Until is set while it may be used.
	Until  time.Time
	Sealed []string
	State  Mark
	// Seal and Acknowledge are where the buttons post; empty for who has none.
	// Use is the address for the readmitted person.
	Seal, Acknowledge, Use string
}

// EmergencyForm calls an emergency. POST.
// Form: person, token, certificate, reason.
type EmergencyForm struct {
	Action                             string
	Person, Token, Certificate, Reason Field
}

// CustodianForm proposes another list. POST.
// Form: custodians, quorum, list_reason, confirmer.
type CustodianForm struct {
	Action                string
	Staff, Quorum, Reason Field
	Confirmer             Choices
}

// EmergencyUse is read by the readmitted person, whom no session knows yet.
type EmergencyUse struct {
	Gate
	Facts []Fact
	Agent AgentPost
	Until time.Time
}

func (EmergencyUse) Template() string { return "emergency/use" }
