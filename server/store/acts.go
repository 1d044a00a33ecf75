package store

import (
	"sealdesk/policy"
	"sealdesk/server/audit"
)

// rule says for one act what it stands on. An act that is not in the table
// cannot be committed, whatever the policy allows.
type rule struct {
	purposes audit.Purposes
	unsealed bool // without any seal
	late     bool // the sealing key comes into force by the act itself: custody is asked after the closure
}

// rules is the table of acts. What an act of seals stands on is written down
// where a verifier reads it too.
var rules = tableOfActs()

func tableOfActs() map[policy.Act]rule {
	all := map[policy.Act]rule{}
	for act, purposes := range audit.SealedActs() {
		all[policy.Act(act)] = rule{purposes: purposes, late: lateActs[policy.Act(act)]}
	}
	for _, act := range unsealedActs {
		all[act] = rule{unsealed: true}
	}
	return all
}

var lateActs = map[policy.Act]bool{
	policy.TakeOverKey:  true,
	policy.UseEmergency: true, // the new key comes with the act
	policy.Genesis:      true, // the keys of the first officers come with entry 0 itself
}

var unsealedActs = []policy.Act{
	policy.LoginByTLS, // the handshake was signed, no text was
	policy.Logout,
	policy.EndSession, // protects, and takes nothing away that a seal does not give back
	policy.Reveal,     // shown once, after its entry stands (sight.go)
	policy.RevealPhone,
	policy.Accept,
	policy.DropRenewal, // what is given up never had power
	policy.AcknowledgeEmergency,
	policy.DrillRecovery,
	policy.RecoverKeyring,
	policy.RenewShares,
	policy.ReportOwnLoss,  // the key is gone: the one-time code stands for it
	policy.SuspendRevoked, // the issuer's signed answer stands for it
	policy.IssueLossCode,  // it can only take power away
	policy.Refusal,
	policy.VoidProposal,
}
