package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
)

// assets is a set of static files under one address that holds the digest of
// all of them: a file's address changes when any file of the set does, so each
// may be kept by browsers for ever, and modules import each other by relative
// paths.
type assets struct {
	names  []string
	prefix string
}

// gather takes in the embedded files that are wanted.
func gather(want func(name string) bool) (*assets, error) {
	a := new(assets)
	sum := sha256.New()
	err := fs.WalkDir(files, "static", func(p string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(p, "static/")
		if err != nil || d.IsDir() || !want(name) {
			return err
		}
		body, err := files.ReadFile(p)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(body))
		sum.Write(body)
		a.names = append(a.names, name)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	a.prefix = "/static/" + hex.EncodeToString(sum.Sum(nil)[:8]) + "/"
	return a, nil
}

func (a *assets) address(name string) (string, error) {
	if !slices.Contains(a.names, name) {
		return "", fmt.Errorf("there is no static file %q", name)
	}
	return a.prefix + name, nil
}

// types are the only kinds of file we serve; the system's table is not asked.
var types = map[string]string{
	".css": "text/css; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8",
}

// Static serves every static file below /static/. An address with another
// digest than ours is not found: an old page asks for its files in vain rather
// than getting new ones that do not fit.
func (p *Pages) Static() http.Handler { return p.static }

// PublicAssets serves the public listener's style sheet below /static/, at the
// address it returns, and nothing else: no byte of it tells of the staff side (R56).
func PublicAssets() (h http.Handler, style string, err error) {
	a, err := gather(func(name string) bool { return name == "public.css" })
	if err != nil {
		return nil, "", err
	}
	style, err = a.address("public.css")
	return a, style, err
}

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A router may have taken "/static" off already.
	name, ok := strings.CutPrefix("/static"+strings.TrimPrefix(r.URL.Path, "/static"), a.prefix)
	if !ok || !slices.Contains(a.names, name) {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	body, err := files.ReadFile("static/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", types[path.Ext(name)])
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	if r.Method == http.MethodGet {
		_, _ = w.Write(body)
	}
}

// ContentSecurityPolicy is the policy our pages are written for. agents are
// the loopback origins that a statement may be posted to; without any, forms
// stay at home.
func ContentSecurityPolicy(agents ...string) string {
	forms := strings.Join(append([]string{"'self'"}, agents...), " ")
	return "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; form-action " + forms + "; base-uri 'none'; frame-ancestors 'none'"
}
