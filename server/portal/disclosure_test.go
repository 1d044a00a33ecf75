package portal_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"sealdesk/server/registration"
)

func TestHostileTextInFiltersAndReasonsStaysText(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
	})[0]
	probe := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	a, l, u := w.in(auditor), w.in(lead), w.in(aud)
	pages := []string{string(a.get("/applications?name=" + url.QueryEscape(probe) + "&school=" + url.QueryEscape(probe) + "&state=" + url.QueryEscape(probe)).Body),
		string(a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {probe}, "reason": {probe}, "rule": {probe}, "confirmer": {probe}}).Body),
		string(a.post("/applications/"+id+"/return", url.Values{"return_reason": {probe + "\n"}}).Body),
		string(a.post("/applications", url.Values{"application": {probe}, "list": {"/applications?name=" + url.QueryEscape(probe)}}).Body),
		string(l.post("/windows", url.Values{"window": {probe}, "reason": {probe}, "opens": {probe}, "paper": {probe}}).Body),
		string(l.post("/licences", url.Values{"school": {probe}, "licence_no": {probe}}).Body),
		string(u.get("/log?who=" + url.QueryEscape(probe) + "&subject=" + url.QueryEscape(probe) + "&organisation=" + url.QueryEscape(probe)).Body),
		string(a.get("/" + url.PathEscape(probe)).Body)}
	p := a.post("/applications/"+id+"/return", url.Values{"return_reason": {probe}})
	pages = append(pages, string(p.Body))
	if p.Status < 400 {
		a.done(p)
		pages = append(pages, string(a.get("/applications/"+id).Body))
	}
	for i, body := range pages {
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
			t.Errorf("page %d runs what was typed", i)
		}
	}
}

func TestNoPersonalNumberIsInAPageALogLineOrAnAddress(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(2, school, inState(registration.Imported))
	var numbers []string
	for _, id := range ids {
		f := w.application(id).Form
		numbers = append(numbers, f.IDNumber.Plain(), f.CertNumber.Plain())
	}
	for _, p := range w.people {
		numbers = append(numbers, p.Phone.Plain())
	}
	seen := func(p string, body []byte) {
		for _, n := range numbers {
			if n != "" && (strings.Contains(string(body), n) || strings.Contains(p, n)) {
				t.Errorf("%s shows a personal number", p)
			}
		}
	}
	h, s := w.in(handler), w.in(head)
	h.ok(h.post("/applications", batch(ids...)))
	for _, id := range ids {
		for _, step := range []string{"compare-1", "compare-3", "findings", "conclude"} {
			p := h.ok(h.get("/applications/" + id + "/review?step=" + step))
			seen(p.Path, p.Body)
		}
		h.ok(h.review(id, registration.Registered, nil))
	}
	p := h.ok(h.post("/review", batch(ids...)))
	seen(p.Path, p.Body)
	p = h.done(p)
	seen(p.Path, p.Body)
	p = s.ok(s.post("/send", nil))
	seen(p.Path, p.Body)
	s.done(p)
	w.clock.Set(at("2024-11-20 10:00:00"))
	a := w.in(auditor)
	for _, path := range []string{"/", "/applications", "/applications/" + ids[0], "/windows"} {
		p := a.ok(a.get(path))
		seen(p.Path, p.Body)
	}
	p = a.ok(a.post("/applications", batch(ids...)))
	seen(p.Path, p.Body)
	nonce, _, err := p.Statement()
	must(t, err)
	p = a.done(p)
	seen(p.Path, p.Body)
	n := w.in(neighbour)
	n.get("/applications/" + ids[0])
	n.post("/applications/"+ids[0]+"/return", url.Values{"return_reason": {numbers[0]}})
	u := w.in(aud)
	for i := range w.size() {
		p := u.ok(u.get(fmt.Sprintf("/log/%d", i)))
		seen(p.Path, p.Body)
	}
	log := w.log.Text()
	seen("the log file", []byte(log))
	for _, line := range strings.Split(string(nonce), "\n") {
		if value, ok := strings.CutPrefix(line, "随机数: "); ok && strings.Contains(log, value) {
			t.Error("the log file holds a nonce")
		}
	}
	if !strings.Contains(log, `"refused"`) {
		t.Error("the log file does not tell of the refusals")
	}
}
