package store

import (
	"context"
	"crypto/x509"
	"slices"
	"time"

	"sealdesk/policy"
	"sealdesk/server/custody"
)

// without says what cannot be done any more when nobody holds a kept role.
var without = map[policy.Role]string{
	policy.SEC: "再没有人能管钥匙、任职和政策",
	policy.AUD: "再没有人能查阅日志、审阅任职变动",
	policy.ML:  "再没有人能申请市级任职、复签政策和托管人名单",
}

// checkKeepers refuses an act that would take from one of the kept roles the
// last who can act in it: one officer alone would lock the institution out. A
// key that is lost is the exception, since a loss takes effect whatever follows,
// and so is one whose certificate its issuer ended; after the last security
// officer's the custodians open the emergency (custody.Emergency). What nobody
// could do before, the act does not take away.
func (g *group) checkKeepers(tx *Tx) error {
	if tx.grant.Act() == policy.SuspendRevoked {
		return nil
	}
	before := txRows{&Tx{group: g, act: tx.act, grant: tx.grant, own: map[slot]*row{}}}
	roles, err := g.weakened(tx, before)
	if err != nil {
		return err
	}
	for _, role := range policy.Kept() {
		if !roles[role] {
			continue
		}
		left, err := keepersFrom(txRows{tx}, role, tx.act.received)
		if err != nil || len(left) > 0 {
			return err
		}
		if had, err := keepersFrom(before, role, tx.act.received); err != nil || len(had) == 0 {
			return err
		}
		return forbid("这样办理以后，就没有一位持有在用钥匙的%[1]s了，%[2]s；没有办理。请先任命另一位%[1]s、发给钥匙并由其接管，再办这一件；钥匙遗失或被人冒用的，请办报失。",
			role.Name(), without[role])
	}
	return nil
}

// weakened are the roles from which the act takes an appointment, a post without
// an end or a key.
func (g *group) weakened(tx *Tx, before txRows) (map[policy.Role]bool, error) {
	roles := map[policy.Role]bool{}
	var people []any
	for _, at := range tx.order {
		was, after := g.known(at.table, at.id), tx.own[at]
		if was == nil {
			continue
		}
		switch at.table {
		case appointments:
			if role := policy.Role(was.text("role")); !holds(after, role) || after.text("staff") != was.text("staff") {
				roles[role] = roles[role] || holds(was, role)
			}
		case custodyKeys:
			if now := tx.act.received; inUse(was, now) && !inUse(after, now) && after.text("state") != string(custody.Lost) {
				people = append(people, was.text("staff"))
			}
		case staff:
			if was.get("closes") == nil && after.get("closes") != nil {
				people = append(people, at.id)
			}
		}
	}
	if len(people) == 0 {
		return roles, nil
	}
	held, err := before.rowsOf(appointments, is("staff", people...))
	for _, a := range held {
		role := policy.Role(a.text("role"))
		roles[role] = roles[role] || holds(a, role)
	}
	return roles, err
}

// keepersFrom are those who hold a role and a key in use and whose post has no
// end.
func keepersFrom(from rowSource, role policy.Role, now time.Time) ([]string, error) {
	all, err := from.rowsOf(appointments, is("role", string(role)))
	if err != nil {
		return nil, err
	}
	var list []string
	for _, a := range all {
		if !holds(a, role) {
			continue // ended: the row stays, the office does not
		}
		person, err := from.row(staff, a.text("staff"))
		if err != nil {
			return nil, err
		}
		if person == nil || person.get("closes") != nil {
			continue // gone, or going
		}
		keys, err := from.rowsOf(custodyKeys, is("staff", person.id))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(keys, func(k *row) bool { return inUse(k, now) }) {
			list = append(list, person.id)
		}
	}
	return list, nil
}

// Keepers are those who can act in a role and stay: appointed, with a key in use
// whose certificate has not ended, and a post without an end.
func (s *Store) Keepers(ctx context.Context, role policy.Role) (list []string, err error) {
	err = s.believed(ctx, func(r snapshot) error {
		list, err = keepersFrom(r, role, s.clock())
		return err
	})
	return list, err
}

// Keepers is the same inside a transaction.
func (tx *Tx) Keepers(role policy.Role) ([]string, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return keepersFrom(txRows{tx}, role, tx.act.received)
}

func rolesFrom(from rowSource, person string) ([]policy.Role, error) {
	rows, err := from.rowsOf(appointments, is("staff", person))
	if err != nil {
		return nil, err
	}
	var list []policy.Role
	for _, a := range rows {
		if a.get("ended") == nil {
			list = append(list, policy.Role(a.text("role")))
		}
	}
	return list, nil
}

// holds tells whether an appointment is one to the role, and not ended.
func holds(a *row, role policy.Role) bool {
	return a.text("role") == string(role) && a.get("ended") == nil
}

// inUse tells whether a key can be used at a moment: issued, and its certificate
// not over.
func inUse(k *row, now time.Time) bool { return usable(keyOf(k), now) }

func usable(k custody.Key, now time.Time) bool {
	cert, err := x509.ParseCertificate(k.Certificate)
	return k.State == custody.Issued && err == nil && !now.After(cert.NotAfter)
}
