package keyagent

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/hsmtest"
	"sealdesk/hsm/seal"
)

// enrolOrder is an order to make a pair in the token of that serial, or, after
// a stroke, of that label too.
func enrolOrder(t testing.TB, serial, algorithm string, known ...string) []byte {
	t.Helper()
	fields := append(tokenFields(serial), seal.Field{Label: "算法", Value: algorithm})
	for _, k := range known {
		fields = append(fields, seal.Field{Label: "已有证书", Value: k})
	}
	return orderOf(t, seal.EnrolRequest, portalName, fields)
}

func tokenFields(named string) []seal.Field {
	serial, label, both := strings.Cut(named, "|")
	fields := []seal.Field{{Label: "领用人", Value: "苏怀瑾（U09001）"}, {Label: "钥匙序列号", Value: serial}}
	if both {
		fields = append(fields, seal.Field{Label: "钥匙名称", Value: label})
	}
	return fields
}

// installOrder is an order to write a certificate beside its key.
func installOrder(t testing.TB, serial string, leaf *x509.Certificate, chain []*x509.Certificate, clears ...string) []byte {
	t.Helper()
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	fields := append(tokenFields(serial), seal.Field{Label: "公钥摘要", Value: hex.EncodeToString(sum[:])},
		seal.Field{Label: "证书", Value: base64.StdEncoding.EncodeToString(leaf.Raw)})
	for _, c := range chain {
		fields = append(fields, seal.Field{Label: "上级证书", Value: base64.StdEncoding.EncodeToString(c.Raw)})
	}
	for _, c := range clears {
		fields = append(fields, seal.Field{Label: "清除证书", Value: c})
	}
	return orderOf(t, seal.InstallRequest, portalName, fields)
}

func orderOf(t testing.TB, kind seal.Kind, portal string, fields []seal.Field) []byte {
	t.Helper()
	h := seal.Header{Portal: portal, Institution: "歙县教育局（341021）", Issued: time.Now(), Expires: time.Now().Add(20 * time.Minute)}
	if _, err := rand.Read(h.Nonce[:]); err != nil {
		t.Fatal(err)
	}
	o, err := seal.NewOrder(kind, h, fields)
	if err != nil {
		t.Fatal(err)
	}
	text, err := o.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func orderForm(text []byte) url.Values {
	return url.Values{"order": {base64.StdEncoding.EncodeToString(text)}}
}

// order posts an order as its portal does and gives the path of its page.
func (s *scene) order(to string, text []byte) string {
	s.t.Helper()
	a := s.do(http.MethodPost, to, orderForm(text).Encode(), from(portalOrigin))
	if a.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("the order was not taken: %d %s", a.StatusCode, sentence(a.page))
	}
	return a.Header.Get("Location")
}

func TestAttacksOnThePostOfAnOrderTouchNoToken(t *testing.T) {
	s := newScene(t)
	info := s.empty("victim")
	text := enrolOrder(t, info.Serial, "ECDSA P-256")
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	fields := []seal.Field{{Label: "领用人", Value: "苏怀瑾（U09001）"}, {Label: "钥匙序列号", Value: info.Serial}, {Label: "算法", Value: "ECDSA P-256"}}
	good := orderForm(text)
	ok := from(portalOrigin)
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Origin", portalOrigin); r.Header.Set(name, value) }
	}
	statement, annex := conclude(t, 1, p)
	swapped := installOrder(t, p.Serial, p.Cert, nil)
	wrong := s.ca.Issue(t, other.Public(), "U01027", "沈知远")
	swapped = []byte(strings.Replace(string(swapped), base64.StdEncoding.EncodeToString(p.Cert.Raw), base64.StdEncoding.EncodeToString(wrong.Raw), 1))
	for _, c := range []struct {
		name, to string
		body     url.Values
		how      func(*http.Request)
		why      refusal
	}{
		{"another origin", "/enrol", good, from("https://evil.example"), foreignOrigin},
		{"a null origin", "/enrol", good, from("null"), nullOrigin},
		{"no origin", "/enrol", good, nil, noOrigin},
		{"our own origin", "/enrol", good, from("http://" + s.address), foreignOrigin},
		{"a rebound host", "/enrol", good, func(r *http.Request) { r.Header.Set("Origin", portalOrigin); r.Host = "evil.example:17890" }, foreignHost},
		{"a frame", "/enrol", good, with("Sec-Fetch-Dest", "iframe"), framed},
		{"a script", "/enrol", good, with("Sec-Fetch-Mode", "no-cors"), framed},
		{"plain text", "/enrol", good, with("Content-Type", "text/plain"), wrongType},
		{"a portal not on the list", "/enrol", orderForm(orderOf(t, seal.EnrolRequest, "别的门户", fields)), ok, unknownPortal},
		{"a lie about the portal", "/enrol", orderForm(orderOf(t, seal.EnrolRequest, otherName, fields)), ok, lyingPortal},
		{"an order to enrol where one installs", "/install", good, ok, wrongOrder},
		{"a return address", "/enrol", url.Values{"order": good["order"], "return": {"https://evil.example"}}, ok, brokenForm},
		{"no order", "/enrol", url.Values{}, ok, brokenForm},
		{"over the limit", "/enrol", url.Values{"order": {strings.Repeat("A", maxPost)}}, ok, tooLarge},
		{"a certificate for another key than the text says", "/install", orderForm(swapped), ok, badPackage},
		{"a certificate that its issuer did not sign", "/install", orderForm(installOrder(t, p.Serial, p.Cert, []*x509.Certificate{hsmtest.CA(t).Cert})), ok, badPackage},
		{"an authority's certificate as a person's", "/install", orderForm(installOrder(t, p.Serial, s.ca.Cert, nil)), ok, badPackage},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.refused(t, s.do(http.MethodPost, c.to, c.body.Encode(), c.how), c.why)
			s.nothingOpen(t)
			s.untouched(t)
		})
	}
	for name, body := range map[string][]byte{"a statement": statement, "a broken text": []byte("sealdesk/v1 enrol-request\n"), "an order with CRLF": []byte(strings.ReplaceAll(string(text), "\n", "\r\n"))} {
		t.Run(name, func(t *testing.T) {
			if a := s.do(http.MethodPost, "/enrol", orderForm(body).Encode(), ok); a.StatusCode != http.StatusUnprocessableEntity {
				t.Errorf("%d", a.StatusCode)
			}
			s.nothingOpen(t)
			s.untouched(t)
		})
	}
	t.Run("an order where one signs", func(t *testing.T) {
		if a := s.do(http.MethodPost, "/sign", form(text, nil).Encode(), ok); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%d", a.StatusCode)
		}
		s.nothingOpen(t)
	})
	t.Run("by address", func(t *testing.T) {
		s.refused(t, s.do(http.MethodGet, "/enrol?"+good.Encode(), "", ok), onlyPost)
		s.refused(t, s.do(http.MethodPut, "/install", good.Encode(), ok), onlyPost)
		s.untouched(t)
	})
	t.Run("a statement's page does no work, an order's page signs nothing", func(t *testing.T) {
		path := s.bring(statement, annex)
		once := field(t, onceField, s.get(path).page)
		s.refused(t, s.do(http.MethodPost, path+"/carry-out", url.Values{"once": {once}, "pin": {p.PIN}}.Encode(), from("http://"+s.address)), otherWork)
		s.do(http.MethodPost, path+"/cancel", "", from("http://"+s.address))
		path = s.order("/enrol", text)
		once = field(t, onceField, s.get(path).page)
		s.refused(t, s.post(path, url.Values{"once": {once}, "key": {"x"}, "pin": {newPIN}}), otherWork)
		s.untouched(t)
	})
}

func TestAttacksOnTheWorkOfAnOrderTouchNoToken(t *testing.T) {
	s := newScene(t)
	info := s.empty("victim")
	path := s.order("/enrol", enrolOrder(t, info.Serial, "ECDSA P-256"))
	own := "http://" + s.address
	for _, c := range []struct {
		name string
		how  func(*http.Request)
		why  refusal
	}{
		{"before the text was shown", from(own), usedOnce},
		{"from the portal's page", from(portalOrigin), notOurPage},
		{"from another origin", from("https://evil.example"), notOurPage},
		{"without an origin", nil, notOurPage},
		{"across sites", func(r *http.Request) { r.Header.Set("Origin", own); r.Header.Set("Sec-Fetch-Site", "cross-site") }, notOurPage},
		{"from a frame", func(r *http.Request) { r.Header.Set("Origin", own); r.Header.Set("Sec-Fetch-Dest", "iframe") }, framed},
		{"to a rebound name", func(r *http.Request) { r.Header.Set("Origin", own); r.Host = "evil.example" }, foreignHost},
	} {
		t.Run(c.name, func(t *testing.T) {
			once := "AAAAAAAAAAAAAAAAAAAAAAAAAA"
			if c.why.reason != usedOnce.reason {
				once = field(t, onceField, s.get(path).page)
			}
			s.refused(t, s.do(http.MethodPost, path+"/carry-out", url.Values{"once": {once}, "pin": {newPIN}}.Encode(), c.how), c.why)
			s.untouched(t)
		})
	}
	t.Run("twenty posts of one page make one pair", func(t *testing.T) {
		body := url.Values{"once": {field(t, onceField, s.get(path).page)}, "pin": {newPIN}}.Encode()
		statuses := make(chan int, 20)
		for range cap(statuses) {
			go func() {
				statuses <- s.do(http.MethodPost, path+"/carry-out", body, from(own)).StatusCode
			}()
		}
		count := map[int]int{}
		for range cap(statuses) {
			count[<-statuses]++
		}
		if keys, _ := s.holds(info, newPIN); count[http.StatusSeeOther] != 1 || s.faulty.Calls("C_GenerateKeyPair") != 1 || keys != 1 {
			t.Errorf("answers %v, %d pairs made, %d there", count, s.faulty.Calls("C_GenerateKeyPair"), keys)
		}
	})
}
