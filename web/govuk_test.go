package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

type fixture struct {
	Name    string
	Options Options
	Hidden  bool
	HTML    string
}

// The components that our pages use; each has the package's own fixtures in testdata.
var components = []string{
	"button", "checkboxes", "details", "error-message", "error-summary", "fieldset", "hint",
	"input", "label", "radios", "select", "skip-link", "table", "textarea",
}

func TestEveryVisibleFixtureOfTheComponentsWeUseComesOutEqual(t *testing.T) {
	base, err := base(new(assets))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range components {
		shown, hidden, unequal := 0, 0, 0
		for _, f := range readFixtures(t, name) {
			var got bytes.Buffer
			if err := base.ExecuteTemplate(&got, "govuk-"+name, trusted(f.Options)); err != nil {
				t.Errorf("%s, %q: %v", name, f.Name, err)
				continue
			}
			if g, w := canonical(t, got.String()), canonical(t, f.HTML); g != w {
				t.Errorf("%s, %q:\n got %s\nwant %s", name, f.Name, g, w)
				unequal++
				continue
			}
			if f.Hidden {
				hidden++
			} else {
				shown++
			}
		}
		if shown == 0 {
			t.Errorf("%s: no visible fixture was compared", name)
		}
		total += shown
		fmt.Printf("govuk-frontend 6.6.0 %s: %d visible and %d hidden fixtures equal, %d not\n", name, shown, hidden, unequal)
	}
	t.Logf("%d components, %d visible fixtures", len(components), total)
}

func readFixtures(t *testing.T, component string) []fixture {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "fixtures", component, "fixtures.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Fixtures []fixture }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	return file.Fixtures
}

// trusted turns the fixtures' html options into template.HTML. Only this test
// does so: no page passes markup from data.
func trusted(v any) any {
	switch t := v.(type) {
	case map[string]any:
		o := make(Options, len(t))
		for k, item := range t {
			if s, ok := item.(string); ok && (k == "html" || strings.HasSuffix(k, "Html")) {
				o[k] = template.HTML(s)
				continue
			}
			o[k] = trusted(item)
		}
		return o
	case []any:
		items := make([]any, len(t))
		for i, item := range t {
			items[i] = trusted(item)
		}
		return items
	}
	return v
}

// canonical prints markup with attributes in order and white space folded, so
// that entity spelling and indentation do not count.
func canonical(t *testing.T, markup string) string {
	t.Helper()
	context := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(markup), context)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range nodes {
		printCanonical(&b, n)
	}
	return b.String()
}

func printCanonical(b *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		if s := strings.Join(strings.Fields(n.Data), " "); s != "" {
			fmt.Fprintf(b, "%q\n", s)
		}
	case html.ElementNode:
		slices.SortFunc(n.Attr, func(x, y html.Attribute) int { return cmp.Compare(x.Key, y.Key) })
		fmt.Fprintf(b, "<%s", n.Data)
		for _, a := range n.Attr {
			fmt.Fprintf(b, " %s=%q", a.Key, strings.Join(strings.Fields(a.Val), " "))
		}
		b.WriteString(">\n")
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			printCanonical(b, c)
		}
		fmt.Fprintf(b, "</%s>\n", n.Data)
	}
}
