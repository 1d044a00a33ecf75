package portal

import (
	"context"
	"strconv"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// reading lets a matter be drafted from the read pool, within a grant.
type reading struct {
	ctx   context.Context
	store *store.Store
	grant policy.Grant
}

func (p *Portal) reading(ctx context.Context, g policy.Grant) reading {
	return reading{ctx, p.store, g}
}

func (r reading) Application(id string) (registration.Application, error) {
	return r.store.Application(r.ctx, r.grant, id)
}

func (r reading) ApplicationsOf(school string, states ...registration.State) ([]registration.Application, error) {
	return r.store.ApplicationsOf(r.ctx, r.grant, school, states...)
}

func (r reading) Import(id string) (registration.Import, error) {
	return r.store.Import(r.ctx, r.grant, id)
}

func (r reading) Window(id string) (registration.Window, error) {
	parts := strings.Split(id, "/")
	if len(parts) == 3 {
		year, _ := strconv.Atoi(parts[0])
		windows, err := r.WindowsOf(year, parts[1])
		if err != nil {
			return registration.Window{}, err
		}
		for _, w := range windows {
			if w.ID == id {
				return w, nil
			}
		}
	}
	return registration.Window{}, fault.New(fault.NotFound, "没有找到这个时段。请刷新后再选。")
}

func (r reading) WindowsOf(year int, body string) ([]registration.Window, error) {
	return r.store.UnitWindows(r.ctx, year, body)
}

func (r reading) Organisation(id string) (org.Organisation, error) {
	return r.store.Organisation(r.ctx, id)
}
func (r reading) CorrectionsOf(application string) ([]registration.Correction, error) {
	// Whole, as the act reads them: the page's own reading hides numbers.
	there, err := r.store.CompareWith(r.ctx, r.grant, []string{application})
	return there[application].Corrections, err
}
func (r reading) SheetChangesOf(application string) ([]registration.SheetChange, error) {
	return r.store.SheetChanges(r.ctx, r.grant, application)
}
func (r reading) ReviewsOf(application string) ([]registration.Review, error) {
	return r.store.Reviews(r.ctx, r.grant, application)
}
func (r reading) RowIndex(text string) string { return r.store.RowIndex(text) }

func (r reading) EarlyRenewalsOf(school string) (registration.Released, error) {
	return r.store.EarlyRenewals(r.ctx, r.grant, school)
}
func (r reading) RelativesOf(person string) ([]registration.Relative, error) {
	return r.store.RelativesOf(r.ctx, person)
}
func (r reading) WorkingDays(year int) (registration.WorkingDays, error) {
	return r.store.WorkingDays(r.ctx, year)
}
func (r reading) Delegation(id string) (registration.Delegation, error) {
	return r.store.Delegation(r.ctx, id)
}
func (r reading) Staff(id string) (org.Staff, error) { return r.store.Staff(r.ctx, id) }
func (r reading) Key(fingerprint string) (custody.Key, error) {
	return r.store.KeyInCustody(r.ctx, fingerprint)
}
func (r reading) KeysAlike(k custody.Key) ([]custody.Key, error) {
	return r.store.KeysAlike(r.ctx, k)
}

func (r reading) Policies() ([]policy.Sealed, error) { return r.store.Policies(r.ctx, r.grant) }
func (r reading) Everyone() ([]policy.Person, error) { return r.store.Everyone(r.ctx, r.grant) }

// Taken asks within the grant's reach which ID numbers have an application; the
// transaction asks again, past every reach.
func (r reading) Taken(year int, claims ...registration.Claim) (map[registration.Number]string, error) {
	return r.store.Taken(r.ctx, r.grant, year, claims...)
}
