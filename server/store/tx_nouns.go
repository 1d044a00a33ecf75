package store

import (
	"strconv"

	"sealdesk/server/org"
	"sealdesk/server/registration"
)

// Application reads one application within the reach of the grant.
func (tx *Tx) Application(id string) (registration.Application, error) {
	r, err := tx.find(applications, id)
	if err != nil {
		return registration.Application{}, err
	}
	list, err := tx.applications(r)
	if err != nil {
		return registration.Application{}, err
	}
	return list[0], nil
}

// applications reads them out of their rows, which other acts of the group share
// and which keep what was read: nothing of that after the closure's time.
func (tx *Tx) applications(rows ...*row) ([]registration.Application, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.dead {
		return nil, errDead
	}
	return listOf(rows, applicationOf)
}

// Review reads one review by its id.
func (tx *Tx) Review(id string) (registration.Review, error) {
	r, err := tx.find(reviews, id)
	if err != nil {
		return registration.Review{}, err
	}
	return reviewOf(r)
}

// Window reads one stage's window, of any body.
func (tx *Tx) Window(id string) (registration.Window, error) {
	r, err := tx.find(windows, id)
	if err != nil {
		return registration.Window{}, err
	}
	return windowOf(r), nil
}

// Import reads one import.
func (tx *Tx) Import(id string) (registration.Import, error) {
	r, err := tx.find(imports, id)
	if err != nil {
		return registration.Import{}, err
	}
	return importOf(r), nil
}

// Organisation reads one body.
func (tx *Tx) Organisation(id string) (org.Organisation, error) {
	r, err := tx.find(organisations, id)
	if err != nil {
		return org.Organisation{}, err
	}
	return organisationOf(r), nil
}

// Staff reads one person on file, believed only as the log has it: filing and
// training decide who may act.
func (tx *Tx) Staff(id string) (org.Staff, error) {
	r, err := tx.findPower(staff, id)
	if err != nil {
		return org.Staff{}, err
	}
	return staffOf(r), nil
}

func listOf[T any](rows []*row, noun func(*row) (T, error)) ([]T, error) {
	list := make([]T, 0, len(rows))
	for _, r := range rows {
		v, err := noun(r)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// sure lifts a codec that cannot fail.
func sure[T any](noun func(*row) T) func(*row) (T, error) {
	return func(r *row) (T, error) { return noun(r), nil }
}

// ApplicationsOf lists a school's applications in the given states (all if
// none is given), by id.
func (tx *Tx) ApplicationsOf(school string, states ...registration.State) ([]registration.Application, error) {
	conds := []cond{is("school", school)}
	if len(states) > 0 {
		c := cond{column: "state"}
		for _, s := range states {
			c.values = append(c.values, string(s))
		}
		conds = append(conds, c)
	}
	rows, err := tx.where(applications, conds...)
	if err != nil {
		return nil, err
	}
	return tx.applications(rows...)
}

// ReviewsOf lists an application's reviews, by id.
func (tx *Tx) ReviewsOf(application string) ([]registration.Review, error) {
	rows, err := tx.where(reviews, is("application", application))
	if err != nil {
		return nil, err
	}
	return listOf(rows, reviewOf)
}

// CorrectionsOf lists an application's corrections, by id.
func (tx *Tx) CorrectionsOf(application string) ([]registration.Correction, error) {
	rows, err := tx.where(corrections, is("application", application))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(correctionOf))
}

// SheetChangesOf lists what later sheets said otherwise of an application, by id.
func (tx *Tx) SheetChangesOf(application string) ([]registration.SheetChange, error) {
	rows, err := tx.where(sheetChanges, is("application", application))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sheetChangeOf)
}

// WindowsOf lists the stages of one body's year.
func (tx *Tx) WindowsOf(year int, body string) ([]registration.Window, error) {
	rows, err := tx.where(windows, is("year", int64(year)), is("org", body))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(windowOf))
}

// OpenProposalsAbout lists the open acts of several people about a record.
func (tx *Tx) OpenProposalsAbout(subject string) ([]registration.Proposal, error) {
	rows, err := tx.where(proposals, is("subject", subject), is("state", "open"))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(proposalOf))
}

// Taken tells which ID numbers have an application in the year that bars the
// claim, by whatever body, and its id: a live one, or one that ended under the
// same number of the national site, so that the same sheet brings nothing back;
// and one that the same school has under that number with another ID number. It
// tells nothing else.
func (tx *Tx) Taken(year int, claims ...registration.Claim) (map[registration.Number]string, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	taken := map[registration.Number]string{}
	for len(claims) > 0 {
		n := min(len(claims), 1000)
		c := cond{column: "id_number_blind"}
		byMAC := map[string]registration.Claim{}
		for _, v := range claims[:n] {
			mac := tx.group.store.cipher.index("id_number", v.IDNumber.Plain())
			c.values = append(c.values, mac)
			byMAC[string(mac)] = v
		}
		rows, err := tx.everywhere(applications, is("year", int64(year)), c)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			claim := byMAC[string(r.get("id_number_blind").([]byte))]
			if r.get("live_year") != nil || r.text("apply_no") == claim.ApplyNo {
				taken[claim.IDNumber] = r.id
			}
		}
		schools, numbers := sameRow(claims[:n])
		if rows, err = tx.everywhere(applications, is("year", int64(year)), is("school", schools...), is("apply_no", numbers...)); err != nil {
			return nil, err
		}
		var list []applied
		for _, r := range rows {
			list = append(list, applied{r.id, r.text("school"), r.text("apply_no"), r.get("live_year") != nil})
		}
		claimRows(taken, claims[:n], list)
		claims = claims[n:]
	}
	return taken, nil
}

// Appointment reads one appointment by its id.
func (tx *Tx) Appointment(id string) (org.Appointment, error) {
	r, err := tx.find(appointments, id)
	if err != nil {
		return org.Appointment{}, err
	}
	return appointmentOf(r), nil
}

// Correction reads one correction by its id.
func (tx *Tx) Correction(id string) (registration.Correction, error) {
	r, err := tx.find(corrections, id)
	if err != nil {
		return registration.Correction{}, err
	}
	return correctionOf(r), nil
}

// Delegation reads one delegation by its id.
func (tx *Tx) Delegation(id string) (registration.Delegation, error) {
	r, err := tx.find(delegations, id)
	if err != nil {
		return registration.Delegation{}, err
	}
	return delegationOf(r), nil
}

// RelativesOf lists what a person ever declared, by id.
func (tx *Tx) RelativesOf(person string) ([]registration.Relative, error) {
	rows, err := tx.where(relatives, is("staff", person))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(relativeOf))
}

// EarlyRenewalsOf lists who of a school may be taken in before it is due, as the
// log has it.
func (tx *Tx) EarlyRenewalsOf(school string) (registration.Released, error) {
	rows, err := tx.where(earlyRenewals, is("school", school))
	if err != nil {
		return registration.Released{}, err
	}
	for _, r := range rows {
		if err := tx.believe(r); err != nil {
			return registration.Released{}, err
		}
	}
	return tx.group.store.released(rows)
}

// RowIndex is Store.RowIndex.
func (tx *Tx) RowIndex(text string) string { return tx.group.store.RowIndex(text) }

// WorkingDays reads a year's holidays and worked weekends; a year of which
// nothing was set has none.
func (tx *Tx) WorkingDays(year int) (registration.WorkingDays, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	r, err := tx.see(workingDays, strconv.Itoa(year))
	if err != nil || r == nil {
		return registration.WorkingDays{Year: year}, err
	}
	return workingDaysOf(r)
}
