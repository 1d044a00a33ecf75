package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/registration"
)

// OpenProposals lists the acts of several people that wait for a signature and
// still bind. One that ended by itself is left to the system, which voids it: it
// waits for nobody, and nothing waits for it.
func (s *Store) OpenProposals(ctx context.Context, g policy.Grant) ([]registration.Proposal, error) {
	return s.waiting(ctx, g, func(ended string) bool { return ended == "" })
}

// EndedProposals lists those that no longer bind and are not void yet.
func (s *Store) EndedProposals(ctx context.Context, g policy.Grant) ([]registration.Proposal, error) {
	return s.waiting(ctx, g, func(ended string) bool { return ended != "" })
}

func (s *Store) waiting(ctx context.Context, g policy.Grant, wanted func(ended string) bool) ([]registration.Proposal, error) {
	rows, err := s.rowsCovered(ctx, g, proposals, is("state", registration.ProposalOpen))
	if err != nil {
		return nil, err
	}
	moved, err := s.moved(ctx, rows)
	if err != nil {
		return nil, err
	}
	var list []registration.Proposal
	for _, r := range rows {
		if p := proposalOf(r); wanted(p.Ended(moved[r.id], s.clock())) {
			list = append(list, p)
		}
	}
	return list, nil
}

// moved tells which proposals are about a record that an act left otherwise
// after the last of their seals.
func (s *Store) moved(ctx context.Context, open []*row) (map[string]bool, error) {
	about := map[*table][]any{}
	for _, r := range open {
		if t, id := versioned(r.text("subject")); t != nil {
			about[t] = append(about[t], id)
		}
	}
	now := map[string]int64{}
	for t, ids := range about {
		for some := range slices.Chunk(ids, 500) {
			set, err := s.ask(ctx, want{"SELECT " + t.key() + ", entry FROM " + t.name + " WHERE " + t.key() + " IN (" + marks(len(some)) + ")", some})
			if err != nil {
				return nil, unreadable(err)
			}
			for _, cells := range set {
				id, err1 := cellOf(text, cells[0])
				entry, err2 := cellOf(number, cells[1])
				if err := errors.Join(err1, err2); err != nil {
					return nil, unreadable(err)
				}
				now[t.subjectOf(id.(string))] = entry.(int64)
			}
		}
	}
	moved := map[string]bool{}
	for _, r := range open {
		entry, there := now[r.text("subject")]
		moved[r.id] = there && entry > r.entry
	}
	return moved, nil
}

// versioned finds the record that a proposal is about, whose every version voids
// it. A person's row is none: it changes for much that no text names (training,
// a telephone), and there the text derived again decides.
func versioned(subject string) (*table, string) {
	kind, id, _ := strings.Cut(subject, "/")
	for _, t := range records() {
		if t.subject == kind && t != staff {
			return t, id
		}
	}
	return nil, ""
}

// moved is the same inside a transaction, of one proposal.
func (tx *Tx) moved(p registration.Proposal) (bool, error) {
	t, id := versioned(p.Subject)
	if t == nil {
		return false, nil
	}
	open, err1 := tx.see(proposals, p.ID)
	about, err2 := tx.see(t, id)
	return open != nil && about != nil && about.entry > open.entry, errors.Join(err1, err2)
}

// Ended reads a proposal, and why it binds nobody any more if it does not.
func (tx *Tx) Ended(id string) (registration.Proposal, string, error) {
	r, err := tx.find(proposals, id)
	if err != nil {
		return registration.Proposal{}, "", err
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	p := proposalOf(r)
	moved, err := tx.moved(p)
	return p, p.Ended(moved, tx.Received()), err
}

// OpenProposalsAbout lists the open acts of several people about one record.
func (s *Store) OpenProposalsAbout(ctx context.Context, g policy.Grant, subject string) ([]registration.Proposal, error) {
	open, err := s.OpenProposals(ctx, g)
	return slices.DeleteFunc(open, func(p registration.Proposal) bool { return p.Subject != subject }), err
}

// Proposal reads one act of several people.
func (s *Store) Proposal(ctx context.Context, g policy.Grant, id string) (registration.Proposal, error) {
	r, err := s.covered(ctx, g, proposals, id)
	if err != nil {
		return registration.Proposal{}, err
	}
	return proposalOf(r), nil
}

// ProposalOf reads the proposal of a statement by its digest, to tell who has
// sealed it. The caller holds the statement's text already.
func (s *Store) ProposalOf(ctx context.Context, id string) (registration.Proposal, error) {
	r, err := s.one(ctx, proposals, id)
	if err != nil {
		return registration.Proposal{}, err
	}
	return proposalOf(r), nil
}
