package portal

import (
	"slices"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/web/view"
)

// GET /confirmations: acts of two people in this person's reach.
func (p *Portal) confirmations(c *call) (answer, error) {
	v := view.Confirmations{Frame: p.frame(c, "待复签")}
	open, err := p.openForSecond(c)
	if err != nil {
		return nil, err
	}
	for _, one := range open {
		w, grant := one.Proposal, one.grant
		line := view.Confirmation{Kind: view.Mark{Kind: "hold", Text: seal.TitleOf(seal.Kind(w.Kind))}, Expires: w.Expires,
			First: p.nameOf(c, w.Signers[0]), Second: p.nameOf(c, w.Signers[len(w.Signers)-1]), State: view.Mark{Kind: "wait", Text: "等 " + p.nameOf(c, nextSigner(w)) + " 签署"}}
		if a, err := p.store.Application(c.ctx, grant, strings.TrimPrefix(w.Subject, "application/")); err == nil {
			line.Name, line.School = a.Form.PersonName, a.Form.SchoolName
		} else if staff, ok := strings.CutPrefix(w.Subject, "staff/"); ok {
			line.Name = p.nameOf(c, staff)
			if o, err := p.store.Organisation(c.ctx, w.Unit); err == nil {
				line.School = o.Name
			}
		} else if m, ok := earlyOf(w); ok {
			line.Name = m.Name
			if o, err := p.store.Organisation(c.ctx, w.Unit); err == nil {
				line.School = o.Name
			}
		} else if ofCustody(w.Kind) {
			line.Name = subjectWords(w.Subject)
		}
		if nextSigner(w) == c.who.Staff.ID {
			line.Href = "/confirmations/" + w.ID
		}
		if s, err := seal.ParseStatement(w.Text, nil); err == nil {
			if h, err := s.Header(); err == nil {
				line.Asked = h.Issued
			}
		}
		v.Rows = append(v.Rows, line)
	}
	v.Lead = "等待第二人签署的共 " + number(len(v.Rows)) + " 件。文本与第一人签的完全相同；记录有任何改动，这份文本就作废。"
	return page{view: v}, nil
}

// waitingProposal is an open act of several people with the reach in which
// this person may complete it.
type waitingProposal struct {
	registration.Proposal
	grant policy.Grant
}

// openForSecond lists the acts of two people that the policy lets this person
// complete: of each kind only where the second act of that very kind is theirs,
// so that an officer sees no business and a lead no other lead's.
func (p *Portal) openForSecond(c *call) ([]waitingProposal, error) {
	var all []waitingProposal
	var last error
	allowed := false
	for _, first := range policy.Acts() {
		second, ok := seconds[first]
		if !ok {
			continue
		}
		_, grant, err := p.place(c, second)
		if err != nil {
			last = err
			continue
		}
		allowed = true
		open, err := p.store.OpenProposals(c.ctx, grant)
		if err != nil {
			return nil, err
		}
		for _, w := range open {
			if fresh, ok := kindsOf[seal.Kind(w.Kind)]; ok && fresh().act() == first {
				all = append(all, waitingProposal{w, grant})
			}
		}
	}
	if !allowed {
		return nil, last
	}
	return all, nil
}

// GET /confirmations/:id: the second signer reads the same text.
func (p *Portal) confirmation(c *call) (answer, error) {
	open, err := p.openForSecond(c)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(open, func(w waitingProposal) bool { return w.ID == c.param("id") })
	if at < 0 {
		return nil, fault.New(fault.NotFound, "没有找到这条待签事项：可能已办结或已失效。不归您这里管的，请由该机构的人员办理。")
	}
	w := open[at].Proposal
	if nextSigner(w) != c.who.Staff.ID {
		return nil, fault.New(fault.Conflict, "这件待签事项现在不等您签署：可能已办结、已失效，或轮到另一位。请刷新待签清单。")
	}
	return p.proposeAgain(c, w)
}
