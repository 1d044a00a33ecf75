package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/disclosure"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// deed is one act of the table as a test performs it: by whom, on which body,
// and what it changes.
type deed struct {
	person, body  string
	first, second string // signers of an act of two people
	touch         func(tx *store.Tx, id string) error
	peer          string // somebody else with the same right in the same body, if not the one of peers
	outside       string // somebody with the same right in another body, and that body
	outsideBody   string
	only, within  string // why nobody else has it, and why in no other body
}

// peers have the rights of those people, in the same bodies.
var peers = map[string]string{"U00001": "U00015", "U00003": "U00013", "U00005": "U00011", "U00006": "U00014", "U00008": "U00012", "U00007": "U00016", "U00002": "U00017"}

// Why an act has no twin.
const (
	noRecord    = "it changes no record"
	institution = "what it changes is the institution's, which is one body"
	oneHead     = "a school has one head, and a head one school"
	onBehalf    = "the system does it on behalf of a person, by no role and in no body"
)

// touchApplication changes a record of HS1.
func touchApplication(tx *store.Tx, id string) error {
	a, err := tx.Application(id)
	if err != nil {
		return err
	}
	a.Reason = "改动 " + fmt.Sprint(tx.Number())
	return tx.Put(a)
}

func touchRelative(tx *store.Tx, id string) error {
	return tx.Put(registration.Relative{ID: "U00003/" + id, Staff: "U00003", School: "HS1", ApplyNo: id, Relation: "spouse", Removal: "误报"})
}

// touchLook writes a look down.
func touchLook(tx *store.Tx, id string) error {
	return tx.Put(disclosure.Look{ID: fmt.Sprint("L", tx.Number()), Subject: "application/" + id, Reason: "核对原件", By: "U00005"})
}

func touchEarly(tx *store.Tx, id string) error {
	return tx.Put(registration.EarlyRenewal{ID: "2026/HS1/" + id, Year: 2026, School: "HS1", ApplyNo: id, PersonName: "某", Reason: "调离", By: "U00005", Second: "U00006"})
}

func touchNothing(*store.Tx, string) error { return nil }

// deeds are the acts that people do.
var deeds = map[policy.Act]deed{
	policy.Login:       {person: "U00005", body: "341021", within: noRecord, touch: touchNothing, peer: "U00011", outside: "U00010", outsideBody: "341024"},
	policy.LoginByTLS:  {person: "U00005", body: "341021", within: noRecord, touch: touchNothing, peer: "U00011", outside: "U00010", outsideBody: "341024"},
	policy.Logout:      {person: "U00005", body: "341021", within: noRecord, touch: touchNothing, peer: "U00011", outside: "U00010", outsideBody: "341024"},
	policy.Reveal:      {person: "U00005", body: "341021", touch: touchLook, peer: "U00011", outside: "U00010", outsideBody: "341024"},
	policy.RevealPhone: {person: "U00006", body: "341021", touch: touchLook, peer: "U00007", outside: "U00007", outsideBody: "341024"},
	policy.FileStaff: {person: "U00006", body: "341021", peer: "U00007", outside: "U00007", outsideBody: "341024",
		touch: func(tx *store.Tx, id string) error {
			return tx.Put(org.Filing{ID: "N" + id + "/1", Staff: "N" + id, Kind: org.FileNew, State: org.Filed, Form: org.Form{Org: "341021", Name: "新某"}})
		}},
	policy.EndSession:      {person: "U00001", body: "HS2", within: noRecord, outside: "U00001", outsideBody: "HS1", touch: touchNothing},
	policy.CheckStaff:      {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchStaff("U00008")},
	policy.EndPost:         {person: "U00006", body: "341021", peer: "U00007", outside: "U00007", outsideBody: "341024", touch: touchStaff("U00011")},
	policy.ExitStaff:       {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchStaff("U00008")},
	policy.SignPledge:      {person: "U00005", body: "341021", peer: "U00011", outside: "U00010", outsideBody: "341024", touch: touchStaff("U00005")},
	policy.EnterTraining:   {person: "U00005", body: "341021", peer: "U00011", outside: "U00010", outsideBody: "341024", touch: touchStaff("U00005")},
	policy.ConfirmTraining: {person: "U00006", body: "341021", peer: "U00007", outside: "U00007", outsideBody: "341024", touch: touchStaff("U00011")},
	policy.SignSheet: {person: "U00006", body: "341021", outside: "U00004", outsideBody: "HS1",
		touch: func(tx *store.Tx, _ string) error {
			return tx.Put(org.Sheet{Year: 3000 + int(tx.Number()), Org: "341021", Head: "U00006"})
		}},
	policy.FileRules:   {person: "U00006", body: "341021", outside: "U00007", outsideBody: "341000-SZ", touch: touchRules},
	policy.ReviewRules: {person: "U00006", body: "341021", outside: "U00007", outsideBody: "341000-SZ", touch: touchRules},
	policy.RecordLesson: {person: "U00001", body: "341000", within: institution, touch: func(tx *store.Tx, id string) error {
		return tx.Put(org.Exercise{ID: "L" + id, Kind: org.SafetyLesson, Org: "341000"})
	}},
	policy.RecordDrill: {person: "U00001", body: "341000", within: institution, touch: func(tx *store.Tx, id string) error {
		return tx.Put(org.Exercise{ID: "D" + id, Kind: org.SafetyDrill, Org: "341000"})
	}},
	policy.RecordIncident: {person: "U00001", body: "341000", within: institution, touch: func(tx *store.Tx, id string) error {
		return tx.Put(org.Incident{ID: "I" + id, Org: "341000"})
	}},
	policy.AddToIncident: {person: "U00001", body: "341000", within: institution, touch: func(tx *store.Tx, id string) error {
		return tx.Put(org.Note{Incident: "I" + id, N: 1, Org: "341000", Kind: org.Contained})
	}},
	policy.AskRole:     {person: "U00006", body: "341021", first: "U00006", second: "U00001", touch: touchRole, peer: "U00007", outside: "U00007", outsideBody: "341024"},
	policy.GrantRole:   {person: "U00001", body: "341021", outside: "U00001", outsideBody: "HS1", first: "U00006", second: "U00001", touch: touchRole},
	policy.RemoveRole:  {person: "U00006", body: "341021", peer: "U00007", outside: "U00007", outsideBody: "341024", touch: touchRole},
	policy.ReviewRoles: {person: "U00002", body: "341021", outside: "U00002", outsideBody: "341024", touch: touchRole},
	policy.SetWindow:   {person: "U00006", body: "341021", touch: touchWindow, peer: "U00007", outside: "U00007", outsideBody: "341024"},
	policy.SetLicence: {person: "U00006", body: "HS2", peer: "", outside: "U00006", outsideBody: "HS1",
		touch: func(tx *store.Tx, _ string) error {
			o, err := tx.Organisation("HS2")
			if err != nil {
				return err
			}
			o.Licence = fmt.Sprint("L", tx.Number())
			return tx.Put(o)
		}},
	policy.ImportSheet: {person: "U00003", body: "HS1", peer: "U00006", outside: "U00008", outsideBody: "HS2",
		touch: func(tx *store.Tx, id string) error {
			return tx.Put(registration.Import{ID: id + "-again", Organ: "HS1", Year: 2026, By: "U00003"})
		}},
	policy.AllowEarly:           {person: "U00005", body: "341021", first: "U00005", second: "U00006", touch: touchEarly, peer: "U00011", outside: "U00010", outsideBody: "341024"},
	policy.CountersignEarly:     {person: "U00006", body: "341021", outside: "U00006", outsideBody: "HS2", first: "U00005", second: "U00006", touch: touchEarly},
	policy.Accept:               {person: "U00003", body: "HS1", touch: touchApplication, outside: "U00008", outsideBody: "HS2"},
	policy.Review:               {person: "U00003", body: "HS1", touch: touchApplication, outside: "U00008", outsideBody: "HS2"},
	policy.NotAccept:            {person: "U00003", body: "HS1", first: "U00003", second: "U00004", touch: touchApplication, outside: "U00008", outsideBody: "HS2"},
	policy.CountersignNotAccept: {person: "U00004", body: "HS1", only: oneHead, within: oneHead, first: "U00003", second: "U00004", touch: touchApplication},
	policy.Send:                 {person: "U00004", body: "HS1", only: oneHead, outside: "U00012", outsideBody: "HS2", touch: touchApplication},
	policy.ReturnToSchool:       {person: "U00005", body: "341021", touch: touchApplication, peer: "U00011", outside: "U00010", outsideBody: "341024"},
	policy.Conclude:             {person: "U00005", body: "341021", first: "U00005", second: "U00006", touch: touchApplication, peer: "U00011", outside: "U00010", outsideBody: "341024"},
	policy.Confirm:              {person: "U00006", body: "341021", outside: "U00006", outsideBody: "HS2", first: "U00005", second: "U00006", touch: touchApplication},
	policy.NameSender: {person: "U00006", body: "HS1", outside: "U00006", outsideBody: "HS2",
		touch: func(tx *store.Tx, id string) error {
			return tx.Put(registration.Delegation{ID: "HS1/" + id, School: "HS1", Kind: registration.Deputy, Delegate: "U00003", By: "U00006"})
		}},
	policy.EndSender: {person: "U00006", body: "HS1", outside: "U00006", outsideBody: "HS2",
		touch: func(tx *store.Tx, id string) error {
			return tx.Put(registration.Delegation{ID: "HS1/" + id, School: "HS1", Kind: registration.Deputy, Delegate: "U00003", EndedBy: "U00006"})
		}},
	policy.SetDays: {person: "U00007", body: "341000", within: institution,
		touch: func(tx *store.Tx, _ string) error {
			w, err := tx.WorkingDays(2026)
			if err != nil {
				return err
			}
			w.Org, w.Reason = "341000", fmt.Sprint("改 ", tx.Number())
			return tx.Put(w)
		}},
	policy.DeclareRelative: {person: "U00003", body: "HS1", outside: "U00008", outsideBody: "HS2",
		touch: func(tx *store.Tx, id string) error {
			return tx.Put(registration.Relative{ID: "U00003/" + id, Staff: "U00003", School: "HS1", ApplyNo: id, Relation: "spouse"})
		}},
	policy.RemoveRelative:       {person: "U00003", body: "HS1", first: "U00003", second: "U00006", touch: touchRelative, outside: "U00008", outsideBody: "HS2"},
	policy.CountersignRelative:  {person: "U00006", body: "HS1", outside: "U00006", outsideBody: "HS2", first: "U00003", second: "U00006", touch: touchRelative},
	policy.Withdraw:             {person: "U00003", body: "HS1", first: "U00003", second: "U00004", touch: touchApplication, outside: "U00008", outsideBody: "HS2"},
	policy.CountersignWithdraw:  {person: "U00004", body: "HS1", only: oneHead, within: oneHead, first: "U00003", second: "U00004", touch: touchApplication},
	policy.Hold:                 {person: "U00006", body: "341021", touch: touchApplication, outside: "U00006", outsideBody: "HS2"},
	policy.Release:              {person: "U00006", body: "341021", touch: touchApplication, outside: "U00006", outsideBody: "HS2"},
	policy.SetCustodians:        {person: "U00001", body: "341000", within: institution, first: "U00001", second: "U00007", touch: touchCustodians},
	policy.CountersignCustodian: {person: "U00007", body: "341000", within: institution, first: "U00001", second: "U00007", touch: touchCustodians},
	policy.AcknowledgeEmergency: {person: "U00002", body: storetest.Behalf, only: onBehalf, within: onBehalf, touch: touchNothing},
	policy.SealEmergency:        {person: "U00004", body: storetest.Behalf, only: onBehalf, within: onBehalf, touch: touchNothing},
	policy.ProposePolicy:        {person: "U00001", body: "341000", within: institution, first: "U00001", second: "U00007", touch: touchPolicy},
	policy.CountersignPolicy:    {person: "U00007", body: "341000", within: institution, first: "U00001", second: "U00007", touch: touchPolicy},
	policy.RevokeKey:            {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.ReportLoss:           {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.EnrolKey:             {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.RenewKey:             {person: "U00008", body: "HS2", outside: "U00003", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.DropRenewal:          {person: "U00005", body: "341021", peer: "U00011", outside: "U00010", outsideBody: "341024", touch: touchToken("U00005")},
	policy.DeclineKey:           {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.HandOverStore:        {person: "U00001", body: "341000", within: institution, first: "U00001", second: "U00007", touch: touchStocktake},
	policy.FindKey:              {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.ReceiveKey:           {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.SuspendKey:           {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.AssignKey:            {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", touch: touchToken("U00008")},
	policy.RestoreKey:           {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", first: "U00001", second: "U00007", touch: touchToken("U00008")},
	policy.DestroyKey:           {person: "U00001", body: "HS2", outside: "U00001", outsideBody: "HS1", first: "U00001", second: "U00007", touch: touchToken("U00008")},
	policy.DeliverKeys: {person: "U00001", body: "341000", within: institution, touch: func(tx *store.Tx, id string) error {
		return tx.Put(custody.Token{Serial: "NEW-" + id, State: custody.InStore, Custodian: "U00001", By: "U00001"})
	}},
	policy.RequestKey: {person: "U00004", body: "HS1", peer: "U00007", outside: "U00006", outsideBody: "HS2", touch: func(tx *store.Tx, id string) error {
		return tx.Put(custody.Request{ID: "Q" + id, Staff: "U00003", By: "U00004", State: custody.Asked})
	}},
	policy.HandOverKey:   {person: "U00005", body: "341021", peer: "U00011", outside: "U00010", outsideBody: "341024", touch: touchToken("U00005")},
	policy.IssueLossCode: {person: "U00005", body: "341021", peer: "U00011", outside: "U00010", outsideBody: "341024", touch: touchToken("U00005")},
	policy.ProveKey: {person: "U00005", body: "341021", peer: "U00011", outside: "U00010", outsideBody: "341024", touch: func(tx *store.Tx, id string) error {
		return tx.Put(custody.Sighting{Year: 2026, Token: id, How: custody.BySeal, By: "U00005"})
	}},
	policy.OpenStocktake: {person: "U00001", body: "341000", within: institution, touch: touchStocktake},
	policy.CountKeys: {person: "U00001", body: "341000", within: institution, touch: func(tx *store.Tx, id string) error {
		return tx.Put(custody.Sighting{Year: 2026, Token: id, How: custody.ByCount, By: "U00001"})
	}},
	policy.CloseStocktake:     {person: "U00001", body: "341000", within: institution, first: "U00001", second: "U00007", touch: touchStocktake},
	policy.RegisterMedium:     {person: "U00001", body: "341021", outside: "U00001", outsideBody: "HS2", touch: touchMedium},
	policy.HandOverMedium:     {person: "U00005", body: "341021", peer: "U00011", outside: "U00010", outsideBody: "341024", touch: touchMedium},
	policy.TakeOverMedium:     {person: "U00005", body: "341021", peer: "U00011", outside: "U00010", outsideBody: "341024", touch: touchMedium},
	policy.ReceiveMedium:      {person: "U00001", body: "341021", outside: "U00001", outsideBody: "HS2", touch: touchMedium},
	policy.LoseMedium:         {person: "U00001", body: "341021", outside: "U00001", outsideBody: "HS2", touch: touchMedium},
	policy.EndMedium:          {person: "U00001", body: "341021", outside: "U00001", outsideBody: "HS2", first: "U00001", second: "U00007", touch: touchMedium},
	policy.CountersignCustody: {person: "U00007", body: "341000", within: institution, first: "U00001", second: "U00007", touch: touchStocktake},
}

// touchStocktake opens the count of a year that no other test counts.
func touchStocktake(tx *store.Tx, _ string) error {
	return tx.Put(custody.Stocktake{Year: 3000 + int(tx.Number()), By: "U00001"})
}

// touchRules files a version of 甲县's rules.
func touchRules(tx *store.Tx, _ string) error {
	return tx.Put(org.DutyRules{Org: "341021", N: 3000 + int(tx.Number())})
}

// touchMedium enters a medium of somebody in 甲县.
func touchMedium(tx *store.Tx, id string) error {
	return tx.Put(custody.Medium{ID: "M-" + id, Custodian: "U00005", State: custody.InUse})
}

// touchToken changes the token that somebody holds.
func touchToken(person string) func(*store.Tx, string) error {
	return func(tx *store.Tx, _ string) error {
		k, err := tx.Token("T-" + person)
		if err != nil {
			return err
		}
		k.Reason = fmt.Sprint("改动 ", tx.Number())
		return tx.Put(k)
	}
}

// touchRole writes a change of roles on the county's file.
func touchRole(tx *store.Tx, id string) error {
	return tx.Put(org.RoleChange{ID: "U00011/" + id + fmt.Sprint(tx.Number()), Staff: "U00011", Role: "CA", Org: "341021"})
}

// touchStaff changes an account.
func touchStaff(person string) func(*store.Tx, string) error {
	return func(tx *store.Tx, _ string) error {
		s, err := tx.Staff(person)
		if err != nil {
			return err
		}
		s.Post = fmt.Sprint("岗位 ", tx.Number())
		return tx.Put(s)
	}
}

func touchWindow(tx *store.Tx, _ string) error {
	w, err := tx.WindowsOf(2026, "341021")
	if err != nil || len(w) == 0 {
		return fmt.Errorf("no window: %w", err)
	}
	w[0].Reason = fmt.Sprint("改 ", tx.Number())
	return tx.Put(w[0])
}

// touchCustodians puts another list in the place of the one in force.
func touchCustodians(tx *store.Tx, _ string) error {
	all, err := tx.Custodians()
	if err != nil {
		return err
	}
	next, err := custody.NextCustodians(all, "341000", []string{"U00003", "U00004", "U00005"}, 2+len(all)%2, "换人", "U00001", "U00007", time.Now().Truncate(time.Second))
	if err != nil {
		return err
	}
	return tx.Put(next)
}

// touchPolicy seals the policy in force once more, under the next number.
func touchPolicy(tx *store.Tx, _ string) error {
	all, err := tx.Policies()
	if err != nil {
		return err
	}
	next, _ := policy.Last(all)
	next.Base, next.ID = next.ID, fmt.Sprintf("P%06d", policy.Number(next.ID)+1)
	return tx.Put(next)
}

// scene is one act ready to be committed.
type scene struct {
	w       *storetest.World
	act     policy.Act
	d       deed
	purpose *store.Purpose // nil for an unsealed act
	id      string         // of the application
	text    seal.Statement
}

// stage makes a fresh application and a fresh statement for an act.
func stage(t *testing.T, w *storetest.World, act policy.Act, purpose *store.Purpose, n int) scene {
	t.Helper()
	a := w.Application(n, "HS1")
	w.Import(t, "U00003", "HS1", a)
	s := scene{w: w, act: act, d: deeds[act], purpose: purpose, id: a.ID}
	if purpose != nil {
		s.text = s.statement(t, purpose.Kind, s.signers()...)
	}
	return s
}

func (s scene) signers() []storetest.Person {
	if s.purpose.Signers == 2 {
		return []storetest.Person{s.w.People[s.d.first], s.w.People[s.d.second]}
	}
	return []storetest.Person{s.w.People[s.d.person]}
}

// statement of a kind over this scene's record.
func (s scene) statement(t *testing.T, kind seal.Kind, signers ...storetest.Person) seal.Statement {
	t.Helper()
	var annex seal.Annex
	if form, _ := seal.FormOf(kind); form.Table {
		annex = seal.Annex{Columns: []string{"内容"}, Rows: []seal.AnnexRow{{Record: s.id, Cells: []string{"甲"}}}}
	}
	return s.w.Statement(t, kind, s.d.body, signers, nil, annex)
}

// work is the act's closure over a statement.
func (s scene) work(text seal.Statement) store.Work {
	return func(tx *store.Tx) (audit.Entry, error) {
		e := audit.Entry{Act: string(s.act), Subject: "application/" + s.id}
		if s.purpose != nil {
			if err := tx.Derive(text); err != nil {
				return e, err
			}
		}
		if signed, signers := tx.Progress(); signed < signers {
			return e, tx.Propose(registration.Proposal{Subject: "application/" + s.id})
		}
		return e, s.d.touch(tx, s.id)
	}
}

// open lets the first of two people sign, when this act is the second's.
func (s scene) open(t *testing.T) {
	t.Helper()
	if s.purpose == nil || s.purpose.From != 2 {
		return
	}
	first := map[policy.Act]policy.Act{policy.Confirm: policy.Conclude, policy.CountersignNotAccept: policy.NotAccept, policy.GrantRole: policy.AskRole,
		policy.CountersignWithdraw: policy.Withdraw, policy.CountersignRelative: policy.RemoveRelative, policy.CountersignEarly: policy.AllowEarly,
		policy.CountersignPolicy:    policy.ProposePolicy,
		policy.CountersignCustodian: policy.SetCustodians, policy.CountersignCustody: firstOf[s.purpose.Kind]}[s.act]
	o := s
	o.act = first
	_, err := s.w.Store.Commit(context.Background(), s.w.Grant(t, s.d.first, first, s.d.body), s.w.Seal(t, s.text, s.w.People[s.d.first]), o.work(s.text))
	if err != nil {
		t.Fatalf("the first of two: %v", err)
	}
}

// firstOf is the act of the first signer in matters of custody.
var firstOf = map[seal.Kind]policy.Act{seal.KeyRestore: policy.RestoreKey, seal.KeyDestroy: policy.DestroyKey, seal.StocktakeClose: policy.CloseStocktake, seal.KeyStore: policy.HandOverStore,
	seal.MediumWipe: policy.EndMedium, seal.MediumDestroy: policy.EndMedium}

func (s scene) seals(t *testing.T) []seal.Verified {
	t.Helper()
	if s.purpose == nil {
		return nil
	}
	return s.w.Seal(t, s.text, s.w.People[s.d.person])
}

func (s scene) grant(t *testing.T) policy.Grant {
	t.Helper()
	return s.w.Grant(t, s.d.person, s.act, s.d.body)
}

func (s scene) commit(g policy.Grant, seals []seal.Verified, text seal.Statement) (audit.Receipt, error) {
	return s.w.Store.Commit(context.Background(), g, seals, s.work(text))
}

// appoint changes one appointment's role behind the back of whoever holds it,
// by a real act of the security officer.
func appoint(t *testing.T, w *storetest.World, a org.Appointment) {
	t.Helper()
	p := w.People["U00001"]
	text := w.Statement(t, seal.KeyRevoke, "341000", []storetest.Person{p}, nil, seal.Annex{})
	_, err := w.Store.Commit(context.Background(), w.Grant(t, "U00001", policy.RevokeKey, "341000"), w.Seal(t, text, p),
		func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.Derive(text); err != nil {
				return audit.Entry{}, err
			}
			if _, err := tx.Appointment(a.ID); err != nil {
				return audit.Entry{}, err
			}
			return audit.Entry{Subject: "appointment/" + a.ID}, tx.Put(a)
		})
	if err != nil {
		t.Fatalf("appoint: %v", err)
	}
}
