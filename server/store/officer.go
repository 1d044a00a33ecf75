package store

import (
	"errors"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

// rows is where an officer is built from: a transaction or a reader's snapshot.
type rowSource interface {
	row(t *table, id string) (*row, error)
	rowsOf(t *table, c cond) ([]*row, error)
}

// officerFrom builds who a person is, as the rows say now: the account must be
// open, the key in his custody, and each appointment's body must exist.
func officerFrom(from rowSource, person, session, key string, epoch uint64, now time.Time) (policy.Officer, error) {
	who := policy.Officer{Staff: person, Session: session, Key: key, Epoch: epoch}
	p, err := from.row(staff, person)
	if err != nil {
		return who, err
	}
	if p == nil {
		return who, forbid("人员名册里没有您，不能办理。请由安全保密管理员核对备案。")
	}
	if err := staffOf(p).Closed(now); err != nil {
		return who, err
	}
	k, err := from.row(custodyKeys, key)
	if err != nil {
		return who, err
	}
	if k == nil || k.text("staff") != person || k.text("state") != string(custody.Issued) {
		return who, fault.New(fault.Locked, "您的钥匙已报失、停用或不在您名下，不能再办理。已填的草稿仍在，请到发钥匙的单位核对。")
	}
	list, err := from.rowsOf(appointments, is("staff", person))
	if err != nil {
		return who, err
	}
	for _, a := range list {
		if a.get("ended") != nil {
			continue
		}
		b, err := bodyFrom(from, a.text("org"))
		if err != nil {
			return who, err
		}
		if role := policy.Role(a.text("role")); !role.Lent() {
			who.Appointments = append(who.Appointments, policy.Appointment{Role: role, Body: b})
		}
	}
	if len(who.Appointments) == 0 { // the own file and key can be kept in order before a role is granted
		b, err := bodyFrom(from, p.text("org"))
		if err != nil {
			return who, err
		}
		who.Appointments = append(who.Appointments, policy.Appointment{Role: policy.ST, Body: b})
	}
	return who, lend(from, &who, now)
}

// lend adds what delegations give a person for the time being: as a deputy
// himself, or as a head of a centre school.
func lend(from rowSource, who *policy.Officer, now time.Time) error {
	delegates := is("delegate", who.Staff)
	for _, a := range who.Appointments {
		if a.Role == policy.SH {
			delegates.values = append(delegates.values, a.Body.ID)
		}
	}
	list, err := from.rowsOf(delegations, delegates)
	if err != nil {
		return err
	}
	for _, r := range list {
		d := delegationOf(r)
		if !d.Active(now) {
			continue
		}
		b, err := bodyFrom(from, d.School)
		if err != nil {
			return err
		}
		who.Appointments = append(who.Appointments, policy.Appointment{Role: policy.DH, Body: b})
	}
	return nil
}

// bodyFrom sees an organisation as the policy does.
func bodyFrom(from rowSource, id string) (policy.Body, error) {
	o, err := from.row(organisations, id)
	if err != nil {
		return policy.Body{}, err
	}
	if o == nil {
		return policy.Body{}, notFound(organisations)
	}
	b := policy.Body{ID: o.id, Path: o.path(), Kind: o.text("kind")}
	unit := unitOf(b.Path)
	b.Unit = unit
	if unit == "" || unit == b.ID {
		b.Unit = b.ID
		b.CityRun = b.Kind == "city_run"
		return b, nil
	}
	above, err := from.row(organisations, unit)
	if err != nil {
		return policy.Body{}, err
	}
	b.CityRun = above != nil && above.text("kind") == "city_run"
	return b, nil
}

// unitOf is the organ in a path: the second step, or the city itself.
func unitOf(path string) string {
	steps := strings.Split(strings.Trim(path, "/"), "/")
	if len(steps) > 1 {
		return steps[1]
	}
	return steps[0]
}

// refusedBy turns the policy's no into the server's error.
func refusedBy(err error) error {
	var e *policy.Error
	if !errors.As(err, &e) {
		return err
	}
	return fault.Wrap(err, fault.Kind(e.Kind), "%s", e.Sentence())
}

// txRows reads through a transaction; power is believed only as the log has it.
type txRows struct{ tx *Tx }

func (r txRows) row(t *table, id string) (*row, error) {
	found, err := r.tx.see(t, id)
	if err != nil || found == nil {
		return nil, err
	}
	return found, r.tx.group.believe(found)
}

func (r txRows) rowsOf(t *table, c cond) ([]*row, error) {
	var conds []cond
	if c.column != "" {
		conds = []cond{c}
	}
	list, err := r.tx.everywhere(t, conds...)
	if err != nil {
		return nil, err
	}
	for _, found := range list {
		if err := r.tx.group.believe(found); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (g *group) officer(tx *Tx, person, session, key string) (policy.Officer, error) {
	return officerFrom(txRows{tx}, person, session, key, g.epoch, g.store.clock())
}

func (g *group) body(tx *Tx, id string) (policy.Body, error) { return bodyFrom(txRows{tx}, id) }
