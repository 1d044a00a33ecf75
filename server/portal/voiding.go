package portal

import (
	"context"
	"errors"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// voidEvery is how often acts of several people that ended are voided. That they
// bind nobody is asked at each request; this gives the end its entry.
const voidEvery = time.Minute

func (p *Portal) voidEnded(ctx context.Context) {
	if err := p.voidAll(ctx); err != nil && ctx.Err() == nil {
		p.log.Warn("an ended proposal was not voided", "cause", err.Error())
	}
}

// voidAll voids, by an act of the system for each, the proposals whose time ran
// out or whose record was changed since. One that fails does not keep the others.
func (p *Portal) voidAll(ctx context.Context) error {
	grant, err := p.system(ctx, policy.Officer{}, policy.VoidProposal)
	if err != nil {
		return err
	}
	ended, err := p.store.EndedProposals(ctx, grant)
	if err != nil {
		return err
	}
	var failed []error
	for _, w := range ended {
		if err := p.void(ctx, grant, w); err != nil && !fault.Is(err, fault.Conflict) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// void ends one. That it is over already, by its last signer or by another
// portal, is a conflict.
func (p *Portal) void(ctx context.Context, grant policy.Grant, w registration.Proposal) error {
	_, err := p.store.Commit(ctx, grant, nil, func(tx *store.Tx) (audit.Entry, error) {
		open, why, err := tx.Ended(w.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		if why == "" {
			return audit.Entry{}, fault.New(fault.Conflict, "这件待签事项已经了结，或仍然有效，没有撤。")
		}
		note := "“" + seal.TitleOf(seal.Kind(open.Kind)) + "”失效：" + why
		if open, err = open.Void(note); err != nil {
			return audit.Entry{}, err
		}
		return audit.Entry{Subject: open.Subject, Note: note}, tx.Put(open)
	}, store.Received(p.clock()))
	return err
}
