package registration

import (
	"strings"
	"time"

	"sealdesk/server/internal/fault"
)

// The states of a proposal.
const (
	ProposalOpen = "open"
	ProposalDone = "done"
	ProposalVoid = "void"
)

// Ended says why an open proposal binds nobody any more, empty while it does:
// its time ran out, or the record that it is about was changed after the seals
// that it has (domain section 5). What is sealed is one version; a record that
// came back to the same words by another road is another one.
func (p Proposal) Ended(moved bool, now time.Time) string {
	switch {
	case p.State != ProposalOpen:
		return ""
	case moved:
		return "签署之后记录有改动"
	case now.After(p.Expires):
		return "到 " + clock(p.Expires) + " 仍未签齐"
	}
	return ""
}

// Void ends an open proposal: it lapsed, or what its text was derived from has
// changed. The seals given so far stay in the log and carry nothing out.
func (p Proposal) Void(note string) (Proposal, error) {
	if p.State != ProposalOpen {
		return p, fault.New(fault.Conflict, "这一事项已经了结，不能再撤。")
	}
	if note = strings.TrimSpace(note); note == "" {
		return p, fault.New(fault.Invalid, "请说明失效的原因。")
	}
	p.State, p.Note = ProposalVoid, note
	return p, nil
}
