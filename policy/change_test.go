package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
)

func lines(t *testing.T, change func(string) string) []byte {
	t.Helper()
	_, raw := policy.Carried()
	return []byte(change(string(raw)))
}

func TestTheProgramsOwnPolicyLocksNobodyOut(t *testing.T) {
	_, raw := policy.Carried()
	p, faults := policy.Read(raw)
	if len(faults) > 0 || p.Digest() != load(t).Digest() || len(p.UnknownActs()) > 0 || len(p.Inert()) > 0 {
		t.Fatalf("%v", faults)
	}
}

func TestASealedFileOfAnotherVersionServesWithoutWhatThisOneDoesNotKnow(t *testing.T) {
	modelText, raw := policy.Carried()
	older := strings.NewReplacer("p, SEC, propose_policy, policy, own\n", "", "p, ML, countersign_policy, policy, own\n", "",
		"p, CL, set_licence, licence, subtree\n", "p, CL, forgotten_act, licence, subtree\n", "p, ML, set_licence, licence, city_run\n", "").Replace(string(raw))
	p, err := policy.LoadSealed(modelText, []byte(older))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Inert(); len(got) != 1 || !strings.Contains(got[0].String(), "forgotten_act") || got[0].Line == 0 {
		t.Errorf("inert lines: %v", got)
	}
	if got := p.UnknownActs(); len(got) != 1 || got[0] != policy.SetLicence {
		t.Errorf("unknown acts: %v", got)
	}
	if _, err := p.May(officer(policy.CL, county), policy.SetLicence, county); policy.KindOf(err) != policy.Forbidden {
		t.Errorf("an act that the sealed policy does not know: %v", err)
	}
	for role, act := range map[policy.Role]policy.Act{policy.SEC: policy.ProposePolicy, policy.ML: policy.CountersignPolicy} {
		if _, err := p.May(officer(role, city), act, city); err != nil {
			t.Errorf("the way to the next policy is shut: %v", err)
		}
	}
	if p.Digest() != policy.DigestOf(modelText, []byte(older)) {
		t.Error("the floor moved the digest")
	}
}

func TestTheWordsOfTheFloorNeverChange(t *testing.T) {
	for _, l := range []string{"p, system, genesis, institution, system", "p, system, login, session, system", "p, system, logout, session, system",
		"p, system, refusal, refusal, system", "p, system, void_proposal, proposal, system", "p, system, seal_emergency, emergency, system",
		"p, system, use_emergency, emergency, system", "p, system, acknowledge_emergency, emergency, system", "p, system, drill_recovery, keyring, system",
		"p, system, recover_keyring, keyring, system", "p, system, renew_shares, keyring, system", "p, system, suspend_revoked, key, system", "p, SEC, login, session, own", "p, SEC, logout, session, own",
		"p, SEC, view_home, home, own", "p, SEC, view_policy, policy, own", "p, SEC, propose_policy, policy, own", "p, ML, login, session, own",
		"p, ML, logout, session, own", "p, ML, view_home, home, own", "p, ML, view_policy, policy, own", "p, ML, countersign_policy, policy, own",
		"p, AUD, login, session, own", "p, AUD, logout, session, own", "p, AUD, view_home, home, own", "p, AUD, read_log, log, all"} {
		bad := lines(t, func(s string) string {
			if !strings.Contains(s, l+"\n") {
				t.Fatalf("the program's policy has no line %q", l)
			}
			return strings.Replace(s, l+"\n", "", 1)
		})
		if _, faults := policy.Read(bad); len(faults) == 0 || !strings.Contains(faults[0].String(), "请补上") {
			t.Errorf("without %q: %v", l, faults)
		}
	}
}

func TestR55APolicyUnderWhichAHeadCannotSignTheSheetIsRefused(t *testing.T) {
	for _, l := range []string{"p, SH, sign_sheet, duty, own", "p, CL, sign_sheet, duty, own", "p, ML, sign_sheet, duty, own", "p, ML, sign_sheet, duty, city_run"} {
		bad := lines(t, func(s string) string {
			if !strings.Contains(s, l+"\n") {
				t.Fatalf("the program's policy has no line %q", l)
			}
			return strings.Replace(s, l+"\n", "", 1)
		})
		if _, faults := policy.Read(bad); len(faults) != 1 || !strings.Contains(faults[0].String(), "没有人能签安全主体责任书") {
			t.Errorf("without %q: %v", l, faults)
		}
	}
	// The twin: one line that reaches as far as the two of the city lead.
	wide := lines(t, func(s string) string {
		s = strings.Replace(s, "p, ML, sign_sheet, duty, own\n", "p, ML, sign_sheet, duty, subtree\n", 1)
		return strings.Replace(s, "p, ML, sign_sheet, duty, city_run\n", "", 1)
	})
	if _, faults := policy.Read(wide); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestAGateOfALaterVersionStopsNobodyUnderAnOlderPolicy(t *testing.T) {
	modelText, raw := policy.Carried()
	acts := []policy.Act{policy.SignSheet, policy.ViewSheet, policy.EnterTraining, policy.ConfirmTraining, policy.SignPledge}
	var older []string
	for _, l := range strings.Split(string(raw), "\n") {
		if !strings.HasPrefix(l, "p, MR,") && !slices.ContainsFunc(acts, func(a policy.Act) bool { return strings.Contains(l, ", "+string(a)+",") }) {
			older = append(older, l)
		}
	}
	p, err := policy.LoadSealed(modelText, []byte(strings.Join(older, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	for _, can := range []struct {
		role policy.Role
		home policy.Body
		acts []policy.Act
	}{
		{policy.SH, school, acts}, {policy.CL, county, acts}, {policy.ML, city, acts},
		{policy.CA, county, []policy.Act{policy.EnterTraining, policy.SignPledge}}, {policy.SEC, city, []policy.Act{policy.EnterTraining, policy.SignPledge}},
	} {
		for _, act := range can.acts {
			if _, err := p.May(officer(can.role, can.home), act, can.home); err != nil {
				t.Errorf("%s cannot %s: %v", can.role, act, err)
			}
		}
	}
	// The twins: nobody else gains, and a role without work gets none.
	if _, err := p.May(officer(policy.CA, county), policy.SignSheet, county); policy.KindOf(err) != policy.Forbidden {
		t.Errorf("an auditor signs the sheet: %v", err)
	}
	if _, err := p.May(officer(policy.MR, city), policy.EnterTraining, city); policy.KindOf(err) != policy.Forbidden {
		t.Errorf("a role of which the policy says nothing: %v", err)
	}
	if got := p.UnknownActs(); len(got) > 0 {
		t.Errorf("what is completed waits for no policy: %v", got)
	}
}

func TestASimulationNamesWhoGainsAndWhoLoses(t *testing.T) {
	old := load(t)
	next, faults := policy.Read(lines(t, func(s string) string {
		return strings.Replace(s, "p, CA, conclude, application, subtree\n", "p, CA, conclude, application, own\n", 1)
	}))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	added, removed := policy.Compare(old, next)
	if len(added) != 1 || len(removed) != 1 || added[0].Reach != policy.Own || removed[0].Reach != policy.Subtree {
		t.Fatalf("%v %v", added, removed)
	}
	people := []policy.Person{
		{Staff: "U1", Appointments: officer(policy.CA, county).Appointments},
		{Staff: "U2", Appointments: officer(policy.CL, county).Appointments},                    // not touched
		{Staff: "U3", Appointments: officer(policy.CA, city).Appointments},                      // a role that counts for nothing there
		{Staff: "U4", Appointments: officer(policy.CA, county, policy.SEC, city).Appointments},  // excluded from everything
		{Staff: "U5", Appointments: officer(policy.CA, county, policy.CL, county).Appointments}, // both business roles
	}
	effects := policy.Simulate(old, next, people)
	if len(effects) != 2 || effects[0].Staff != "U1" || effects[1].Staff != "U5" {
		t.Fatalf("%+v", effects)
	}
	if g, l := effects[0].Gains, effects[0].Loses; len(g) != 1 || len(l) != 1 || g[0].String() != "给出注册结论（本机构，"+county.ID+"）" || l[0].Reach != policy.Subtree {
		t.Errorf("%v %v", g, l)
	}
	if s := policy.Summary(effects); !strings.HasPrefix(s, "获得权限 2 人，失去权限 2 人，名单摘要 ") || s == policy.Summary(effects[:1]) {
		t.Error(s)
	}
}

func TestTheMatrixIsWhatTheGoldenFileShows(t *testing.T) {
	p := load(t)
	m := p.Matrix()
	for _, act := range policy.Acts() {
		resource, _ := policy.ActResource(act)
		for _, role := range append(policy.Roles(), policy.System) {
			var want []policy.Reach
			for _, reach := range policy.Reaches() {
				if policy.Asks(p, role, act, resource, reach) {
					want = append(want, reach)
				}
			}
			if got := m[act][role]; strings.Join(words(got), "+") != strings.Join(words(want), "+") {
				t.Errorf("%s %s: %v, want %v", role, act, got, want)
			}
		}
	}
}

func words(list []policy.Reach) (all []string) {
	for _, r := range list {
		all = append(all, string(r))
	}
	return all
}

func TestThePolicyOfAMomentIsTheLastSealedOneWhoseTimeHasCome(t *testing.T) {
	noon := time.Date(2024, 11, 20, 12, 0, 0, 0, time.UTC)
	all := []policy.Sealed{{ID: "P000001", Effective: noon}, {ID: "P000002", Base: "P000001", Effective: noon.Add(time.Hour)},
		{ID: "P000003", Base: "P000002", Effective: noon.Add(30 * time.Minute)}}
	for _, c := range []struct {
		at   time.Time
		want string
	}{{noon.Add(-time.Hour), "P000001"}, {noon.Add(30*time.Minute - time.Millisecond), "P000001"}, {noon.Add(30 * time.Minute), "P000003"}, {noon.Add(2 * time.Hour), "P000003"}} {
		if got, ok := policy.InForce(all, c.at); !ok || got.ID != c.want {
			t.Errorf("at %s: %s, want %s", c.at, got.ID, c.want)
		}
	}
	if got, ok := policy.InForce(all[:2], noon.Add(time.Hour)); !ok || got.ID != "P000002" {
		t.Errorf("at its very moment: %s", got.ID)
	}
	if _, ok := policy.InForce(nil, noon); ok {
		t.Error("a policy out of nothing")
	}
	s := policy.First(load(t), "341000", "a", "b", noon)
	s.Lines = append(s.Lines, '#')
	if _, err := s.Load(); err == nil || !strings.Contains(err.Error(), "摘要不符") {
		t.Errorf("files that do not answer to the digest: %v", err)
	}
}
