package portal

import (
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
)

// registerMatter enters a medium with its custodian (R59).
type registerMatter struct {
	bare
	Medium custody.Medium `json:"medium"`
}

func (m *registerMatter) act() policy.Act   { return policy.RegisterMedium }
func (m *registerMatter) refs() []store.Ref { return []store.Ref{store.OfMedium(m.Medium.ID)} }

func (m *registerMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	next, err := custody.Register(m.Medium, officer, now)
	if err != nil {
		return d, err
	}
	if _, err := r.Medium(next.ID); err == nil {
		return d, fault.New(fault.Conflict, "介质 %s 已经登记过，编号不能重复。", next.ID).At("medium", "这个编号已有人用。")
	} else if !fault.Is(err, fault.NotFound) {
		return d, err
	}
	who, err := namedOf(r, next.Custodian)
	if err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfMedium(next.ID).Subject(), []any{next}
	d.statement, err = next.RegisterStatement(h, who)
	return d, err
}

// mediumMatter is an act over a registered medium.
type mediumMatter struct {
	bare
	kind   seal.Kind
	ID     string `json:"id"`
	Taker  string `json:"taker"`
	Reason string `json:"reason"`
}

var mediumActs = map[seal.Kind]policy.Act{seal.MediumHandover: policy.HandOverMedium, seal.MediumTakeover: policy.TakeOverMedium,
	seal.MediumReceive: policy.ReceiveMedium, seal.MediumLost: policy.LoseMedium, seal.MediumWipe: policy.EndMedium, seal.MediumDestroy: policy.EndMedium}

func (m *mediumMatter) act() policy.Act   { return mediumActs[m.kind] }
func (m *mediumMatter) refs() []store.Ref { return []store.Ref{store.OfMedium(m.ID)} }

func (m *mediumMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfMedium(m.ID).Subject()}
	medium, err := r.Medium(m.ID)
	if err != nil {
		return d, err
	}
	first, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	second := ""
	if len(h.Signers) > 1 {
		second = h.Signers[1].Staff
	}
	taker, reason := "", m.Reason
	var next custody.Medium
	switch m.kind {
	case seal.MediumHandover:
		taker = m.Taker
		next, err = medium.HandOver(first, taker, reason, now)
	case seal.MediumTakeover:
		taker, reason = first, medium.Reason
		next, err = medium.TakeOver(first, now)
	case seal.MediumReceive:
		silence, unknown := silenceOf(r, medium.Custodian, now)
		if unknown != nil {
			return d, unknown
		}
		taker = first
		next, err = medium.Receive(first, silence, reason, now)
	case seal.MediumLost:
		next, err = medium.Lose(first, reason, now)
	case seal.MediumWipe:
		next, err = medium.Wipe(first, second, reason, now)
	default:
		next, err = medium.Destroy(first, second, reason, now)
	}
	if err != nil {
		return d, err
	}
	custodian, err := namedOf(r, medium.Custodian)
	if err != nil {
		return d, err
	}
	var to custody.Named
	if taker != "" {
		if to, err = namedOf(r, taker); err != nil {
			return d, err
		}
	}
	d.puts = []any{next}
	d.statement, err = medium.Statement(m.kind, h, custodian, to, reason)
	return d, err
}

// silenceOf tells whether somebody cannot hand over what he answers for: he has
// left, or has no key in use.
func silenceOf(r rows, person string, now time.Time) (custody.Silence, error) {
	s, err := r.Staff(person)
	if err != nil {
		return custody.Silence{}, err
	}
	keys, err := r.KeysOf(person)
	return custody.SilenceOf(s.MayServe(now) != nil, keys), err
}
