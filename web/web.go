// Package web holds what a person of the staff side sees: the page templates,
// the layout, the govuk-frontend partials and the static files, all embedded.
//
// It promises that a page is complete or absent (rendered into a buffer
// first), that no page needs inline script or style, and that an asset's
// address changes when any asset does. It knows no route, no session and no
// rule of the business: package view says what a page shows, and whoever
// fills a view decides what a person may see.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
	"sync"
)

//go:embed templates static
var files embed.FS

// Page is a view model that knows which template shows it.
type Page interface {
	// Template names the file under templates/pages without its ending.
	Template() string
}

// Pages are the parsed templates, one set for each page. Safe for concurrent use.
type Pages struct {
	sets   map[string]*template.Template
	static *assets
}

// Load gives every template, parsed once in a process. An error is a defect of
// this package, not of its input.
func Load() (*Pages, error) { return parsed() }

var parsed = sync.OnceValues(func() (*Pages, error) {
	static, err := gather(func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	common, err := base(static)
	if err != nil {
		return nil, err
	}
	p := &Pages{sets: map[string]*template.Template{}, static: static}
	err = fs.WalkDir(files, "templates/pages", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(path)
		if err != nil {
			return err
		}
		set, err := common.Clone()
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "templates/pages/"), ".html")
		if _, err := set.New(name).Parse(string(text)); err != nil {
			return fmt.Errorf("template %s: %w", path, err)
		}
		p.sets[name] = set
		return nil
	})
	if err != nil {
		return nil, err
	}
	return p, nil
})

// base parses what all pages share: layout, parts and govuk partials.
func base(static *assets) (*template.Template, error) {
	t := template.New("base").Funcs(componentFuncs).Funcs(pageFuncs).Funcs(template.FuncMap{"asset": static.address})
	t, err := t.ParseFS(files, "templates/layout/*.html", "templates/govuk/*.html")
	if err != nil {
		return nil, fmt.Errorf("shared templates: %w", err)
	}
	return t, nil
}

// Render writes the page, whole. When it returns an error nothing was written,
// unless w itself failed.
func (p *Pages) Render(w io.Writer, page Page) error {
	set, ok := p.sets[page.Template()]
	if !ok {
		return fmt.Errorf("there is no template %q", page.Template())
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, page.Template(), page); err != nil {
		return fmt.Errorf("page %s: %w", page.Template(), err)
	}
	_, err := b.WriteTo(w)
	return err
}
