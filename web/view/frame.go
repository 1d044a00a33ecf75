// Package view says what each page of the staff portal shows: plain values
// that a handler fills and a template prints.
//
// It promises that no view holds markup: every text is escaped by the
// template. It decides nothing: who may see a value, and whether a number is
// masked, is settled before a view is filled. Times are instants; templates
// print them in Asia/Shanghai. The names of form fields stand beside each
// form's view and are what the browser posts.
package view

import "time"

// Frame is what every page of a signed-in person shows around its leaf.
type Frame struct {
	// Title names the page in the browser's title bar.
	Title string
	// Now is the server's clock when the page was made; days left are counted from it.
	Now time.Time
	// Person is who is signed in; nil leaves out spine and navigation.
	Person *Person
	// Nav is the spine's list, in order.
	Nav []NavItem
	// Sky is the plan and its deadlines, above the leaf.
	Sky Sky
	// Refusal is set when what was just posted was refused.
	Refusal *Refusal
	// Notice is one sentence about what has just been done, empty if nothing.
	Notice string
	// Trace is the line under the page by which a printed copy is known:
	// who printed it, never when the page has no personal data.
	Trace string
}

// Person is the signed-in person as the spine shows them.
type Person struct {
	// Name, Organisation, Roles are the words shown; Roles joined by 、.
	Name, Organisation, Roles string
	// Number is the person's, Watch the address that says whether the session is
	// open; empty where nothing watches.
	Number, Watch string
	// Key is the short name or fingerprint of the key in use.
	Key string
	// Present tells whether the agent holds the key's presence just now.
	Present bool
	// CertificateUntil is the end of the certificate's validity; zero hides it.
	CertificateUntil time.Time
}

// NavItem is one line of the spine.
type NavItem struct {
	// Icon is one of the names in templates/layout/icons.html.
	Icon string
	// Text and Href are the link; Count is what waits there, 0 hides it.
	Text, Href string
	Count      int
	// Current marks the page's own line.
	Current bool
}

// Sky is the line above the leaf.
type Sky struct {
	// Plan is like 2024年度计划.
	Plan string
	// Stages are the windows that matter to this person now, at most three.
	Stages []Stage
}

// Stage is one window [Opens, Closes).
type Stage struct {
	// Name is like 县级审核.
	Name string
	// Opens and Closes are the half-open window; zero means not set.
	Opens, Closes time.Time
}

// Link is a text that leads somewhere.
type Link struct{ Text, Href string }

// Mark is a state: shape, word, colour.
type Mark struct {
	// Kind is ok (done, passed), wait (not yet), ask (needs a human), hold
	// (heed, differs, due today) or stop (refused, overdue).
	Kind string
	// Text is the word beside the shape.
	Text string
}

// Fact is one line of a list of facts.
type Fact struct {
	Label, Value string
	// Mono prints digests, numbers and times of the log in the fixed-width face.
	Mono bool
	// Href makes the value a link, empty for none.
	Href string
}

// Paging is the place in a long list. Cursors are opaque; an empty link means
// there is nothing in that direction.
type Paging struct {
	// From and To number the rows shown, Total counts all that match; 0 From hides the numbers.
	From, To, Total int
	Prev, Next      string
	// Unit is the measure word of the rows: 份, 条, 行, 把.
	Unit string
}
