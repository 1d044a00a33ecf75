package portal

import (
	"fmt"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
)

// peopleRows is what matters about staff read.
type peopleRows interface {
	Filing(id string) (org.Filing, error)
	FilingsOf(person string) ([]org.Filing, error)
	KeysOf(person string) ([]custody.Key, error)
	TokensOf(person string) ([]custody.Token, error)
	AppointmentsOf(person string) ([]org.Appointment, error)
	RoleChange(id string) (org.RoleChange, error)
	RoleChangesOf(person string) (int, error)
}

func (r reading) Filing(id string) (org.Filing, error) { return r.store.Filing(r.ctx, r.grant, id) }
func (r reading) FilingsOf(person string) ([]org.Filing, error) {
	return r.store.FilingsOf(r.ctx, person)
}
func (r reading) KeysOf(person string) ([]custody.Key, error) { return r.store.KeysOf(r.ctx, person) }
func (r reading) TokensOf(person string) ([]custody.Token, error) {
	return r.store.TokensOf(r.ctx, person)
}
func (r reading) AppointmentsOf(person string) ([]org.Appointment, error) {
	return r.store.AppointmentsOf(r.ctx, person)
}
func (r reading) RoleChange(id string) (org.RoleChange, error) {
	return r.store.RoleChange(r.ctx, r.grant, id)
}
func (r reading) RoleChangesOf(person string) (int, error) {
	return r.store.RoleChangesOf(r.ctx, person)
}

// accountOf reads a person, nil if nobody has the number.
func accountOf(r rows, id string) (*org.Staff, error) {
	s, err := r.Staff(id)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &s, err
}

// fileMatter reports a person to the security officer (R54).
type fileMatter struct {
	bare
	Staff string   `json:"staff"`
	Form  org.Form `json:"form"`
}

func (m *fileMatter) act() policy.Act   { return policy.FileStaff }
func (m *fileMatter) refs() []store.Ref { return []store.Ref{store.OfStaff(m.Staff)} }

func (m *fileMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfStaff(m.Staff).Subject()}
	body, err := r.Organisation(m.Form.Org)
	if err != nil {
		return d, err
	}
	before, err := accountOf(r, m.Staff)
	if err != nil {
		return d, err
	}
	earlier, err := r.FilingsOf(m.Staff)
	if err != nil {
		return d, err
	}
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	f, err := m.Form.File(m.Staff, before, earlier, body, by, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{f}
	d.statement, err = org.FilingStatement(h, f, before, body)
	return d, err
}

// checkMatter is the security officer's answer to a filing.
type checkMatter struct {
	bare
	Filing string `json:"filing"`
	Staff  string `json:"staff"`
	Back   bool   `json:"back"`
	Reason string `json:"reason"`
}

func (m *checkMatter) act() policy.Act { return policy.CheckStaff }
func (m *checkMatter) refs() []store.Ref {
	return []store.Ref{store.OfFiling(m.Filing), store.OfStaff(m.Staff)}
}

func (m *checkMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfStaff(m.Staff).Subject()}
	f, err := r.Filing(m.Filing)
	if err != nil {
		return d, err
	}
	before, err := accountOf(r, f.Staff)
	if err != nil {
		return d, err
	}
	body, err := r.Organisation(f.Org)
	if err != nil {
		return d, err
	}
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	var after org.Staff
	if m.Back {
		f, err = f.SendBack(officer, m.Reason, now)
	} else if f, after, err = f.Check(officer, before, now); err == nil {
		d.puts = append(d.puts, after)
		err = d.renew(r, f.Staff, before, now)
	}
	if err != nil {
		return d, err
	}
	d.puts = append(d.puts, f)
	d.statement, err = org.CheckStatement(h, f, body)
	return d, err
}

// renew begins the appointments of an account that was closed anew.
func (d *draft) renew(r rows, staff string, before *org.Staff, now time.Time) error {
	all, err := r.AppointmentsOf(staff)
	for _, a := range org.Renewed(before, all, now) {
		d.puts = append(d.puts, a)
	}
	return err
}

// leaveMatter ends a post; the account closes with it.
type leaveMatter struct {
	bare
	Staff  string    `json:"staff"`
	Last   time.Time `json:"last"`
	Reason string    `json:"reason"`
}

func (m *leaveMatter) act() policy.Act   { return policy.EndPost }
func (m *leaveMatter) refs() []store.Ref { return []store.Ref{store.OfStaff(m.Staff)} }

func (m *leaveMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfStaff(m.Staff).Subject()}
	s, err := r.Staff(m.Staff)
	if err != nil {
		return d, err
	}
	earlier, err := r.FilingsOf(m.Staff)
	if err != nil {
		return d, err
	}
	body, err := r.Organisation(s.Org)
	if err != nil {
		return d, err
	}
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	f, after, err := s.Leave(m.Last, m.Reason, by, earlier, now)
	if err != nil {
		return d, err
	}
	if err := keepsOffices(r, m.Staff); err != nil {
		return d, err
	}
	d.puts = []any{after, f}
	d.statement, err = org.LeaveStatement(h, f, body, now)
	return d, err
}

// exitMatter closes a leaver's file once keys and media are back, out of use, or
// written off by two.
type exitMatter struct {
	bare
	Staff string `json:"staff"`
}

func (m *exitMatter) act() policy.Act   { return policy.ExitStaff }
func (m *exitMatter) refs() []store.Ref { return []store.Ref{store.OfStaff(m.Staff)} }

func (m *exitMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfStaff(m.Staff).Subject()}
	earlier, err := r.FilingsOf(m.Staff)
	if err != nil {
		return d, err
	}
	f := newest(earlier, org.Leaving)
	body, err := r.Organisation(f.Org)
	if f.ID == "" {
		return d, fault.New(fault.Conflict, "没有等待办结的离岗备案。请先由本单位报备离岗。")
	}
	if err != nil {
		return d, err
	}
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	held, returned, err := inHand(r, m.Staff)
	if err != nil {
		return d, err
	}
	if f, err = f.Exit(officer, held, now); err != nil {
		return d, err
	}
	duty, err := dutyOf(r, m.Staff)
	if err != nil {
		return d, err
	}
	ended, changes, err := duty.LowerAll(officer, "离岗办结", now)
	if err != nil {
		return d, err
	}
	d.puts = []any{f}
	for i := range ended {
		d.puts = append(d.puts, ended[i], changes[i])
	}
	d.statement, err = org.ExitStatement(h, f, body, returned, changes)
	return d, err
}

// newest is a person's last filing in a state, zero if there is none.
func newest(list []org.Filing, state org.FilingState) (last org.Filing) {
	for _, f := range list {
		if f.State == state && (last.ID == "" || f.At.After(last.At)) {
			last = f
		}
	}
	return last
}

// inHand names what a person still answers for and what is back or out of use.
func inHand(r rows, person string) (held, returned []string, err error) {
	keys, err := r.KeysOf(person)
	if err != nil {
		return nil, nil, err
	}
	tokens, err := r.TokensOf(person)
	if err != nil {
		return nil, nil, err
	}
	sort := func(what, number string, state custody.State) {
		words := fmt.Sprintf("%s %s（%s）", what, number, state.Word())
		if state == custody.Lost || state == custody.Revoked || state == custody.Destroyed {
			returned = append(returned, words)
		} else {
			held = append(held, words)
		}
	}
	for _, k := range keys {
		sort("证书", grouped(k.Fingerprint[:min(16, len(k.Fingerprint))]), k.State)
	}
	for _, t := range tokens {
		sort("钥匙", t.Serial, t.State)
	}
	media, err := r.MediaOf(person)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range media {
		words := fmt.Sprintf("介质 %s（%s）", m.ID, m.State.Word())
		if m.State == custody.Scrapped { // a missing one is his until two write it off
			returned = append(returned, words)
		} else {
			held = append(held, words)
		}
	}
	return held, returned, nil
}

// pledgeMatter is the person's own pledge.
type pledgeMatter struct{ bare }

func (m *pledgeMatter) act() policy.Act { return policy.SignPledge }

func (m *pledgeMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, _ time.Time) (draft, error) {
	who, err := signerAt(h, 0)
	if err != nil {
		return draft{}, err
	}
	d := draft{subject: store.OfStaff(who).Subject()}
	s, err := r.Staff(who)
	if err != nil {
		return d, err
	}
	after, err := s.GivePledge()
	if err != nil {
		return d, err
	}
	d.puts = []any{after}
	d.statement, err = org.PledgeStatement(h, s)
	return d, err
}
