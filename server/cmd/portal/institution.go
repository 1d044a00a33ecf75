package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"

	"sealdesk/hsm/seal"
	"sealdesk/server/custody"
	"sealdesk/server/internal/keyring"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// institution is what the files say.
type institution struct {
	organisations []org.Organisation
	staff         []org.Staff
	appointments  []org.Appointment
	windows       []registration.Window
	sheets        []org.Sheet
	digests       []seal.Field // 来源文件 lines
	custodians    keyring.Holders
}

func readInstitution(from sources, year int) (institution, error) {
	var inst institution
	read := func(path string) ([]byte, error) {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("读不到来源文件 %s：%w", path, err)
		}
		sum := sha256.Sum256(raw)
		inst.digests = append(inst.digests, seal.Field{Label: "来源文件", Value: baseName(path) + " " + hex.EncodeToString(sum[:])})
		return raw, nil
	}
	organisations, err := read(from.organisations)
	if err != nil {
		return inst, err
	}
	staff, err := read(from.staff)
	if err != nil {
		return inst, err
	}
	windows, err := read(from.windows)
	if err != nil {
		return inst, err
	}
	tree, err := org.ParseOrganisations(bytes.NewReader(organisations))
	if err != nil {
		return inst, err
	}
	roster, err := org.ParseStaff(bytes.NewReader(staff), tree)
	if err != nil {
		return inst, err
	}
	inst.organisations, inst.staff, inst.appointments = tree.All(), roster.Staff, roster.Appointments
	if inst.windows, err = registration.ParseWindows(bytes.NewReader(windows), year); err != nil || from.sheets == "" {
		return inst, err
	}
	sheets, err := read(from.sheets)
	if err != nil {
		return inst, err
	}
	inst.sheets, err = org.ParseSheets(bytes.NewReader(sheets), year, tree, roster)
	return inst, err
}

func (inst institution) person(id string) (org.Staff, org.Organisation, bool) {
	for _, s := range inst.staff {
		if s.ID != id {
			continue
		}
		for _, o := range inst.organisations {
			if o.ID == s.Org {
				return s, o, true
			}
		}
	}
	return org.Staff{}, org.Organisation{}, false
}

// put writes the institution's records; keeper has the empty tokens.
func (inst institution) put(tx *store.Tx, people []enrolled, keeper string) error {
	var nouns []any
	for _, o := range inst.organisations {
		nouns = append(nouns, o)
	}
	for _, s := range inst.staff {
		nouns = append(nouns, s)
	}
	for _, a := range inst.appointments {
		nouns = append(nouns, a)
	}
	for _, p := range people {
		if p.staff.ID != "" {
			nouns = append(nouns, p.held, p.key)
			continue
		}
		held, err := custody.Deliver(p.held.Serial, p.held.Label, p.held.Vendor, "启用", keeper, tx.Received())
		if err != nil {
			return err
		}
		nouns = append(nouns, held)
	}
	for _, s := range inst.sheets {
		s.At = tx.Received()
		nouns = append(nouns, s)
	}
	for _, w := range inst.windows {
		nouns = append(nouns, w)
	}
	for _, noun := range nouns {
		if err := tx.Put(noun); err != nil {
			return err
		}
	}
	return nil
}
