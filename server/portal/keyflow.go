package portal

import (
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
)

// requestMatter asks that somebody be given a token.
type requestMatter struct {
	bare
	ID     string `json:"id"`
	Staff  string `json:"staff"`
	Reason string `json:"reason"`
}

func (m *requestMatter) act() policy.Act   { return policy.RequestKey }
func (m *requestMatter) refs() []store.Ref { return []store.Ref{store.OfStaff(m.Staff)} }

func (m *requestMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfRequest(m.ID).Subject()}
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	s, err := r.Staff(m.Staff)
	if err != nil {
		return d, err
	}
	home, err := r.Organisation(s.Org)
	if err != nil {
		return d, err
	}
	keys, err := r.KeysOf(s.ID)
	if err != nil {
		return d, err
	}
	q, err := custody.Ask(m.ID, s.ID, by, m.Reason, keys, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{q}
	d.statement, err = q.RequestStatement(h, custody.Named{Staff: s.ID, Name: s.Name}, home.Name)
	return d, err
}

// assignMatter answers a request with a token from the officer's store.
type assignMatter struct {
	bare
	Serial  string `json:"serial"`
	Request string `json:"request"`
}

func (m *assignMatter) act() policy.Act { return policy.AssignKey }
func (m *assignMatter) refs() []store.Ref {
	return []store.Ref{store.OfToken(m.Serial), store.OfRequest(m.Request)}
}

func (m *assignMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfToken(m.Serial).Subject()}
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	q, err := r.Request(m.Request)
	if err != nil {
		return d, err
	}
	t, err := r.Token(m.Serial)
	if err != nil {
		return d, err
	}
	keys, err := r.KeysOf(q.Staff)
	if err != nil {
		return d, err
	}
	if _, has := custody.Current(keys); has {
		return d, fault.New(fault.Conflict, "人员 %s 名下已有一把钥匙，一人一把，不能再发放。", q.Staff)
	}
	next, err := t.Assign(q, officer, now)
	if err != nil {
		return d, err
	}
	people, err := namedAll(r, t.Custodian, q.Staff, q.By)
	if err != nil {
		return d, err
	}
	d.puts = []any{next, q.Grant(t, officer, now)}
	d.statement, err = t.AssignStatement(h, q, people[0], people[1], people[2])
	return d, err
}

// declineMatter answers a request without a token.
type declineMatter struct {
	bare
	Request string `json:"request"`
	Reason  string `json:"reason"`
}

func (m *declineMatter) act() policy.Act   { return policy.DeclineKey }
func (m *declineMatter) refs() []store.Ref { return []store.Ref{store.OfRequest(m.Request)} }

func (m *declineMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfRequest(m.Request).Subject()}
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	q, err := r.Request(m.Request)
	if err != nil {
		return d, err
	}
	if q, err = q.Decline(officer, m.Reason, now); err != nil {
		return d, err
	}
	people, err := namedAll(r, q.Staff, q.By)
	if err != nil {
		return d, err
	}
	d.puts = []any{q}
	d.statement, err = q.DeclineStatement(h, people[0], people[1])
	return d, err
}

// handoverMatter is the giver's part of a hand-over.
type handoverMatter struct {
	bare
	Serial string `json:"serial"`
	Taker  string `json:"taker"`
	Reason string `json:"reason"`
}

func (m *handoverMatter) act() policy.Act   { return policy.HandOverKey }
func (m *handoverMatter) refs() []store.Ref { return []store.Ref{store.OfToken(m.Serial)} }

func (m *handoverMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfToken(m.Serial).Subject()}
	giver, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	holding, err := holdingOf(r, m.Serial)
	if err != nil {
		return d, err
	}
	next, err := holding.HandOver(giver, m.Taker, m.Reason, now)
	if err != nil {
		return d, err
	}
	if err := m.fits(r, giver); err != nil {
		return d, err
	}
	people, err := namedAll(r, giver, m.Taker)
	if err != nil {
		return d, err
	}
	d.puts = next.Records()
	d.statement, err = holding.HandOverStatement(h, people[0], people[1], m.Reason)
	return d, err
}

// fits asks who may take the token: a colleague of the same organisation who
// has no key, or a security officer, who takes it into his store; and it keeps
// the last who can act in an office from handing his away.
func (m *handoverMatter) fits(r rows, giver string) error {
	if err := keepsOffices(r, giver); err != nil {
		return err
	}
	officers, err := r.Keepers(policy.SEC)
	if err != nil {
		return err
	}
	for _, o := range officers {
		if o == m.Taker {
			return nil
		}
	}
	from, err := r.Staff(giver)
	if err != nil {
		return err
	}
	to, err := r.Staff(m.Taker)
	if err != nil {
		return err
	}
	if from.Org != to.Org {
		return fault.New(fault.Invalid, "人员 %s 不在您的机构。跨机构的请交回安全保密管理员，由其另行发放。", m.Taker).At("taker", "请选本机构的同事，或安全保密管理员。")
	}
	keys, err := r.KeysOf(m.Taker)
	if err != nil {
		return err
	}
	if _, has := custody.Current(keys); has {
		return fault.New(fault.Conflict, "人员 %s 名下已有一把钥匙，一人一把。请交回安全保密管理员。", m.Taker).At("taker", "这位人员已有钥匙。")
	}
	return nil
}
