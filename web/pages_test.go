package web

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func render(t *testing.T, p *Pages, page Page) *html.Node {
	t.Helper()
	var b bytes.Buffer
	if err := p.Render(&b, page); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "&lt;no value&gt;") || strings.Contains(s, "<no value>") {
		t.Errorf("a value was not printed:\n%s", s)
	}
	tree, err := html.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func load(t *testing.T) *Pages {
	t.Helper()
	p, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryPageInEveryStateIsSoundMarkupUnderTheStrictPolicy(t *testing.T) {
	p := load(t)
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			for _, fault := range faults(render(t, p, s.page)) {
				t.Error(fault)
			}
		})
	}
}

func TestEveryTemplateIsShownBySomeSample(t *testing.T) {
	p := load(t)
	shown := map[string]bool{}
	for _, s := range samples() {
		shown[s.page.Template()] = true
	}
	for name := range p.sets {
		if !shown[name] {
			t.Errorf("no sample shows %s", name)
		}
	}
}

func TestTheChecksOfAPageFindWhatTheyLookFor(t *testing.T) {
	bad := `<html lang="en"><head><style>p{}</style><script>1</script><link href="https://cdn.example/x.css"></head><body>
<p id="x" style="color:red" onclick="f()"></p><p id="x"></p><a href="#gone">x</a><a href="/y"></a><a href="javascript:f()">z</a>
<form><input name="a"><input type="password" name="b" aria-label="b"><button>x</button></form><table><tr><td>1</td></tr></table></body></html>`
	root, err := html.Parse(strings.NewReader(bad))
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Join(faults(root), "\n")
	for _, want := range []string{`lang is "en"`, "0 h1", `id "x" stands 2 times`, `the id "gone"`, "carries style", "carries onclick", "is a script", "inline style", "inline script",
		"fetches https://cdn.example/x.css", `<input name="a"> has no label`, "asks for a PIN", "says nothing", "a button without", "a form without", "a table without caption"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q was not found in\n%s", want, found)
		}
	}
}

// walk visits every element.
func walk(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, visit)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func content(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(content(c))
	}
	return strings.TrimSpace(b.String())
}

// page is what the checks look up in a parsed page.
type page struct {
	ids      map[string]int
	labelled map[string]bool
	targets  []string
	headings int
	language string
	elements []*html.Node
}

func survey(root *html.Node) page {
	p := page{ids: map[string]int{}, labelled: map[string]bool{}}
	walk(root, func(n *html.Node) {
		p.elements = append(p.elements, n)
		if id := attribute(n, "id"); id != "" {
			p.ids[id]++
		}
		switch n.Data {
		case "html":
			p.language = attribute(n, "lang")
		case "h1":
			p.headings++
		case "label":
			said := content(n) != ""
			p.labelled[attribute(n, "for")] = said
			walk(n, func(inside *html.Node) { // a label around its control needs no "for"
				if id := attribute(inside, "id"); id != "" {
					p.labelled[id] = said
				}
			})
		}
		for _, key := range []string{"aria-describedby", "aria-labelledby"} {
			p.targets = append(p.targets, strings.Fields(attribute(n, key))...)
		}
		if href := attribute(n, "href"); n.Data == "a" && strings.HasPrefix(href, "#") {
			p.targets = append(p.targets, href[1:])
		}
	})
	return p
}

// faults lists what is wrong with a page, one sentence each.
func faults(root *html.Node) (wrong []string) {
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	p := survey(root)
	if p.language != "zh-CN" {
		say("lang is %q", p.language)
	}
	if p.headings != 1 {
		say("%d h1", p.headings)
	}
	for id, n := range p.ids {
		if n > 1 {
			say("id %q stands %d times", id, n)
		}
	}
	for _, id := range p.targets {
		if p.ids[id] == 0 {
			say("nothing has the id %q that is pointed to", id)
		}
	}
	for _, n := range p.elements {
		wrong = append(wrong, elementFaults(n, p)...)
	}
	return wrong
}

func elementFaults(n *html.Node, p page) (wrong []string) {
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			say("<%s> carries %s", n.Data, a.Key)
		}
		if strings.Contains(a.Val, "ZgotmplZ") {
			say("<%s %s> was not printed", n.Data, a.Key)
		}
		if strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
			say("<%s %s> is a script", n.Data, a.Key)
		}
	}
	switch n.Data {
	case "style":
		say("inline style")
	case "script":
		if attribute(n, "src") == "" || attribute(n, "type") != "module" || n.FirstChild != nil {
			say("inline script")
		}
	case "link", "img":
		if src := attribute(n, "href") + attribute(n, "src"); !strings.HasPrefix(src, "/static/") {
			say("<%s> fetches %s", n.Data, src)
		}
	case "input", "select", "textarea":
		hidden := slices.Contains([]string{"hidden", "submit", "button"}, attribute(n, "type"))
		if !hidden && attribute(n, "aria-label") == "" && !p.labelled[attribute(n, "id")] {
			say("<%s name=%q> has no label", n.Data, attribute(n, "name"))
		}
		if attribute(n, "type") == "password" || strings.Contains(strings.ToLower(attribute(n, "name")), "pin") {
			say("the page asks for a PIN")
		}
	case "a":
		if content(n) == "" {
			say("a link to %q says nothing", attribute(n, "href"))
		}
	case "button":
		if content(n) == "" || attribute(n, "type") == "" {
			say("a button without word or type")
		}
	case "form":
		if attribute(n, "action") == "" || attribute(n, "method") == "" {
			say("a form without action or method")
		}
	case "table":
		named := false
		walk(n, func(e *html.Node) { named = named || e.Data == "caption" && content(e) != "" })
		if !named {
			say("a table without caption")
		}
	}
	return wrong
}
