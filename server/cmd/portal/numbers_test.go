package main

import (
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// wholeNumber finds a whole identity number anywhere in the page, also where it is
// not seen.
const wholeNumber = `document.documentElement.outerHTML.match(/\d{17}[\dX]/)?.[0] || ""`

// looksAtTheNumber compares the identity number from the step of the review that
// stands there (R60). A browser that goes back, forward or reloads finds it masked.
func (s *somebody) looksAtTheNumber(id string) {
	s.t.Helper()
	at := "https://" + s.town.staff + "/applications/" + id
	step := at + "/review?step=compare-1"
	look := func() string {
		s.open(step)
		if n := ask[string](s.tab, wholeNumber); n != "" {
			s.t.Error("the step shows a whole number")
		}
		s.click(`main input[name=number][value=id_number]`)
		s.do("type why", chromedp.SendKeys(chromedp.CSS("main textarea[name=look_reason]"), "与身份证原件逐位核对"))
		s.press(button("记入日志并查看"), "只显示这一次")
		n := ask[string](s.tab, wholeNumber)
		if n == "" || !strings.HasSuffix(s.location(), "/reveal") {
			s.fail("the whole number", nil)
		}
		return n
	}
	masked := func(what, number string) {
		s.t.Helper()
		if ask[bool](s.tab, `document.documentElement.outerHTML.includes("`+number+`")`) {
			s.t.Errorf("%s: the number is still there", what)
		}
	}
	number := look()
	s.picture("numbers")
	back := func() { // from memory, where no load event comes and the flag of leaving is kept
		ask[bool](s.tab, "history.back(), true")
		time.Sleep(time.Second)
		ask[bool](s.tab, "delete window.leaving")
	}
	back()
	s.see("纸质材料与网上申报是否一致")
	masked("back", number)
	// Forward again there is nothing to show: the answer was not kept.
	s.mayRefuse("/applications/" + id + "/reveal")
	ask[bool](s.tab, "history.forward(), true")
	time.Sleep(time.Second)
	masked("forward", number)
	number = look()
	s.leaving()
	s.do("reload", chromedp.Reload())
	s.see("纸质材料与网上申报是否一致")
	masked("reload", number)
	if at := s.location(); at != step {
		s.t.Errorf("a reload leads to %s", at)
	}
	number = look()
	s.press(link("看完了"), "纸质材料与网上申报是否一致")
	masked("on", number)
	back()
	masked("back to the answer", number)
}
