package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestWhatTheYearStillOwesStandsOnTheOfficersHomeUntilItIsDone(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	home := func() string { return s.ok(s.get("/")).Text("main") }
	owed := []string{"2024 年度的钥匙盘点还没有开始", "2024 年度的安全教育还没有登记", "2024 年度的应急演练还没有登记"}
	says(t, "the officer's home", home(), owed...)
	for _, other := range []string{lead, aud, handler} {
		saysNot(t, other, w.in(other).get("/").Text("main"), owed...)
	}
	s.done(s.post("/stocktakes", url.Values{"year": {"2024"}}))
	saysNot(t, "with the count open", home(), owed[0])
	held := url.Values{"on": {"2024-11-18"}, "topic": {"名单外泄"}, "giver": {"李浩"}, "body": {county}, "people": {"全体"}, "result": {"合格"}}
	s.done(s.post("/security/lessons", held))
	says(t, "with the lesson entered", home(), owed[2])
	s.done(s.post("/security/drills", held))
	saysNot(t, "with both", home(), owed...)
}

func TestTooFewCustodiansWhoCouldSealAreToldToOfficersAndCityLead(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.custodiansAre("2", lead, auditor, cityLead)
	const short, line = "托管人不够法定人数", "3 人中 2 人，现在账户有效、钥匙在用的只有 1 人，紧急事项开不了"
	s := w.in(sec)
	s.done(s.post("/keys/"+tokenOf(auditor), do("suspend", "核实")))
	saysNot(t, "with two of three", s.ok(s.get("/")).Text("main"), short)
	l := w.in(cityLead) // the second custodian's account ends with his post
	l.done(l.post("/staff/"+lead+"/leave", url.Values{"last": {"2024-11-20"}, "leave_reason": {"调离"}}))
	w.clock.Pass(15 * time.Hour)
	for _, told := range []string{sec, aud, sys, cityLead} {
		says(t, told, w.in(told).get("/").Text("main"), short, line)
	}
	saysNot(t, "the county's second lead", w.in(lead2).get("/").Text("main"), short)
}

// saysNot asks that a page has none of these words.
func saysNot(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if strings.Contains(text, word) {
			t.Errorf("%s says %q", what, word)
		}
	}
}
