package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func get(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestAssetsAreServedForEverAtTheirDigestAndNowhereElse(t *testing.T) {
	p := load(t)
	address, err := p.static.address("staff.css")
	if err != nil {
		t.Fatal(err)
	}
	w := get(p.Static(), "GET", address)
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Body.Len() == 0 {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := get(p.Static(), "GET", strings.TrimPrefix(address, "/static")); w.Code != 200 {
		t.Errorf("behind a router that takes /static off: %d", w.Code)
	}
	for _, path := range []string{"/static/staff.css", "/static/0000000000000000/staff.css", p.static.prefix, p.static.prefix + "../web.go", p.static.prefix + "js", p.static.prefix + "js/../staff.css"} {
		if w := get(p.Static(), "GET", path); w.Code != 404 {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	if w := get(p.Static(), "POST", address); w.Code != 405 {
		t.Errorf("POST answers %d", w.Code)
	}
	if w := get(p.Static(), "HEAD", address); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("HEAD answers %d with %d bytes", w.Code, w.Body.Len())
	}
}

func TestEveryAssetHasATypeAndEveryModuleImportsOnlyWhatIsHere(t *testing.T) {
	p := load(t)
	imports := regexp.MustCompile(`(?m)^import .* from '([^']+)'`)
	for _, name := range p.static.names {
		address, err := p.static.address(name)
		if err != nil {
			t.Fatal(err)
		}
		w := get(p.Static(), "GET", address)
		if w.Header().Get("Content-Type") == "" {
			t.Errorf("%s has no type", name)
		}
		if !strings.HasSuffix(name, ".mjs") {
			continue
		}
		for _, m := range imports.FindAllStringSubmatch(w.Body.String(), -1) {
			target := httptest.NewRequest("GET", address, nil).URL.JoinPath("..", m[1]).Path
			if w := get(p.Static(), "GET", target); w.Code != 200 {
				t.Errorf("%s imports %s, which is not here", name, m[1])
			}
		}
	}
}

// R56: the public listener's files name neither the staff side nor its programs.
func TestThePublicStyleSheetTellsNothingOfTheStaffSide(t *testing.T) {
	h, style, err := PublicAssets()
	if err != nil {
		t.Fatal(err)
	}
	w := get(h, "GET", style)
	if w.Code != 200 {
		t.Fatalf("%s answers %d", style, w.Code)
	}
	css := strings.ToLower(w.Body.String())
	for _, word := range []string{"staff", "portal", "keyagent", "agent", "sealdesk", "签台", "spine", "gate-", ".keyin", "b-seal", "usbkey", "localhost", "127.0.0.1"} {
		if i := strings.Index(css, word); i >= 0 {
			t.Errorf("public.css says %q: …%s…", word, css[max(0, i-30):min(len(css), i+30)])
		}
	}
	p := load(t)
	for _, name := range p.static.names {
		if name == "public.css" {
			continue
		}
		if w := get(h, "GET", strings.TrimSuffix(style, "public.css")+name); w.Code != 404 {
			t.Errorf("the public side serves %s", name)
		}
	}
	if strings.Contains(style, strings.TrimPrefix(p.static.prefix, "/static/")) {
		t.Error("the public address carries the staff side's digest")
	}
}

func TestThePolicyAllowsNothingInlineAndFormsOnlyToOurselvesAndTheAgent(t *testing.T) {
	got := ContentSecurityPolicy("http://127.0.0.1:17890")
	for _, want := range []string{"default-src 'none'", "style-src 'self'", "script-src 'self'", "form-action 'self' http://127.0.0.1:17890;", "base-uri 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	if strings.Contains(got, "unsafe") || strings.Contains(got, "*") {
		t.Error(got)
	}
}
