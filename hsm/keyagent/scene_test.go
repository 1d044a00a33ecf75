package keyagent

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
	"sealdesk/hsm/seal"
)

const (
	portalName   = "黄山市教师资格定期注册签台"
	portalOrigin = "https://localhost:8443"
	otherName    = "别处的签台"
	otherOrigin  = "https://elsewhere.example"
	testPhrase   = "窗外新安江"
)

// scene is a running agent over real tokens, with a counter in between.
type scene struct {
	t       testing.TB
	suite   *hsmtest.Suite
	ca      *hsmtest.Authority
	faulty  *hsmtest.Faulty
	agent   *Agent
	address string
	origin  string // of the portal
	trust   string // file with its CA, "" for the system's
	log     *journal
	client  *http.Client
}

// journal is what the agent logs, to be read while it runs.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// newScene starts an agent whose modules are one counted SoftHSM, or those given.
func newScene(t testing.TB, sources ...Source) *scene {
	t.Helper()
	return newSceneAt(t, portalOrigin, sources...)
}

// newSceneAt has its portal at another origin.
func newSceneAt(t testing.TB, origin string, sources ...Source) *scene {
	t.Helper()
	return newSceneTrusting(t, origin, "", sources...)
}

// newSceneTrusting has the CA of its portal in the list.
func newSceneTrusting(t testing.TB, origin, trust string, sources ...Source) *scene {
	t.Helper()
	s := &scene{t: t, origin: origin, trust: trust, suite: hsmtest.SoftHSM(t), ca: hsmtest.CA(t), log: &journal{}}
	faulty, module := s.suite.Faulty(t)
	s.faulty = faulty
	if len(sources) == 0 {
		sources = []Source{{"libsofthsm2.so", func() (*hsm.Module, error) { return module, nil }}}
	}
	s.start(sources)
	return s
}

func (s *scene) start(sources []Source) {
	s.t.Helper()
	s.address = freeAddress(s.t)
	config := Config{
		Listen: s.address, Phrase: testPhrase, Modules: []string{s.suite.Library},
		Portals: []Portal{{Name: portalName, Origin: s.origin, CA: s.trust}, {Name: otherName, Origin: otherOrigin}},
		Log:     slog.New(slog.NewJSONHandler(s.log, nil)),
	}
	agent, err := New(config, ModulesFrom(sources...))
	if err != nil {
		s.t.Fatal(err)
	}
	s.agent = agent
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- agent.Serve(ctx) }()
	transport := &http.Transport{}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.t.Cleanup(func() {
		transport.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			s.t.Errorf("the agent ended with %v", err)
		}
	})
	for range 200 {
		if conn, err := net.Dial("tcp", s.address); err == nil {
			conn.Close()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatal("the agent does not listen")
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// conclude is a statement over so many applications that these people sign.
func conclude(t testing.TB, rows int, people ...hsmtest.PersonToken) (text, annex []byte) {
	t.Helper()
	return concludeFor(t, portalName, time.Now(), rows, people...)
}

func concludeFor(t testing.TB, portal string, issued time.Time, rows int, people ...hsmtest.PersonToken) (text, annex []byte) {
	t.Helper()
	h := seal.Header{Portal: portal, Institution: "歙县教育局（341021）", Nonce: [16]byte{9, 4, 1, 15: byte(rows)}, Issued: issued, Expires: issued.Add(20 * time.Minute)}
	for _, p := range people {
		h.Signers = append(h.Signers, seal.Signer{Staff: p.StaffID, Name: p.Name, Fingerprint: seal.Fingerprint(p.Cert)})
	}
	a := seal.Annex{Columns: []string{"姓名", "证件末四位", "学校", "学段学科", "注册类别"}}
	names := []string{"余清扬", "姚映雪", "程静姝", "曹嘉树", "俞思齐", "吴令仪"}
	schools := []string{"松萝中学", "率水初级中学", "白岳学校（民办）", "齐云实验幼儿园"}
	for i := range rows {
		a.Rows = append(a.Rows, seal.AnnexRow{Record: fmt.Sprintf("2026-341021-%05d", 400+i), Salt: [16]byte{byte(i), byte(i >> 8), 7},
			Cells: []string{names[i%6], fmt.Sprintf("%04d", 1000+i), schools[i%4], "初中数学", "定期注册"}})
	}
	st, err := seal.New(seal.Conclude, h, []seal.Field{{Label: "计划年度", Value: "2026"}, {Label: "结论", Value: "注册合格"}, {Label: "规则包", Value: "national-2013"}}, a)
	if err != nil {
		t.Fatal(err)
	}
	return printed(t, st)
}

func login(t testing.TB, portal string) (text, annex []byte) {
	t.Helper()
	st, err := seal.New(seal.Login, seal.Header{Portal: portal, Nonce: [16]byte{1}, Issued: time.Now(), Expires: time.Now().Add(5 * time.Minute)}, nil, seal.Annex{})
	if err != nil {
		t.Fatal(err)
	}
	return printed(t, st)
}

func printed(t testing.TB, st seal.Statement) (text, annex []byte) {
	t.Helper()
	text, err := st.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if annex, err = st.Annex.Print(); err != nil {
		t.Fatal(err)
	}
	return text, annex
}

func form(text, annex []byte) url.Values {
	return url.Values{"statement": {base64.StdEncoding.EncodeToString(text)}, "annex": {base64.StdEncoding.EncodeToString(annex)}}
}

// answer is what came back, with its body read.
type answer struct {
	*http.Response
	page string
}

func (s *scene) do(method, path string, body string, change func(*http.Request)) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, "http://"+s.address+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if change != nil {
		change(r)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	s.checkHeaders(resp)
	return answer{resp, string(page)}
}

// checkHeaders holds what every answer, whatever it says, must carry.
func (s *scene) checkHeaders(resp *http.Response) {
	s.t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self' " +
			s.origin + " " + otherOrigin + "; frame-ancestors 'none'; base-uri 'none'",
		"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := resp.Header.Get(name); got != want {
			s.t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if policy := resp.Header.Get("Referrer-Policy"); policy != "no-referrer" && policy != "same-origin" {
		s.t.Errorf("Referrer-Policy: %q", policy)
	}
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			s.t.Errorf("the answer carries %s", name)
		}
	}
}

func from(origin string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Origin", origin) }
}

func (s *scene) get(path string) answer { s.t.Helper(); return s.do(http.MethodGet, path, "", nil) }

// bring posts a statement as its portal does and gives the path of its page.
func (s *scene) bring(text, annex []byte) string {
	s.t.Helper()
	a := s.do(http.MethodPost, "/sign", form(text, annex).Encode(), from(portalOrigin))
	if a.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("the statement was not taken: %d %s", a.StatusCode, sentence(a.page))
	}
	return a.Header.Get("Location")
}

var (
	onceField     = regexp.MustCompile(`name="once" value="([^"]*)"`)
	keyField      = regexp.MustCompile(`name="key" (?:id="[^"]*" )?value="([^"]*)"`)
	digestText    = regexp.MustCompile(`id="digest">([^<]*)<`)
	headLines     = regexp.MustCompile(`(?s)<li><span>(.*?)</span></li>`)
	rowLines      = regexp.MustCompile(`(?s)data-line="(\d+)">(.*?)</td>`)
	tags          = regexp.MustCompile(`<[^>]*>`)
	errorSentence = regexp.MustCompile(`(?s)(?:__list"><li><a href="[^"]*">|class="sentence">)(.*?)</`)
)

// sentence is what stands at the top of a page that refuses.
func sentence(page string) string {
	m := errorSentence.FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func field(t testing.TB, at *regexp.Regexp, page string) string {
	t.Helper()
	m := at.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no %v", at)
	}
	return html.UnescapeString(m[1])
}

// linesOf collects the lines of the text that a page shows, by number; a line
// shown twice must be the same.
func linesOf(t testing.TB, page string, into map[int]string) {
	t.Helper()
	put := func(n int, line string) {
		if before, ok := into[n]; ok && before != line {
			t.Errorf("line %d is shown in two ways", n)
		}
		into[n] = line
	}
	for i, m := range headLines.FindAllStringSubmatch(page, -1) {
		put(i+1, html.UnescapeString(tags.ReplaceAllString(m[1], "")))
	}
	for _, m := range rowLines.FindAllStringSubmatch(page, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		put(n, html.UnescapeString(m[2]))
	}
}

func textOf(lines map[int]string) string {
	var b strings.Builder
	for n := 1; n <= len(lines); n++ {
		b.WriteString(lines[n] + "\n")
	}
	return b.String()
}

// confirm shows everything and posts the PIN from our own page.
func (s *scene) confirm(path, pin string) answer {
	s.t.Helper()
	page := s.get(path + "?all=1").page
	return s.post(path, url.Values{"once": {field(s.t, onceField, page)}, "key": {field(s.t, keyField, page)}, "pin": {pin}})
}

func (s *scene) post(path string, values url.Values) answer {
	s.t.Helper()
	return s.do(http.MethodPost, path+"/sign", values.Encode(), from("http://"+s.address))
}

func sealIn(t testing.TB, a answer) []byte {
	t.Helper()
	location := a.Header.Get("Location")
	encoded, ok := strings.CutPrefix(location, portalOrigin+"/sealed#seal=")
	encoded, _, _ = strings.Cut(encoded, "&presence=")
	if a.StatusCode != http.StatusSeeOther || !ok {
		t.Fatalf("no seal came back: %d %s", a.StatusCode, sentence(a.page))
	}
	der, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (s *scene) unsigned(t testing.TB) {
	t.Helper()
	if n := s.faulty.Signatures(); n != 0 {
		t.Errorf("the token made %d signatures", n)
	}
	if n := s.faulty.Calls("C_Login"); n != 0 {
		t.Errorf("the token was asked for its PIN %d times", n)
	}
}
