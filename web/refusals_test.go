package web

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sealdesk/web/view"
)

// typedFields lists every view.Field and view.Choices below v.
func typedFields(v reflect.Value, visit func(value, fault string)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			typedFields(v.Elem(), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			typedFields(v.Index(i), visit)
		}
	case reflect.Struct:
		switch f := v.Interface().(type) {
		case view.Field:
			visit(f.Value, f.Error)
		case view.Choices:
			visit("", f.Error)
		case view.Application: // its compared fields are read here, typed on another page
			for _, form := range []any{f.Conclude, f.Return, f.NotAccept} {
				typedFields(reflect.ValueOf(form), visit)
			}
		default:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					typedFields(v.Field(i), visit)
				}
			}
		}
	}
}

// described collects the texts of what an element's aria-describedby names.
func described(root, n *html.Node) string {
	var texts []string
	for _, id := range strings.Fields(attribute(n, "aria-describedby")) {
		walk(root, func(e *html.Node) {
			if attribute(e, "id") == id {
				texts = append(texts, content(e))
			}
		})
	}
	return strings.Join(texts, " ")
}

func TestARefusedPageKeepsWhatWasTypedAndPutsEachSentenceBesideItsField(t *testing.T) {
	p := load(t)
	refusedPages, sentences := 0, 0
	for _, s := range samples() {
		if !strings.HasSuffix(s.name, "-refused") {
			continue
		}
		refusedPages++
		root := render(t, p, s.page)
		values, beside := map[string]bool{}, []string{}
		walk(root, func(n *html.Node) {
			if by := described(root, n); by != "" {
				beside = append(beside, by)
			}
			switch n.Data {
			case "input":
				values[attribute(n, "value")] = true
			case "textarea":
				values[content(n)] = true
			}
		})
		typedFields(reflect.ValueOf(s.page), func(value, fault string) {
			if value != "" && !values[value] {
				t.Errorf("%s: the typed %q is lost", s.name, value)
			}
			if fault == "" {
				return
			}
			sentences++
			if !strings.Contains(strings.Join(beside, "\n"), fault) {
				t.Errorf("%s: no field is described by %q", s.name, fault)
			}
		})
		if said := summary(root); s.name != "sign-in-refused" && !strings.Contains(said, "请求编号 3f9c-1d20") {
			t.Errorf("%s: the summary has no request number: %q", s.name, said)
		}
		if !strings.HasPrefix(title(root), "错误：") {
			t.Errorf("%s: the title is %q", s.name, title(root))
		}
	}
	if refusedPages < 10 || sentences < 15 {
		t.Errorf("only %d refused pages and %d sentences were looked at", refusedPages, sentences)
	}
}

// summary is the sentence box at the top of a refused page.
func summary(root *html.Node) (text string) {
	walk(root, func(n *html.Node) {
		if attribute(n, "data-module") == "govuk-error-summary" {
			text = content(n)
		}
	})
	return text
}

func title(root *html.Node) (text string) {
	walk(root, func(n *html.Node) {
		if n.Data == "title" && n.Parent.Data == "head" {
			text = content(n)
		}
	})
	return text
}

func TestNoConclusionIsChosenBeforehand(t *testing.T) {
	p := load(t)
	looked := 0
	for _, s := range samples() {
		walk(render(t, p, s.page), func(n *html.Node) {
			if n.Data != "input" || attribute(n, "name") != "conclusion" {
				return
			}
			looked++
			for _, a := range n.Attr {
				if a.Key == "checked" {
					t.Errorf("%s: %s is chosen", s.name, attribute(n, "value"))
				}
			}
		})
	}
	if looked == 0 {
		t.Error("no conclusion was looked at")
	}
}

func TestTextsGoToTheAgentByAPlainFormAndNothingElseDoes(t *testing.T) {
	p := load(t)
	posts := 0
	for _, s := range samples() {
		walk(render(t, p, s.page), func(n *html.Node) {
			if n.Data != "form" || !strings.HasPrefix(attribute(n, "action"), "http") {
				return
			}
			posts++
			names := map[string]string{}
			walk(n, func(e *html.Node) {
				if e.Data == "input" {
					names[attribute(e, "name")] = attribute(e, "value")
				}
			})
			if action := attribute(n, "action"); strings.HasSuffix(action, "/enrol") || strings.HasSuffix(action, "/install") {
				if attribute(n, "method") != "post" || names["order"] == "" || len(names) != 1 {
					t.Errorf("%s: the form to %s carries %v", s.name, action, names)
				}
				return
			}
			_, annex := names["annex"]
			if attribute(n, "method") != "post" || names["statement"] != agentPost.Statement || !annex || len(names) != 2 {
				t.Errorf("%s: the form to %s carries %v", s.name, attribute(n, "action"), names)
			}
		})
	}
	if posts < 3 {
		t.Errorf("only %d forms to the agent were seen", posts)
	}
}

func TestHostileTextInAViewStaysText(t *testing.T) {
	p := load(t)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	v := view.List{Frame: frame(evil, ""), Heading: evil, Rows: []view.ListRow{{ID: evil, Name: evil, School: evil, Why: evil, Error: evil, Href: "javascript:alert(1)", State: view.Mark{Kind: evil, Text: evil}}},
		Filter: view.ListFilter{Action: "/applications", Name: view.Field{Value: evil, Error: evil}}, Batch: &view.Batch{Action: "/applications", Rule: evil}}
	kept := false
	walk(render(t, p, v), func(n *html.Node) {
		if n.Data == "img" || n.Data == "script" && attribute(n, "src") == "" {
			t.Errorf("<%s> came out of a text", n.Data)
		}
		if strings.HasPrefix(attribute(n, "href"), "javascript:") {
			t.Error("a script came out as a link")
		}
		kept = kept || n.Data == "input" && attribute(n, "value") == evil
	})
	if !kept {
		t.Error("the typed text is not there as it was typed")
	}
}
