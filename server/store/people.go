package store

import (
	"context"
	"slices"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/org"
)

// checkPeople holds what stands above every act about people, whatever closure
// wrote it: roles that exclude each other never meet in one person (case 42),
// nobody raises himself, and nobody without a filing or with an ended post gets
// a role or a key. The genesis, under the seals of two officers, is the root and
// only combines; that an officer stays is checkKeepers'.
func (g *group) checkPeople(tx *Tx, genesis bool) error {
	var people []string
	for _, at := range tx.order {
		now, before := tx.own[at], g.known(at.table, at.id)
		switch at.table {
		case appointments:
			if !strings.HasPrefix(now.id, now.text("staff")+"/") {
				return forbid("任职的编号应以人员编号 %s 开头，没有办理。请系统管理员核对。", now.text("staff"))
			}
			people = append(people, now.text("staff"))
			held := before != nil && before.get("ended") == nil
			raised := now.get("ended") == nil && (!held || before.text("role") != now.text("role") || before.text("staff") != now.text("staff"))
			if raised && !genesis {
				if err := tx.mayHold(now.text("staff"), "角色"); err != nil {
					return err
				}
			}
		case custodyKeys:
			if before == nil && !genesis {
				if err := tx.mayHold(now.text("staff"), "钥匙"); err != nil {
					return err
				}
			}
		}
	}
	slices.Sort(people)
	for some := range slices.Chunk(slices.Compact(people), combinedAtOnce) {
		if err := tx.combine(some); err != nil {
			return err
		}
	}
	return nil
}

// mayHold refuses a role or a key for whoever signs the act, and for somebody
// without an open account on file.
func (tx *Tx) mayHold(person, what string) error {
	r, err := (txRows{tx}).row(staff, person)
	if err != nil {
		return err
	}
	switch {
	case r == nil || r.get("filed_on") == nil:
		return forbid("人员 %s 没有完成系统使用人员备案，不能授予%s。请先由本单位报备。", person, what)
	case staffOf(r).Closed(tx.act.received) != nil:
		return forbid("人员 %s 的岗位已于 %s 结束，不能授予%s。", person, staffOf(r).LastDay(), what)
	case what != "角色":
		return nil
	case person == tx.grant.Person():
		return forbid("不能为自己授予角色，没有办理。请由另一位人员办理。")
	}
	for _, m := range tx.act.seals {
		for _, s := range m.header.Signers {
			if s.Staff == person {
				return forbid("不能为自己授予角色，没有办理。请由另一位人员办理。")
			}
		}
	}
	return nil
}

// combinedAtOnce is how many people are looked up in one query: an office that
// starts with thousands of them asks a few times, not thousands of times.
const combinedAtOnce = 5000

// combine asks the policy about everything that each person would hold, and
// that it is everything: with a row taken out, a role that excludes the new one
// would not be seen.
func (tx *Tx) combine(people []string) error {
	staff := cond{column: "staff"}
	for _, person := range people {
		staff.values = append(staff.values, person)
	}
	list, err := (txRows{tx}).rowsOf(appointments, staff)
	if err != nil {
		return err
	}
	roles := map[string][]policy.Role{}
	if err := tx.group.store.complete(appointments, tx.group.head, list, people...); err != nil {
		return err
	}
	for _, r := range list {
		if r.get("ended") == nil {
			roles[r.text("staff")] = append(roles[r.text("staff")], policy.Role(r.text("role")))
		}
	}
	for _, person := range people {
		if err := policy.Combine(roles[person]); err != nil {
			return refusedBy(err)
		}
	}
	return nil
}

// AppointmentsOf lists what a person holds and held, in whatever body.
func (tx *Tx) AppointmentsOf(person string) ([]org.Appointment, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	rows, err := (txRows{tx}).rowsOf(appointments, is("staff", person))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(appointmentOf))
}

// AppointmentsOf lists what a person holds and held, in whatever body.
func (s *Store) AppointmentsOf(ctx context.Context, person string) ([]org.Appointment, error) {
	rows, err := s.many(ctx, appointments, "staff = ?", person)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(appointmentOf))
}

// RoleChange reads one change of roles within the reach of the grant.
func (tx *Tx) RoleChange(id string) (org.RoleChange, error) {
	r, err := tx.find(roleChanges, id)
	if err != nil {
		return org.RoleChange{}, err
	}
	return roleChangeOf(r), nil
}

// RoleChangesOf counts the changes on a person's file.
func (tx *Tx) RoleChangesOf(person string) (int, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	rows, err := tx.everywhere(roleChanges, is("staff", person))
	return len(rows), err
}

// RoleChange reads one change of roles within the reach of the grant.
func (s *Store) RoleChange(ctx context.Context, g policy.Grant, id string) (org.RoleChange, error) {
	r, err := s.covered(ctx, g, roleChanges, id)
	if err != nil {
		return org.RoleChange{}, err
	}
	return roleChangeOf(r), nil
}

// RoleChangesOf counts the changes on a person's file.
func (s *Store) RoleChangesOf(ctx context.Context, person string) (int, error) {
	rows, err := s.many(ctx, roleChanges, "staff = ?", person)
	return len(rows), err
}

// RoleChanges lists the changes of roles within the reach of the grant, the
// newest first, at most limit; open ones only when asked.
func (s *Store) RoleChanges(ctx context.Context, g policy.Grant, open bool, limit int) ([]org.RoleChange, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	from, to := g.Range()
	where := "path >= ? AND path < ?"
	if open {
		where += " AND reviewed_by = ''"
	}
	var rows []*row
	err := s.within(ctx, func(r snapshot) (err error) {
		rows, err = r.rows(roleChanges, want{"SELECT " + roleChanges.selection() + " FROM role_changes WHERE " + where +
			" ORDER BY at DESC, id LIMIT " + decimal(min(limit, maxPage)), []any{from, to}})
		return err
	})
	if err != nil {
		return nil, unreadable(err)
	}
	return listOf(rows, sure(roleChangeOf))
}
