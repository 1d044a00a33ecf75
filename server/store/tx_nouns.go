package store

import (
	"fmt"
	"strconv"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/disclosure"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
)

// Application reads one application within the reach of the grant.
func (tx *Tx) Application(id string) (registration.Application, error) {
	r, err := tx.find(applications, id)
	if err != nil {
		return registration.Application{}, err
	}
	return applicationOf(r)
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

// Proposal reads one act of several people.
func (tx *Tx) Proposal(id string) (registration.Proposal, error) {
	r, err := tx.find(proposals, id)
	if err != nil {
		return registration.Proposal{}, err
	}
	return proposalOf(r), nil
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
	return listOf(rows, applicationOf)
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

// Put writes a record: a noun of registration, custody or org, by value. What
// exists must have been read in this transaction before.
func (tx *Tx) Put(noun any) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.dead {
		return errDead
	}
	switch v := noun.(type) {
	case registration.Application:
		cells, err := applicationCells(v)
		if err != nil {
			return err
		}
		return tx.put(applications, cells)
	case registration.Review:
		return tx.putReview(v)
	case registration.Correction:
		path, err := tx.pathOf(applications, v.Application)
		if err != nil {
			return err
		}
		return tx.put(corrections, correctionCells(v, path))
	case registration.SheetChange:
		path, err := tx.pathOf(applications, v.Application)
		if err != nil {
			return err
		}
		cells, err := sheetChangeCells(v, path)
		if err != nil {
			return err
		}
		return tx.put(sheetChanges, cells)
	case registration.Proposal:
		return tx.void(v)
	}
	return tx.putOther(noun)
}

func (tx *Tx) putOther(noun any) error {
	var t, owner *table
	var id string
	var cells func(path string) []any
	switch v := noun.(type) {
	case registration.Window:
		t, owner, id, cells = windows, organisations, v.Org, func(p string) []any { return windowCells(v, p) }
	case registration.Import:
		t, owner, id, cells = imports, organisations, v.Organ, func(p string) []any { return importCells(v, p) }
	case registration.Relative:
		t, owner, id, cells = relatives, organisations, v.School, func(p string) []any { return relativeCells(v, p) }
	case registration.EarlyRenewal:
		t, owner, id, cells = earlyRenewals, organisations, v.School, func(p string) []any { return earlyRenewalCells(v, p) }
	case registration.WorkingDays:
		t, owner, id, cells = workingDays, organisations, v.Org, func(p string) []any { return workingDaysCells(v, p) }
	case registration.Delegation:
		t, owner, id, cells = delegations, organisations, v.School, func(p string) []any { return delegationCells(v, p) }
	case org.Organisation:
		return tx.put(organisations, organisationCells(v))
	case org.Staff:
		t, owner, id, cells = staff, organisations, v.Org, func(p string) []any { return staffCells(v, p) }
	case disclosure.Look:
		kind, of, _ := strings.Cut(v.Subject, "/")
		if owner, id = staff, of; kind == applications.subject {
			owner = applications
		}
		t, cells = looks, func(p string) []any { return lookCells(v, p) }
	case org.Filing:
		t, owner, id, cells = filings, organisations, v.Org, func(p string) []any { return filingCells(v, p) }
	case org.RoleChange:
		t, owner, id, cells = roleChanges, organisations, v.Org, func(p string) []any { return roleChangeCells(v, p) }
	case org.Appointment:
		t, owner, id, cells = appointments, organisations, v.Org, func(p string) []any { return appointmentCells(v, p) }
	case org.Sheet:
		t, owner, id, cells = sheets, organisations, v.Org, func(p string) []any { return sheetCells(v, p) }
	case org.DutyRules:
		t, owner, id, cells = dutyRules, organisations, v.Org, func(p string) []any { return rulesCells(v, p) }
	case org.Exercise:
		t, owner, id, cells = exercises, organisations, v.Org, func(p string) []any { return exerciseCells(v, p) }
	case org.Incident:
		t, owner, id, cells = incidents, organisations, v.Org, func(p string) []any { return incidentCells(v, p) }
	case org.Note:
		t, owner, id, cells = incidentNotes, organisations, v.Org, func(p string) []any { return noteCells(v, p) }
	case policy.Sealed:
		t, owner, id, cells = policies, organisations, v.Org, func(p string) []any { return sealedPolicyCells(v, p) }
	case custody.Emergency:
		t, owner, id, cells = emergencies, organisations, v.Org, func(p string) []any { return emergencyCells(v, p) }
	case custody.Custodians:
		t, owner, id, cells = custodians, organisations, v.Org, func(p string) []any { return custodiansCells(v, p) }
	case custody.Key:
		t, owner, id, cells = custodyKeys, staff, v.Staff, func(p string) []any { return keyCells(v, p) }
	case custody.Token:
		return tx.putHeld(custodyTokens, v.Custodian, v.For, func(p string) []any { return tokenCells(v, p) })
	case custody.Medium:
		return tx.putHeld(media, v.Custodian, v.For, func(p string) []any { return mediumCells(v, p) })
	case custody.Stocktake:
		t, owner, id, cells = stocktakes, staff, v.By, func(p string) []any { return stocktakeCells(v, p) }
	case custody.Sighting:
		t, owner, id, cells = sightings, staff, v.By, func(p string) []any { return sightingCells(v, p) }
	case custody.Request:
		t, owner, id, cells = custodyRequests, staff, v.Staff, func(p string) []any { return requestCells(v, p) }
	default:
		return fmt.Errorf("store: Put of a %T", noun)
	}
	path, err := tx.pathOf(owner, id)
	if err != nil {
		return err
	}
	return tx.put(t, cells(path))
}

func (tx *Tx) putReview(v registration.Review) error {
	path, err := tx.pathOf(applications, v.Application)
	if err != nil {
		return err
	}
	cells, err := reviewCells(v, path)
	if err != nil {
		return err
	}
	return tx.put(reviews, cells)
}

// void is the one thing that a closure may do to a proposal: the rest of its
// life is Commit's.
func (tx *Tx) void(p registration.Proposal) error {
	before, err := tx.see(proposals, p.ID)
	if err != nil {
		return err
	}
	if before == nil || before.text("state") != "open" || p.State != "void" {
		return fault.New(fault.Conflict, "这件待签事项已经办结或已失效，没有改动。")
	}
	now := proposalOf(before)
	now.State, now.Note = "void", p.Note
	return tx.put(proposals, proposalCells(now))
}

// pathOf gives a new record the path of the record that it hangs on.
func (tx *Tx) pathOf(t *table, id string) (string, error) {
	r, err := tx.see(t, id)
	if err != nil {
		return "", err
	}
	if r == nil {
		return "", notFound(t)
	}
	return r.path(), nil
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
