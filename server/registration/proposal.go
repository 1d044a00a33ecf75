package registration

import (
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// The states of a proposal.
const (
	ProposalOpen = "open"
	ProposalDone = "done"
	ProposalVoid = "void"
)

// Propose begins an act of several people: the text names all of them, and
// each signs those very bytes. subject is the record it is about, on whose own
// handling path the proposal lies.
func Propose(s seal.Statement, subject Application) (Proposal, error) {
	h, err := s.Header()
	if err != nil {
		return Proposal{}, err
	}
	text, err := s.Bytes()
	if err != nil {
		return Proposal{}, err
	}
	digest, err := s.Digest()
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{ID: hex.EncodeToString(digest[:]), Kind: string(s.Kind()), Unit: subject.Unit, Path: subject.Path, Subject: subject.ID,
		Text: text, State: ProposalOpen, Expires: h.Expires}
	for _, signer := range h.Signers {
		p.Signers = append(p.Signers, signer.Staff)
	}
	if len(p.Signers) < 2 {
		return Proposal{}, fault.New(fault.Invalid, "这一事项须由两人签署，文本里只列了 %d 人。请选定复签人后重新生成。", len(p.Signers)).At("confirmer", "请选定复签人。")
	}
	return p, nil
}

// Sign adds one person's seal, received at that moment. The second value says
// that it was the last one: the act is to be carried out now. The signers sign
// in the order in which the text names them, so that a lead confirms what an
// auditor has put his name to.
func (p Proposal) Sign(staff string, received time.Time) (Proposal, bool, error) {
	switch {
	case p.State == ProposalDone:
		return p, false, fault.New(fault.Conflict, "这一事项各人都已签完，不用再签。")
	case p.State != ProposalOpen:
		return p, false, fault.New(fault.Conflict, "这一事项已经失效（%s），没有生效。请回到办理页面重新提出。", orNone(p.Note))
	case !slices.Contains(p.Signers, staff):
		return p, false, fault.New(fault.Forbidden, "这份文本没有列您为签署人，不能签。请由文本列明的人签署。")
	case slices.Contains(p.Signed, staff):
		return p, false, fault.New(fault.Conflict, "您已经签过，正等 %d 位未签的人签署，不用再签。", len(p.Signers)-len(p.Signed))
	case !received.Before(p.Expires):
		return p, false, fault.New(fault.Closed, "这一事项须在 %s 前签完，已经过期，没有生效。请回到办理页面重新提出。", clock(p.Expires))
	case p.Signers[len(p.Signed)] != staff:
		return p, false, fault.New(fault.Conflict, "还没有轮到您签：请先由文本里列在前面的人签署。")
	}
	p.Signed = append(slices.Clone(p.Signed), staff)
	if len(p.Signed) == len(p.Signers) {
		p.State = ProposalDone
		return p, true, nil
	}
	return p, false, nil
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

// Progress is "1/2": how many have signed, of how many.
func (p Proposal) Progress() (signed, of int) { return len(p.Signed), len(p.Signers) }
