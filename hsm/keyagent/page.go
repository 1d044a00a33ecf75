package keyagent

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
)

// frame is what every page carries around its content.
type frame struct {
	Title   string
	Address string
	Phrase  string // "" where a stranger might read it
	From    string // the portal that asks
}

func (a *Agent) frame(title, from string) frame {
	return frame{title, a.config.Listen, a.config.Phrase, from}
}

// render writes a page whole or not at all.
func (a *Agent) render(w http.ResponseWriter, status int, name string, page any) {
	var b bytes.Buffer
	if err := a.pages.ExecuteTemplate(&b, name, page); err != nil {
		a.log.Error("page", "name", name, "error", err.Error())
		http.Error(w, "签名助手出错，没有签署。请重新打开本页。", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the reader may be gone
}

// formsFollow lets the browser send the true Origin with the forms of a page;
// under no-referrer it would be null. No other origin learns anything of it.
func formsFollow(w http.ResponseWriter) { w.Header().Set("Referrer-Policy", "same-origin") }

type refusedPage struct {
	frame
	Sentence string
	Link     string
	Held     string // path of the request in hand, for those who may end it
	Number   string
	Unused   bool // this request came nowhere near the key
}

// refuse answers with the sentence of a refusal and logs its reason under the
// number that the page shows.
func (a *Agent) refuse(w http.ResponseWriter, r *http.Request, err error) {
	why := (*refusal)(nil)
	if !errors.As(err, &why) {
		why = brokenForm.because(err)
	}
	number := rand.Text()[:8]
	a.log.Warn("refused", "reason", why.reason, "status", why.status, "method", r.Method, "number", number)
	page := refusedPage{frame: a.frame("没有受理", ""), Sentence: why.sentence, Link: why.link, Number: number, Unused: !why.late}
	if why.strange {
		page.Phrase, page.Link = "", ""
	}
	if why.reason == busy.reason {
		page.Held = why.link
		formsFollow(w)
	}
	if why.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	a.render(w, why.status, "refused.html", page)
}

type cancelledPage struct {
	frame
	Portal Portal
	Unused bool // no PIN was tried for it
}

// requestPage is the text with everything beside it.
type requestPage struct {
	frame
	Path, Once  string
	Kind        string
	Lines       int
	Bytes       int
	Digest      []string
	Head        []headLine
	Columns     []string
	Rows        []rowLine
	First, Last int // rows shown, from 1
	Total       int
	Page        int // 0: all on one
	Pages       []pageLink
	Unseen      string
	Next        int
	Expires     string
	Expired     bool
	Keys        keysView
	Failure     *failure
	chosen      string // id of the key of the last try
}

// headLine is a line before the table. Label and Value together are its bytes.
type headLine struct{ Label, Value string }

// rowLine is one line of the table, as signed, with the annex row it covers.
type rowLine struct {
	Number int // of the line in the text
	Cells  []string
	Signed string
}

type pageLink struct {
	Number        int
	Seen, Current bool
}

// GET /request/{token}: the text, page by page. What is shown here is written
// down as shown.
func (a *Agent) show(w http.ResponseWriter, r *http.Request) {
	q, page, err := a.view(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	formsFollow(w)
	if q.order != nil {
		a.render(w, http.StatusOK, "order.html", a.viewOrder(r, q, page))
		return
	}
	// Tokens are asked without the lock: a driver may take its time.
	chosen := page.chosen
	page.Keys = viewKeys(a.modules.keysFor(r.Context(), q.kind, q.header), q.kind)
	for i, k := range page.Keys.Usable {
		page.Keys.Usable[i].Chosen = k.ID == chosen
	}
	a.render(w, http.StatusOK, "request.html", page)
}

// view is the page of the address without what the tokens say.
func (a *Agent) view(r *http.Request) (*request, requestPage, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	q, err := a.find(r.PathValue("token"))
	if err != nil {
		return nil, requestPage{}, err
	}
	number, err := pageNumber(r, len(q.seen))
	if err != nil {
		return nil, requestPage{}, withLink(notFound, q)
	}
	if r.Method == http.MethodGet && wholeWindow(r.Header) { // a HEAD or an image shows nobody anything
		q.show(number)
	}
	return q, a.compose(q, number), nil
}

// pageNumber reads ?page=N or ?all=1; 0 stands for all.
func pageNumber(r *http.Request, pages int) (int, error) {
	query := r.URL.Query()
	if query.Get("all") == "1" {
		return 0, nil
	}
	if !query.Has("page") {
		return 1, nil
	}
	n, err := strconv.Atoi(query.Get("page"))
	if err != nil || n < 1 || n > pages {
		return 0, &notFound
	}
	return n, nil
}

// compose lays out one page of a request; for who holds mu.
func (a *Agent) compose(q *request, number int) requestPage {
	head, rows := q.lines()
	form, _ := seal.FormOf(q.kind)
	p := requestPage{
		frame: a.frame("核对原文："+form.Title, q.portal.Name), Path: "/request/" + q.token, Once: q.once, Kind: form.Title,
		Lines: len(head) + len(rows), Bytes: len(q.text), Digest: groups(hex.EncodeToString(q.digest[:])),
		Columns: q.statement.Annex.Columns, Total: len(rows), Page: number,
		Expires: q.header.Expires.In(beijing).Format("2006-01-02 15:04:05"), Expired: time.Now().After(q.header.Expires),
		Failure: q.failure, chosen: q.chosen,
	}
	for _, line := range head {
		p.Head = append(p.Head, splitLine(line))
	}
	first, last := 0, len(rows)
	if number > 0 {
		first, last = (number-1)*pageRows, min(number*pageRows, len(rows))
	}
	p.First, p.Last = first+1, last
	for i := first; i < last; i++ {
		p.Rows = append(p.Rows, rowLine{len(head) + i + 1, q.statement.Annex.Rows[i].Cells, rows[i]})
	}
	for i, seen := range q.seen {
		p.Pages = append(p.Pages, pageLink{i + 1, seen, number == i+1})
	}
	if unseen := q.unseen(); len(unseen) > 0 {
		p.Unseen, p.Next = ranges(unseen), unseen[0]
	}
	return p
}

func splitLine(line string) headLine {
	if i := strings.Index(line, ": "); i >= 0 {
		return headLine{line[:i+2], line[i+2:]}
	}
	return headLine{"", line}
}

// groups cuts a digest into eights, which eyes can compare.
func groups(s string) []string {
	var list []string
	for ; len(s) > 8; s = s[8:] {
		list = append(list, s[:8])
	}
	return append(list, s)
}

// ranges prints page numbers as 2、5 至 9.
func ranges(list []int) string {
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		switch {
		case j == i:
			parts = append(parts, strconv.Itoa(list[i]))
		default:
			parts = append(parts, strconv.Itoa(list[i])+" 至 "+strconv.Itoa(list[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, "、")
}

// keysView is the choice of keys as the page shows it.
type keysView struct {
	Usable, Unusable []keyView
	Troubles         []string
	Pad              bool // every usable key has a pad of its own
	Several          bool
}

type keyView struct {
	ID, Person, Body, Token, Issuer, Until, Problem string
	Fingerprint                                     []string
	Tries                                           hsm.Tries
	TriesSentence                                   string
	Pad, Chosen                                     bool
}

func viewKeys(ring keyring, kind seal.Kind) keysView {
	v := keysView{Troubles: ring.troubles, Several: len(ring.usable) > 1, Pad: len(ring.usable) > 0}
	for _, k := range ring.usable {
		v.Usable = append(v.Usable, viewKey(k))
		v.Pad = v.Pad && k.token.info.ProtectedPath
	}
	for _, k := range ring.unusable {
		// At a log-in a second, expired certificate is no news.
		if kind != seal.Login || len(ring.usable) == 0 {
			v.Unusable = append(v.Unusable, viewKey(k))
		}
	}
	return v
}

func viewKey(k key) keyView {
	leaf := k.cert.Leaf
	return keyView{
		ID: k.id, Person: orUnnamed(leaf.Subject.CommonName), Body: strings.Join(leaf.Subject.Organization, "、"),
		Token: orUnnamed(k.token.info.Label), Issuer: orUnnamed(leaf.Issuer.CommonName), Until: day(leaf.NotAfter),
		Fingerprint: groups(seal.Fingerprint(leaf)), Problem: k.problem,
		Tries: k.token.info.Tries, TriesSentence: triesSentence(k.token.info.Tries), Pad: k.token.info.ProtectedPath,
	}
}

// triesSentence is never empty: the state is shown before each try.
func triesSentence(t hsm.Tries) string {
	if s := t.Sentence(); s != "" {
		return s
	}
	return "钥匙没有报告输错过 PIN。"
}

func orUnnamed(s string) string {
	if s == "" {
		return "（未写名称）"
	}
	return s
}
