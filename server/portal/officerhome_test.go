package portal_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTheOfficersHomeSaysWhatWaitsHowManySinceWhenAndWhere(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, l, a := w.in(sec), w.in(lead), w.in(aud)
	if text := w.in(sec).ok(s.get("/")).Text("main"); strings.Contains(text, "人员备案待审核") || strings.Contains(text, "申领待答复") {
		t.Errorf("what nobody waits for stands there: %.400s", text)
	}
	l.done(l.post("/staff", newcomer(auditor2))) // a filing
	w.clock.Pass(5 * time.Minute)
	s = w.in(sec)
	s.done(s.post("/keys/"+tokenOf(auditor2), do("revoke", "损坏")))
	l = w.in(lead)
	w.askedFor(t, l, auditor2)
	w.clock.Pass(5 * time.Minute)
	l, s = w.in(lead), w.in(sec)
	l.done(l.post("/staff/"+auditor+"/role", url.Values{"role": {"CL"}, "role_reason": {"新任负责人"}, "confirmer": {sec}}))
	s.done(s.post("/keys/"+tokenOf(neighbour), do("suspend", "核实")))
	s.done(s.post("/stocktakes", url.Values{"year": {"2024"}}))
	s.done(s.post("/media", url.Values{"medium": {"M-07"}, "kind": {"U盘"}, "custodian": {auditor}, "encryption": {"硬件加密"}, "location": {"机要室"}, "contents": {"报送数据"}}))
	s.done(s.post("/media/M-07", do("lost", "遗失")))
	p := s.ok(s.get("/"))
	text := p.Text("main")
	for _, want := range []string{"人员备案待审核 1 份", "自 2024年11月20日 10:00 起", "钥匙申领待答复 1 件", "角色申请待授予 1 件", "已暂停的钥匙待核实 1 把", "2024 年度盘点进行中", "签发证书 2 把", "介质已报失 1 件"} {
		if !strings.Contains(text, want) {
			t.Errorf("the officer does not read %q: %.1500s", want, text)
		}
	}
	for _, href := range []string{"/staff", "/requests", "/confirmations", "/enrolments", "/stocktakes", "/media", "/keys?state=suspended"} {
		if len(hrefs(t, p, href)) == 0 {
			t.Errorf("nothing leads to %s", href)
		}
	}
	if regexp.MustCompile(`2024-341\d{3}`).MatchString(text) {
		t.Error("business stands on an officer's home")
	}
	// What was done is gone from there, and waits for the auditor instead.
	s.done(s.get(hrefs(t, s.ok(s.get("/confirmations")), "/confirmations/")[0]))
	if text := s.ok(s.get("/")).Text("main"); strings.Contains(text, "角色申请待授予") {
		t.Errorf("it is granted and waits still: %.600s", text)
	}
	if text := a.ok(a.get("/")).Text("main"); !strings.Contains(text, "任职变动待审阅 1 项") {
		t.Errorf("the auditor reads %.600s", text)
	}
}
