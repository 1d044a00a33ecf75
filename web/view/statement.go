package view

import "time"

// Statement is the whole text that the person is asked to sign, before
// anything happens.
type Statement struct {
	Frame
	// Kind is the document's title, like 注册结论.
	Kind string
	// Lead is like 下面就是全文，共 40 行。还没有签，什么都没有改变。
	Lead string
	// Facts are the header lines in their order, label and value as signed.
	Facts []Fact
	// Table is the annex, one page of it; nil for a text without rows.
	Table *AnnexPage
	// End is the line under the text, like 以下无正文，共 24 份.
	End string
	// Text is the exact text, as hashed.
	Text string
	// Digest is SHA-256 of Text, grouped by eight for reading.
	Digest string
	// Checks are the sentences that hold now, like 24 份都由您打开看过.
	Checks []string
	// After says what follows the signature.
	After []string
	// Signers name who signs, and how far that is.
	Signers []Signer
	// Expires is the last instant, exclusive, at which the seal counts.
	Expires time.Time
	// Agent carries the text; an empty Action means that it is not this person's turn.
	Agent AgentPost
	// Second posts that the agent is to fetch the text itself, for browsers that
	// do not open it; empty hides it. POST, no fields.
	Second string
	// Waiting says whom the text waits for, when it is not this person's turn.
	Waiting string
	// Back leads to where it came from, with the choice kept.
	Back Link
	// Withdraw posts that the text is given up; empty hides it. POST, no fields.
	Withdraw string
}

func (Statement) Template() string { return "statement/sign" }

// AnnexPage is one page of the rows, each at the line that carries its digest.
type AnnexPage struct {
	Caption string
	Columns []string
	Rows    [][]string
	Paging  Paging
	// All leads to the same page with every row, for print; empty when they are shown.
	All string
}

// Signer is one of those named in the text.
type Signer struct {
	Name, Role string
	// State is ok 已签, wait 待签.
	State Mark
	// At is when, zero if not yet.
	At time.Time
	// Number of the entry that holds the seal, 0 if none.
	Number int64
}

// Receipt is what an act leaves in the person's hand.
type Receipt struct {
	Frame
	// Kind is like 注册结论; Number the log's entry number, Size the tree's size then.
	Kind   string
	Number int64
	Size   int64
	// Lead is one sentence: what was done and since when it holds.
	Lead string
	// Who is like 沈知远，休宁县教育局，区县审核人员; What like 注册合格 24 份.
	Who, What string
	// Pending: the entry is durable but the checkpoint is not signed yet. No
	// imprint and no proof are shown then.
	Pending bool
	// Logged is the entry's time.
	Logged time.Time
	// Key is like ECDSA P-256，指纹 3f9a 61c7…
	Key string
	// Digest is the statement's.
	Digest string
	// Checkpoint is the signed note, verbatim.
	Checkpoint string
	// Witnesses counts cosignatures; WitnessNames are shown behind it.
	Witnesses    int
	WitnessNames string
	// Proof leads to the proof file(s), one for each record; empty hides it.
	Proofs []Proof
	// Signers names both people of an act of two, and who is still awaited.
	Signers []Signer
	// Next are the ways on.
	Next []Due
}

func (Receipt) Template() string { return "statement/receipt" }

// Proof is one downloadable proof file.
type Proof struct {
	// Name is the record, without digits of any number; File is the file's name.
	Name, File, Href string
	// Size is like 9 KB.
	Size string
}
