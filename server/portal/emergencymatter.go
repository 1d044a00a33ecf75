package portal

import (
	"context"
	"crypto/x509"
	"slices"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
)

// emergencyRows are what a matter about custodians and emergencies reads.
type emergencyRows interface {
	Custodians() ([]custody.Custodians, error)
	Emergencies() ([]custody.Emergency, error)
	Keepers(role policy.Role) ([]string, error)
	RolesHeld(person string) ([]policy.Role, error)
}

func (r reading) Custodians() ([]custody.Custodians, error)  { return r.store.Custodians(r.ctx) }
func (r reading) Emergencies() ([]custody.Emergency, error)  { return r.store.Emergencies(r.ctx) }
func (r reading) Keepers(role policy.Role) ([]string, error) { return r.store.Keepers(r.ctx, role) }
func (r reading) RolesHeld(person string) ([]policy.Role, error) {
	return r.store.RolesHeld(r.ctx, person)
}

// custodianMatter puts another list of custodians in force: an act of a
// security officer and a city lead.
type custodianMatter struct {
	bare
	Org    string   `json:"org"`
	Staff  []string `json:"staff"`
	Quorum int      `json:"quorum"`
	Reason string   `json:"reason"`
}

func (m *custodianMatter) act() policy.Act { return policy.SetCustodians }

func (m *custodianMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	first, second, err := bothSigners(r, h)
	if err != nil {
		return d, err
	}
	all, err := r.Custodians()
	if err != nil {
		return d, err
	}
	next, err := custody.NextCustodians(all, m.Org, m.Staff, m.Quorum, m.Reason, first.Staff, second.Staff, now)
	if err != nil {
		return d, err
	}
	var names []custody.Named
	for _, id := range next.Staff {
		s, err := r.Staff(id)
		if err != nil {
			return d, fault.New(fault.Invalid, "人员名册里没有 %s，不能作托管人。请核对编号。", id).At("staff", "没有 %s。", id)
		}
		if err := s.Closed(now); err != nil {
			return d, fault.New(fault.Invalid, "%s（%s）的岗位已经结束，不能作托管人。", s.Name, id).At("staff", "%s 已离岗。", id)
		}
		names = append(names, custody.Named{Staff: id, Name: s.Name})
	}
	d.subject, d.puts = "custodians/"+next.ID, []any{next}
	d.statement, err = next.Statement(h, names)
	return d, err
}

// emergencyMatter is one custodian's seal over one emergency: the first calls
// it, the one that completes the quorum opens it.
type emergencyMatter struct {
	bare
	ID          string    `json:"id"`
	Org         string    `json:"org"`
	Staff       string    `json:"staff,omitempty"` // of the first custodian's call
	Certificate []byte    `json:"certificate,omitempty"`
	Token       string    `json:"token,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Deadline    time.Time `json:"deadline"` // as it was shown: a call begins when it was written
}

func (m *emergencyMatter) act() policy.Act { return policy.SealEmergency }

func (m *emergencyMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	by, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	lists, err := r.Custodians()
	if err != nil {
		return d, err
	}
	list, _ := custody.CurrentCustodians(lists)
	all, err := r.Emergencies()
	if err != nil {
		return d, err
	}
	e, err := m.emergency(all, list)
	if err != nil {
		return d, err
	}
	person, err := needed(r, e, now)
	if err != nil {
		return d, err
	}
	if _, _, err := emergencyKey(r, e, now); err != nil {
		return d, err
	}
	number := uint64(0)
	if tx, ok := r.(*store.Tx); ok {
		number = tx.Number()
	}
	d.statement, err = e.Statement(h, person, list)
	if err != nil {
		return d, err
	}
	if e, err = e.Seal(by.Staff, list, number, now); err != nil {
		return d, err
	}
	d.subject, d.puts = "emergency/"+e.ID, []any{e}
	return d, nil
}

// emergency is the one that is sealed: as it stands, or as this call begins it.
func (m *emergencyMatter) emergency(all []custody.Emergency, list custody.Custodians) (custody.Emergency, error) {
	for _, e := range all {
		if e.ID != m.ID {
			continue
		}
		if m.Staff != "" {
			return e, fault.New(fault.Conflict, "其间另一位托管人已经提出紧急事项 %s。请刷新后看那一件，不要重复提出。", e.ID)
		}
		return e, nil
	}
	if m.Staff == "" || m.ID != custody.EmergencyID(len(all)) {
		return custody.Emergency{}, fault.New(fault.NotFound, "没有紧急事项 %s。请刷新后再选。", m.ID)
	}
	cert, err := x509.ParseCertificate(m.Certificate)
	if err != nil {
		return custody.Emergency{}, fault.Wrap(err, fault.Invalid, "证书读不出来。请重新粘贴。").At("certificate", "请重新粘贴。")
	}
	return custody.Call(custody.Emergency{ID: m.ID, Org: m.Org, Staff: m.Staff, Fingerprint: seal.Fingerprint(cert), Certificate: cert.Raw, Token: m.Token,
		Role: string(policy.SEC), Reason: m.Reason}, list, m.Deadline.Add(-custody.GatherFor))
}

// needed says whether an emergency is one: nobody left who could readmit the
// person in the ordinary way, and the person may hold the office.
func needed(r rows, e custody.Emergency, now time.Time) (custody.Named, error) {
	var named custody.Named
	keepers, err := r.Keepers(policy.SEC)
	if err != nil {
		return named, err
	}
	if len(keepers) > 0 {
		return named, fault.New(fault.Forbidden, "还有安全保密管理员 %s 持有在用的钥匙，不是紧急情况：请由其按日常办法发放钥匙、核定任职。", keepers[0])
	}
	s, err := r.Staff(e.Staff)
	if err != nil {
		return named, fault.New(fault.Invalid, "人员名册里没有 %s。请核对编号。", e.Staff).At("person", "请核对编号。")
	}
	if err := s.Closed(now); err != nil {
		return named, err
	}
	held, err := r.RolesHeld(e.Staff)
	if err != nil {
		return named, err
	}
	if err := policy.Combine(append(held, policy.Role(e.Role))); err != nil {
		return named, policyFault(err)
	}
	return custody.Named{Staff: s.ID, Name: s.Name}, nil
}

// useEmergency is what the readmitted person's seal brings about.
func useEmergency(r rows, e custody.Emergency, fingerprint string, covered bool, now time.Time) ([]any, error) {
	if _, err := needed(r, e, now); err != nil {
		return nil, err
	}
	used, err := e.Use(e.Staff, fingerprint, covered, now)
	if err != nil {
		return nil, err
	}
	token, key, err := emergencyKey(r, e, now)
	if err != nil {
		return nil, err
	}
	reason := "紧急事项 " + e.ID
	puts := []any{used}
	keys, err := r.KeysOf(e.Staff)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.State == custody.Issued || k.State == custody.Suspended || k.State == custody.Pending {
			k.State, k.Since, k.By, k.Reason = custody.Lost, now, e.Staff, reason
			puts = append(puts, k)
		}
	}
	tokens, err := r.TokensOf(e.Staff)
	if err != nil {
		return nil, err
	}
	for _, t := range tokens {
		if t.State == custody.Issued || t.State == custody.Suspended {
			t.State, t.Since, t.By, t.Reason = custody.Lost, now, e.Staff, reason
			puts = append(puts, t)
		}
	}
	puts = append(puts, key, token)
	held, err := r.RolesHeld(e.Staff)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(held, policy.Role(e.Role)) {
		puts = append(puts, org.Appointment{ID: e.Staff + "/" + e.Role + "/" + e.Org, Staff: e.Staff, Role: e.Role, Org: e.Org})
	}
	return puts, nil
}

// emergencyKey is what the readmitted person will hold. A certificate, a key pair
// or a token that the register has seen is refused at the call already, and
// again at each seal: what was lost once does not come back this way either.
func emergencyKey(r rows, e custody.Emergency, now time.Time) (custody.Token, custody.Key, error) {
	token, err := emergencyToken(r, e, now)
	if err != nil {
		return token, custody.Key{}, err
	}
	cert, err := x509.ParseCertificate(e.Certificate)
	if err != nil {
		return token, custody.Key{}, err
	}
	key := custody.Certified(cert, e.Staff, token, custody.OwnCA)
	key.State, key.Since = custody.Issued, now
	alike, err := r.KeysAlike(key)
	if err != nil {
		return token, key, err
	}
	return token, key, custody.Fresh(key, alike)
}

// emergencyToken is the token in the readmitted person's hands: a new one, or
// one that lay in store.
func emergencyToken(r rows, e custody.Emergency, now time.Time) (custody.Token, error) {
	t, err := r.Token(e.Token)
	switch {
	case fault.Is(err, fault.NotFound):
		t = custody.Token{Serial: e.Token, Label: e.Staff, Delivered: now}
	case err != nil:
		return t, err
	case t.State != custody.InStore:
		return t, fault.New(fault.Conflict, "钥匙 %s 现在是“%s”，不能用作紧急恢复的新钥匙。请换一把库存的或新的。", t.Serial, t.State.Word())
	}
	t.State, t.Custodian, t.For, t.Since, t.By, t.Reason = custody.Issued, e.Staff, "", now, e.Staff, "紧急事项 "+e.ID
	return t, nil
}

// emergencyBy finds one by its number.
func (p *Portal) emergencyBy(ctx context.Context, id string) (custody.Emergency, error) {
	all, err := p.store.Emergencies(ctx)
	if err != nil {
		return custody.Emergency{}, err
	}
	for _, e := range all {
		if e.ID == id {
			return e, nil
		}
	}
	return custody.Emergency{}, fault.New(fault.NotFound, "没有这件紧急事项。请核对编号。")
}
