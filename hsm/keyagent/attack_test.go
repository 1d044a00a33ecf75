package keyagent

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/hsmtest"
)

// refused holds what each attack must meet: its own sentence and status, no
// phrase for a stranger, no request in hand, no call that uses the key.
func (s *scene) refused(t *testing.T, a answer, why refusal) {
	t.Helper()
	if a.StatusCode != why.status || sentence(a.page) != why.sentence {
		t.Errorf("%d %q, want %d %q", a.StatusCode, sentence(a.page), why.status, why.sentence)
	}
	if why.strange == strings.Contains(a.page, testPhrase) {
		t.Errorf("the phrase is told: %v", !why.strange)
	}
	if !strings.Contains(s.log.String(), `"reason":"`+why.reason+`"`) {
		t.Errorf("the log does not say %s", why.reason)
	}
	s.unsigned(t)
}

func (s *scene) nothingOpen(t *testing.T) {
	t.Helper()
	s.agent.mu.Lock()
	defer s.agent.mu.Unlock()
	if s.agent.open != nil {
		t.Error("a request was opened")
	}
}

func TestAttacksOnTheFirstPostOpenNothing(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	foreign, foreignAnnex := concludeFor(t, "不在名单上的门户", time.Now(), 2, p)
	lying, lyingAnnex := concludeFor(t, otherName, time.Now(), 2, p)
	changed := bytes.Replace(annex, []byte("姚映雪"), []byte("姚映霜"), 1)
	good := form(text, annex)
	with := func(changes ...func(*http.Request)) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Origin", portalOrigin)
			for _, c := range changes {
				c(r)
			}
		}
	}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, c := range []struct {
		name string
		body url.Values
		how  func(*http.Request)
		why  refusal
	}{
		{"another origin", good, from("https://evil.example"), foreignOrigin},
		{"an origin that begins like the portal's", good, from(portalOrigin + ".evil.example"), foreignOrigin},
		{"the portal's host without TLS", good, from("http://localhost:8443"), foreignOrigin},
		{"the portal's host in capitals", good, from("https://LOCALHOST:8443"), foreignOrigin},
		{"our own origin", good, from("http://" + s.address), foreignOrigin},
		{"a null origin", good, from("null"), nullOrigin},
		{"no origin", good, nil, noOrigin},
		{"two origins", good, func(r *http.Request) { r.Header["Origin"] = []string{portalOrigin, "https://evil.example"} }, noOrigin},
		{"a rebound host name", good, with(func(r *http.Request) { r.Host = "evil.example:17890" }), foreignHost},
		{"the name localhost", good, with(func(r *http.Request) { r.Host = strings.Replace(s.address, "127.0.0.1", "localhost", 1) }), foreignHost},
		{"a framed post", good, with(set("Sec-Fetch-Dest", "iframe"), set("Sec-Fetch-Mode", "navigate")), framed},
		{"a script's post", good, with(set("Sec-Fetch-Dest", "empty"), set("Sec-Fetch-Mode", "no-cors")), framed},
		{"a plain-text form", good, with(set("Content-Type", "text/plain")), wrongType},
		{"a portal that is not listed", form(foreign, foreignAnnex), with(), unknownPortal},
		{"a statement that lies about its portal", form(lying, lyingAnnex), with(), lyingPortal},
		{"a body over the limit", url.Values{"statement": {strings.Repeat("A", maxPost)}, "annex": {""}}, with(), tooLarge},
		{"no annex field", url.Values{"statement": good["statement"]}, with(), brokenForm},
		{"a return address", url.Values{"statement": good["statement"], "annex": good["annex"], "return": {"https://evil.example"}}, with(), brokenForm},
		{"two statements", url.Values{"statement": {good.Get("statement"), good.Get("statement")}, "annex": good["annex"]}, with(), brokenForm},
		{"base64 with a line break", url.Values{"statement": {good.Get("statement")[:8] + "\n" + good.Get("statement")[8:]}, "annex": good["annex"]}, with(), brokenForm},
		{"base64 without padding", url.Values{"statement": {"QQ"}, "annex": {""}}, with(), brokenForm},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.refused(t, s.do(http.MethodPost, "/sign", c.body.Encode(), c.how), c.why)
			s.nothingOpen(t)
		})
	}
	for _, c := range []struct {
		name, want  string
		text, annex []byte
	}{
		{"an annex with one row changed", "附件第 2 条与正文所列摘要不符", text, changed},
		{"no annex", "附件的栏目与正文所列摘要不符", text, nil},
		{"a text with CRLF", "原文没有通过核对", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")), annex},
		{"a text of no kind", "原文没有通过核对", []byte("sealdesk/v1 gift\n门户: " + portalName + "\n"), nil},
		{"no text", "原文没有通过核对", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.do(http.MethodPost, "/sign", form(c.text, c.annex).Encode(), with())
			if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(sentence(a.page), c.want) {
				t.Errorf("%d %q", a.StatusCode, sentence(a.page))
			}
			s.unsigned(t)
			s.nothingOpen(t)
		})
	}
}

func TestOpeningTheAddressNeverSigns(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	s.refused(t, s.do(http.MethodGet, "/sign?"+form(text, annex).Encode(), "", from(portalOrigin)), onlyPost)
	s.refused(t, s.do(http.MethodPut, "/sign", form(text, annex).Encode(), from(portalOrigin)), onlyPost)
	s.nothingOpen(t)
	path := s.bring(text, annex)
	page := s.get(path).page
	values := url.Values{"once": {field(t, onceField, page)}, "key": {field(t, keyField, page)}, "pin": {p.PIN}}
	s.refused(t, s.get(path+"/sign?"+values.Encode()), notFound)
}

func TestAttacksOnTheSecondPostSignNothing(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 250, p)
	path := s.bring(text, annex)
	page := s.get(path).page
	values := func() url.Values {
		return url.Values{"once": {field(t, onceField, s.get(path).page)}, "key": {field(t, keyField, page)}, "pin": {p.PIN}}
	}
	own := "http://" + s.address
	for _, c := range []struct {
		name string
		how  func(*http.Request)
		why  refusal
	}{
		{"from the portal's page", from(portalOrigin), notOurPage},
		{"from another origin", from("https://evil.example"), notOurPage},
		{"from a null origin", from("null"), notOurPage},
		{"without an origin", nil, notOurPage},
		{"across sites", func(r *http.Request) { r.Header.Set("Origin", own); r.Header.Set("Sec-Fetch-Site", "cross-site") }, notOurPage},
		{"from a frame", func(r *http.Request) { r.Header.Set("Origin", own); r.Header.Set("Sec-Fetch-Dest", "iframe") }, framed},
		{"to a rebound name", func(r *http.Request) { r.Header.Set("Origin", own); r.Host = "evil.example" }, foreignHost},
		{"before the text was shown", from(own), unread},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.refused(t, s.do(http.MethodPost, path+"/sign", values().Encode(), c.how), c.why)
		})
	}
	t.Run("with a guessed address", func(t *testing.T) {
		s.refused(t, s.post("/request/AAAAAAAAAAAAAAAAAAAAAAAAAA", values()), gone)
	})
	t.Run("with a made-up token", func(t *testing.T) {
		s.get(path + "?all=1")
		v := values()
		v.Set("once", "AAAAAAAAAAAAAAAAAAAAAAAAAA")
		s.refused(t, s.post(path, v), usedOnce)
	})
	t.Run("a HEAD shows nobody a page", func(t *testing.T) {
		other := newScene(t)
		q := other.bring(text, annex)
		other.do(http.MethodHead, q+"?all=1", "", nil)
		if !strings.Contains(other.get(q).page, "还没看：第 2 至 3 页") {
			t.Error("pages count as seen")
		}
	})
}

func TestAReplayedTokenSignsNothing(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	page := s.get(path).page
	values := url.Values{"once": {field(t, onceField, page)}, "key": {field(t, keyField, page)}, "pin": {"000000"}}
	s.post(path, values) // a wrong PIN spends the token
	values.Set("pin", p.PIN)
	if a := s.post(path, values); a.StatusCode != http.StatusConflict || sentence(a.page) != usedOnce.sentence {
		t.Errorf("the second use of a token: %d %q", a.StatusCode, sentence(a.page))
	}
	if s.faulty.Signatures() != 0 || s.faulty.Calls("C_Login") != 1 {
		t.Error("the replay reached the token")
	}
	sealIn(t, s.confirm(path, p.PIN))
	if a := s.post(path, values); a.StatusCode != http.StatusGone || s.faulty.Signatures() != 1 {
		t.Errorf("after the seal: %d, %d signatures", a.StatusCode, s.faulty.Signatures())
	}
	if a := s.get(path); a.StatusCode != http.StatusGone {
		t.Error("the page outlives its request")
	}
}

func TestASecondRequestWhileOneIsOpenIsTurnedAway(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	second, secondAnnex := conclude(t, 3, p)
	a := s.do(http.MethodPost, "/sign", form(second, secondAnnex).Encode(), from(portalOrigin))
	s.refused(t, a, busy)
	if !strings.Contains(a.page, `href="`+path+`"`) || !strings.Contains(a.page, "放弃那一份") {
		t.Error("no way forward")
	}
	if c := s.do(http.MethodPost, path+"/cancel", "", from("https://evil.example")); c.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign page cancels: %d", c.StatusCode)
	}
	c := s.do(http.MethodPost, path+"/cancel", "", from("http://"+s.address))
	if c.StatusCode != http.StatusOK || !strings.Contains(c.page, "没有签署") || !strings.Contains(c.page, portalOrigin) {
		t.Errorf("cancelling: %d", c.StatusCode)
	}
	s.unsigned(t)
	sealIn(t, s.confirm(s.bring(second, secondAnnex), p.PIN))
}

func TestTwoPostsOfOnePINMakeOneSignature(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 2, p)
	path := s.bring(text, annex)
	page := s.get(path).page
	body := url.Values{"once": {field(t, onceField, page)}, "key": {field(t, keyField, page)}, "pin": {p.PIN}}.Encode()
	statuses := make(chan int, 20)
	for range cap(statuses) {
		go func() {
			statuses <- s.do(http.MethodPost, path+"/sign", body, from("http://"+s.address)).StatusCode
		}()
	}
	count := map[int]int{}
	for range cap(statuses) {
		count[<-statuses]++
	}
	if count[http.StatusSeeOther] != 1 || s.faulty.Signatures() != 1 {
		t.Errorf("answers %v, %d signatures", count, s.faulty.Signatures())
	}
}

func TestAnUnknownPathOrFileHasItsPage(t *testing.T) {
	s := newScene(t)
	for _, path := range []string{"/x", "/static/", "/static/../agent.go", "/static/none.css", "/request/", "/request/a/b/c"} {
		if a := s.get(path); a.StatusCode == http.StatusOK {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	for _, path := range []string{"/static/agent.css", "/static/request.css", "/static/once.js", "/static/mark.svg", "/static/govuk/LICENSE.txt"} {
		if a := s.get(path); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}
