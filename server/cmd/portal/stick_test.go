package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/chromedp/chromedp"
)

// stick is a token of the workstation: what a vendor delivers, initialised with
// a PIN and empty.
type stick struct{ label, serial, pin string }

// newStick initialises a further SoftHSM token while portal and agent run.
func (l *livingTown) newStick(label string) stick {
	l.t.Helper()
	k := stick{label: label, pin: digits(6)}
	l.run("softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", digits(8), "--pin", k.pin)
	slots := l.run("softhsm2-util", "--show-slots")
	found := regexp.MustCompile(`Serial number:\s+(\S+)[^S]*(?:[^\n]*\n){0,3}?\s+Label:\s+` + label + `\b`).FindStringSubmatch(slots)
	if found == nil {
		l.t.Fatalf("no token %s in\n%s", label, slots)
	}
	k.serial = strings.ToUpper(found[1])
	return k
}

// agentStartsAgain is what SoftHSM wants before it shows a token initialised by
// another program; a token that is plugged in needs no such thing.
func (l *livingTown) agentStartsAgain() {
	l.t.Helper()
	l.kill(l.keyagent)
	l.start(l.keyagent, "--config", l.path("agent.yaml"))
	l.answers("http://" + l.agent + "/")
}

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

// set puts a value into a field that is chosen rather than typed: a list, a day.
func (b *tab) set(id, value string) {
	b.t.Helper()
	if got := ask[string](b, fmt.Sprintf(`(() => { const e = document.getElementById(%q); e.value = %q; e.dispatchEvent(new Event("change", {bubbles: true})); return e.value })()`, id, value)); got != value {
		b.t.Fatalf("%s does not take %q", id, value)
	}
}

// tickAll ticks every box of a group.
func (b *tab) tickAll(name string) {
	b.t.Helper()
	if n := ask[int](b, fmt.Sprintf(`[...document.querySelectorAll("main input[type=checkbox][name=" + %q + "]")].map(e => e.click()).length`, name)); n == 0 {
		b.t.Fatalf("no box %s", name)
	}
}

// submit sends the form with this address, and shows the statement.
func (s *somebody) submit(action string) {
	s.t.Helper()
	s.press(fmt.Sprintf(`main form[action=%q] button[type=submit]`, action), "您将签署的内容")
}

// goes opens a page of the portal.
func (s *somebody) goes(path string) {
	s.t.Helper()
	s.open("https://" + s.town.staff + path)
}

// countersigns reads and seals the one matter that waits for this person.
func (s *somebody) countersigns(name string) signed {
	s.t.Helper()
	s.goes("/confirmations")
	at := ask[[]string](s.tab, `[...document.querySelectorAll("main a")].map(a => a.getAttribute("href")).filter(h => h.startsWith("/confirmations/"))`)
	if len(at) != 1 {
		s.t.Fatalf("%d matters wait for %s", len(at), s.staff)
	}
	s.goes(at[0])
	return s.seal(name)
}
