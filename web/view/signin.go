package view

import "time"

// Gate is what a page shows before anybody is signed in.
type Gate struct {
	Title   string
	Now     time.Time
	Refusal *Refusal
}

// SignIn is the first page. It never asks for a PIN.
type SignIn struct {
	Gate
	// Agent carries a login statement that is ready. Without it (empty Action)
	// the button posts to Start instead.
	Agent AgentPost
	// Start makes a login statement and answers with SignInWaiting. POST, no fields.
	Start string
	// Expires is until when the ready statement may be sealed; zero without one.
	Expires time.Time
	// Back tells in one sentence why the person is here again (locked, signed
	// out, expired), empty at first sight.
	Back string
}

func (SignIn) Template() string { return "signin/start" }

// Locked is the first page of a browser whose session is locked. The person's
// own key opens it again; anybody else's begins another session.
type Locked struct {
	Gate
	// Name is whose session it is; Why says in a sentence why it is locked.
	Name, Why string
	// Kept says that a form which was posted meanwhile was kept.
	Kept bool
	// Agent carries a login statement that is ready, until Expires.
	Agent   AgentPost
	Expires time.Time
}

func (Locked) Template() string { return "signin/locked" }

// Resume offers to post again what met a locked session. POST to Action.
// Form: the fields, or resume_drop.
type Resume struct {
	Frame
	Action string
	Fields []Hidden
	Files  bool // came with the form and were not kept
}

func (Resume) Template() string { return "signin/resume" }

// Sessions lists who is signed in where: a person's own sessions, or for the
// security officer anybody's. GET filter: name (staff number). POST to Action.
// Form: session.
type Sessions struct {
	Frame
	Lead   string
	Action string
	// FindAction is empty for those who see only their own.
	FindAction string
	Find       Field
	Rows       []SessionRow
}

func (Sessions) Template() string { return "signin/sessions" }

// SessionRow is one browser that is signed in.
type SessionRow struct {
	// ID names the session in the form; it opens nothing.
	ID             string
	Holder, Number string
	// Address is the computer, empty if unknown.
	Address       string
	Started, Seen time.Time
	State         Mark
	// This is the session that asks.
	This bool
}

// Hidden is a field that a form carries along.
type Hidden struct{ Name, Value string }

// SignInByKey is the sign-in page of the TLS road: the connection has told
// whose key is plugged in.
type SignInByKey struct {
	Gate
	Name, Number string // of the holder
	Post         string // no fields but back
	Back         string // where to go on
}

func (SignInByKey) Template() string { return "signin/key" }

// SignInWaiting says what it waits for: the agent's page.
type SignInWaiting struct {
	Gate
	Agent AgentPost
	// Number is the short number of the request that the agent shows too.
	Number string
	// Issued and Expires bound the request.
	Issued, Expires time.Time
	// Help leads to SignInNoAgent.
	Help string
}

func (SignInWaiting) Template() string { return "signin/waiting" }

// SignInNoAgent says what was not harmed and what to do, in order.
type SignInNoAgent struct {
	Gate
	// Number of the request that got no answer, empty if there is none.
	Number string
	// Again and Start lead back.
	Again, Start string
	// Code is what to tell the system administrator.
	Code string
}

func (SignInNoAgent) Template() string { return "signin/noagent" }

// Sealed is the landing page after the agent: static, the same for everyone.
type Sealed struct {
	Gate
	// Post is the same-origin address that takes the seal, as a fetch.
	// Form: seal, presence (hash of the agent's ticket). Answer: JSON, location (a path to go to) or sentence (why not);
	// after 429 or 5xx the page offers to send again, after another refusal not.
	Post string
	// Home is where to go when nothing was brought.
	Home string
}

func (Sealed) Template() string { return "signin/sealed" }
