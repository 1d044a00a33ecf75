package store_test

import (
	"testing"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/store"
)

// The log's table spells the acts by their ids, for a verifier links no policy.
func TestEveryActOfTheTableIsAnActOfThePolicyAndStandsOnSealsOrOnNone(t *testing.T) {
	rules := store.Rules()
	for act := range rules {
		if _, known := policy.ActResource(policy.Act(act)); !known {
			t.Errorf("the policy knows no act %s", act)
		}
	}
	for act, purposes := range audit.SealedActs() {
		if len(purposes) == 0 || len(rules[act]) != len(purposes) {
			t.Errorf("the act %s stands on %d purposes and on %d", act, len(rules[act]), len(purposes))
		}
	}
}
