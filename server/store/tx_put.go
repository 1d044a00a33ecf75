package store

import (
	"fmt"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/disclosure"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
)

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
		cells, err := applicationCells(v, tx.known(applications, v.ID))
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
