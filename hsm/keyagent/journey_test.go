package keyagent

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/hsmtest"
	"sealdesk/hsm/seal"
)

func TestTheTextOverAllPagesIsTheBytesThatTheTokenSigns(t *testing.T) {
	for _, rows := range []int{1, 100, 101, 2000} {
		t.Run(strconv.Itoa(rows)+" rows", func(t *testing.T) {
			s := newScene(t)
			p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
			text, annex := conclude(t, rows, p)
			path := s.bring(text, annex)
			lines, pages := map[int]string{}, (rows+99)/100
			var last string
			for n := 1; n <= pages; n++ {
				last = s.get(path + "?page=" + strconv.Itoa(n)).page
				linesOf(t, last, lines)
				if waits := strings.Contains(last, `aria-describedby="ph pu" disabled`); waits != (n < pages) {
					t.Errorf("after page %d of %d the PIN field waits: %v", n, pages, waits)
				}
			}
			if textOf(lines) != string(text) {
				t.Fatal("the pages do not show the statement's bytes")
			}
			sum := sha256.Sum256(text)
			if shown := strings.ReplaceAll(field(t, digestText, last), " ", ""); shown != hex.EncodeToString(sum[:]) {
				t.Errorf("the page shows another digest: %s", shown)
			}
			a := s.post(path, url.Values{"once": {field(t, onceField, last)}, "key": {field(t, keyField, last)}, "pin": {p.PIN}})
			der := sealIn(t, a)
			if a.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Error("the redirect to the portal does not hold the referrer back")
			}
			v, err := seal.Verify(der, text, annex, seal.Trust{Roots: s.ca.Pool()}, seal.Expect{Portal: portalName, Kind: seal.Conclude}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if v.Digest() != sum || v.Fingerprint() != seal.Fingerprint(p.Cert) || s.faulty.Signatures() != 1 {
				t.Error("not one signature of that person over those bytes")
			}
			opensslAccepts(t, s.ca.File(t), der, text)
		})
	}
}

func opensslAccepts(t *testing.T, ca string, der, text []byte) {
	t.Helper()
	dir := t.TempDir()
	content, seal := filepath.Join(dir, "statement.txt"), filepath.Join(dir, "seal.p7s")
	for path, b := range map[string][]byte{content: text, seal: der} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", seal, "-content", content,
		"-CAfile", ca, "-purpose", "any", "-out", os.DevNull).CombinedOutput()
	if err != nil {
		t.Errorf("openssl: %v: %s", err, out)
	}
}

func TestAnnexRowsStandAtTheLineThatCarriesTheirDigest(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 120, p)
	st, err := seal.ParseStatement(text, annex)
	if err != nil {
		t.Fatal(err)
	}
	page := s.get(s.bring(text, annex) + "?page=2").page
	bodies := strings.Split(page, `<tbody class="row">`)[1:]
	if len(bodies) != 20 {
		t.Fatalf("page 2 shows %d rows", len(bodies))
	}
	for i, body := range bodies {
		row := st.Annex.Rows[100+i]
		digest := row.Digest()
		for _, want := range append([]string{row.Record, hex.EncodeToString(digest[:])}, row.Cells...) {
			if !strings.Contains(body, want) {
				t.Fatalf("row %d lacks a part of it", 101+i)
			}
		}
	}
}

func TestTheOneViewOfEverythingCountsAsEveryPage(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 350, p)
	path := s.bring(text, annex)
	if first := s.get(path).page; !strings.Contains(first, "还没看：第 2 至 4 页") {
		t.Error("the first page does not say what was not seen")
	}
	page := s.get(path + "?all=1").page
	lines := map[int]string{}
	linesOf(t, page, lines)
	if textOf(lines) != string(text) {
		t.Error("the one view does not show the statement's bytes")
	}
	sealIn(t, s.confirm(path, p.PIN))
}

func TestALogInTakesAnyValidKeyAndLetsThePersonChoose(t *testing.T) {
	s := newScene(t)
	one := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	two := hsmtest.Person(t, s.suite, s.ca, "U01028", "汪远山")
	text, annex := login(t, portalName)
	path := s.bring(text, annex)
	page := s.get(path).page
	for _, want := range []string{"插着不止一把可用的钥匙", "沈知远", "汪远山", one.Label, two.Label} {
		if !strings.Contains(page, want) {
			t.Errorf("the choice does not show %q", want)
		}
	}
	if strings.Contains(page, "checked") {
		t.Error("a key is chosen beforehand")
	}
	keys := keyField.FindAllStringSubmatch(page, -1)
	if len(keys) != 2 {
		t.Fatalf("%d keys to choose from", len(keys))
	}
	a := s.post(path, url.Values{"once": {field(t, onceField, page)}, "pin": {one.PIN}})
	if a.StatusCode != http.StatusSeeOther || !strings.Contains(sentence(s.get(path).page), "还没有选定用哪一把钥匙") {
		t.Error("a post without a choice has no sentence")
	}
	s.unsigned(t)
	second := strings.Index(page, "汪远山") > strings.Index(page, "沈知远")
	choice := keys[0][1]
	if second {
		choice = keys[1][1]
	}
	page = s.get(path).page
	s.post(path, url.Values{"once": {field(t, onceField, page)}, "key": {choice}, "pin": {"999999"}})
	page = s.get(path).page
	if !strings.Contains(page, `value="`+choice+`" required checked`) || strings.Count(page, " checked>") != 1 {
		t.Error("the choice is gone after a wrong PIN")
	}
	der := sealIn(t, s.post(path, url.Values{"once": {field(t, onceField, page)}, "key": {choice}, "pin": {two.PIN}}))
	v, err := seal.Verify(der, text, annex, seal.Trust{Roots: s.ca.Pool()}, seal.Expect{Portal: portalName, Kind: seal.Login}, time.Now())
	if err != nil || v.Fingerprint() != seal.Fingerprint(two.Cert) {
		t.Errorf("not the chosen key signed: %v", err)
	}
}

func TestOnlyTheSignersKeyIsOfferedAmongSeveral(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	hsmtest.Person(t, s.suite, s.ca, "U01028", "汪远山")
	text, annex := conclude(t, 1, p)
	page := s.get(s.bring(text, annex)).page
	if n := len(keyField.FindAllString(page, -1)); n != 1 || strings.Contains(page, "汪远山") {
		t.Errorf("%d keys are offered", n)
	}
}

func TestAPostThatRepeatsTheOpenRequestFindsItsPageAgain(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 1, p)
	if first, again := s.bring(text, annex), s.bring(text, annex); first != again {
		t.Error("the browser's back button makes a second request")
	}
}

func TestAnExpiredStatementOnlyWarns(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := concludeFor(t, portalName, time.Now().Add(-time.Hour), 1, p)
	path := s.bring(text, annex)
	if !strings.Contains(s.get(path).page, "这份原文已过有效期") {
		t.Error("no warning")
	}
	sealIn(t, s.confirm(path, p.PIN))
}

func TestThePersonSeesHerPhraseKeyTokenAndTriesBeforeTheTry(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 3, p)
	page := s.get(s.bring(text, annex)).page
	for _, want := range []string{testPhrase, "沈知远", p.Label, "测试签发机构", "钥匙没有报告输错过 PIN", `autocomplete="off"`, "不签", portalName} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestTheStatusPageShowsTokensAndUsesNone(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	page := s.get("/").page
	for _, want := range []string{p.Label, "沈知远", portalName, portalOrigin, "钥匙没有报告输错过 PIN", testPhrase} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if s.get("/healthz").page != "ok\n" {
		t.Error("healthz")
	}
	s.unsigned(t)
}

func TestTheLogHoldsNoPINAndNoWordOfTheStatement(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 3, p)
	path := s.bring(text, annex)
	s.confirm(path, "999999")
	sealIn(t, s.confirm(path, p.PIN))
	log := s.log.String()
	for _, secret := range []string{p.PIN, "999999", "沈知远", "余清扬", "歙县", p.StaffID, "2026-341021-00400", strings.TrimPrefix(path, "/request/")} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, want := range []string{`"msg":"received"`, `"not signed"`, `"wrong-pin"`, `"signed"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
}

func TestARequestLeftLyingMakesRoomForTheNext(t *testing.T) {
	s := newScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	text, annex := conclude(t, 1, p)
	left := s.bring(text, annex)
	s.agent.mu.Lock()
	s.agent.open.touched = time.Now().Add(-idle - time.Second)
	s.agent.mu.Unlock()
	next := s.bring(conclude(t, 2, p))
	if a := s.get(left); a.StatusCode != http.StatusGone || sentence(a.page) != gone.sentence {
		t.Errorf("the page left lying: %d %q", a.StatusCode, sentence(a.page))
	}
	sealIn(t, s.confirm(next, p.PIN))
}
