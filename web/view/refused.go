package view

// Refused is the page for every kind of error at the edge.
type Refused struct {
	Frame
	// Heading is like 没有找到, 现在办不了.
	Heading string
	// Sentence says what is wrong and where.
	Sentence string
	// Kept says what was kept; Next what to do, in order.
	Kept string
	Next []string
	// Request is the number to tell the system administrator.
	Request string
	// Ways lead on.
	Ways []Link
	// Retry is shown for a passing fault (503): seconds until a try makes sense, 0 hides it.
	Retry int
}

func (Refused) Template() string { return "refused/refused" }
