package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sealdesk/server/sheet"
)

// Everything a key goes through in a real browser, with the programs that are
// shipped and real tokens: delivered in a batch, given to a new person by
// ceremony, used for a first act once training and role are there, handed to a
// colleague, lost, and missed by the yearly count. At the end a stranger's
// verifier accepts the log of it all.
func TestBrowserAKeysWholeLifeFromTheDeliveryToTheGapInTheCount(t *testing.T) {
	l := foundTown(t)
	c := startChromium(t, l.path("ca.pem"))
	k, second := l.newStick("new-1"), l.newStick("new-2")
	l.agentStartsAgain()
	lead, officer := l.signIn(c, "U00031"), l.signIn(c, "U00002")

	officer.takesDelivery(k, second)
	person := lead.filesNewLead("周雅琴")
	officer.checksFiling(person)
	lead.asksForAKey(person, "新任负责人")
	officer.gives(k, "新任负责人")
	code := officer.enrols(k, person, "周雅琴")

	n := l.sitsWith(c, person, k)
	if who := ask[string](n.tab, "document.body.innerText"); !strings.Contains(who, "周雅琴") {
		t.Fatalf("somebody else is signed in:\n%s", who)
	}
	n.mayNotYetWork()
	n.learns()
	lead.confirmsTraining(person)
	lead.asksForRole(person, officer)
	l.signIn(c, "U00004").reviewsRoles(person)
	n.entersALicence()

	const colleague = "U00030"
	n.handsOver(k, colleague)
	n.isRefused()
	colleaguesCode := officer.enrols(k, colleague, "黄新浩")
	taker := l.sitsWith(c, colleague, k)
	taker.reportsLossWithoutAKey(colleague, code, colleaguesCode)
	taker.isRefused()
	officer.countsAndFindsTheGap(k, second)
	l.everythingIsInTheLog()
}

// takesDelivery brings in a list of two hundred, two of which lie here.
func (s *somebody) takesDelivery(sticks ...stick) {
	var rows [][]string
	for _, k := range sticks {
		rows = append(rows, []string{k.serial, k.label, "北京某厂"})
	}
	for i := len(rows); i < 200; i++ {
		rows = append(rows, []string{fmt.Sprintf("FT3000-%04d", i), fmt.Sprintf("黄山 %d", i), "北京某厂"})
	}
	list := filepath.Join(s.t.TempDir(), "delivery.xlsx")
	f, err := os.Create(list)
	if err == nil {
		err = sheet.WritePlain(f, "供货清单", []string{"序列号", "标签", "供货单位"}, rows)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.goes("/deliveries")
	s.do("choose the list", chromedp.SetUploadFiles(chromedp.CSS("#sheet"), []string{list}))
	s.press(button("上传并试读"), "可以入库")
	s.picture("delivery-report")
	if text := ask[string](s.tab, "document.querySelector('main').innerText"); !strings.Contains(text, "200 把") {
		s.t.Errorf("the dry run says\n%s", text)
	}
	s.press(button("看将要签的内容"), "您将签署的内容")
	s.seal("key-delivery")
}

// filesNewLead reports a new person (R54) and gives the number.
func (s *somebody) filesNewLead(name string) (staff string) {
	s.goes("/staff/new")
	staff = ask[string](s.tab, `document.getElementById("staff").value`)
	s.fill("name", name)
	s.set("org", "341021")
	s.fill("post", "人事股副股长")
	s.fill("phone", "15400000000")
	s.click(`main input[name=role][value=CL]`)
	s.fill("pledge", "承诺书 2024-77")
	s.set("starts", "2024-09-01")
	s.picture("filing")
	s.submit("/staff")
	s.seal("filing")
	return staff
}

func (s *somebody) checksFiling(staff string) {
	s.goes("/staff/" + staff)
	s.picture("filing-to-check")
	s.click(`main input[name=verdict][value=accept]`)
	s.submit("/staff/" + staff + "/check")
	s.seal("filing-check")
}

func (s *somebody) asksForAKey(staff, reason string) {
	s.goes("/requests")
	s.fill("staff", staff)
	s.fill("reason", reason)
	s.submit("/requests")
	s.seal("key-request")
}

// gives assigns a token of the store to the only open request.
func (s *somebody) gives(k stick, reason string) {
	s.goes("/keys/" + k.serial)
	s.picture("key-in-store")
	s.click(`main input[name=do][value=assign]`)
	s.set("request", ask[string](s.tab, `[...document.getElementById("request").options].map(o => o.value).find(v => v) || ""`))
	s.fill("reason", reason)
	s.submit("/keys/" + k.serial)
	s.seal("key-assign")
}

// enrols is the ceremony at the officer's desk: the pair is made inside the
// token, the certificate issued and written, and the new holder's first seal
// takes the key over. It gives the one-time code for a loss, shown at the end.
func (s *somebody) enrols(k stick, staff, name string) (code string) {
	s.goes("/enrolments/" + k.serial)
	s.picture("enrolment-1-" + staff)
	s.press(button("去签名助手生成密钥"), "核对原文，在这把钥匙里生成密钥")
	s.picture("agent-enrol-" + staff)
	shown := ask[string](s.tab, `[...document.querySelectorAll("#text li > span")].map(e => e.textContent + "\n").join("")`)
	if !strings.Contains(shown, "sealdesk/v1 enrol-request\n") || !strings.Contains(shown, name+"（"+staff+"）") {
		s.t.Errorf("the agent shows\n%s", shown)
	}
	s.withPIN(k.pin, "生成密钥", "您将签署的内容")
	s.see("签发钥匙证书")
	s.picture("statement-key-enrol-" + staff)
	s.press("main button.b-seal", "钥匙 PIN")
	s.choosesOwnKey()
	s.withPIN(s.pin, "签署", "把证书写入钥匙")
	s.picture("enrolment-2-" + staff)
	s.press(button("去签名助手写入证书"), "核对原文，把证书写入这把钥匙")
	s.picture("agent-install-" + staff)
	s.withPIN(k.pin, "写入证书", "签名助手说证书已经写好")
	s.picture("enrolment-3-" + staff)
	s.press(link("看接管的全文"), "接管钥匙")
	s.picture("takeover-" + staff)
	s.press("main button.b-seal", "钥匙 PIN")
	s.withPIN(k.pin, "签署", "还差一步")
	s.picture("taken-" + staff)
	s.press(button("显示报失口令"), "只显示这一次")
	s.picture("loss-slip-" + staff)
	code = ask[string](s.tab, `document.querySelector(".code b").textContent`)
	if len(code) != 19 || strings.Contains(s.location(), code) {
		s.t.Errorf("the loss code has %d characters, or stands in the address", len(code))
	}
	s.press(link("已经收好"), "已经接管")
	s.picture("enrolment-done-" + staff)
	return code
}

// mayNotYetWork is R43 and the policy: neither training nor role are there.
func (s *somebody) mayNotYetWork() {
	s.mayRefuse("/licences")
	s.goes("/licences")
	if text := ask[string](s.tab, "document.body.innerText"); strings.Contains(text, "登记许可证") {
		s.t.Error("a person without training and role may act")
	}
	s.goes("/me")
	s.see("还有 4 项")
}

func (s *somebody) learns() {
	s.tickAll("topic")
	s.set("learned", "2024-09-02")
	s.picture("training")
	s.submit("/me/training")
	s.seal("training")
}

func (s *somebody) confirmsTraining(staff string) {
	s.goes("/staff/" + staff)
	s.submit("/staff/" + staff + "/training")
	s.seal("training-confirm")
}

// asksForRole is the lead's half; the security officer named in it grants.
func (s *somebody) asksForRole(staff string, officer *somebody) {
	s.goes("/staff/" + staff)
	s.set("role", "CL")
	s.fill("role_reason", "新任副股长")
	s.set("confirmer", officer.staff)
	s.picture("role-asked")
	s.submit("/staff/" + staff + "/role")
	s.seal("role-ask")
	officer.countersigns("role-grant")
}

// reviewsRoles is the auditor's part.
func (s *somebody) reviewsRoles(staff string) {
	s.goes("/roles")
	s.picture("roles")
	if text := ask[string](s.tab, "document.querySelector('main').innerText"); !strings.Contains(text, staff) {
		s.t.Errorf("the auditor does not see whose role changed:\n%s", text)
	}
	s.tickAll("change")
	s.submit("/roles/review")
	s.seal("role-review")
}

// entersALicence is the new lead's first act.
func (s *somebody) entersALicence() {
	s.goes("/licences")
	s.set("school", ask[string](s.tab, `[...document.getElementById("school").options].map(o => o.value).find(v => v) || ""`))
	s.fill("licence_no", "教民 134102160000019 号")
	s.picture("licence")
	s.submit("/licences")
	done := s.seal("licence")
	if !strings.Contains(string(done.statement), "134102160000019") {
		s.t.Errorf("the first act is\n%s", done.statement)
	}
}

// handsOver gives the token to a colleague: the giver's seal ends the key.
func (s *somebody) handsOver(k stick, taker string) {
	s.goes("/key")
	s.set("taker", taker)
	s.fill("reason", "调整分工")
	s.picture("hand-over")
	s.submit("/key/handover")
	text, err := base64.StdEncoding.DecodeString(ask[string](s.tab, `document.querySelector("main input[name=statement]").value`))
	if err != nil || !strings.Contains(string(text), k.serial) || !strings.Contains(string(text), taker) {
		s.t.Errorf("the hand-over says\n%s", text)
	}
	s.press("main button.b-seal", "钥匙 PIN")
	s.choosesOwnKey()
	s.withPIN(s.pin, "签署", "钥匙已交出")
	s.picture("handed-over")
}

// isRefused asks for a page with the session that stood on a key that ended.
func (s *somebody) isRefused() {
	s.t.Helper()
	s.goes("/key")
	s.see("用钥匙登录")
	s.picture("refused-" + s.staff)
	if at := s.location(); !strings.Contains(at, "/sign-in") {
		s.t.Errorf("the old holder is at %s", at)
	}
}

// reportsLossWithoutAKey uses the page that needs none; a code of an earlier
// holder of the same token says nothing.
func (s *somebody) reportsLossWithoutAKey(staff, stale, code string) {
	b := &somebody{tab: s.tab.sitDown(s.t), town: s.town, staff: staff}
	b.mayRefuse("/lost")
	b.goes("/lost")
	b.fill("staff", staff)
	b.fill("code", stale)
	b.press(button("立即报失"), "没有")
	b.picture("lost-refused")
	if text := ask[string](b.tab, "document.body.innerText"); strings.Contains(text, "已写入日志") {
		b.t.Fatal("the earlier holder's code reports the loss")
	}
	b.set("staff", staff)
	b.set("code", code)
	b.press(button("立即报失"), "已写入日志")
	b.picture("lost-done")
}

// countsAndFindsTheGap opens the year's count, sees what is there and closes it
// with a second person.
func (s *somebody) countsAndFindsTheGap(lostOne, there stick) {
	year := strconv.Itoa(time.Now().Year())
	s.goes("/stocktakes")
	s.set("year", year)
	s.submit("/stocktakes")
	s.seal("stocktake")
	s.goes("/key")
	s.submit("/key/prove")
	s.seal("proof")
	s.goes("/stocktakes")
	s.fill("serials", there.serial)
	s.submit("/stocktakes/" + year + "/count")
	s.seal("count")
	s.goes("/stocktakes")
	s.picture("stocktake-gaps")
	gaps := ask[map[string]string](s.tab, `Object.fromEntries([...document.querySelectorAll("main .reg tbody tr")].map(r => [r.querySelector("th").innerText.trim(), r.querySelector("td:last-child").innerText.trim()]))`)
	if !strings.Contains(gaps[lostOne.serial], "报失") {
		s.t.Errorf("the lost token is not among %d gaps: %q", len(gaps), gaps[lostOne.serial])
	}
	if _, missed := gaps[there.serial]; missed {
		s.t.Error("a counted token is a gap")
	}
	s.set("second", "U00003")
	s.fill("note", "遗失一把，其余限期自证")
	s.submit("/stocktakes/" + year + "/close")
	s.seal("stocktake-close")
}

// everythingIsInTheLog lets the portal's own check and a stranger's verifier
// read what the day left.
func (l *livingTown) everythingIsInTheLog() {
	l.t.Helper()
	l.run(l.portal, "check", "--records", "--config", l.path("portal.yaml"))
	dir := l.t.TempDir()
	l.run(l.portal, "log", "export", "--config", l.path("portal.yaml"), "--bodies", filepath.Join(dir, "bodies"), filepath.Join(dir, "log"))
	said := l.run(l.auditverif, "log", "--vkey", l.path("log.vkey"), "--bodies", filepath.Join(dir, "bodies"), filepath.Join(dir, "log"))
	l.t.Log(said)
}
