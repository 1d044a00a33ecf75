package store

import (
	"slices"

	"sealdesk/policy"
	"sealdesk/server/custody"
)

// checkKeepers refuses an act that would leave no security officer with a key
// in use: nobody could give rights, keys or a policy any more. A key that is
// lost is the exception, since a loss takes effect whatever follows; after the
// last one the custodians open the emergency (custody.Emergency).
func (g *group) checkKeepers(tx *Tx) error {
	risky := false
	var leaving []any
	for _, at := range tx.order {
		before, after := g.known(at.table, at.id), tx.own[at]
		if before == nil {
			continue
		}
		switch at.table {
		case appointments:
			risky = risky || keeps(before) && !keeps(after)
		case custodyKeys:
			risky = risky || inUse(before) && !inUse(after) && after.text("state") != string(custody.Lost)
		case staff:
			if before.get("closes") == nil && after.get("closes") != nil {
				leaving = append(leaving, at.id)
			}
		}
	}
	if len(leaving) > 0 {
		mine, err := tx.everywhere(appointments, is("staff", leaving...), is("role", string(policy.SEC)))
		if err != nil {
			return err
		}
		risky = risky || len(mine) > 0
	}
	if !risky {
		return nil
	}
	left, err := keepersFrom(txRows{tx})
	if err != nil || len(left) > 0 {
		return err
	}
	return forbid("这样办理以后，就没有一位持有在用钥匙的安全保密管理员了，再没有人能管钥匙、任职和政策；没有办理。请先任命并登记另一位安全保密管理员。")
}

// keepersFrom are the security officers who hold a key in use and whose post
// has no end.
func keepersFrom(from rowSource) ([]string, error) {
	officers, err := from.rowsOf(appointments, is("role", string(policy.SEC)))
	if err != nil {
		return nil, err
	}
	var list []string
	for _, a := range officers {
		if !keeps(a) {
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
		if slices.ContainsFunc(keys, inUse) {
			list = append(list, person.id)
		}
	}
	return list, nil
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

// keeps tells whether an appointment makes somebody a security officer.
func keeps(a *row) bool { return a.text("role") == string(policy.SEC) && a.get("ended") == nil }

func inUse(k *row) bool { return k.text("state") == string(custody.Issued) }
