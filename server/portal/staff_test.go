package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// newcomer is a filing form that has no fault.
func newcomer(id string) url.Values {
	return url.Values{"staff": {id}, "name": {"倪新禾"}, "org": {county}, "post": {"审核员"}, "phone": {"15499998888"}, "role": {"CA"},
		"pledge": {"承诺 2024-31"}, "starts": {"2024-09-01"}, "upward": {"2024-09-05"}}
}

func TestR54NoAccountWithoutAFilingAndItTakesTwoPeople(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l, people := w.in(lead), w.count("staff")
	form := newcomer("U95001")
	form.Set("phone", "1549999888")
	w.oneRefusal(lead, "staff/U95001 invalid file_staff", w.quiet("a short number", func() {
		p := l.post("/staff", form)
		l.refusedPlain(p, fault.Invalid, "手机号应为 1 开头的 11 位数字")
		for _, kept := range []string{"倪新禾", "审核员", "承诺 2024-31", `id="phone-error"`} {
			if !strings.Contains(string(p.Body), kept) {
				t.Errorf("the page does not keep %s", kept)
			}
		}
	}))
	over := newcomer("U95001")
	over.Set("ends", "2024-11-19")
	l.refusedPlain(l.post("/staff", over), fault.Invalid, "岗位已于 2024-11-19 结束")
	over.Set("ends", "2024-11-20") // the twin: through today
	l.ok(l.post("/staff", over))
	l.done(l.post("/staff", newcomer("U95001")))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.FileStaff || e.Subject != "staff/U95001" || e.Actor != lead {
		t.Errorf("the entry is %+v", e)
	}
	if w.count("staff") != people {
		t.Error("a filing alone opened an account")
	}
	l.refusedPlain(l.post("/staff", newcomer("U95001")), fault.Conflict, "已有一份备案表")
	// The lead does not check his own filing; the officer does not file.
	l.refused(l.post("/staff/U95001/check", url.Values{"verdict": {"accept"}}), fault.Forbidden, "安全保密管理员")
	s := w.in(sec)
	s.refused(s.post("/staff", newcomer("U95002")), fault.Forbidden, "")
	page := s.ok(s.get("/staff/U95001"))
	if strings.Contains(string(page.Body), "15499998888") {
		t.Error("the telephone is shown whole")
	}
	s.refusedPlain(s.post("/staff/U95001/check", url.Values{}), fault.Invalid, "请选择审核意见")
	s.refusedPlain(s.post("/staff/U95001/check", url.Values{"verdict": {"back"}}), fault.Invalid, "退回的理由")
	asks := s.ok(s.post("/staff/U95001/check", url.Values{"verdict": {"accept"}}))
	der := s.signed(asks)
	if got := s.handIn(der); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	w.attack(s.Desk, der, fault.Conflict, "您已经签过", true) // replayed
	if w.count("staff") != people+1 {
		t.Error("no account was opened")
	}
	if e := w.entries(2)[1]; policy.Act(e.Act) != policy.CheckStaff || e.Subject != "staff/U95001" {
		t.Errorf("the entry is %+v", e)
	}
	for _, word := range []string{"倪新禾", "U95001", "培训未完成"} { // filed, and not trained yet
		if page := l.ok(l.get("/staff?find=U95001")).Text("main"); !strings.Contains(page, word) {
			t.Errorf("the register does not say %s: %.300s", word, page)
		}
	}
	for _, secret := range []string{"15499998888", "倪新禾"} {
		if strings.Contains(w.log.Text(), secret) {
			t.Errorf("the log file holds %s", secret)
		}
	}
}

func TestR54ALeaversAccountClosesAtTheNextRequestAndTheExitWaitsForTheKey(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	leaver, l, s := w.in(auditor2), w.in(lead), w.in(sec)
	leaver.ok(leaver.get("/applications"))
	elsewhere := w.twin().in(auditor2)
	l.refusedPlain(l.post("/staff/"+auditor2+"/leave", url.Values{"last": {"2024-11-20"}}), fault.Invalid, "离岗的理由")
	l.refusedPlain(l.post("/staff/"+lead+"/leave", url.Values{"last": {"2024-11-20"}, "leave_reason": {"调离"}}), fault.Forbidden, "不能为自己办理离岗")
	l.done(l.post("/staff/"+auditor2+"/leave", url.Values{"last": {"2024-08-31"}, "leave_reason": {"调离"}}))
	size := w.size()
	locked(t, leaver, "/applications")
	if e := w.entries(1)[0]; w.size() != size+1 || policy.Act(e.Act) != policy.Refusal || e.Actor != auditor2 {
		t.Errorf("the leaver's refusal is no entry: %+v", e)
	}
	locked(t, elsewhere, "/applications") // on the other portal too
	d := w.desk(auditor2)
	if err := d.SignIn(t.Context()); err == nil || !strings.Contains(err.Error(), "岗位已于 2024-08-31 结束") {
		t.Errorf("signs in again: %v", err)
	}
	w.clock.Pass(2 * time.Minute)
	s.refusedPlain(s.post("/staff/"+auditor2+"/exit", nil), fault.Conflict, "钥匙和介质须先交还或停用")
	l.refused(l.post("/staff/"+auditor2+"/exit", nil), fault.Forbidden, "")
	back := newcomer(auditor2)
	l.refusedPlain(l.post("/staff", back), fault.Conflict, "离岗手续还没有办结")
	s.done(s.post("/keys/"+tokenOf(auditor2), do("revoke", "离岗交回")))
	s.done(s.post("/staff/"+auditor2+"/exit", nil))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.ExitStaff || e.Subject != "staff/"+auditor2 {
		t.Errorf("the entry is %+v", e)
	}
	l.ok(l.post("/staff", back)) // on file again, as a change
}

func TestR54TheExitWaitsForEveryMediumToo(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l, s := w.in(lead), w.in(sec)
	register := func(id, custodian string) {
		s.done(s.post("/media", url.Values{"medium": {id}, "kind": {"U盘"}, "custodian": {custodian}, "encryption": {"硬件加密"}, "location": {"机要室"}, "contents": {"报送数据"}}))
	}
	register("M-07", auditor2)
	register("M-08", auditor2)
	register("M-09", auditor)
	a := w.in(auditor)
	a.done(a.post("/media/M-09", do("handover", "调岗", "taker", auditor2))) // on its way to the leaver
	// While the custodian can seal, nobody takes a medium from him.
	s.refusedPlain(s.post("/media/M-07", do("receive", "收回")), fault.Conflict, "应由其本人签署交出")
	l.done(l.post("/staff/"+auditor2+"/leave", url.Values{"last": {"2024-08-31"}, "leave_reason": {"调离"}}))
	s.done(s.post("/keys/"+tokenOf(auditor2), do("revoke", "离岗交回")))
	exit := func(want ...string) {
		t.Helper()
		before := w.records()
		w.clock.Pass(2 * time.Minute)
		p := s.post("/staff/"+auditor2+"/exit", nil)
		for _, say := range want {
			s.refusedPlain(p, fault.Conflict, say)
		}
		if w.records() != before {
			t.Error("a record changed")
		}
		if e := w.entries(1)[0]; e.Act != string(policy.Refusal) || e.Actor != sec || e.Subject != "staff/"+auditor2 {
			t.Errorf("the refused exit left %+v", e)
		}
	}
	exit("介质 M-07（在用）", "介质 M-08（在用）")
	s.done(s.post("/media/M-07", do("receive", "离岗交回")))
	if e := w.entries(1)[0]; e.Act != string(policy.ReceiveMedium) || e.Actor != sec || e.Subject != "medium/M-07" {
		t.Errorf("the entry: %+v", e)
	}
	exit("介质 M-08（在用）")
	// Missing is not back: it stays the leaver's until two write it off.
	s.done(s.post("/media/M-08", do("lost", "离岗时没有交出")))
	exit("介质 M-08（已报失）", "报失的介质须由两人核销")
	s.done(s.post("/media/M-08", do("destroy", "查找无果，核销", "second", sec2)))
	exit("介质 M-08（已报失）")
	w.in(sec2).countersign()
	s.done(s.post("/staff/"+auditor2+"/exit", nil))
	if e := w.entries(1)[0]; e.Act != string(policy.ExitStaff) || e.Subject != "staff/"+auditor2 {
		t.Errorf("the entry is %+v", e)
	}
	// What was on its way to the leaver does not stay in the air: the giver, who
	// is at work, sends it elsewhere.
	s.refusedPlain(s.post("/media/M-09", do("receive", "接收人已离岗")), fault.Conflict, "没有人接收的、报失后找到的也一样")
	a = w.in(auditor)
	a.done(a.post("/media/M-09", do("handover", "接收人已离岗", "taker", sec)))
	s.done(s.post("/media/M-09", do("takeover", "")))
	if text := s.ok(s.get("/media")).Text("main"); strings.Count(text, w.people[sec].Name+"（"+sec+"）") != 2 {
		t.Errorf("the register: %.600s", text)
	}
}

func TestR54APledgeOnPaperOrByTheOwnKey(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l, s := w.in(lead), w.in(sec)
	change := newcomer(auditor2)
	change.Set("pledge", "")
	l.done(l.post("/staff", change))
	s.done(s.post("/staff/"+auditor2+"/check", url.Values{"verdict": {"accept"}}))
	a := w.in(auditor2)
	a.refusedPlain(a.post("/me/pledge", nil), fault.Conflict, "已经签署过") // the paper pledge stands
	u := w.in(unfiled)
	u.refusedPlain(u.post("/me/pledge", nil), fault.Forbidden, "还没有完成系统使用人员备案")
}

// Every act about staff, by everybody who has no line for it and by people of
// another county: nothing moves, and each known person's try is an entry.
func TestR54DirectPostsByWrongRolesAndForeignPeopleMoveNothing(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	l.done(l.post("/staff", newcomer("U95001")))
	posts := map[string]struct {
		form url.Values
		may  string
	}{
		"/staff":                         {newcomer("U95009"), lead + " " + lead2 + " " + cityLead + " " + bothRoles + " " + leadOf祁门 + " " + head + " " + head2 + " " + cityHead},
		"/staff/U95001/check":            {url.Values{"verdict": {"accept"}}, sec + " " + sec2},
		"/staff/" + auditor2 + "/leave":  {url.Values{"last": {"2024-11-20"}, "leave_reason": {"调离"}}, lead + " " + lead2 + " " + cityLead + " " + sec + " " + sec2},
		"/staff/" + auditor2 + "/exit":   {nil, sec + " " + sec2},
		"/staff/" + neighbour + "/leave": {url.Values{"last": {"2024-11-20"}, "leave_reason": {"调离"}}, cityLead + " " + sec + " " + sec2},
	}
	records := w.records()
	for _, staff := range []string{sys, sec, aud, cityLead, rechecker, cityAuditor, auditor, lead, neighbour, handler, head, leadOf祁门, unfiled} {
		r := w.in(staff)
		for path, post := range posts {
			p := r.post(path, post.form)
			asked := strings.Contains(string(p.Body), `name="statement"`)
			if asked && !strings.Contains(post.may, staff) {
				t.Errorf("%s is asked to seal %s", staff, path)
			}
			if !asked && p.Status < 400 {
				t.Errorf("%s posts %s: %d without a text", staff, path, p.Status)
			}
		}
	}
	// A lead of another county is asked about his own bodies only.
	n := w.in(leadOf祁门)
	n.refused(n.post("/staff", newcomer("U95009")), fault.NotFound, "")
	if w.records() != records {
		t.Error("a record changed")
	}
}
