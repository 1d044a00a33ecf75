package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/chromedp/chromedp"
)

// somebody of the town sits at a window of the browser with a token in the
// workstation.
type somebody struct {
	*tab
	town       *livingTown
	staff, pin string
	token      string // its label
}

// signIn is sitsWith the token that the founding of the town gave out.
func (l *livingTown) signIn(c *chromium, staff string) *somebody {
	l.t.Helper()
	return l.sitsWith(c, staff, stick{label: staff, pin: l.pin(staff)})
}

// sitsWith goes the whole way into a new session: the portal's page, the
// agent's page, the choice of one's own token among all that are plugged in,
// the PIN, and home.
func (l *livingTown) sitsWith(c *chromium, staff string, k stick) *somebody {
	l.t.Helper()
	s := &somebody{tab: c.sitDown(l.t), town: l, staff: staff, pin: k.pin, token: k.label}
	s.goes("/sign-in")
	s.picture("sign-in-" + staff)
	s.press("main button.b-seal", "签名证书")
	s.choosesOwnKey()
	s.picture("agent-sign-in-" + staff)
	s.withPIN(s.pin, "签署", "今日办理")
	if at := s.location(); at != "https://"+l.staff+"/" {
		l.t.Fatalf("%s is at %s after signing in", staff, withoutSeal(at))
	}
	s.picture("home-" + staff)
	return s
}

// choosesOwnKey picks the person's token where several would do: one machine
// of the test has them all plugged in.
func (s *somebody) choosesOwnKey() {
	s.t.Helper()
	if ask[bool](s.tab, `!!document.querySelector("input[type=radio][name=key]")`) {
		s.click(fmt.Sprintf("//label[contains(., %q)]", "钥匙 "+s.token+"，"))
	}
}

// seal signs the statement that the portal shows. What the agent shows over
// all its pages must be its bytes, and both pages must name their digest.
func (s *somebody) seal(name string) signed {
	s.t.Helper()
	s.see("您将签署的内容")
	s.picture("statement-" + name)
	statement, err := base64.StdEncoding.DecodeString(ask[string](s.tab, `document.querySelector("main input[name=statement]").value`))
	if err != nil {
		s.t.Fatal(err)
	}
	sum := sha256.Sum256(statement)
	digest := hex.EncodeToString(sum[:])
	if exact := ask[string](s.tab, `document.querySelector("main pre.note").textContent`); exact != string(statement) {
		s.t.Errorf("%s: the portal's exact text is not the statement's bytes", name)
	}
	if at := s.location(); at != "https://"+s.town.staff+"/statements/"+digest {
		s.t.Errorf("%s: the statement of digest %s stands at %s", name, digest, at)
	}
	if words := s.digestIn("main aside"); !strings.Contains(words, digest) {
		s.t.Errorf("%s: the portal's page does not show the digest %s", name, digest)
	}
	s.press("main button.b-seal", "钥匙 PIN")
	if at := s.location(); !strings.HasPrefix(at, "http://"+s.town.agent+"/request/") {
		s.t.Fatalf("%s: the button leads to %s", name, withoutSeal(at))
	}
	if shown := s.readAll(name); shown != string(statement) {
		s.t.Errorf("%s: the agent's pages together are not the statement's bytes:\n%d bytes shown, %d in the statement", name, len(shown), len(statement))
	}
	if words := s.digestIn("#digest"); words != digest {
		s.t.Errorf("%s: the agent names the digest %s, the bytes have %s", name, words, digest)
	}
	s.choosesOwnKey()
	s.withPIN(s.pin, "签署", "回执")
	at := s.location()
	number, err := strconv.Atoi(at[strings.LastIndex(at, "/")+1:])
	if err != nil {
		s.t.Fatalf("%s: no receipt at %s", name, withoutSeal(at))
	}
	s.picture("receipt-" + name)
	done := signed{statement, number, ask[string](s.tab, "document.querySelector('main').innerText")}
	if !strings.Contains(strings.Join(strings.Fields(done.text), ""), digest) {
		s.t.Errorf("%s: the receipt does not name the digest %s", name, digest)
	}
	return done
}

// digestIn is the text of an element without white space.
func (s *somebody) digestIn(selector string) string {
	s.t.Helper()
	return strings.Join(strings.Fields(ask[string](s.tab, fmt.Sprintf("document.querySelector(%q).textContent", selector))), "")
}

// readAll turns the agent's pages one by one; until the last was shown there
// is no PIN to be typed.
func (s *somebody) readAll(name string) string {
	s.t.Helper()
	lines := func(selector string) string {
		return ask[string](s.tab, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.textContent + "\n").join("")`, selector))
	}
	text := lines("#text li > span") + lines(".line [data-line]")
	s.picture("agent-" + name)
	for page := 2; ask[bool](s.tab, `!!document.querySelector("nav.pager .leaves")`); page++ {
		next := fmt.Sprintf("//nav//a[contains(., '看第 %d 页')]", page)
		if !ask[bool](s.tab, fmt.Sprintf(`document.evaluate(%q, document, null, XPathResult.BOOLEAN_TYPE).booleanValue`, next)) {
			break
		}
		if !ask[bool](s.tab, `document.querySelector("#pin").disabled`) {
			s.t.Errorf("%s: a PIN may be typed before page %d was shown", name, page)
		}
		s.press(next, fmt.Sprintf("第 %d 页，共", page))
		text += lines(".line [data-line]")
	}
	return text
}

// tick chooses all rows of a register by the box in its head.
func (s *somebody) tick() int {
	s.t.Helper()
	s.do("wait for the box that ticks all", chromedp.WaitVisible(chromedp.CSS("input[data-batch=all]")))
	if !ask[bool](s.tab, `document.querySelector("input[data-batch=all]").checked`) {
		s.click("input[data-batch=all]")
	}
	return ask[int](s.tab, `document.querySelectorAll("input[name=application]:checked").length`)
}

// applications gives the records of a list, one page of it.
func (s *somebody) applications(query string) []string {
	s.t.Helper()
	s.open("https://" + s.town.staff + "/applications?" + query)
	return ask[[]string](s.tab, `[...document.querySelectorAll("main .reg th a")].map(a => a.getAttribute("href").split("/")[2])`)
}

// others is what none of the lists holds.
func others(all []string, lists ...[]string) (rest []string) {
	held := map[string]bool{}
	for _, list := range lists {
		for _, id := range list {
			held[id] = true
		}
	}
	for _, id := range all {
		if !held[id] {
			rest = append(rest, id)
		}
	}
	return rest
}
