package store

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// laws is what the portal serves under: the sealed policies as of an epoch of
// authority, and each policy's enforcer, built once per digest (building one
// costs milliseconds, asking it microseconds). The list is read anew, and held
// against the log, as soon as the epoch has moved; which of it is in force is
// asked of the clock each time. So a policy that another portal sealed a moment
// ago serves at the very next request here.
type laws struct {
	mu    sync.Mutex
	known bool
	epoch uint64
	list  []policy.Sealed
	built map[string]*policy.Policy
}

// of gives the list of an epoch if it is in memory.
func (l *laws) of(epoch uint64) ([]policy.Sealed, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list, l.known && l.epoch == epoch
}

func (l *laws) keep(epoch uint64, list []policy.Sealed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known, l.epoch, l.list = true, epoch, list
}

// at gives the policy of a moment out of a list, built.
func (l *laws) at(list []policy.Sealed, at time.Time) (*policy.Policy, error) {
	s, ok := policy.InForce(list, at)
	if !ok {
		return nil, fault.New(fault.Unavailable, "日志里没有现行的政策，谁都不能办事。请用 portal check 核查；日志若还没有启用，请先运行 portal init。")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.built[s.Digest]; p != nil {
		return p, nil
	}
	p, err := s.Load()
	if err != nil {
		return nil, refusedBy(err)
	}
	if l.built == nil {
		l.built = map[string]*policy.Policy{}
	}
	l.built[s.Digest] = p
	return p, nil
}

// Policy is what is in force now. Before the genesis it is what the program
// carries.
func (s *Store) Policy(ctx context.Context) (*policy.Policy, error) {
	list, err := s.policies(ctx)
	if err != nil {
		return nil, err
	}
	if list == nil {
		return s.policy, nil
	}
	return s.laws.at(list, s.clock())
}

// PolicyOf is Policy for somebody who was just read at an epoch of authority:
// as a rule it is in memory.
func (s *Store) PolicyOf(ctx context.Context, who policy.Officer) (*policy.Policy, error) {
	if list, ok := s.laws.of(who.Epoch); ok {
		return s.laws.at(list, s.clock())
	}
	return s.Policy(ctx)
}

// Policies lists everything that was ever sealed, oldest first.
func (s *Store) Policies(ctx context.Context, g policy.Grant) ([]policy.Sealed, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	return s.policies(ctx)
}

// policies reads the list as the log has it; nil before the genesis.
func (s *Store) policies(ctx context.Context) ([]policy.Sealed, error) {
	var list []policy.Sealed
	err := s.within(ctx, func(r snapshot) error {
		set, err := r.ask(headWant)
		if err != nil {
			return err
		}
		h, err := s.readHead(set)
		if err != nil || h.size == 0 {
			return err
		}
		if known, ok := s.laws.of(h.epoch); ok {
			list = known
			return nil
		}
		r.head = &h
		rows, err := r.rows(policies, want{"SELECT " + policies.selection() + " FROM policies ORDER BY id", nil})
		if err != nil {
			return err
		}
		if list, err = s.believedPolicies(h, rows); err == nil {
			s.laws.keep(h.epoch, list)
		}
		return err
	})
	return list, readable(err)
}

// believedPolicies are rows that were held against the log, and all of them:
// with the newest one taken out an older one would be in force again.
func (s *Store) believedPolicies(h head, rows []*row) ([]policy.Sealed, error) {
	if gone := s.power.missing(policies, h, rows); gone != "" {
		s.log.Error("ALARM: a row that gives power is gone", "subject", gone)
		return nil, fault.New(fault.Unavailable, "数据库里少了一条政策记录，不能据以办理，没有任何改动。请立即通知安全审计员，用 portal check --records 核查。")
	}
	list := make([]policy.Sealed, len(rows))
	for i, r := range rows {
		list[i] = sealedPolicyOf(r)
	}
	return list, nil
}

// missing names a subject of the table that the log has as of a head and the
// rows do not, the first by name, empty if there is none. of bounds it to ids
// that begin with one of these and a slash.
func (p *powers) missing(t *table, h head, rows []*row, of ...string) (gone string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	there, asked := map[string]bool{}, map[string]bool{}
	for _, r := range rows {
		there[r.subject()] = true
	}
	for _, o := range of {
		asked[o] = true
	}
	for subject, last := range p.last {
		kind, id, _ := strings.Cut(subject, "/")
		if kind != t.subject || there[subject] || last.number >= int64(h.size) || gone != "" && subject > gone {
			continue
		}
		if whose, _, _ := strings.Cut(id, "/"); len(of) == 0 || asked[whose] {
			gone = subject
		}
	}
	return gone
}

// law is what is in force for an act inside its transaction: the policy of the
// moment when the act had arrived.
func (g *group) law(tx *Tx) (*policy.Policy, error) {
	if g.next == 0 {
		return g.store.policy, nil // the genesis
	}
	list, err := g.sealedPolicies(tx)
	if err != nil {
		return nil, err
	}
	return g.store.laws.at(list, tx.act.received)
}

func (g *group) sealedPolicies(tx *Tx) ([]policy.Sealed, error) {
	moved := slices.ContainsFunc(append(slices.Clone(g.order), tx.order...), func(at slot) bool { return at.table == policies })
	if list, ok := g.store.laws.of(g.head.epoch); ok && !moved {
		return list, nil
	}
	list, err := g.readPolicies(tx)
	if err == nil && !moved { // what acts of this very group leave may yet be undone
		g.store.laws.keep(g.head.epoch, list)
	}
	return list, err
}

func (g *group) readPolicies(tx *Tx) ([]policy.Sealed, error) {
	rows, err := tx.everywhere(policies)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := g.believe(r); err != nil {
			return nil, err
		}
	}
	return g.store.believedPolicies(g.head, rows)
}

// checkFirstPolicy: entry 0 says under which policy the portal serves.
func (g *group) checkFirstPolicy(tx *Tx) error {
	n := 0
	for _, at := range tx.order {
		if at.table == policies {
			n++
			if tx.own[at].text("digest") != g.store.policy.Digest() {
				return forbid("启用时写下的政策不是程序自带的那一份，没有办理。")
			}
		}
	}
	if n != 1 {
		return forbid("启用时须写下第一份政策，没有办理。")
	}
	return nil
}

// Policies lists every policy that was sealed, as this transaction sees them.
func (tx *Tx) Policies() ([]policy.Sealed, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.group.readPolicies(tx)
}

// A census is what says who may do what under a policy.
type census struct {
	bodies, people, appointed, lent []*row
}

// censusTables are its tables, in the order of the fields.
var censusTables = []*table{organisations, staff, appointments, delegations}

func (c *census) parts() []*[]*row { return []*[]*row{&c.bodies, &c.people, &c.appointed, &c.lent} }

// Everyone lists the people who may do something beneath the grant's body.
func (tx *Tx) Everyone() ([]policy.Person, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	var c census
	for i, part := range c.parts() {
		var err error
		if *part, err = tx.everywhere(censusTables[i]); err != nil {
			return nil, err
		}
	}
	return c.everyone(tx.grant, tx.act.received), nil
}

// Everyone lists the people who may do something within the reach of the grant.
func (s *Store) Everyone(ctx context.Context, g policy.Grant) ([]policy.Person, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	var c census
	err := s.within(ctx, func(r snapshot) (err error) {
		for i, part := range c.parts() {
			t := censusTables[i]
			if *part, err = r.rows(t, want{"SELECT " + t.selection() + " FROM " + t.name + " ORDER BY " + t.key(), nil}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, unreadable(err)
	}
	return c.everyone(g, s.clock()), nil
}

// everyone gathers appointments by person, both in the order of their numbers,
// and what delegations and bare accounts lend at the moment (see officerFrom).
func (c census) everyone(g policy.Grant, now time.Time) []policy.Person {
	kinds := map[string]*row{}
	for _, o := range c.bodies {
		kinds[o.id] = o
	}
	people, heads := map[string][]policy.Appointment{}, map[string][]string{}
	give := func(staff string, role policy.Role, body string) {
		if o := kinds[body]; o != nil && g.Covers(o.path()) {
			people[staff] = append(people[staff], policy.Appointment{Role: role, Body: policy.Body{ID: o.id, Path: o.path(), Kind: o.text("kind")}})
		}
	}
	appointed := map[string]bool{}
	for _, a := range c.appointed {
		role, staff := policy.Role(a.text("role")), a.text("staff")
		if role.Lent() || a.get("ended") != nil {
			continue
		}
		appointed[staff] = true
		give(staff, role, a.text("org"))
		if role == policy.SH {
			heads[a.text("org")] = append(heads[a.text("org")], staff)
		}
	}
	for _, r := range c.people {
		if s := staffOf(r); !appointed[s.ID] && s.Closed(now) == nil {
			give(s.ID, policy.ST, s.Org)
		}
	}
	for _, r := range c.lent {
		d := delegationOf(r)
		if !d.Active(now) {
			continue
		}
		takers := heads[d.Delegate] // a centre school's heads
		if kinds[d.Delegate] == nil {
			takers = []string{d.Delegate}
		}
		for _, staff := range takers {
			give(staff, policy.DH, d.School)
		}
	}
	var all []policy.Person
	for _, staff := range slices.Sorted(maps.Keys(people)) {
		all = append(all, policy.Person{Staff: staff, Appointments: people[staff]})
	}
	return all
}

func sealedPolicyCells(s policy.Sealed, path string) []any {
	return []any{s.ID, s.Org, path, s.Digest, s.Model, s.Lines, s.Base, s.Of, millis(s.Effective), s.Reason, s.By, s.Second, millis(s.At)}
}

func sealedPolicyOf(row *row) policy.Sealed {
	r := reader{cells: row.plain}
	s := policy.Sealed{ID: r.text(), Org: r.text()}
	r.any()
	s.Digest, s.Model, s.Lines, s.Base, s.Of = r.text(), r.bytes(), r.bytes(), r.text(), r.text()
	s.Effective, s.Reason, s.By, s.Second, s.At = r.time(), r.text(), r.text(), r.text(), r.time()
	return s
}
