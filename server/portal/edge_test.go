package portal_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
)

// ask sends one request by hand, without following redirects.
func ask(t *testing.T, d *desk.Desk, method, path, body string, header map[string]string) desk.Page {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, d.Origin+path, strings.NewReader(body))
	must(t, err)
	if body != "" || method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	client := *d.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	must(t, err)
	return desk.Page{Status: resp.StatusCode, Path: path, Header: resp.Header, Body: raw}
}

// addressed puts real values into a route's places.
func addressed(path, application string) string {
	return strings.NewReplacer(":digest", strings.Repeat("ab", 32), ":number", "0", ":job", strings.Repeat("c", 24), ":row", "2", ":org", "341021", ":id", application).Replace(path)
}

func TestEveryRouteWithoutASessionRefusesOrLeadsToSignIn(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	name := w.application(id).Form.PersonName
	d := w.desk(auditor)
	records := w.records()
	checked := 0
	for _, r := range portal.RouteTable() {
		if !r.SignedIn {
			continue
		}
		checked++
		p := ask(t, d, r.Method, addressed(r.Path, id), "", map[string]string{"Sec-Fetch-Site": "same-origin"})
		if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Header.Get("Location"), "/sign-in") {
			t.Errorf("%s %s: status %d to %q", r.Method, r.Path, p.Status, p.Header.Get("Location"))
		}
		if strings.Contains(string(p.Body), name) {
			t.Errorf("%s %s names a teacher", r.Method, r.Path)
		}
	}
	if checked < 35 || w.records() != records {
		t.Errorf("%d routes checked, or a record changed", checked)
	}
}

func TestEveryRouteThatWritesRefusesOtherOrigins(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a, records := w.in(auditor), w.records()
	for _, r := range portal.RouteTable() {
		if r.Method == "GET" {
			continue
		}
		path := addressed(r.Path, id)
		w.clock.Pass(time.Minute + time.Second)
		a.ok(a.get("/me")) // what another site sends keeps nobody signed in
		size := w.size()
		for name, header := range map[string]map[string]string{
			"cross-site":       {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
			"same-site":        {"Sec-Fetch-Site": "same-site", "Origin": "https://127.0.0.1:1"},
			"old browser":      {"Origin": "https://evil.example"},
			"null origin":      {"Origin": "null"},
			"the agent's page": {"Origin": "http://127.0.0.1:17890"},
		} {
			p := ask(t, a.Desk, r.Method, path, "x=1", header)
			if p.Status != http.StatusForbidden || !strings.Contains(p.Text("main"), "从别的网站的页面发来的，没有受理，什么都没有改变。请在浏览器地址栏输入签台的地址") {
				t.Errorf("%s %s from %s: %d %.200s", r.Method, path, name, p.Status, p.Text("main"))
			}
		}
		// Whoever was made to send it is named, once a minute for a route.
		if e := w.refusedEntry(); w.size() != size+1 || e.Actor != auditor || e.Note != "forbidden cross-origin "+r.Method+" "+r.Path {
			t.Errorf("%s %s: %d entries, the last of %q: %q", r.Method, path, w.size()-size, e.Actor, e.Note)
		}
	}
	if w.records() != records {
		t.Error("a request of another origin changed a record")
	}
	size := w.size()
	for range 2 { // of nobody who is known one counted entry a minute
		ask(t, w.desk(auditor), "POST", "/applications", "x=1", map[string]string{"Origin": "https://evil.example"})
	}
	if e := w.refusedEntry(); w.size() != size+1 || e.Actor != "" || e.Note != "unknown 1" {
		t.Errorf("%d entries, the last of %q: %q", w.size()-size, e.Actor, e.Note)
	}
	a.ok(a.get("/applications")) // still signed in: the sign-out of another origin did nothing
}

func TestAnotherHostNameGetsNoPage(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	d := w.desk(auditor)
	for _, host := range []string{"localhost", "portal.example", "127.0.0.1", "127.0.0.1:1"} {
		for _, path := range []string{"/", "/sign-in", "/sealed", "/static/app.css", "/healthz"} {
			p := ask(t, d, "GET", path, "", map[string]string{"Host": host})
			if p.Status != http.StatusMisdirectedRequest || strings.Contains(string(p.Body), "签台") {
				t.Errorf("%s of %s: %d", path, host, p.Status)
			}
		}
	}
}

func TestEveryAnswerCarriesTheHeadersErrorsToo(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	want := map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000"}
	look := func(what string, p desk.Page) {
		t.Helper()
		for k, v := range want {
			if p.Header.Get(k) != v {
				t.Errorf("%s: %s is %q", what, k, p.Header.Get(k))
			}
		}
		csp := p.Header.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "form-action 'self' http://127.0.0.1:17890") {
			t.Errorf("%s: CSP %q", what, csp)
		}
		if got := p.Header.Get("Referrer-Policy"); got != "origin" && got != "no-referrer" {
			t.Errorf("%s: Referrer-Policy %q", what, got)
		}
	}
	for _, r := range portal.RouteTable() {
		if r.Path == "/sign-out" {
			continue
		}
		p := ask(t, a.Desk, r.Method, addressed(r.Path, id), "", map[string]string{"Sec-Fetch-Site": "same-origin"})
		look(r.Method+" "+r.Path, p)
		if p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s may be cached", r.Method, r.Path)
		}
	}
	look("missing", a.get("/nothing/here"))
	look("method", ask(t, a.Desk, "DELETE", "/applications", "", map[string]string{"Sec-Fetch-Site": "same-origin"}))
	look("cross", ask(t, a.Desk, "POST", "/applications", "", map[string]string{"Origin": "https://evil.example"}))
	look("oversized", a.post("/applications", url.Values{"list": {strings.Repeat("x", 2<<20)}}))
}

func TestUnknownPathsAnswerWithAPageAndItsNumber(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.in(auditor)
	for _, path := range []string{"/nothing", "/applications/", "/Applications", "/applications/x/y/z", "/.env", "/static", "//applications"} {
		p := a.get(path)
		if p.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
	a.refused(a.get("/nothing"), fault.NotFound, "没有这个页面")
	if p := ask(t, a.Desk, "DELETE", "/applications", "", map[string]string{"Sec-Fetch-Site": "same-origin"}); p.Status != http.StatusNotFound && p.Status != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", p.Status)
	}
}

func TestAFormThatIsTooLargeIsRefusedWithASentence(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.in(auditor)
	records := w.records()
	for _, r := range portal.RouteTable() {
		if r.Method != "POST" || r.Upload || r.Path == "/sealed" {
			continue
		}
		p := a.post(addressed(r.Path, "x"), url.Values{"reason": {strings.Repeat("长", 1<<19)}})
		a.refused(p, fault.Invalid, "超过 1 MiB")
	}
	if w.records() != records {
		t.Error("a record changed")
	}
	l := w.in(lead)
	for _, path := range []string{"/imports", "/applications/x/withdraw"} {
		p, err := l.PostBody(context.Background(), path, "application/x-www-form-urlencoded", strings.NewReader(strings.Repeat("x", 22<<20)))
		must(t, err)
		l.refused(p, fault.Invalid, "超过 21 MiB")
	}
}

func TestTheThreeOfficersNeverSeeAnApplication(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	ids := w.plant(2, school, atCounty)
	a := w.in(auditor)
	a.done(a.post("/applications", url.Values{"application": ids, "do": {"sign"}}))
	var secrets []string
	for _, id := range ids {
		f := w.application(id).Form
		secrets = append(secrets, f.PersonName, f.IDNumber.Plain(), f.CertNumber.Plain())
	}
	for _, officer := range []string{sys, sec, aud} {
		r := w.in(officer)
		for _, path := range []string{"/", "/applications", "/applications/" + ids[0], "/log", "/log?subject=" + url.QueryEscape(ids[0]), "/keys", "/imports", "/review", "/send",
			"/confirmations", "/licences", "/windows", "/receipts/1", "/receipts/2", "/receipts/3", "/receipts/4", "/log/1", "/log/2", "/log/3", "/log/4", "/receipts/3/proof?record=" + ids[0]} {
			p := r.get(path)
			for _, secret := range secrets {
				if strings.Contains(string(p.Body), secret) {
					t.Errorf("%s reads a teacher's data on %s", officer, path)
				}
			}
		}
	}
}

func TestThePublicListenerNamesNoStaffHost(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	public := portal.Public(w.store, "public.example")
	for _, path := range []string{"/checkpoint", "/", "/sign-in", "/applications"} {
		req, err := http.NewRequest("GET", "https://public.example"+path, nil)
		must(t, err)
		got := httptest.NewRecorder()
		public.ServeHTTP(got, req)
		if (got.Code == http.StatusOK) != (path == "/checkpoint") {
			t.Errorf("%s: %d", path, got.Code)
		}
		for k, values := range got.Header() {
			for _, v := range values {
				if strings.Contains(v, "127.0.0.1") {
					t.Errorf("%s: %s names the staff side", path, k)
				}
			}
		}
		if strings.Contains(got.Body.String(), "127.0.0.1") || strings.Contains(got.Body.String(), "签台") {
			t.Errorf("%s names the staff side", path)
		}
	}
	req, _ := http.NewRequest("GET", "https://elsewhere.example/checkpoint", nil)
	got := httptest.NewRecorder()
	public.ServeHTTP(got, req)
	if got.Code != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", got.Code)
	}
}
