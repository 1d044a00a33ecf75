package view

import "time"

// Log is the auditor's reading of the log: numbers, never a teacher's name. GET.
// Form: act, organisation, who, subject, from, to.
type Log struct {
	Frame
	Lead         string
	Action       string
	Act          Choices
	Organisation Choices
	// Who is a staff number, key or its fingerprint; Subject a record's id.
	Who, Subject Field
	// From and To are days, 2024-11-12; To is included.
	From, To Field
	Chips    []Chip
	// Found says how many match and how many of them are refusals.
	Found  string
	Days   []LogDay
	Paging Paging
	// Looks are the day's sights of whole numbers by person, most first.
	Looks []LookLine
	// Trust are the sentences about head, signature and witnesses.
	Trust []string
}

func (Log) Template() string { return "log/log" }

// LookLine is how often one person looked at whole numbers today.
type LookLine struct {
	Text, Href string
	Count      int
	Mark       Mark
}

// LogDay are the entries of one day, newest first.
type LogDay struct {
	Day     time.Time
	Entries []LogLine
}

// LogLine is one entry.
type LogLine struct {
	Number int64
	Href   string
	// At is the entry's logged time.
	At time.Time
	// Dot is seal, refused, sight, power or empty.
	Dot string
	// Act is the act's word; What the rest of the sentence.
	Act, What string
	// By is like 人员 P-0217，钥匙 3f9a61c7，休宁县教育局.
	By string
}

// LogEntry is one entry, whole.
type LogEntry struct {
	Frame
	Back   Link
	Number int64
	Act    string
	Facts  []Fact
	// Text is the entry as hashed.
	Text string
	// Chain leads to earlier and later entries about the same subject.
	Chain []Link
	// Older and Newer are the neighbours in the log.
	Older, Newer string
}

func (LogEntry) Template() string { return "log/entry" }
