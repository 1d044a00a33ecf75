package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// clickTwice presses the mouse twice on the same place, as fast as it goes,
// and waits for a page with these words that was not there before.
func (b *tab) clickTwice(selector, words string) {
	b.t.Helper()
	b.leaving()
	at := ask[[]float64](b, fmt.Sprintf(`(() => { const e = document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue;
		e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()`, selector))
	b.do("click twice", chromedp.MouseClickXY(at[0], at[1]), chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(2)))
	b.see(words)
}

// back presses the browser's own button; the page that comes must hold these words.
func (b *tab) back(words string) {
	b.t.Helper()
	b.leaving()
	// The button does not wait for the page: one that comes from the history
	// may never tell of a load.
	ask[bool](b, "setTimeout(() => history.back(), 0) > 0")
	b.see(words)
}

// harmless asks that nothing on the page could be sent once more: no text to
// sign, no PIN, no form towards the agent.
func (b *tab) harmless(what string) {
	b.t.Helper()
	if n := ask[int](b, `document.querySelectorAll("main input[name=statement], #pin, main form[action*='/sign'], main button.b-seal").length`); n != 0 {
		b.t.Errorf("%s: %d fields or buttons could sign once more", what, n)
	}
}

// declares writes a declaration and stops before its text.
func (s *somebody) declares(applyNo string) {
	s.t.Helper()
	s.open("https://" + s.town.staff + "/relatives")
	s.do("type the number", chromedp.SendKeys(chromedp.CSS("main input[name=apply_no]"), applyNo), chromedp.SetValue(chromedp.CSS("main select[name=relation]"), "sibling"))
	s.press("//main//form[@action='/relatives']//button", "您将签署的内容")
}

// typesPIN types it on the agent's page, which stands there.
func (s *somebody) typesPIN() {
	s.t.Helper()
	s.choosesOwnKey()
	s.do("type the PIN", chromedp.SendKeys(chromedp.CSS("#pin"), s.pin))
}

// stands counts the declarations with this number.
func (s *somebody) stands(applyNo string) int {
	s.t.Helper()
	s.open("https://" + s.town.staff + "/relatives")
	return ask[int](s.tab, fmt.Sprintf(`[...document.querySelectorAll("main .reg tbody tr")].filter(r => r.innerText.includes(%q)).length`, applyNo))
}

// number is the entry whose receipt the page shows.
func (s *somebody) number() string {
	s.t.Helper()
	at := s.location()
	return at[strings.LastIndex(at, "/")+1:]
}

func TestBrowserASecondClickASecondWindowAndTheWayBackMakeOneActEach(t *testing.T) {
	l := foundTown(t)
	c := startChromium(t, l.path("ca.pem"))
	s := l.signIn(c, "U00455")

	s.declares("202499000001")
	s.clickTwice(button("去签名助手签署"), "钥匙 PIN")
	s.typesPIN()
	s.clickTwice(button("签署"), "回执")
	if n := s.stands("202499000001"); n != 1 {
		t.Fatalf("two clicks made %d acts", n)
	}

	s.declares("202499000002")
	statement := s.location()
	s.press(button("去签名助手签署"), "钥匙 PIN")
	s.typesPIN()
	request := strings.TrimPrefix(s.location(), "http://"+l.agent)
	s.press(button("签署"), "回执")
	number := s.number()
	s.goesBack(strings.TrimPrefix(statement, "https://"+l.staff), request, number)
	if n := s.stands("202499000002"); n != 1 {
		t.Fatalf("after going back there are %d acts", n)
	}

	s.declares("202499000003")
	other := s.beside()
	other.open(s.location())
	other.see("您将签署的内容")
	s.press(button("去签名助手签署"), "钥匙 PIN")
	s.typesPIN()
	s.press(button("签署"), "回执")
	number = s.number()
	other.press(button("去签名助手签署"), "钥匙 PIN")
	other.mayRefuse("/sealed")
	other.typesPIN()
	other.press(button("签署"), "记为第 "+number+" 号，没有再次办理")
	other.picture("second-window-refused")
	if n := s.stands("202499000003"); n != 1 {
		t.Fatalf("two windows made %d acts", n)
	}

	s.open("https://" + l.staff + "/sealed")
	s.see("这里没有要送交的签名")
	s.picture("sealed-opened-bare")
	s.do("load it again", chromedp.Reload())
	s.see("这里没有要送交的签名")
	l.wholeLogHolds()
}

// goesBack walks from the receipt over both pages of the signing.
func (s *somebody) goesBack(statement, request, number string) {
	s.t.Helper()
	s.mayRefuse(request)
	s.mayRefuse(statement)
	s.back("已经")
	if at := s.location(); !strings.HasSuffix(at, request) {
		s.t.Errorf("one step back leads to %s, not to the agent's %s", withoutSeal(at), request)
	}
	s.harmless("one step back")
	s.picture("back-one")
	s.back("您已经签过，记为第 " + number + " 号")
	s.harmless("two steps back")
	s.picture("back-two")
	s.press("//main//a[contains(., '看那一份回执')]", "回执")
	if got := s.number(); got != number {
		s.t.Errorf("the way on leads to the receipt of %s, not of %s", got, number)
	}
}

// beside opens a second window of the same person in the same profile.
func (s *somebody) beside() *somebody {
	s.t.Helper()
	ctx, cancel := chromedp.NewContext(s.ctx)
	s.t.Cleanup(cancel)
	// The window lives as long as the context that is first used for it.
	if err := chromedp.Do(ctx); err != nil {
		s.t.Fatal(err)
	}
	second := *s.tab
	second.ctx = ctx
	both := *s
	both.tab = &second
	both.do("begin", chromedp.EmulateViewport(1366, 768))
	return &both
}
