package portal_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
)

// carried are the program's own lines without some of them and with others.
func carried(tb testing.TB, without []string, with ...string) []byte {
	tb.Helper()
	_, raw := policy.Carried()
	lines := string(raw)
	for _, l := range without {
		if !strings.Contains(lines, l+"\n") {
			tb.Fatalf("the policy has no line %s", l)
		}
		lines = strings.Replace(lines, l+"\n", "", 1)
	}
	return []byte(lines + strings.Join(append(with, ""), "\n"))
}

const auditorConcludes = "p, CA, conclude, application, subtree"

// bring uploads a policy file; more are fields of the form.
func (r reader) bring(lines []byte, more url.Values) desk.Page {
	r.t.tb.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fields := url.Values{"reason": {"年度调整"}, "confirmer": {cityLead}, "when": {"now"}}
	for k, v := range more {
		fields[k] = v
	}
	for k, v := range fields {
		must(r.t.tb, form.WriteField(k, v[0]))
	}
	if lines != nil {
		part, err := form.CreateFormFile("policy_file", "policy.csv")
		must(r.t.tb, err)
		_, err = part.Write(lines)
		must(r.t.tb, err)
	}
	must(r.t.tb, form.Close())
	p, err := r.PostBody(context.Background(), "/policy/new", form.FormDataContentType(), &body)
	must(r.t.tb, err)
	return p
}

// change brings a policy all the way: a security officer seals, the city lead
// seals the same text.
func (w *town) change(lines []byte, more url.Values) {
	w.tb.Helper()
	s := w.in(sec)
	s.ok(s.bring(lines, more))
	s.done(s.post("/policy/draft", nil))
	l := w.in(cityLead)
	l.done(l.get(l.waitingPolicy() + "/sign"))
}

// waitingPolicy is where the policy page leads its second signer.
func (r reader) waitingPolicy() string {
	r.t.tb.Helper()
	list := hrefs(r.t.tb, r.ok(r.get("/policy")), "/policy/changes/")
	if len(list) != 1 {
		r.t.tb.Fatalf("%d changes wait for this signer", len(list))
	}
	return list[0]
}

func TestAPolicySealedByTwoServesAtTheVeryNextRequestOnEveryPortal(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	other := w.twin()
	ids := w.plant(2, school, atCounty)
	here, there := w.in(auditor), other.in(auditor2)
	here.ok(here.post("/applications", batch(ids[0])))
	there.ok(there.post("/applications", batch(ids[1])))
	sealed := here.signed(here.post("/applications", batch(ids[0]))) // under the old policy, handed in under the new

	s := w.in(sec)
	p := s.ok(s.bring(carried(t, []string{auditorConcludes}, "p, MR, list, application, city_run"), nil))
	for _, want := range []string{"CA, conclude, application, subtree", "MR, list, application, city_run", "给出注册结论（本机构及所辖，341021）", w.people[auditor].Name} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("the difference does not show %q", want)
		}
	}
	receipt := s.done(s.post("/policy/draft", nil))
	if !strings.Contains(receipt.Text("main"), "还要"+w.people[cityLead].Name+"签署") {
		t.Error("the first receipt does not say who signs next")
	}
	there.ok(there.post("/applications", batch(ids[1]))) // one of two changes nothing
	l := other.in(cityLead)
	if home := l.ok(l.get("/")).Text("main"); !strings.Contains(home, "第 P000002 号政策等您复签") {
		t.Error("the lead's home does not say that a policy waits")
	}
	at := l.waitingPolicy()
	if text := l.ok(l.get(at)).Text("main"); !strings.Contains(text, "失去权限") || !strings.Contains(text, "CA, conclude") {
		t.Error("the second signer does not see what changes")
	}
	l.done(l.get(at + "/sign"))

	here.refused(here.post("/applications", batch(ids[0])), fault.Forbidden, "不能成批办理")
	there.refused(there.post("/applications", batch(ids[1])), fault.Forbidden, "不能成批办理")
	if a := here.handIn(sealed); a.Status != statusOf(fault.Forbidden) {
		t.Errorf("a seal over an act that the new policy denies: %+v", a)
	}
	m := w.in(rechecker)
	if !strings.Contains(m.ok(m.get("/")).Text("nav"), "申请") {
		t.Error("who gained a right does not see it")
	}
	e := w.entries(20)
	var acts []string
	for _, one := range e {
		if one.Subject == "policy/P000002" {
			acts = append(acts, one.Act+" "+one.Actor)
		}
	}
	if strings.Join(acts, "，") != "countersign_policy "+cityLead+"，propose_policy "+sec {
		t.Errorf("the log has %q about the policy", acts)
	}
	page := s.ok(s.get("/policy"))
	if text := page.Text("main"); !strings.Contains(text, "P000002") || !strings.Contains(text, "现行") || !strings.Contains(text, "已换下") {
		t.Error("the history does not show both")
	}
	if f := s.ok(s.get("/policy/file?id=P000001")); !bytes.Contains(f.Body, []byte(auditorConcludes)) {
		t.Error("the old file cannot be had any more")
	}
}

func TestAPolicyBeginsAtItsMomentAndNotAMillisecondBefore(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	w.change(carried(t, []string{auditorConcludes}), url.Values{"when": {"later"}, "effective": {"2024-11-20T10:05"}})
	a := w.in(auditor)
	s := w.in(sec)
	if text := s.ok(s.get("/policy")).Text("main"); !strings.Contains(text, "到时生效") {
		t.Error("the page does not say that a policy waits for its time")
	}
	w.clock.Set(at("2024-11-20 10:04:59.999"))
	a.ok(a.post("/applications", batch(id)))
	w.clock.Set(at("2024-11-20 10:05:00"))
	a.refused(a.post("/applications", batch(id)), fault.Forbidden, "不能成批办理")
	s.refusedPlain(s.bring(carried(t, nil, "# x"), url.Values{"when": {"later"}, "effective": {"2024-11-20T10:05"}}), fault.Invalid, "已经过去")
}

func TestASealedPolicyComesBackByANewActAndPassesOverOneThatWaits(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	w.change(carried(t, []string{auditorConcludes}), nil)
	w.change(carried(t, []string{auditorConcludes}, "# 到时"), url.Values{"when": {"later"}, "effective": {"2024-11-20T10:30"}})
	a := w.in(auditor)
	a.refused(a.post("/applications", batch(id)), fault.Forbidden, "不能成批办理")
	s := w.in(sec)
	if text := s.ok(s.bring(nil, url.Values{"source": {"P000001"}})).Text("main"); !strings.Contains(text, "第 P000001 号") || !strings.Contains(text, "它就不再生效") {
		t.Error("the difference does not say where it comes from and what it passes over")
	}
	w.change(nil, url.Values{"source": {"P000001"}})
	a.ok(a.post("/applications", batch(id)))
	w.clock.Set(at("2024-11-20 10:31:00"))
	a = w.in(auditor)
	a.ok(a.post("/applications", batch(id)))
	if text := s.ok(w.in(sec).get("/policy")).Text("main"); !strings.Contains(text, "恢复第 P000001 号") {
		t.Error("the history does not say what came back")
	}
}

func TestAPolicyThatWouldLockPeopleOutOrDoesNotReadIsRefusedWithLineAndCure(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	_, whole := policy.Carried()
	dropped := func(prefix string) []byte {
		var kept []string
		for _, l := range strings.Split(string(whole), "\n") {
			if !strings.HasPrefix(l, prefix) {
				kept = append(kept, l)
			}
		}
		return []byte(strings.Join(kept, "\n"))
	}
	for name, c := range map[string]struct {
		lines []byte
		says  string
	}{
		"no officer at all":          {dropped("p, SEC,"), "没有安全保密管理员（SEC）的任何规定"},
		"no auditor at all":          {dropped("p, AUD,"), "没有安全审计员（AUD）的任何规定"},
		"no lead at all":             {dropped("p, ML,"), "没有市级负责人（ML）的任何规定"},
		"nobody proposes":            {dropped("p, SEC, propose_policy"), "没有安全保密管理员能提出下一份政策"},
		"nobody countersigns":        {dropped("p, ML, countersign_policy"), "没有市级负责人能复签下一份政策"},
		"the officer does not enter": {dropped("p, SEC, login"), "缺少“p, SEC, login, session, own”"},
		"a role that cannot enter":   {dropped("p, CA, login"), "这些人都进不来"},
		"the system does not refuse": {dropped("p, system, refusal"), "系统不能记录"},
		"business data of officers":  {carried(t, nil, "p, SEC, view, application, all"), "三员不接触业务数据"},
		"an unknown act":             {[]byte("p, CA, fly, application, own\n" + string(whole)), "政策文件第 1 行：没有行为“fly”"},
		"a byte order mark":          {append([]byte("\xef\xbb\xbf"), whole...), "无 BOM"},
		"another encoding":           {append([]byte("# \xb0\xa2\n"), whole...), "不是 UTF-8"},
		"too large":                  {bytes.Repeat([]byte("# 长\n"), 10000), "请核对是不是选错了文件"},
		"nothing":                    {[]byte("# 空\n"), "没有任何一行规定"},
		"the same":                   {whole, "完全相同"},
	} {
		if left := w.quiet(name, func() { s.refusedPlain(s.bring(c.lines, nil), fault.Invalid, c.says) }); len(left) > 1 {
			t.Errorf("%s: the log got %q", name, left)
		}
	}
	s.refusedPlain(s.bring(nil, nil), fault.Invalid, "没有收到文件")
	s.refusedPlain(s.bring(carried(t, nil, "# x"), url.Values{"confirmer": {sec2}}), fault.Invalid, "请选择另一位签署人")
	s.refusedPlain(s.bring(carried(t, nil, "# x"), url.Values{"reason": {""}}), fault.Invalid, "为什么要换")
	s.refusedPlain(s.bring(carried(t, nil, "# x"), url.Values{"when": {"later"}, "effective": {"明天"}}), fault.Invalid, "生效时间没有写对")
	many := s.bring(bytes.Repeat([]byte("p, CX, a, b, c\n"), 40), nil)
	s.refusedPlain(many, fault.Invalid, "有 40 处要改")
	if !strings.Contains(many.Text("main"), "第 20 行") || strings.Contains(many.Text("main"), "第 21 行：") {
		t.Error("faults are not listed twenty at a time")
	}
}

func TestNobodyChangesThePolicyAlone(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	s.ok(s.bring(carried(t, []string{auditorConcludes}), nil))
	s.done(s.post("/policy/draft", nil))
	l := w.in(cityLead)
	path := l.waitingPolicy()
	records := w.records()
	// The officer cannot countersign, the lead cannot propose, others neither.
	s.refused(s.get(path), fault.Forbidden, "“复签政策变更”须由市级负责人办理")
	s.refused(s.get(path+"/sign"), fault.Forbidden, "须由市级负责人")
	for _, who := range []string{cityLead, auditor, aud, sys, lead} {
		r := w.in(who)
		r.refused(r.bring(carried(t, nil, "# x"), nil), fault.Forbidden, "“提出政策变更”须由安全保密管理员办理")
		r.refused(r.post("/policy/draft", nil), fault.Forbidden, "“提出政策变更”须由安全保密管理员办理")
	}
	for _, who := range []string{auditor, handler, rechecker, head} {
		r := w.in(who)
		r.refused(r.get("/policy"), fault.Forbidden, "“查看政策”")
		r.refused(r.get("/policy/file?id=P000001"), fault.Forbidden, "“查看政策”")
		r.refused(r.get(path), fault.Forbidden, "须由市级负责人")
	}
	if w.records() != records {
		t.Fatal("a record changed")
	}
	// One person who signs both lines of the text: the text names two.
	both := w.statement(t, seal.PolicyChange, "黄山市教育局", w.clock.Now(), seal.Annex{}, sec, cityLead)
	if got := w.in(sec).handIn(mustSign(t, w, both, sec)); got.Status != http.StatusNotFound {
		t.Errorf("a text that this portal never wrote: %+v", got)
	}
	l.done(l.get(path + "/sign"))
}

func mustSign(t *testing.T, w *town, s seal.Statement, who string) []byte {
	t.Helper()
	text, err := s.Bytes()
	must(t, err)
	der, err := seal.Sign(text, w.people[who].leaf, nil, w.people[who].key, w.clock.Now())
	must(t, err)
	return der
}

func TestAPolicyOverAStaleBaseOrSealedTwiceIsRefused(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, s2 := w.in(sec), w.in(sec2)
	s.ok(s.bring(carried(t, nil, "# 甲"), nil))
	first := s.signed(s.post("/policy/draft", nil))
	if got := s.handIn(first); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	l := w.in(cityLead)
	path := l.waitingPolicy()
	stale := l.signed(l.get(path + "/sign"))
	// Another officer's change is sealed by both before the lead hands in.
	s2.ok(s2.bring(carried(t, nil, "# 乙"), nil))
	s2.done(s2.post("/policy/draft", nil))
	l2 := w.in(cityLead)
	for _, at := range hrefs(t, l2.ok(l2.get("/policy")), "/policy/changes/") {
		if at != path {
			l2.done(l2.get(at + "/sign"))
		}
	}
	records := w.records()
	if got := l.handIn(stale); got.Status != statusOf(fault.Conflict) || !strings.Contains(got.Sentence, "已经签署了第 P000002 号政策") {
		t.Errorf("a stale base: %+v", got)
	}
	l.refused(l.get(path), fault.Conflict, "请重新上传")
	s.refused(s.post("/policy/draft", nil), fault.Conflict, "请重新上传") // the draft is as stale as the seal
	if got := s.handIn(first); got.Location != "" {
		t.Errorf("the same seal counts again: %+v", got)
	}
	if w.records() != records {
		t.Error("a record changed")
	}
}

func TestWhoIsAppointedMeanwhileVoidsThePolicysText(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	s.ok(s.bring(carried(t, []string{auditorConcludes}), nil))
	s.done(s.post("/policy/draft", nil))
	l := w.in(cityLead)
	sealed := l.signed(l.get(l.waitingPolicy() + "/sign"))
	w.appoint(auditor2, "CA", county, "CL")
	if got := l.handIn(sealed); got.Status != statusOf(fault.Conflict) || !strings.Contains(got.Sentence, "影响人员") {
		t.Errorf("the simulation is not what was signed any more: %+v", got)
	}
}

func TestTheDraftOfAPolicyIsItsOfficersOwn(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	s.ok(s.bring(carried(t, nil, "# 甲"), nil))
	other := w.in(sec2)
	other.refused(other.get("/policy/draft"), fault.NotFound, "还没有上传")
	for _, path := range []string{"/policy/changes/" + strings.Repeat("ab", 32), "/policy/file?id=P000009"} {
		l := w.in(cityLead)
		if p := l.get(path); p.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
	w.clock.Pass(time.Minute)
}

// appoint changes somebody's role by an act of the security officer that no
// page offers here.
func (w *town) appoint(staff, from, body, to string) {
	w.tb.Helper()
	text := w.statement(w.tb, seal.KeyRevoke, "黄山市教育局", w.clock.Now(), seal.Annex{}, sec)
	_, err := w.store.Commit(context.Background(), w.grant(sec, policy.RevokeKey, "341000"), w.seal(w.tb, text, w.clock.Now(), sec), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		list, err := tx.Everyone()
		if err != nil || len(list) == 0 {
			return audit.Entry{}, err
		}
		a, err := tx.Appointment(staff + "/" + from + "/" + body)
		if err != nil {
			return audit.Entry{}, err
		}
		a.Role = to
		return audit.Entry{Subject: "appointment/" + a.ID}, tx.Put(a)
	})
	must(w.tb, err)
}
