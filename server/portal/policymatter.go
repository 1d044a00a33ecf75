package portal

import (
	"errors"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// policyMatter puts a whole file in the place of the policy: an act of a
// security officer and a city lead.
type policyMatter struct {
	bare
	Lines     []byte    `json:"lines"`
	Of        string    `json:"of,omitempty"` // the earlier policy that comes back; empty for a new file
	Base      string    `json:"base"`         // what was sealed last when this was drafted
	Effective time.Time `json:"effective"`    // zero: when both have signed
	Reason    string    `json:"reason"`
	Second    string    `json:"second"`
}

func (m *policyMatter) act() policy.Act { return policy.ProposePolicy }
func (m *policyMatter) size() int       { return 2000 } // a budget: everybody's appointments are read

// policyStep is a change with what it means.
type policyStep struct {
	next           policy.Sealed
	current        policy.Sealed
	old, fresh     *policy.Policy
	added, removed []policy.Line
	effects        []policy.Effect
}

// step derives the change from the rows as they are now.
func (m *policyMatter) step(r rows, now time.Time) (policyStep, error) {
	var s policyStep
	all, err := r.Policies()
	if err != nil {
		return s, err
	}
	last, ok := policy.Last(all)
	if !ok || last.ID != m.Base {
		return s, fault.New(fault.Conflict, "其间已经签署了第 %s 号政策，这份变更是接在第 %s 号之后写的，没有办理。请重新上传，再看一次差别和影响。", last.ID, m.Base)
	}
	var of policy.Sealed
	for _, p := range all {
		if p.ID == m.Of {
			of = p
		}
	}
	if m.Of != "" && of.ID == "" {
		return s, fault.New(fault.Invalid, "没有第 %s 号政策可以恢复。请从清单里选择。", m.Of)
	}
	if s.next, s.fresh, err = policy.Next(all, m.Lines, of, m.Effective, m.Reason, now); err != nil {
		return s, policyFault(err)
	}
	s.current, _ = policy.InForce(all, now)
	if s.old, err = s.current.Load(); err != nil {
		return s, policyFault(err)
	}
	people, err := r.Everyone()
	if err != nil {
		return s, err
	}
	s.added, s.removed = policy.Compare(s.old, s.fresh)
	s.effects = policy.Simulate(s.old, s.fresh, people)
	return s, nil
}

// policyFault: a file or a time that cannot be taken is the writer's to mend.
func policyFault(err error) error {
	var e *policy.Error
	if errors.As(err, &e) {
		return fault.Wrap(err, fault.Invalid, "%s", e.Sentence())
	}
	return err
}

func (m *policyMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	first, second, err := bothSigners(r, h)
	if err != nil {
		return d, err
	}
	s, err := m.step(r, now)
	if err != nil {
		return d, err
	}
	s.next.By, s.next.Second = first.Staff, second.Staff
	d.subject = "policy/" + s.next.ID
	d.puts = []any{s.next}
	begins := "签署完成即生效"
	if !m.Effective.IsZero() {
		begins = seal.PrintTime(m.Effective)
	}
	fields := []seal.Field{{Label: "政策编号", Value: s.next.ID}, {Label: "接续", Value: "第 " + s.next.Base + " 号；现行第 " + s.current.ID + " 号 " + s.current.Digest},
		{Label: "政策摘要", Value: s.next.Digest}, {Label: "生效时间", Value: begins}, {Label: "影响人员", Value: policy.Summary(s.effects)},
		{Label: "理由", Value: s.next.Reason}}
	if s.next.Of != "" {
		fields = append(fields, seal.Field{Label: "恢复自", Value: "第 " + s.next.Of + " 号"})
	}
	for _, l := range policy.Words(s.added) {
		fields = append(fields, seal.Field{Label: "新增规定", Value: l})
	}
	for _, l := range policy.Words(s.removed) {
		fields = append(fields, seal.Field{Label: "删除规定", Value: l})
	}
	d.statement, err = seal.New(seal.PolicyChange, h, fields, seal.Annex{})
	return d, err
}
