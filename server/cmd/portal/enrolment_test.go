package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// fill types into a field of the page.
func (b *tab) fill(id, text string) {
	b.t.Helper()
	b.do("type into "+id, chromedp.SendKeys(chromedp.CSS("#"+id), text))
}

// withPIN types a PIN on the agent's page, presses a button there, and waits
// for the page that follows.
func (b *tab) withPIN(pin, press, words string) {
	b.t.Helper()
	b.do("type the PIN", chromedp.SendKeys(chromedp.CSS("#pin"), pin))
	b.press(button(press), words)
}

// The first half of a key's life in a real browser, with the programs that are
// shipped: a lead asks, an officer assigns, the pair is made inside an empty
// SoftHSM token, the certificate issued and written, and the new person's first
// seal takes the key over; then she signs in with it.
func TestANewPersonGetsAnEmptyTokenByCeremonyAndSignsIn(t *testing.T) {
	l := foundTown(t)
	c := startChromium(t, l.path("ca.pem"))
	const person = "U00030"
	raw, err := os.ReadFile(l.path("pins", spareLabel))
	if err != nil {
		t.Fatal(err)
	}
	pin := strings.TrimSpace(string(raw))

	lead := l.signIn(c, "U00031")
	lead.open("https://" + l.staff + "/requests")
	lead.fill("staff", person)
	lead.fill("reason", "新任审核员")
	lead.press(`main form[action="/requests"] button`, "您将签署的内容")
	lead.seal("key-request")

	s := l.signIn(c, "U00002")
	s.open("https://" + l.staff + "/keys?state=in_store")
	at := ask[string](s.tab, `[...document.querySelectorAll("main a")].map(a => a.getAttribute("href")).find(h => /^\/keys\/[0-9A-F-]+$/.test(h)) || ""`)
	if at == "" {
		t.Fatal("the store shows no empty token")
	}
	s.open("https://" + l.staff + at)
	s.click(`main input[name=do][value=assign]`)
	ask[bool](s.tab, `(() => { const s = document.querySelector("#request"); s.value = [...s.options].map(o => o.value).find(v => v); return true })()`)
	s.fill("reason", "新任审核员")
	s.press(`main form[action="`+at+`"] button`, "您将签署的内容")
	s.seal("key-assign")

	s.open("https://" + l.staff + "/enrolments")
	s.picture("enrolments")
	s.press(link(strings.TrimPrefix(at, "/keys/")), "在钥匙里生成密钥")
	s.picture("enrolment-1")
	s.press(button("去签名助手生成密钥"), "核对原文，在这把钥匙里生成密钥")
	s.picture("agent-enrol")
	shown := ask[string](s.tab, `[...document.querySelectorAll("#text li > span")].map(e => e.textContent + "\n").join("")`)
	if !strings.Contains(shown, "sealdesk/v1 enrol-request\n") || !strings.Contains(shown, "（"+person+"）") {
		t.Errorf("the agent shows\n%s", shown)
	}
	s.withPIN(pin, "生成密钥", "您将签署的内容")
	s.see("签发钥匙证书")
	s.picture("statement-key-enrol")
	s.press("main button.b-seal", "钥匙 PIN")
	s.choosesOwnKey()
	s.withPIN(s.pin, "签署", "把证书写入钥匙")
	s.picture("enrolment-2")
	s.press(button("去签名助手写入证书"), "核对原文，把证书写入这把钥匙")
	s.picture("agent-install")
	s.withPIN(pin, "写入证书", "签名助手说证书已经写好")
	s.picture("enrolment-3")
	s.press(link("看接管的全文"), "接管钥匙")
	s.picture("takeover")
	s.press("main button.b-seal", "钥匙 PIN")
	s.withPIN(pin, "签署", "还差一步")
	s.picture("taken")
	s.press(button("显示报失口令"), "只显示这一次")
	s.picture("loss-slip")
	if code := ask[string](s.tab, `document.querySelector(".code b").textContent`); len(code) != 19 || strings.Contains(ask[string](s.tab, "location.href"), code) {
		t.Errorf("the loss code is %q", code)
	}
	s.press(link("已经收好"), "已经接管")
	s.picture("enrolment-done")

	n := c.sitDown(t)
	n.open("https://" + l.staff + "/sign-in")
	n.press("main button.b-seal", "签名证书")
	if ask[bool](n, `!!document.querySelector("input[type=radio][name=key]")`) {
		n.click(fmt.Sprintf("//label[contains(., %q)]", "钥匙 "+spareLabel+"，"))
	}
	n.withPIN(pin, "签署", "今日办理")
	n.see("")
	if who := ask[string](n, "document.body.innerText"); !strings.Contains(who, "黄新浩") {
		t.Error("somebody else is signed in")
	}
	l.run(l.portal, "check", "--records", "--config", l.path("portal.yaml"))
	dir := t.TempDir()
	l.run(l.portal, "log", "export", "--config", l.path("portal.yaml"), "--bodies", filepath.Join(dir, "bodies"), filepath.Join(dir, "log"))
	l.run(l.auditverif, "log", "--vkey", l.path("log.vkey"), "--bodies", filepath.Join(dir, "bodies"), filepath.Join(dir, "log"))
}
