package portal

import (
	"encoding/hex"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// senderMatter names who sends for a school.
type senderMatter struct {
	bare
	School   string `json:"school"`
	Delegate string `json:"delegate"` // a staff number or a school
	Until    string `json:"until"`    // the last day, 2024-11-30
	Reason   string `json:"reason"`
}

func (m *senderMatter) act() policy.Act   { return policy.NameSender }
func (m *senderMatter) refs() []store.Ref { return []store.Ref{store.OfOrganisation(m.School)} }

func (m *senderMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, _ time.Time) (draft, error) {
	var d draft
	by, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	school, err := r.Organisation(m.School)
	if err != nil {
		return d, err
	}
	to, err := delegateOf(r, m.Delegate)
	if err != nil {
		return d, err
	}
	last, err := registration.ParseDate(m.Until)
	if err != nil {
		return d, fault.New(fault.Invalid, "最后一天没有写对，请写成 2024-11-30 的样子。").At("until", "请写成 2024-11-30 的样子。")
	}
	named, err := registration.NameSender(hex.EncodeToString(h.Nonce[:8]), school.ID, unitIn(school.Path), to, by, k.role, last, m.Reason, k.year, h.Issued)
	if err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfDelegation(named.ID).Subject(), []any{named}
	d.statement, err = registration.SenderStatement(h, named, school.Name, to.Name)
	return d, err
}

// delegateOf finds who bears a number: a person on file or a school.
func delegateOf(r rows, id string) (registration.Delegate, error) {
	if id == "" {
		return registration.Delegate{}, nil
	}
	o, err := r.Organisation(id)
	if err == nil && o.School() {
		return registration.Delegate{Kind: registration.Centre, ID: o.ID, Name: o.Name, Body: unitIn(o.Path)}, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return registration.Delegate{}, err
	}
	s, err := r.Staff(id)
	if fault.Is(err, fault.NotFound) {
		return registration.Delegate{}, nil
	}
	return registration.Delegate{Kind: registration.Deputy, ID: s.ID, Name: s.Name, Body: s.Org}, err
}

// senderEndMatter takes a delegation back.
type senderEndMatter struct {
	bare
	Delegation string `json:"delegation"`
	Reason     string `json:"reason"`
}

func (m *senderEndMatter) act() policy.Act   { return policy.EndSender }
func (m *senderEndMatter) refs() []store.Ref { return []store.Ref{store.OfDelegation(m.Delegation)} }

func (m *senderEndMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfDelegation(m.Delegation).Subject()}
	by, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	before, err := r.Delegation(m.Delegation)
	if err != nil {
		return d, err
	}
	school, err := r.Organisation(before.School)
	if err != nil {
		return d, err
	}
	to, err := delegateOf(r, before.Delegate)
	if err != nil {
		return d, err
	}
	after, err := before.End(by, m.Reason, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{after}
	d.statement, err = registration.SenderEndStatement(h, after, school.Name, to.Name)
	return d, err
}
