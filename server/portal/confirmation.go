package portal

import (
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/web/view"
)

// GET /confirmations: acts of two people in this person's reach.
func (p *Portal) confirmations(c *call) (answer, error) {
	v := view.Confirmations{Frame: p.frame(c, "待复签")}
	grant, err := p.confirmGrant(c)
	if err != nil {
		return nil, err
	}
	open, err := p.store.OpenProposals(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	for _, w := range open {
		line := view.Confirmation{Kind: view.Mark{Kind: "hold", Text: seal.TitleOf(seal.Kind(w.Kind))}, Expires: w.Expires,
			First: p.nameOf(c, w.Signers[0]), Second: p.nameOf(c, w.Signers[len(w.Signers)-1]), State: view.Mark{Kind: "wait", Text: "等 " + p.nameOf(c, nextSigner(w)) + " 签署"}}
		if a, err := p.store.Application(c.ctx, grant, strings.TrimPrefix(w.Subject, "application/")); err == nil {
			line.Name, line.School = a.Form.PersonName, a.Form.SchoolName
		}
		if nextSigner(w) == c.who.Staff.ID {
			line.Href = "/confirmations/" + w.ID
		}
		if s, err := seal.ParseStatement(w.Text, nil); err == nil {
			if h, err := s.Header(); err == nil {
				line.Asked = h.Issued
			}
		}
		if c.received.After(w.Expires) {
			line.State, line.Href = view.Mark{Kind: "stop", Text: "已过有效期"}, ""
		}
		v.Rows = append(v.Rows, line)
	}
	v.Lead = "等待第二人签署的共 " + number(len(v.Rows)) + " 件。文本与第一人签的完全相同；记录有任何改动，这份文本就作废。"
	return page{view: v}, nil
}

// confirmGrant is the reach in which this person confirms or countersigns.
func (p *Portal) confirmGrant(c *call) (policy.Grant, error) {
	_, grant, err := p.place(c, policy.Confirm)
	if err != nil {
		_, grant, err = p.place(c, policy.CountersignNotAccept)
	}
	return grant, err
}

// GET /confirmations/:id: the second signer reads the same text.
func (p *Portal) confirmation(c *call) (answer, error) {
	grant, err := p.confirmGrant(c)
	if err != nil {
		return nil, err
	}
	w, err := p.store.Proposal(c.ctx, grant, c.param("id"))
	if err != nil {
		return nil, err
	}
	if w.State != "open" || nextSigner(w) != c.who.Staff.ID {
		return nil, fault.New(fault.Conflict, "这件待签事项现在不等您签署：可能已办结、已失效，或轮到另一位。请刷新待签清单。")
	}
	return p.proposeAgain(c, w)
}
