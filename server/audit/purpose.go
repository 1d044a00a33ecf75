package audit

import (
	"maps"

	"sealdesk/hsm/seal"
)

// A Purpose is one kind of statement that an act may stand on: so many
// different people seal it, and the act's own entries are their seals From to
// To.
type Purpose struct {
	Kind              seal.Kind
	Signers, From, To int
}

// Purposes are all that one act may stand on.
type Purposes []Purpose

// Of finds the purpose that a kind of statement serves in the act.
func (p Purposes) Of(kind seal.Kind) (Purpose, bool) {
	for _, one := range p {
		if one.Kind == kind {
			return one, true
		}
	}
	return Purpose{}, false
}

func alone(kinds ...seal.Kind) Purposes { return Purposes{}.with(1, 1, kinds) }

func (p Purposes) first(kinds ...seal.Kind) Purposes  { return p.with(2, 1, kinds) }
func (p Purposes) second(kinds ...seal.Kind) Purposes { return p.with(2, 2, kinds) }

func (p Purposes) with(signers, place int, kinds []seal.Kind) Purposes {
	for _, k := range kinds {
		p = append(p, Purpose{k, signers, place, place})
	}
	return p
}

// SealedActs gives every act that stands on seals, by the act's id in the
// policy. The store commits by this table and a verifier judges by it, so that
// a seal for one purpose counts for no other.
func SealedActs() map[string]Purposes { return maps.Clone(sealedActs) }

// Of an act of two people the first seal is an entry of its own and opens a
// proposal, the second makes the act (domain sections 4 and 5); the two seals
// of the genesis come together. What stood here once stays, for logs of that
// time are judged by it too.
var sealedActs = map[string]Purposes{
	"login":                  alone(seal.Login),
	"file_staff":             alone(seal.StaffFiling, seal.StaffMuster),
	"check_staff":            alone(seal.StaffCheck, seal.StaffChecks),
	"end_post":               alone(seal.StaffLeave),
	"exit_staff":             alone(seal.StaffExit),
	"sign_pledge":            alone(seal.StaffPledge),
	"enter_training":         alone(seal.TrainingEntry),
	"confirm_training":       alone(seal.TrainingConfirm),
	"sign_sheet":             alone(seal.Responsibility),
	"file_rules":             alone(seal.RulesFiling),
	"review_rules":           alone(seal.RulesReview),
	"record_lesson":          alone(seal.SecurityLesson),
	"record_drill":           alone(seal.SecurityDrill),
	"record_incident":        alone(seal.IncidentReport),
	"add_to_incident":        alone(seal.IncidentNote),
	"ask_role":               Purposes{}.first(seal.RoleGrant),
	"grant_role":             Purposes{}.second(seal.RoleGrant),
	"remove_role":            alone(seal.RoleRemoval),
	"review_roles":           alone(seal.RoleReview),
	"set_window":             alone(seal.Window),
	"set_days":               alone(seal.Days),
	"set_licence":            alone(seal.Licence),
	"import_sheet":           alone(seal.Import, seal.ImportChange),
	"allow_early":            Purposes{}.first(seal.EarlyRenewal),
	"countersign_early":      Purposes{}.second(seal.EarlyRenewal),
	"review":                 alone(seal.Review, seal.ReviewAdverse),
	"not_accept":             Purposes{}.first(seal.NotAccept),
	"countersign_not_accept": Purposes{}.second(seal.NotAccept),
	"send":                   alone(seal.Send),
	"return_to_school":       alone(seal.Return),
	"conclude":               alone(seal.Conclude).first(seal.ConcludeAdverse, seal.ConcludeOverride),
	"confirm":                Purposes{}.second(seal.ConcludeAdverse, seal.ConcludeOverride),
	"name_sender":            alone(seal.SenderName),
	"end_sender":             alone(seal.SenderEnd),
	"declare_relative":       alone(seal.RelativeDeclare),
	"remove_relative":        Purposes{}.first(seal.RelativeRemove),
	"countersign_relative":   Purposes{}.second(seal.RelativeRemove),
	"withdraw":               Purposes{}.first(seal.Withdraw),
	"countersign_withdraw":   Purposes{}.second(seal.Withdraw),
	"hold":                   alone(seal.Hold),
	"release":                alone(seal.Release),
	"revoke_key":             alone(seal.KeyRevoke),
	"report_loss":            alone(seal.KeyLost),
	"propose_policy":         Purposes{}.first(seal.PolicyChange),
	"countersign_policy":     Purposes{}.second(seal.PolicyChange),
	"enrol_key":              alone(seal.KeyEnrol),
	"renew_key":              alone(seal.KeyRenew),
	"take_over_key":          alone(seal.KeyTakeover),
	"set_custodians":         Purposes{}.first(seal.CustodianList),
	"countersign_custodians": Purposes{}.second(seal.CustodianList),
	"seal_emergency":         alone(seal.EmergencyCall),
	"use_emergency":          alone(seal.EmergencyUse),
	"genesis":                {{seal.Genesis, 2, 1, 2}},
	"deliver_keys":           alone(seal.KeyDelivery),
	"request_key":            alone(seal.KeyRequest),
	"assign_key":             alone(seal.KeyAssign),
	"decline_key":            alone(seal.KeyDecline),
	"hand_over_key":          alone(seal.KeyHandover),
	"hand_over_store":        Purposes{}.first(seal.KeyStore),
	"receive_key":            alone(seal.KeyReceive),
	"suspend_key":            alone(seal.KeySuspend),
	"restore_key":            Purposes{}.first(seal.KeyRestore),
	"find_key":               alone(seal.KeyFound),
	"destroy_key":            Purposes{}.first(seal.KeyDestroy),
	"countersign_custody":    Purposes{}.second(seal.KeyStore, seal.KeyRestore, seal.KeyDestroy, seal.StocktakeClose, seal.MediumWipe, seal.MediumDestroy),
	"open_stocktake":         alone(seal.StocktakeOpen),
	"prove_key":              alone(seal.StocktakeProve),
	"count_keys":             alone(seal.StocktakeCount),
	"close_stocktake":        Purposes{}.first(seal.StocktakeClose),
	"register_medium":        alone(seal.MediumRegister),
	"hand_over_medium":       alone(seal.MediumHandover),
	"take_over_medium":       alone(seal.MediumTakeover),
	"receive_medium":         alone(seal.MediumReceive),
	"lose_medium":            alone(seal.MediumLost),
	"end_medium":             Purposes{}.first(seal.MediumWipe, seal.MediumDestroy),
}

// purposeFaults holds that a statement is of a kind that the entry's act stands
// on, and the entry one of the seals that this act takes of it.
func purposeFaults(kind seal.Kind, e Entry) []Finding {
	var faults Findings
	at := int64(e.Number)
	purposes, known := sealedActs[e.Act]
	p, serves := purposes.Of(kind)
	switch {
	case !known:
		faults.add(at, labelAct, "%s 不在须有签章的行为之列，无法核对签章的用途。若是较新的门户所记，请换用同期的 auditverify 核对。", e.Act)
	case !serves:
		faults.add(at, labelAct, "%s 不以“%s”的陈述为据：为一件事签的章不能用于另一件。", e.Act, seal.TitleOf(kind))
	case e.Signers != p.Signers:
		faults.add(at, labelProgress, "“%s”应由 %d 人签署，条目写的是 %d 人。", seal.TitleOf(kind), p.Signers, e.Signers)
	case e.Signed < p.From || e.Signed > p.To:
		faults.add(at, labelProgress, "%s 不是第 %d 位签署人的条目应写的行为。", e.Act, e.Signed)
	}
	return faults.List
}
