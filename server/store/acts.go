package store

import (
	"sealdesk/hsm/seal"
	"sealdesk/policy"
)

// purpose is one kind of statement that an act may stand on: so many different
// people sign it, and this act takes the seals from..to of them.
type purpose struct {
	kind     seal.Kind
	signers  int
	from, to int
}

// rule says for one act what it stands on. An act that is not in the table
// cannot be committed, whatever the policy allows.
type rule struct {
	purposes []purpose
	unsealed bool // without any seal
	late     bool // the sealing key comes into force by the act itself: custody is asked after the closure
}

func alone(kinds ...seal.Kind) rule {
	var r rule
	for _, k := range kinds {
		r.purposes = append(r.purposes, purpose{k, 1, 1, 1})
	}
	return r
}

func (r rule) first(kinds ...seal.Kind) rule {
	for _, k := range kinds {
		r.purposes = append(r.purposes, purpose{k, 2, 1, 1})
	}
	return r
}

func (r rule) second(kinds ...seal.Kind) rule {
	for _, k := range kinds {
		r.purposes = append(r.purposes, purpose{k, 2, 2, 2})
	}
	return r
}

// rules is the table of acts. Of an act of two people the first seal is an
// entry of its own and opens a proposal, the second makes the act (domain
// sections 4 and 5); the two seals of the genesis come together.
var rules = map[policy.Act]rule{
	policy.Login:                alone(seal.Login),
	policy.LoginByTLS:           {unsealed: true}, // the handshake was signed, no text was
	policy.Logout:               {unsealed: true},
	policy.EndSession:           {unsealed: true}, // protects, and takes nothing away that a seal does not give back
	policy.FileStaff:            alone(seal.StaffFiling, seal.StaffMuster),
	policy.CheckStaff:           alone(seal.StaffCheck, seal.StaffChecks),
	policy.EndPost:              alone(seal.StaffLeave),
	policy.ExitStaff:            alone(seal.StaffExit),
	policy.SignPledge:           alone(seal.StaffPledge),
	policy.EnterTraining:        alone(seal.TrainingEntry),
	policy.ConfirmTraining:      alone(seal.TrainingConfirm),
	policy.SignSheet:            alone(seal.Responsibility),
	policy.FileRules:            alone(seal.RulesFiling),
	policy.ReviewRules:          alone(seal.RulesReview),
	policy.RecordLesson:         alone(seal.SecurityLesson),
	policy.RecordDrill:          alone(seal.SecurityDrill),
	policy.RecordIncident:       alone(seal.IncidentReport),
	policy.AddToIncident:        alone(seal.IncidentNote),
	policy.AskRole:              rule{}.first(seal.RoleGrant),
	policy.GrantRole:            rule{}.second(seal.RoleGrant),
	policy.RemoveRole:           alone(seal.RoleRemoval),
	policy.ReviewRoles:          alone(seal.RoleReview),
	policy.SetWindow:            alone(seal.Window),
	policy.SetDays:              alone(seal.Days),
	policy.SetLicence:           alone(seal.Licence),
	policy.Reveal:               {unsealed: true}, // shown once, after its entry stands (sight.go)
	policy.RevealPhone:          {unsealed: true},
	policy.ImportSheet:          alone(seal.Import, seal.ImportChange),
	policy.AllowEarly:           rule{}.first(seal.EarlyRenewal),
	policy.CountersignEarly:     rule{}.second(seal.EarlyRenewal),
	policy.Accept:               {unsealed: true},
	policy.Review:               alone(seal.Review, seal.ReviewAdverse),
	policy.NotAccept:            rule{}.first(seal.NotAccept),
	policy.CountersignNotAccept: rule{}.second(seal.NotAccept),
	policy.Send:                 alone(seal.Send),
	policy.ReturnToSchool:       alone(seal.Return),
	policy.Conclude:             alone(seal.Conclude).first(seal.ConcludeAdverse, seal.ConcludeOverride),
	policy.Confirm:              rule{}.second(seal.ConcludeAdverse, seal.ConcludeOverride),
	policy.NameSender:           alone(seal.SenderName),
	policy.EndSender:            alone(seal.SenderEnd),
	policy.DeclareRelative:      alone(seal.RelativeDeclare),
	policy.RemoveRelative:       rule{}.first(seal.RelativeRemove),
	policy.CountersignRelative:  rule{}.second(seal.RelativeRemove),
	policy.Withdraw:             rule{}.first(seal.Withdraw),
	policy.CountersignWithdraw:  rule{}.second(seal.Withdraw),
	policy.Hold:                 alone(seal.Hold),
	policy.Release:              alone(seal.Release),
	policy.RevokeKey:            alone(seal.KeyRevoke),
	policy.ReportLoss:           alone(seal.KeyLost),
	policy.ProposePolicy:        rule{}.first(seal.PolicyChange),
	policy.CountersignPolicy:    rule{}.second(seal.PolicyChange),
	policy.EnrolKey:             alone(seal.KeyEnrol),
	policy.RenewKey:             alone(seal.KeyRenew),
	policy.DropRenewal:          {unsealed: true}, // what is given up never had power
	policy.TakeOverKey:          {purposes: []purpose{{seal.KeyTakeover, 1, 1, 1}}, late: true},
	policy.SetCustodians:        rule{}.first(seal.CustodianList),
	policy.CountersignCustodian: rule{}.second(seal.CustodianList),
	policy.SealEmergency:        alone(seal.EmergencyCall),
	policy.UseEmergency:         {purposes: []purpose{{seal.EmergencyUse, 1, 1, 1}}, late: true}, // the new key comes with the act
	policy.AcknowledgeEmergency: {unsealed: true},
	policy.DrillRecovery:        {unsealed: true},
	policy.RecoverKeyring:       {unsealed: true},
	policy.RenewShares:          {unsealed: true},
	policy.Genesis:              {purposes: []purpose{{seal.Genesis, 2, 1, 2}}, late: true}, // the keys of the first officers come with entry 0 itself
	policy.ReportOwnLoss:        {unsealed: true},                                           // the key is gone: the one-time code stands for it
	policy.SuspendRevoked:       {unsealed: true},                                           // the issuer's signed answer stands for it
	policy.IssueLossCode:        {unsealed: true},                                           // it can only take power away
	policy.DeliverKeys:          alone(seal.KeyDelivery),
	policy.RequestKey:           alone(seal.KeyRequest),
	policy.AssignKey:            alone(seal.KeyAssign),
	policy.DeclineKey:           alone(seal.KeyDecline),
	policy.HandOverKey:          alone(seal.KeyHandover),
	policy.HandOverStore:        rule{}.first(seal.KeyStore),
	policy.ReceiveKey:           alone(seal.KeyReceive),
	policy.SuspendKey:           alone(seal.KeySuspend),
	policy.RestoreKey:           rule{}.first(seal.KeyRestore),
	policy.FindKey:              alone(seal.KeyFound),
	policy.DestroyKey:           rule{}.first(seal.KeyDestroy),
	policy.CountersignCustody:   rule{}.second(seal.KeyStore, seal.KeyRestore, seal.KeyDestroy, seal.StocktakeClose, seal.MediumWipe, seal.MediumDestroy),
	policy.OpenStocktake:        alone(seal.StocktakeOpen),
	policy.ProveKey:             alone(seal.StocktakeProve),
	policy.CountKeys:            alone(seal.StocktakeCount),
	policy.CloseStocktake:       rule{}.first(seal.StocktakeClose),
	policy.RegisterMedium:       alone(seal.MediumRegister),
	policy.HandOverMedium:       alone(seal.MediumHandover),
	policy.TakeOverMedium:       alone(seal.MediumTakeover),
	policy.ReceiveMedium:        alone(seal.MediumReceive),
	policy.LoseMedium:           alone(seal.MediumLost),
	policy.EndMedium:            rule{}.first(seal.MediumWipe, seal.MediumDestroy),
	policy.Refusal:              {unsealed: true},
	policy.VoidProposal:         {unsealed: true},
}

// purposeOf finds the purpose that a kind of statement serves in an act.
func (r rule) purposeOf(kind seal.Kind) (purpose, bool) {
	for _, p := range r.purposes {
		if p.kind == kind {
			return p, true
		}
	}
	return purpose{}, false
}
