package registration_test

import (
	"os"
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestR50RegisteredCitesItsPackAndClause(t *testing.T) {
	list, verdicts := batch(t, 2)
	steps, err := registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit)
	if err != nil {
		t.Fatal(err)
	}
	const clause = "P：《中小学教师资格定期注册暂行办法》（教师〔2013〕9号）注册合格条件："
	a := steps[1].After
	if grounds := registration.National().Grounds(a); a.ConclusionRules != "P" || len(grounds) != 1 || !strings.HasPrefix(grounds[0], clause) {
		t.Errorf("%q rests on %q", a.ConclusionRules, grounds)
	}
	s, err := registration.ConcludeStatement(header(auditor), steps, salts(2))
	if err != nil || s.Text.Get("规则包") != "national-2013" || !strings.HasPrefix(s.Text.Get("依据"), clause) {
		t.Errorf("the text cites %q: %v", s.Text.Get("依据"), err)
	}
	// A text without the clause is not written, nor a pack read that has none.
	steps[1].Passing = registration.Passing{}
	_, err = registration.ConcludeStatement(header(auditor), steps, salts(2))
	refused(t, err, fault.Invalid, "第 2 行（"+a.ID+"）的注册合格没有写明依据的条款")
	raw, err := os.ReadFile("packs/national-2013.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := registration.ParsePack([]byte(strings.Replace(string(raw), `"passing"`, `"remarks"`, 1))); err == nil {
		t.Error("a pack with an unknown field was read")
	}
	if _, err := registration.ParsePack([]byte(strings.Replace(string(raw), `"id": "P"`, `"id": ""`, 1))); err == nil {
		t.Error("a pack without a passing rule was read")
	}
}
