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
	// Form: seal. Answer: JSON, location (a path to go to) or sentence (why not);
	// after 429 or 5xx the page offers to send again, after another refusal not.
	Post string
	// Home is where to go when nothing was brought.
	Home string
}

func (Sealed) Template() string { return "signin/sealed" }
