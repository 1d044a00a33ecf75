package registration

import (
	"fmt"
	"slices"
	"sync"

	"sealdesk/server/internal/fault"
)

// Packs are the rule packs of an installation, oldest first. Loading a later
// one touches no record that was judged before: a record keeps its pack, and a
// plan year keeps the pack that was in force in it.
type Packs []Pack

// NewPacks puts packs into the order of their years. Two of one id or of one
// year are refused, since it could not be said which of them is in force.
func NewPacks(list ...Pack) (Packs, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("registration: no rule pack was given")
	}
	packs := slices.Clone(Packs(list))
	slices.SortFunc(packs, func(a, b Pack) int { return a.EffectiveYear - b.EffectiveYear })
	ids := map[string]bool{}
	for i, p := range packs {
		if ids[p.ID] || i > 0 && packs[i-1].EffectiveYear == p.EffectiveYear {
			return nil, fmt.Errorf("registration: rule pack %q has the id or the year %d of another", p.ID, p.EffectiveYear)
		}
		ids[p.ID] = true
	}
	return packs, nil
}

// Shipped are the packs that come with the program.
var Shipped = sync.OnceValue(func() Packs { return Packs{National()} })

// InForce gives the pack for a plan year: the latest that took effect by then.
func (p Packs) InForce(year int) (Pack, error) {
	for _, pack := range slices.Backward(p) {
		if pack.EffectiveYear <= year {
			return pack, nil
		}
	}
	return Pack{}, fault.New(fault.Unavailable, "%d 年度没有生效的规则包，不能核验。请系统管理员检查规则包的设置。", year)
}

// Of gives the pack that a record is judged by: the one that judged it first,
// whatever was loaded since (case 37), or for a new record its year's.
func (p Packs) Of(a Application) (Pack, error) {
	if a.Pack == "" {
		return p.InForce(a.Year)
	}
	for _, pack := range p {
		if pack.ID == a.Pack {
			return pack, nil
		}
	}
	return Pack{}, fault.New(fault.Unavailable, "申请 %s 按规则包 %s 核验，本签台没有这个规则包，不能改用别的。请系统管理员检查规则包的设置。", a.ID, a.Pack)
}
